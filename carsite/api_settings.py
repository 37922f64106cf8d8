"""Settings of the API: who may ask how often, and how it is described. A part of `settings.py`."""

from datetime import timedelta

from carsite import __version__

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api_auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": [
        "core.api_parsers.JSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "core.api_parsers.AnyAccept",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "core.api.Pagination",
    "PAGE_SIZE": 50,
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["core.api.ScopedThrottle", "core.api.BurstThrottle"],
    # DEFAULT_THROTTLE_RATES: `settings` reads them from the environment.
    "EXCEPTION_HANDLER": "core.api.exception_handler",
    "NUM_PROXIES": 0,  # REMOTE_ADDR is the client's
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_KNOX = {"TOKEN_TTL": timedelta(days=365), "AUTH_HEADER_PREFIX": "Token"}
KNOX_TOKEN_MODEL = "accounts.ApiToken"  # noqa: S105  (a model, not a password)
SPECTACULAR_SETTINGS = {
    "TITLE": "Carsite API",
    "DESCRIPTION": "Identify cars on photos, read the catalogue, ask dealers.",
    "VERSION": __version__,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    # Two kinds of rows have a `status`: in the schema each set of choices has the name of its model.
    "ENUM_NAME_OVERRIDES": {
        "EnquiryStatusEnum": "dealers.models.Enquiry.Status",
        "MailStateEnum": "dealers.models.MailState",
        "IdentificationStatusEnum": "classifier.models.Identification.Status",
    },
}
