from django.urls import path

from couriers.views import CourierViewSet

urlpatterns = [
    path("couriers", CourierViewSet.as_view({"get": "list", "post": "create"})),
    path("couriers/<id:pk>", CourierViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
]
