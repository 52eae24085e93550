"""Every setting of the portal, read from the environment; a missing secret stops the start with the remedy.

Local runs write their values to `.local/environment`, so that `manage.py` works by itself beside
`make run`. Production sets real environment variables, listed in `docs/operations.md`.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pghistory
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env

from workforce_portal import local_environment

BASE_DIR = Path(__file__).resolve().parent.parent

local_environment.read()
LOCAL_DATA = local_environment.LOCAL
env = Env()


def required(name: str, remedy: str) -> str:
    """Return the environment variable, or refuse to start and say how to set it."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {remedy}")
    return value


# PORTAL_LOCAL opens what must never exist in production: the mailbox page, plain http, a moved clock.
PORTAL_LOCAL = env.bool("PORTAL_LOCAL", False)
DEBUG = False

SECRET_KEY = required(
    "SECRET_KEY",
    "`make run` makes one for this computer. In production set a random value of at least 50 characters.",
)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", [])
if not PORTAL_LOCAL and len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY is shorter than 50 characters. Set a longer random value.")

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"] if PORTAL_LOCAL else [])
if "*" in ALLOWED_HOSTS or (not PORTAL_LOCAL and not ALLOWED_HOSTS):
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS must name the exact host names of the portal, separated by commas, for example "
        "ALLOWED_HOSTS=learning.example.gov.uk. A star would let a forged name into letters."
    )
# Where links in letters, calendars and certificates lead. Letters are written outside any request.
SITE_URL = env.str("SITE_URL", f"http://localhost:{env.int('PORT', 8000)}" if PORTAL_LOCAL else "").rstrip("/")
if not SITE_URL:
    raise ImproperlyConfigured(
        "SITE_URL is not set. Set the portal's public address, for example https://learning.example.gov.uk"
    )
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", [])

# Moves the portal's clock for demonstrations and journeys: "12d", "-3h", "90m". See accounts/clock.py.
PORTAL_CLOCK_OFFSET = env.str("PORTAL_CLOCK_OFFSET", "")
if PORTAL_CLOCK_OFFSET and not PORTAL_LOCAL:
    raise ImproperlyConfigured("PORTAL_CLOCK_OFFSET is for demonstrations only. Remove it from the environment.")

# Ready-made values for one partnership, used when its row is first made: "airedon" (invented) or "leeds".
PORTAL_PARTNERSHIP = env.str("PORTAL_PARTNERSHIP", "airedon")

# --- Applications and the way a request takes -------------------------------------------------------

INSTALLED_APPS = [
    "accounts",
    "courses",
    "bookings",
    "evaluation",
    "workforce_portal",
    "accounts.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "import_export",
    "pgtrigger",
    "pghistory",
]

MIDDLEWARE = [
    "accounts.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "accounts.middleware.SecurityHeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "pghistory.middleware.HistoryMiddleware",
]

ROOT_URLCONF = "workforce_portal.urls"
WSGI_APPLICATION = "workforce_portal.wsgi.application"
FORM_RENDERER = "workforce_portal.form_renderer.PortalFormRenderer"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "workforce_portal.context_processors.site",
            ],
            "builtins": ["workforce_portal.templatetags.portal"],
        },
    }
]

# --- Postgres, the record ---------------------------------------------------------------------------

