from django.urls import path

from orders.views import OrderEventViewSet, OrderViewSet

urlpatterns = [
    path("orders", OrderViewSet.as_view({"get": "list", "post": "create"})),
    path("orders/assign", OrderViewSet.as_view({"post": "assign"})),
    path("orders/complete", OrderViewSet.as_view({"post": "complete"})),
    path("orders/<id:pk>/explain", OrderViewSet.as_view({"get": "explain"})),
    path("orders/<id:order_id>/events", OrderEventViewSet.as_view({"get": "list"})),
    path("orders/<id:pk>", OrderViewSet.as_view({"get": "retrieve"})),
]
