"""Settings of the sweets store; the README's table of settings names what the environment may set."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from sweets_store import environment as given

BASE_DIR = Path(__file__).resolve().parent.parent
given.read_file(given.text("ENV_FILE"), default=BASE_DIR / ".env")

DATA_DIR = BASE_DIR / given.text("DATA_DIR", "var")
HOST = given.text("HOST", "127.0.0.1")
PORT = given.integer("PORT", 8080, low=1, high=65535)
PRODUCTION = given.boolean("PRODUCTION")
LOCK_TIMEOUT = given.integer("LOCK_TIMEOUT", 10, low=1, high=600)
REQUEST_SECONDS = given.integer("REQUEST_SECONDS", 30, low=1, high=3600)
UNDO_MINUTES = given.integer("UNDO_MINUTES", 60, low=1, high=30 * 24 * 60)
WORKERS = given.integer("WORKERS", 2, low=1, high=64)
THREADS = given.integer("THREADS", 8, low=1, high=256)
API_ACCESS = given.choice("API_ACCESS", "token" if PRODUCTION else "open", ("open", "token"))
RATE_PER_ADDRESS = given.rate("RATE_PER_ADDRESS", "12000/minute" if PRODUCTION and API_ACCESS == "token" else "none")
RATE_PER_TOKEN = given.rate("RATE_PER_TOKEN", "6000/minute" if PRODUCTION else "none")
PROXIES = given.integer("PROXIES", 1 if PRODUCTION else 0, low=0, high=9)

# Core

DEBUG = False
SECRET_KEY = given.secret_key(DATA_DIR, production=PRODUCTION)
ALLOWED_HOSTS = given.allowed_hosts(HOST, production=PRODUCTION)
APPEND_SLASH = False
CSRF_FAILURE_VIEW = "sweets_store.refusals.page_too_old"
ROOT_URLCONF = "sweets_store.urls"
WSGI_APPLICATION = "sweets_store.wsgi.application"
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "dispatchers.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "sweets_store",
    "record",
    "couriers",
    "access",
    "bundles",
    "orders",
    "dispatchers.apps.DispatchersConfig",
]

MIDDLEWARE = [
    "sweets_store.middleware.ActingMiddleware",
    "sweets_store.pages.PolicyMiddleware",
    "sweets_store.middleware.HealthMiddleware",
    "sweets_store.middleware.HTTPSMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "sweets_store.pages.NulMiddleware",
    "sweets_store.pages.SessionMiddleware",
    "sweets_store.pages.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "sweets_store.pages.AuthenticationMiddleware",
    "sweets_store.pages.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Database

DATABASES = {"default": given.database(DATA_DIR, lock_timeout=LOCK_TIMEOUT)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Passwords, and how often they may be guessed

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_CLIENT_IP_CALLABLE = "sweets_store.addresses.address_of"
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_FAILURE_LIMIT = 10
AXES_LOCKOUT_CALLABLE = "dispatchers.login.locked_out"
AXES_LOCKOUT_PARAMETERS = ["ip_address"]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_CALLABLE = "dispatchers.login.tried_name"
AXES_VERBOSE = False

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{validator}"}
    for validator in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Time and language

USE_TZ = True
TIME_ZONE = given.time_zone("SHOP_TIME_ZONE", "UTC")
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ru", "Русский")]
LOCALE_PATHS = [BASE_DIR / "dispatchers" / "locale"]

# Static files: WhiteNoise serves the admin's from the packages, so there is nothing to collect.

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True

# The API

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["access.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["access.authentication.InScope"],
    "NUM_PROXIES": PROXIES,
    "DEFAULT_SCHEMA_CLASS": "sweets_store.schema.OpenApiSchema",
    "EXCEPTION_HANDLER": "sweets_store.api.exception_handler",
    "UNAUTHENTICATED_USER": None,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Sweets store",
    "VERSION": "1.0",
    "DESCRIPTION": (
        "Hires couriers, takes orders, hands a courier the most orders that he can carry as one bundle, marks them"
        " delivered, and reckons rating and pay. Every refusal that is no validation report is an object with `code`"
        " and `detail`, also those that come before any handler is reached: an unknown URL (404), a wrong method (405),"
        " an overlong URL (414) or header (431)."
    ),
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Without a validator's URL Swagger UI asks one on the internet.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
}

# The admin's theme

LOGIN_REDIRECT_URL = "admin:index"

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Sweets store"),
    "SITE_HEADER": _("Sweets store"),
    "SITE_URL": None,  # the store's front is its API
    "SITE_SYMBOL": "cake",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("dispatchers/icon.svg")}],
    "COLORS": {"primary": {"500": "oklch(68% .22 303.9)"}},  # the theme's own is too dark on a dark page
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "LANGUAGES": {"action": reverse_lazy("admin:set_language")},
    "STYLES": [lambda request: static("dispatchers/dispatchers.css")],
    "SIDEBAR": {"show_search": False, "navigation": "dispatchers.navigation.navigation"},
}

# Serving the internet

if PRODUCTION:
    CSRF_COOKIE_SECURE = True
    LANGUAGE_COOKIE_SECURE = True
    CSRF_TRUSTED_ORIGINS = given.origins("CSRF_TRUSTED_ORIGINS")
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_SSL_REDIRECT = True
    SESSION_COOKIE_SECURE = True

# Log

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}{by}", "style": "{"}},
    "filters": {
        "acting": {"()": "sweets_store.acting.TellsWhoActs"},
        "told": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda line: getattr(line, "status_code", 0) != 503,
        },
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["acting"]},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        # That the database is away the store tells itself, in a line without a trace.
        "django.request": {"filters": ["told"]},
        # Every scanner calls by a host of its own, or sends a NUL, and is refused: nothing for an operator to do.
        "django.security": {"handlers": ["nowhere"], "propagate": False},
        # Django leaves it to the server to send no body to HEAD, and gunicorn warns at each that it sends none.
        "gunicorn.http.wsgi": {"level": "ERROR"},
    },
}

given.stop_if_wrong()
