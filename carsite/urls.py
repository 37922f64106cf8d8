"""All addresses of the site. Each app owns its own; the API is put together here."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView

from carsite import stale_forms, views
from carsite.api import SiteView

admin.autodiscover()

api: list[URLPattern | URLResolver] = [
    path("", SiteView.as_view(), name="site"),
    path("", include("accounts.api_urls")),
    path("", include("catalog.api_urls")),
    path("", include("classifier.api_urls")),
    path("", include("dealers.api_urls")),
]

#: The admin's pages of model outputs, which were called readings: bookmarks of the old address keep working.
model_outputs = RedirectView.as_view(
    url=f"/{settings.ADMIN_PATH}/classifier/modeloutput/%(rest)s", query_string=True, permanent=True
)
#: Likewise the page of unsent e-mails, whose address said "letter".
outgoing_emails = RedirectView.as_view(
    pattern_name="admin:core_outgoingemail_changelist", query_string=True, permanent=True
)

urlpatterns = [
    path("", include("classifier.urls")),
    path("", include("catalog.urls")),
    path("", include("dealers.urls")),
    path("account/", include("accounts.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/second-step/", include("allauth.mfa.urls")),
    path("units/", views.units, name="units"),
    path("theme/", views.theme, name="theme"),
    path("form-token/", stale_forms.token, name="form_token"),
    path("about/", views.AboutView.as_view(), name="about"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics_text, name="metrics"),
    path("api/v1/", include((api, "api"))),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/", views.ApiDocsView.as_view(), name="api-docs"),
    path("api/try/", views.ApiTryView.as_view(), name="api-try"),
    path(f"{settings.ADMIN_PATH}/accounts/letter/", outgoing_emails, name="moved_outgoing_emails"),
    re_path(
        rf"^{settings.ADMIN_PATH}/classifier/reading/(?P<rest>.*)$", model_outputs, name="moved_model_outputs"
    ),
    path(f"{settings.ADMIN_PATH}/", admin.site.urls),
]

handler400 = "carsite.views.bad_request"
handler403 = "carsite.views.permission_denied"
handler404 = "carsite.views.page_not_found"
handler429 = "accounts.limits.too_many_requests"  # allauth asks for it
handler500 = "carsite.views.server_error"
