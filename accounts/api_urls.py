"""Addresses of the API of accounts, below /api/v1/."""

from django.urls import path

from accounts.api import MeView, TokenViewSet

urlpatterns = [
    path("me/", MeView.as_view(), name="me"),
    path("tokens/", TokenViewSet.as_view({"get": "list", "post": "create"}), name="tokens"),
    path("tokens/<uuid:id>/", TokenViewSet.as_view({"get": "retrieve", "delete": "destroy"}), name="token"),
]
