"""All settings. The environment decides them (see `carsite/env.py`).

A variable that is missing and has no default stops the start.
"""

from __future__ import annotations

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from carsite.account_settings import *  # noqa: F403
from carsite.api_settings import *  # noqa: F403
from carsite.env import BASE_DIR, value
from carsite.environment import DEBUG, env, redis_socket
from carsite.environment import flag as _flag
from carsite.environment import listed as _list
from carsite.environment import number as _number
from carsite.environment import rate as _rate
from carsite.environment import text as _text
from carsite.storage import image_sources, storage_from
from core import logs

# --- Site ---------------------------------------------------------------------------------------------------
# The development key is public on purpose and refused below wherever DEBUG is off.
_DEVELOPMENT_KEY = "development-only-key-that-anyone-can-read-in-the-source"
SECRET_KEY = _text("SECRET_KEY") or _DEVELOPMENT_KEY
if not DEBUG and (SECRET_KEY == _DEVELOPMENT_KEY or len(SECRET_KEY) < 32):
    raise ImproperlyConfigured("SECRET_KEY has to be a secret of at least 32 characters where DEBUG is off.")
ALLOWED_HOSTS = _list("ALLOWED_HOSTS") or (["localhost", "127.0.0.1", "[::1]", "testserver"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = _list("CSRF_TRUSTED_ORIGINS")
SITE_URL = _text("SITE_URL").rstrip("/")
if DEBUG and SITE_URL.startswith("https://"):
    raise ImproperlyConfigured(
        "DEBUG is on and SITE_URL begins with https://: a site for the public would show its tracebacks "
        "and take the key "
        "that anyone can read in the source. Unset DEBUG, or give a SITE_URL of this machine."
    )
ADMIN_PATH = _text("ADMIN_PATH").strip("/")
TRUSTED_PROXIES = _number("TRUSTED_PROXIES")
VAR_DIR = (BASE_DIR / _text("VAR_DIR")).resolve()

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # templates only: the site is ours (CarsiteAdminConfig)
    "unfold.contrib.import_export",  # likewise
    "carsite.apps.CarsiteConfig",
    "carsite.apps.CarsiteAdminConfig",
    "core",
    "ops",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "accounts",  # before allauth, whose pages and mails it replaces
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_celery_beat",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "knox",
    "rest_framework",
    "simple_history",
    "catalog",
    "classifier",
    "dealers",
    "scraper",
]
MIDDLEWARE = [
    "carsite.middleware.RequestLogMiddleware",
    "carsite.api_errors.ApiErrorsMiddleware",
    "carsite.middleware.RefusedMiddleware",
    "carsite.middleware.ClientAddressMiddleware",
    "carsite.middleware.NulCharacterMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "carsite.static_files.StaticFilesMiddleware",
    "carsite.shared_pages.SharedPagesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "carsite.api_errors.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "core.people.GuestMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "carsite.odd_input.OddInputMiddleware",
]
ROOT_URLCONF = "carsite.urls"
WSGI_APPLICATION = "carsite.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "carsite" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "carsite.context.site",
            ],
        },
    }
]
LANGUAGE_CODE = "en"
TIME_ZONE = _text("TIME_ZONE")
USE_TZ = True
USE_I18N = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
X_FRAME_OPTIONS = "DENY"

# --- What `manage.py up` starts -----------------------------------------------------------------------------
HOST, PORT = value("HOST"), value("PORT")
WORKER_PROCESSES = _number("WORKER_PROCESSES")  # 0: one for each core

# --- Accounts -----------------------------------------------------------------------------------------------
# The other settings of accounts are in `account_settings`, those of the API in `api_settings`.
# Staff who have no second factor are led to set one up before the admin opens.
STAFF_MFA_REQUIRED = _flag("STAFF_MFA_REQUIRED") if _text("STAFF_MFA_REQUIRED") else not DEBUG

REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] = {  # noqa: F405  (of api_settings)
    name: _rate(f"API_{name.upper()}_RATE")
    for name in ("burst", "token", "upload", "enquiry", "enquiry_network")
} | NETWORK_RATES  # noqa: F405  (of account_settings)

# --- Database -----------------------------------------------------------------------------------------------
# Writers wait for each other from the start of a transaction ("immediate"): SQLite can't upgrade a read lock
# that another writer has passed, and would fail at once instead of waiting.
_SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;",
}
if _text("DATABASE_URL"):
    DATABASES = {"default": env.dj_db_url("DATABASE_URL", conn_max_age=60)}
else:
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": VAR_DIR / "db.sqlite3"}}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"].setdefault("OPTIONS", {}).update(_SQLITE_OPTIONS)
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True


