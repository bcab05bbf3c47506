"""One settings file; everything a site may change comes from the environment, checked in env.py."""

from pathlib import Path

from holdspace.config import env

PACKAGE = Path(__file__).resolve().parent.parent

# ---------------------------------------------------------------- where things are kept
HOLDSPACE_DATA = env.data_folder()
# A stamp file and not a variable: a folder of invented people can never be mistaken for a real one.
HOLDSPACE_DEMO = (HOLDSPACE_DATA / "DEMO").exists()
SECRET_KEY = env.secret_key(HOLDSPACE_DATA)
# Not in the database and not in a backup: docs/private-notes.md.
HOLDSPACE_NOTES_KEY = env.file_path("HOLDSPACE_NOTES_KEY_FILE", HOLDSPACE_DATA / "notes.key")
MEDIA_ROOT = HOLDSPACE_DATA / "files"
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATABASES = {"default": env.database(HOLDSPACE_DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---------------------------------------------------------------- who answers, and to whom
DEBUG = env.flag("HOLDSPACE_DEBUG", False)
ALLOWED_HOSTS = env.words("HOLDSPACE_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("HOLDSPACE_ORIGINS", [])
# Set by `serve --tls-cert`, or by whoever puts a TLS proxy in front.
HOLDSPACE_SECURE = env.flag("HOLDSPACE_SECURE", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HOLDSPACE_SECURE
SECURE_HSTS_SECONDS = 31_536_000 if HOLDSPACE_SECURE else 0
if env.flag("HOLDSPACE_BEHIND_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "holdspace.config",
    "holdspace.records",
    "holdspace.people",
    "holdspace.schedule",
    "holdspace.care",
    "holdspace.pharmacy",
    "holdspace.comfort",
    "holdspace.assessment",
    "holdspace.preparation",
    "holdspace.medicine",
    "holdspace.integration",
    "holdspace.welcome",
    "holdspace.portal",
    "holdspace.interop",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_tasks",
    "django_tasks_db",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "holdspace.config.compressing.CompressedPages",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    # Who acts, for which clinic, and when: read once per request.
    "holdspace.people.middleware.ActorMiddleware",
    # Before any page is reached: who has been idle too long is signed out.
    "holdspace.people.middleware.AutomaticLogOff",
    # Every page wants a signed-in person unless its view says @login_not_required.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "holdspace.people.middleware.SecondFactorMiddleware",
    "holdspace.care.middleware.DraftMiddleware",
    # axes asks to be last, so that it sees each failed sign-in's answer.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "holdspace.config.urls"
WSGI_APPLICATION = "holdspace.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "holdspace.config.context.ui",
            ]
        },
    }
]

# ---------------------------------------------------------------- signing in
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
_RULES = "django.contrib.auth.password_validation."
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": _RULES + "UserAttributeSimilarityValidator"},
    {"NAME": _RULES + "MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": _RULES + "CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "holdspace.people.adapter.AccountAdapter"
MFA_ADAPTER = "holdspace.people.adapter.MFAAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an address is vouched for by whoever invited its owner
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Browsers give passkeys to plain http only on localhost, which is how a demo or a laptop runs.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HOLDSPACE_SECURE

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "holdspace.people.lockout.username_of"
AXES_LOCKOUT_CALLABLE = "holdspace.people.lockout.locked_out_response"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False

# Rate limits must hold across processes, so they are counted in the database.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
    }
}

# ---------------------------------------------------------------- what a page may load and do
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],  # the authenticator's QR code is a data: picture
        "media-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
PERMISSIONS_POLICY: dict[str, list[str] | str] = {
    feature: []
    for feature in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
}
PERMISSIONS_POLICY["publickey-credentials-get"] = "self"
PERMISSIONS_POLICY["publickey-credentials-create"] = "self"

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # pages are served from the installed package; nothing to collect
WHITENOISE_AUTOREFRESH = DEBUG

# ---------------------------------------------------------------- language, time, mail, log
LANGUAGE_CODE = "en-us"
LANGUAGES = [("en", "English"), ("es", "Español")]
USE_TZ = True
TIME_ZONE = "UTC"  # a clinic's own zone is data of the clinic

EMAIL_HOST = env.words("HOLDSPACE_SMTP_HOST", [""])[0]
EMAIL_PORT = env.whole_number("HOLDSPACE_SMTP_PORT", 587, least=1, most=65535)
EMAIL_HOST_USER = env.words("HOLDSPACE_SMTP_USER", [""])[0]
EMAIL_HOST_PASSWORD = env.secret_file("HOLDSPACE_SMTP_PASSWORD_FILE")
EMAIL_USE_TLS = True
DEFAULT_FROM_EMAIL = env.words("HOLDSPACE_MAIL_FROM", ["noreply@localhost"])[0]
EMAIL_TIMEOUT = 20
# Where browsers elsewhere reach this program: without it no link can be sent.
HOLDSPACE_URL = env.public_address()
# Without a mail server nothing is sent; printing mail would put sign-in links into the log. A demo
# never writes to anybody: its mail is files in its own folder.
EMAIL_FILE_PATH = HOLDSPACE_DATA / "mail"
EMAIL_BACKEND = env.mail_backend(EMAIL_HOST, is_demo=HOLDSPACE_DEMO)

# ---------------------------------------------------------------- work that need not be waited for
# Rows of our own database: an act and the work it asks for are committed together.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"hide_keys": {"()": "holdspace.config.quiet_log.HideKeys"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["hide_keys"],
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "holdspace": {"level": "INFO"},
        "axes": {"level": "ERROR"},
        "django_tasks": {"level": "WARNING"},
        "django_tasks_db": {"level": "ERROR"},  # that it was asked to stop is no warning
    },
}
