"""Addresses of dealers, enquiries and leads."""

from django.urls import path

from dealers import views

app_name = "dealers"

urlpatterns = [
    path("dealers/", views.dealer_list, name="list"),
    path("dealers/<slug:slug>/", views.dealer_detail, name="detail"),
    path("dealers/<slug:slug>/enquire/", views.enquire, name="enquire"),
    path("enquiries/", views.enquiry_list, name="enquiry_list"),
    path("enquiries/<uuid:pk>/", views.enquiry_detail, name="enquiry"),
    path("enquiries/<uuid:pk>/confirm/", views.enquiry_confirm, name="enquiry_confirm"),
    path("enquiries/<uuid:pk>/photo/", views.enquiry_photo, name="enquiry_photo"),
    path("leads/", views.lead_list, name="lead_list"),
    path("leads/<uuid:pk>/", views.lead_detail, name="lead"),
]