# --- Redis: queue, cache, throttles -------------------------------------------------------------------------
REDIS_SOCKET = None if _text("REDIS_URL") else redis_socket(VAR_DIR)
_redis_url = _text("REDIS_URL").rstrip("/")
CACHES = {
    "default": {
        "BACKEND": "core.cache.ForgivingRedisCache",
        "LOCATION": f"unix://{REDIS_SOCKET}?db=1" if REDIS_SOCKET else f"{_redis_url}/1",
        "KEY_PREFIX": "carsite",
    },
    "pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pages",
        "OPTIONS": {"MAX_ENTRIES": 500},
    },
}
# With DEBUG on every page is made anew, so that what was changed is seen at once.
SHARED_PAGES_SECONDS = 0 if DEBUG else _number("SHARED_PAGES_SECONDS")
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# --- Celery -------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = _text("BROKER_URL") or (
    f"redis+socket://{REDIS_SOCKET}?virtual_host=0" if REDIS_SOCKET else f"{_redis_url}/0"
)
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A process loads the model before it says that it is up, which takes longer than Celery's own 4 seconds.
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 60.0
# Connections are never closed for a task's sake: carsite.celery closes those that are too old or broken.
CELERY_DB_REUSE_MAX = 10**9
# What is under way when the broker goes is brought to its end: the answer goes to the database, and a message
# that comes again finds nothing to do. Killed, it would cost one of the photo's attempts.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # for ever
# A connection that is dead though it looks alive is found out after some ten seconds.
CELERY_BROKER_HEARTBEAT = 5
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "visibility_timeout": 600,
        "socket_timeout": 5,
        "socket_connect_timeout": 1,
        "socket_keepalive": True,
        "health_check_interval": 5,
    }
    if not CELERY_BROKER_URL.startswith("amqp")
    else {"confirm_publish": True}
)
# An upload must not wait for a broker that is away: one quick try, then the sweeper takes over.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "classifier.tasks.identify": {"queue": "identify"},
    "classifier.tasks.retrain": {"queue": "train"},
    "scraper.tasks.scrape": {"queue": "scrape"},
}
# What brings work on whose worker or message was lost: done by the clock, and whenever a worker has found its
# way to the broker.
SWEEPS = [
    "classifier.tasks.sweep",
    "core.tasks.sweep_outbox",
    "classifier.tasks.sweep_runs",
    "scraper.tasks.sweep_scrapes",
]
CELERY_BEAT_SCHEDULER = "carsite.beat:SteadyScheduler"  # staff's own schedules beside these
CELERY_BEAT_SCHEDULE = {
    "sweep-outbox": {"task": "core.tasks.sweep_outbox", "schedule": 60.0},
    "sweep-identifications": {"task": "classifier.tasks.sweep", "schedule": 10.0},
    "look-again": {"task": "classifier.tasks.look_again", "schedule": 30.0},
    "sweep-training-runs": {"task": "classifier.tasks.sweep_runs", "schedule": 60.0},
    "sweep-scrapes": {"task": "scraper.tasks.sweep_scrapes", "schedule": 60.0},
    "fetch-source-photos": {"task": "scraper.tasks.fetch_photos", "schedule": crontab(minute="*/10")},
    "remove-orphans": {"task": "carsite.tasks.remove_orphans", "schedule": crontab(hour=3, minute=43)},
    "expire-guest-photos": {"task": "classifier.tasks.expire_guest_photos", "schedule": crontab(minute=17)},
    "expire-enquiries": {"task": "dealers.tasks.expire_enquiries", "schedule": crontab(hour=4, minute=7)},
    "clear-sessions": {"task": "accounts.tasks.clear_sessions", "schedule": crontab(hour=4, minute=27)},
}

