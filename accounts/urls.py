"""Addresses of the account page. Sign-up, sign-in and passwords are allauth's."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.me, name="me"),
    path("profile/", views.profile, name="profile"),
    path("tokens/", views.token_create, name="token_create"),
    path("tokens/<uuid:public_id>/revoke/", views.token_revoke, name="token_revoke"),
    path("sessions/end/", views.sessions_end, name="sessions_end"),
    path("export/", views.export, name="export"),
    path("delete/", views.delete, name="delete"),
]