required("DATABASE_URL", "`make run` starts a database and sets it. In production: postgres://user:password@host/name")
DATABASES = {"default": env.dj_db_url("DATABASE_URL")}
STATEMENT_TIMEOUT_MS = env.int("DATABASE_STATEMENT_TIMEOUT_MS", 15_000)
DATABASES["default"] |= {
    "CONN_MAX_AGE": 60,
    "CONN_HEALTH_CHECKS": True,
    "ATOMIC_REQUESTS": False,
    "OPTIONS": {
        "connect_timeout": 5,
        **DATABASES["default"].get("OPTIONS", {}),
        "options": (
            f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout=5000 "
            "-c idle_in_transaction_session_timeout=30000 "
            # The ORM joins along foreign keys in a good order; weighing every order of ten tables costs ten times the query.
            "-c join_collapse_limit=4"
        ),
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEST_NON_SERIALIZED_APPS: list[str] = []

# --- Redis, the hint --------------------------------------------------------------------------------

REDIS_URL = required("REDIS_URL", "`make run` starts one and sets it. In production: redis://:password@host:6379/0")
CACHE_URL = env.str("CACHE_URL", "")
if not CACHE_URL:
    if not PORTAL_LOCAL:
        raise ImproperlyConfigured(
            "CACHE_URL is not set. Give the cache its own Redis server: redis://:password@host:6379/0"
        )
    CACHE_URL = REDIS_URL
CACHES = {
    "default": {
        "BACKEND": "accounts.cache.FailSoftRedisCache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": "portal",
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }
}
# Not in the cache: an outage of Redis must not bring a session back that was ended meanwhile.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
# A changed setting of the partnership reaches every process within these seconds.
PARTNERSHIP_KEPT_SECONDS = env.int("PARTNERSHIP_KEPT_SECONDS", 5)

# --- Background work --------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 60
CELERY_WORKER_MAX_TASKS_PER_CHILD = 2000
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30.0
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "health_check_interval": 25,
    "queue_order_strategy": "priority",
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]

# --- Signing in -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.access.PortalBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "my_learning"
ACCOUNT_ADAPTER = "accounts.adapter.PortalAccountAdapter"
SOCIALACCOUNT_ADAPTER = "accounts.adapter.PortalSocialAccountAdapter"
ACCOUNT_FORMS = {"signup": "accounts.forms.SignupForm"}
SOCIALACCOUNT_FORMS = {"signup": "accounts.forms.WorkAccountSignupForm"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http" if SITE_URL.startswith("http://") else "https"
# A whole town hall signs in from one address, so the limits per address are wide and those per account narrow.
ACCOUNT_RATE_LIMITS = {
    "login": "600/m/ip",
    "signup": "200/m/ip",
    "login_failed": "100/m/ip,5/5m/key",
    "reset_password": "100/m/ip,5/m/key",
    "reset_password_from_key": "100/m/ip",
    # Enquiries by people without an account: each writes a letter to the address that was typed.
    "enquiry": "60/h/ip,6/h/key",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)
MFA_ADAPTER = "accounts.adapter.PortalMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Workforce portal"
MFA_PASSKEY_LOGIN_ENABLED = False
USERSESSIONS_TRACK_ACTIVITY = False

# Microsoft Entra ID (or any OpenID Connect provider) is switched on by these alone.
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", "")
SOCIALACCOUNT_PROVIDERS: dict = {}
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
# A work account asks for name and employer once, like any other.
SOCIALACCOUNT_AUTO_SIGNUP = False
# Addresses of these domains need no letter to be believed: the provider vouches for them. Name only your own.
OIDC_TRUSTED_DOMAINS = [domain.lower() for domain in env.list("OIDC_TRUSTED_DOMAINS", [])]
if OIDC_CLIENT_ID:
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "work",
                "name": env.str("OIDC_NAME", "your work account"),
                "client_id": OIDC_CLIENT_ID,
                "secret": required("OIDC_SECRET", "Set the secret that the identity provider issued for the portal."),
                "settings": {
                    "server_url": required(
                        "OIDC_SERVER_URL",
                        "For Microsoft Entra ID: https://login.microsoftonline.com/<tenant id>/v2.0",
                    )
                },
            }
        ],
    }

# --- Card payments ----------------------------------------------------------------------------------

# GOV.UK Pay is switched on by its key alone.
GOVUK_PAY_API_KEY = env.str("GOVUK_PAY_API_KEY", "")
GOVUK_PAY_URL = (env.str("GOVUK_PAY_URL", "") or "https://publicapi.payments.service.gov.uk").rstrip("/")
GOVUK_PAY_WEBHOOK_SECRET = env.str("GOVUK_PAY_WEBHOOK_SECRET", "")
if GOVUK_PAY_API_KEY and not GOVUK_PAY_WEBHOOK_SECRET:
    raise ImproperlyConfigured(
        "GOVUK_PAY_WEBHOOK_SECRET is not set. Make a webhook at GOV.UK Pay for <SITE_URL>/pay/webhook/ and set its signing secret."
    )
if GOVUK_PAY_API_KEY and not (PORTAL_LOCAL or GOVUK_PAY_URL.startswith("https://")):
    raise ImproperlyConfigured(
        "GOVUK_PAY_URL is not https. The stand-in for GOV.UK Pay is for one's own computer; leave the variable out in production."
    )
# A form here leads to Pay's own pages, whose host is another than the interface's. The stand-in has both in one place.
GOVUK_PAY_PAGES = (
    "https://*.payments.service.gov.uk"
    if urlsplit(GOVUK_PAY_URL).netloc.endswith(".payments.service.gov.uk")
    else "{0.scheme}://{0.netloc}".format(urlsplit(GOVUK_PAY_URL))
)

# --- Security ---------------------------------------------------------------------------------------

