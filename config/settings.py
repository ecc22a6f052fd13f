"""Every setting, flat; the only reader of the environment."""

import os
import re
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import environ
from cryptography.fernet import Fernet
from django.core.management.utils import get_random_secret_key
from django.utils.translation import gettext_lazy as _

from config.sign_in import *  # noqa: F403  # settings of people: passwords, sessions, lock-out, second factor
from config.theme import UNFOLD, UNFOLD_PORTAL  # noqa: F401

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

_CHANGELOG = (BASE_DIR / "CHANGELOG.md").read_text(encoding="utf-8")
_HEADING = re.search(r"^## (\d+\.\d+\.\d+)", _CHANGELOG, re.MULTILINE)
VERSION = _HEADING.group(1) if _HEADING else "0"

# --- What kind of installation this is ------------------------------------------------------------

DEMO = env.bool("DEMO", default=False)  # the demonstration: sandbox controls, keys made on first start
DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))
DATA_DIR.mkdir(parents=True, exist_ok=True)
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])


def _kept_key(name: str) -> str:
    """A key from the environment, else one made on first start and kept in DATA_DIR for its owner only."""
    given = env.str(name, default="")
    if given:
        return given
    path = DATA_DIR / f"{name.lower()}.key"
    if not path.exists():
        made = Fernet.generate_key().decode() if name == "VAULT_KEYS" else get_random_secret_key()
        draft = DATA_DIR / f".{name.lower()}.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(made)
        # Web and worker may start at once: the first key stands, whole, and both read it.
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text(encoding="utf-8").strip()


SECRET_KEY = _kept_key("SECRET_KEY")
VAULT_KEYS = _kept_key("VAULT_KEYS").split(",")  # first seals, all open
ERASURE_KEY = _kept_key("ERASURE_KEY")  # hashes of erased people: another key forgets who was erased

# --- Applications ---------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "config.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "django_q",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "post_office",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts",
    "funnels",
    "mapping",
    "integrations",
    "integrations.partners.meetime",
]

MIDDLEWARE = [
    "integrations.webhooks.WebhookMiddleware",  # before anything that redirects: a 3xx counts as delivered
    "accounts.sent_bodies.SentBodyMiddleware",  # before anything that refuses
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.sittings.SittingMiddleware",
    "accounts.middleware.CurrentAccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.gate.SecondFactorGate",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.ContentSecurityMiddleware",
    "axes.middleware.AxesMiddleware",  # gives the page that says "wait" its status
]

PORTAL_URLS = ["funnels.urls", "integrations.urls", "accounts.people_urls"]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS: list[str] = []

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Store ----------------------------------------------------------------------------------------

DATABASE_URL = env.str("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'tomada.sqlite3'}")
DATABASES = {"default": environ.Env.db_url_config(DATABASE_URL)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
            "PRAGMA cache_size=-20000; PRAGMA mmap_size=134217728;"
        ),
    }
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"].setdefault("TEST", {})["NAME"] = env.str("TEST_SQLITE", default="") or None
else:
    DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 1, "max_size": env.int("DB_POOL", default=24)}}

REDIS_URL = env.str("REDIS_URL", default="")
CACHES = (
    {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
    if REDIS_URL
    else {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
)

# --- Background syncs (the pump carries the deliveries; see integrations/engine/README.md) --------

Q_CLUSTER = {
    "name": env.str("Q_NAME", default="tomada"),
    "workers": env.int("Q_WORKERS", default=2),
    "timeout": 300,
    "retry": 420,
    "max_attempts": 1,
    "ack_failures": True,
    "catch_up": False,
    "poll": 1,
    "queue_limit": 50,
    "save_limit": 200,
    "label": "Django Q2",
    **({"redis": REDIS_URL} if REDIS_URL else {"orm": "default"}),
}

# --- E-mail (queued in the store, sent by the worker; see accounts/mail.py) -----------------------

EMAIL_BACKEND = "post_office.EmailBackend"
POST_OFFICE = {
    "BACKENDS": {
        "default": env.str("EMAIL_BACKEND", default="django.core.mail.backends.console.EmailBackend")
    },
    "MAX_RETRIES": 8,
    "RETRY_INTERVAL": timedelta(minutes=15),
    "LOG_LEVEL": 1,
}
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Tomada <nao-responda@localhost>")
SUPPORT_EMAIL = env.str("SUPPORT_EMAIL", default="")  # is told when an account asks for a module
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", default=False)
EMAIL_TIMEOUT = 20  # seconds

# --- Language and time ----------------------------------------------------------------------------

LANGUAGE_CODE = "pt-br"
LANGUAGES = [("pt-br", _("Portuguese (Brazil)")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"
TIME_ZONE = "America/Sao_Paulo"
USE_I18N = True
USE_TZ = True

# --- Files ----------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = str(DATA_DIR / "media")
WHITENOISE_USE_FINDERS = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 9 * 1024 * 1024

# --- Safety ---------------------------------------------------------------------------------------

_HTTPS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=_HTTPS)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31536000 if _HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _HTTPS
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)  # one proxy, which writes both headers itself
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = env.str("SESSION_COOKIE_NAME", default="tomada_session")
CSRF_COOKIE_NAME = env.str("CSRF_COOKIE_NAME", default="tomada_csrf")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
X_FRAME_OPTIONS = "DENY"

# --- Partners -------------------------------------------------------------------------------------

PARTNER_URLS = env.dict("PARTNER_URLS", default={})  # slug=base address, where it is not the partner's own
PARTNERS_ON_PRIVATE_ADDRESSES = env.bool("PARTNERS_ON_PRIVATE_ADDRESSES", default=DEMO)
SANDBOX_URL = env.str("SANDBOX_URL", default="")
CALL_DEADLINE = env.float("CALL_DEADLINE", default=20.0)  # seconds for one request, over everything
WEBHOOK_MAX_BYTES = 8 * 1024 * 1024

# --- Worker ---------------------------------------------------------------------------------------

PUMP_THREADS = env.int("PUMP_THREADS", default=8)
PUMP_LEASE_SECONDS = env.float("PUMP_LEASE_SECONDS", default=90.0)  # more than a call's deadline + 30 s
PUMP_POLL_SECONDS = env.float("PUMP_POLL_SECONDS", default=0.1)
FAULT_STOP_AT = env.str("FAULT_STOP_AT", default="")  # fault tests: stop this process at a named step

# --- API ------------------------------------------------------------------------------------------

API_RATE = env.int("API_RATE", default=600)  # calls a minute for each key; 0 counts none
# Several web processes without a cache of theirs all: the store counts. On SQLite there is one web process.
API_COUNTED_IN_STORE = not REDIS_URL and not DATABASES["default"]["ENGINE"].endswith("sqlite3")
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api_auth.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api_auth.HasApiKey"],
    "EXCEPTION_HANDLER": "accounts.problems.handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tomada",
    "DESCRIPTION": "Plug your CRM into the tools your sales team lives in.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "accounts.rest.schema.with_headers",
    ],
}

# --- Logs -----------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "accounts.logs.Redact"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "stream": sys.stderr,
            "formatter": "line",
            "filters": ["redact"],
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "axes": {"level": "WARNING"},  # it tells of every sign-in
        "django.server": {"level": "WARNING"},
        # Without a handler of ours post_office brings its own, which blanks no secret.
        "post_office": {"level": "WARNING", "handlers": ["console"], "propagate": False},
    },
}
