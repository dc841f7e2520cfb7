from django.contrib import admin
from django.urls import include, path, register_converter
from django.views.generic import RedirectView

from sweets_store.api import IdConverter
from sweets_store.docs import DocsView, SchemaView

register_converter(IdConverter, "id")

urlpatterns = [
    path("", include("couriers.urls")),
    path("", include("orders.urls")),
    path("", include("bundles.urls")),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    path("schema", SchemaView.as_view()),
    path("docs", DocsView.as_view()),
]

handler400 = "sweets_store.api.bad_request"
handler403 = "sweets_store.api.forbidden"
handler404 = "sweets_store.api.not_found"
handler500 = "sweets_store.api.server_error"
