from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from bundles import urls as bundles
from couriers import urls as couriers
from orders import urls as orders
from sweets_store.docs import DocsView, SchemaView

# One list: each `include` would be one more resolver on the way of every request.
urlpatterns = [
    *couriers.urlpatterns,
    *orders.urlpatterns,
    *bundles.urlpatterns,
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    path("schema", SchemaView.as_view()),
    path("docs", DocsView.as_view()),
]

handler400 = "sweets_store.refusals.bad_request"
handler403 = "sweets_store.refusals.forbidden"
handler404 = "sweets_store.refusals.not_found"
handler500 = "sweets_store.refusals.server_error"
