from django.urls import path

from bundles.views import BundleViewSet

urlpatterns = [
    path("bundles", BundleViewSet.as_view({"get": "list"})),
    path("bundles/<id:pk>", BundleViewSet.as_view({"get": "retrieve"})),
]
