"""Addresses of the catalogue's pages."""

from django.urls import path

from catalog import views

app_name = "catalog"
urlpatterns = [
    path("makes/", views.make_list, name="make_list"),
    path("compare/", views.compare, name="compare"),
    path("compare/tray/", views.change_tray, name="tray"),
    path("car-photos/<int:pk>/", views.photo, name="photo"),
    path("car-names/", views.names, name="names"),
    path("cars/", views.variant_list, name="variant_list"),
    path("cars/<slug:make>/", views.make, name="make"),
    path("cars/<slug:make>/<slug:model>/", views.model, name="model"),
    path("cars/<slug:make>/<slug:model>/<slug:variant>/", views.variant, name="variant"),
]