# --- Files --------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = (BASE_DIR / (_text("STATIC_DIR") or VAR_DIR / "static")).resolve()
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "media/"  # nothing is served from here: photos go through a view that asks who may see them
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
FILE_UPLOAD_HANDLERS = [
    "classifier.photos.uploads.CappedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "classifier.photos.uploads.FrugalTemporaryFileUploadHandler",
]
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # a car's page in the admin has several for each fact
SIGNED_URL_SECONDS = 300
STORAGES = {
    "default": storage_from(_text("STORAGE_URL"), signed_seconds=SIGNED_URL_SECONDS),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        # In VAR_DIR, which is closed to others, only the site itself can read them.
        else "carsite.static_files.StaticFiles"
        if STATIC_ROOT.is_relative_to(VAR_DIR)
        else "carsite.static_files.PublicStaticFiles"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# --- E-mail -------------------------------------------------------------------------------------------------
DEFAULT_FROM_EMAIL = SERVER_EMAIL = _text("DEFAULT_FROM_EMAIL")
if _text("EMAIL_URL"):
    _email = env.dj_email_url("EMAIL_URL")
    if "EMAIL_BACKEND" not in _email:
        raise ImproperlyConfigured(
            "EMAIL_URL has to look like submission://USER:PASSWORD@HOST:587 or smtp://HOST:25."
        )
    EMAIL_BACKEND = _email["EMAIL_BACKEND"].replace("django.core.mail.backends.smtp", "core.smtp")
    EMAIL_HOST, EMAIL_PORT = _email["EMAIL_HOST"], _email["EMAIL_PORT"]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_USER"], _email["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS, EMAIL_USE_SSL = _email["EMAIL_USE_TLS"], _email["EMAIL_USE_SSL"]
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH, EMAIL_TIMEOUT = VAR_DIR / "mail", 10

# --- Classifier and dealers ---------------------------------------------------------------------------------
MODEL_BUNDLE = (BASE_DIR / (_text("MODEL_BUNDLE") or "ml/bundles/lite2")).resolve()
MODEL_THREADS = _number("MODEL_THREADS")
UPLOADS_PER_DAY = _number("UPLOADS_PER_DAY")
GUEST_PHOTO_HOURS = _number("GUEST_PHOTO_HOURS")
ENQUIRY_DAYS = _number("ENQUIRY_DAYS")
ENQUIRIES_PER_DEALER_DAY = _number("ENQUIRIES_PER_DEALER_DAY")
ENQUIRIES_PER_DAY = _number("ENQUIRIES_PER_DAY")
GUEST_UPLOADS_PER_HOUR = _number("GUEST_UPLOADS_PER_HOUR")
# How a candidate is trained from the active model (docs/learning.md).
RETRAIN_RECIPE = BASE_DIR / (_text("RETRAIN_RECIPE") or "recipes/retrain.toml")
# Dealers know nothing of identifications: what an enquiry may carry along is asked for by this name.
ENQUIRY_EVIDENCE = "classifier.training.exports.evidence_for"
# Accounts know nothing of other apps: each says by such a function, f(user) -> (facts, files), what it keeps
# of a user.
PERSONAL_DATA_EXPORTERS = ["classifier.training.exports.personal_data", "dealers.services.personal_data"]
# Likewise f(user) → names of permissions that what a user holds in an app is worth (see `accounts.rights`).
RIGHTS_OF_PEOPLE = ["dealers.services.rights_of"]

# --- Scraper ------------------------------------------------------------------------------------------------
# f(bytes) → "exterior", "interior", "other", or nothing where there is no model
PHOTO_GATE = "classifier.answers.scenes.scene_of"
SCRAPE_CONTACT = _text("SCRAPE_CONTACT")
SCRAPE_PRIVATE_ADDRESSES = _list("SCRAPE_PRIVATE_ADDRESSES")
SCRAPE_BROWSER = _text("SCRAPE_BROWSER")
SCRAPE_SOCKET = _text("SCRAPE_SOCKET")

IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True  # sheets hold what strangers' pages say

# --- Security -----------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *image_sources(_text("STORAGE_URL"))],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "carsite.stale_forms.failure"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
HTTPS = not DEBUG and _flag("HTTPS")
# Which of Django's own hints are answered by a choice: `carsite.checks` says what plain http means, and
# whether browsers' makers list a site is for its owner to say.
SILENCED_SYSTEM_CHECKS = [
    f"security.{one}" for one in (["W021"] if HTTPS else ["W004", "W008", "W012", "W016"])
]
if HTTPS:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
    SECURE_HSTS_SECONDS = _number("HSTS_SECONDS")
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_SECONDS > 0
    SECURE_HSTS_PRELOAD = _flag("HSTS_PRELOAD") and SECURE_HSTS_INCLUDE_SUBDOMAINS
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    if TRUSTED_PROXIES:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Web server (ops.server) --------------------------------------------------------------------------------
# Bytes of a request: one photo and its form; and where a form may bring twenty of them. deploy/Caddyfile
# knows the same addresses.
MAX_BODY_BYTES = 25 * 10**6
MAX_BODY_BYTES_AT = dict.fromkeys(
    ("/identify/", "/api/v1/sightings/", f"/{ADMIN_PATH}/classifier/referencephoto/add/"), 425 * 10**6
)
# A process that holds more memory makes room for a fresh one once what it works at is done.
WEB_PROCESS_BYTES = 300 * 2**20

# --- Operations ---------------------------------------------------------------------------------------------
LOGGING = logs.config(
    level=_text("LOG_LEVEL"),
    as_json=_text("LOG_FORMAT") == "json" or (not DEBUG and not _text("LOG_FORMAT")),
    routine=[
        entry["task"] for entry in CELERY_BEAT_SCHEDULE.values() if isinstance(entry["schedule"], float)
    ],
)
# What `/readyz` asks: name → f(), which raises where the service is away. `core.outages.Unavailable` brings
# the reason along.
HEALTH_CHECKS = {
    "database": "ops.checks.database",
    "pages": "ops.checks.pages",
    "broker": "ops.checks.broker",
    "cache": "ops.checks.cache",
    "storage": "ops.checks.storage",
    "model": "classifier.health.model",
    "beat": "ops.heartbeats.beat",
    "worker": "ops.heartbeats.worker",
    "queue": "classifier.health.queue",
}
METRICS_TOKEN = _text("METRICS_TOKEN")
# What `/metrics` asks the apps: f() → `core.figures.Figure`s.
METRICS_FIGURES = [
    "classifier.figures.figures",
    "dealers.figures.figures",
    "accounts.figures.figures",
    "scraper.figures.figures",
]
# Whom `manage.py up` names to sign in as on a development site: (address, password, fields) each.
DEMO_USERS = "accounts.management.commands.create_demo_users.DEMO_USERS"
SENTRY_DSN = _text("SENTRY_DSN")
# An app that may not know the site asks by this name which request it works for.
REQUEST_ID = "core.logs.request_id"
