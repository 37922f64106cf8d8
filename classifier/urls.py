"""Addresses of the way of a photo."""

from django.urls import path

from classifier import views

app_name = "classifier"
urlpatterns = [
    path("", views.home, name="home"),
    path("identify/", views.identify, name="identify"),
    path("identifications/", views.HistoryView.as_view(), name="history"),
    path("identifications/sent/", views.sent, name="sent"),
    path("identifications/<uuid:pk>/", views.result, name="result"),
    path("sightings/<uuid:pk>/", views.sighting, name="sighting"),
    path("identifications/<uuid:pk>/photo/", views.photo, name="photo"),
    path("identifications/<uuid:pk>/delete/", views.delete, name="delete"),
    path("identifications/<uuid:pk>/retry/", views.retry, name="retry"),
    path("identifications/<uuid:pk>/as-car/", views.as_car, name="as_car"),
    path("identifications/<uuid:pk>/feedback/", views.feedback, name="feedback"),
]