SECURE_COOKIES = not PORTAL_LOCAL
SECURE_SSL_REDIRECT = not PORTAL_LOCAL
# Health checks come from inside, over plain http.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 0 if PORTAL_LOCAL else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not PORTAL_LOCAL
SECURE_HSTS_PRELOAD = not PORTAL_LOCAL
if env.bool("BEHIND_HTTPS_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_NAME = "__Host-sessionid" if SECURE_COOKIES else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if SECURE_COOKIES else "csrftoken"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 43_200
CSRF_FAILURE_VIEW = "workforce_portal.views.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        # Signing in with a work account and paying by card begin with a form here that leads there.
        "form-action": [
            SELF,
            *(["https://" + urlsplit(env.str("OIDC_SERVER_URL")).netloc] if OIDC_CLIENT_ID else []),
            *([GOVUK_PAY_PAGES] if GOVUK_PAY_API_KEY else []),
        ],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

# --- Letters ----------------------------------------------------------------------------------------

EMAIL_BACKEND = env.str(
    "EMAIL_BACKEND",
    "accounts.mailbox.LocalMailboxBackend" if PORTAL_LOCAL else "django.core.mail.backends.smtp.EmailBackend",
)
EMAIL_HOST = env.str("EMAIL_HOST", "localhost")
EMAIL_PORT = env.int("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "training@portal.example.org" if PORTAL_LOCAL else "")
if not DEFAULT_FROM_EMAIL:
    raise ImproperlyConfigured("DEFAULT_FROM_EMAIL is not set. Set the address that letters come from.")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
LOCAL_MAILBOX_DIR = LOCAL_DATA / "mailbox"
# Calendar programs take a change or a cancellation from the address that sent the entry and from no other, so it stays
# what it is, whoever answers the team's post.
CALENDAR_ORGANISER = env.str("CALENDAR_ORGANISER", DEFAULT_FROM_EMAIL)
# Who sends what: email goes to the mail server above or to GOV.UK Notify, text messages to Notify or nowhere.
SENDERS = {
    "": "",
    "smtp": "accounts.senders.smtp.SmtpSender",
    "notify": "accounts.senders.notify.NotifyEmailSender",
    "notify text": "accounts.senders.notify.NotifyTextSender",
    "mailbox text": "accounts.senders.local.LocalTextSender",
}
EMAIL_SENDER = env.str("EMAIL_SENDER", "smtp")
SMS_SENDER = env.str("SMS_SENDER", "mailbox" if PORTAL_LOCAL else "")
if EMAIL_SENDER not in {"smtp", "notify"} or SMS_SENDER not in {"", "notify", *(["mailbox"] if PORTAL_LOCAL else [])}:
    raise ImproperlyConfigured("EMAIL_SENDER is smtp or notify; SMS_SENDER is notify, or empty for no text messages.")
LETTER_SENDERS = {
    "EMAIL": SENDERS[EMAIL_SENDER],
    "SMS": SENDERS[f"{SMS_SENDER} text" if SMS_SENDER else ""],
}
NOTIFY_API_URL = env.str("NOTIFY_API_URL", "https://api.notifications.service.gov.uk")
NOTIFY_API_KEY = env.str("NOTIFY_API_KEY", "")
NOTIFY_EMAIL_TEMPLATE_ID = env.str("NOTIFY_EMAIL_TEMPLATE_ID", "")
NOTIFY_SMS_TEMPLATE_ID = env.str("NOTIFY_SMS_TEMPLATE_ID", "")
for chosen, template in ((EMAIL_SENDER, NOTIFY_EMAIL_TEMPLATE_ID), (SMS_SENDER, NOTIFY_SMS_TEMPLATE_ID)):
    if chosen == "notify" and not (NOTIFY_API_KEY and template):
        raise ImproperlyConfigured(
            "GOV.UK Notify needs NOTIFY_API_KEY, and NOTIFY_EMAIL_TEMPLATE_ID or NOTIFY_SMS_TEMPLATE_ID for what it sends."
        )
# Which rule says that a letter no longer holds, by the app that wrote it. Asked when the letter is about to leave.
LETTER_RULES = {
    "account": "accounts.emails.why_not",
    "bookings": "bookings.emails.standing.why_not",
    "evaluation": "evaluation.emails.why_not",
}

# --- Words, time, files -----------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", LOCAL_DATA / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Uploaded spreadsheets wait here between preview and confirmation. Never served.
MEDIA_ROOT = env.path("MEDIA_ROOT", LOCAL_DATA / "media")

# --- Import and export of reference data ------------------------------------------------------------

IMPORT_EXPORT_USE_TRANSACTIONS = True
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "import"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "export"
IMPORT_EXPORT_ESCAPE_ILLEGAL_CHARS_ON_EXPORT = True
IMPORT_EXPORT_TMP_STORAGE_CLASS = "import_export.tmp_storages.MediaStorage"

# --- Row history ------------------------------------------------------------------------------------

PGHISTORY_APPEND_ONLY = True
PGHISTORY_OBJ_FIELD = pghistory.ObjForeignKey(related_name="history")

# --- Logs: JSON, a request id, no personal data -----------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "accounts.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # Their messages quote addresses; what matters is recorded in the outbox and the audit.
        "fontTools": {"level": "ERROR"},
        "weasyprint": {"level": "ERROR"},
    },
}
