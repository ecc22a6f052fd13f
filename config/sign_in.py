"""How people sign in: passwords, sessions, lock-out and second factor; settings.py takes all of it."""

from datetime import timedelta

# --- People ---------------------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24  # seconds: how long a one-use link opens
CSRF_FAILURE_VIEW = "accounts.errors.csrf_failure"

# --- Guessing at sign-in (django-axes; see accounts/lockout.py) -----------------------------------

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: a locked out name is refused before any password
    "django.contrib.auth.backends.ModelBackend",
]
AXES_HANDLER = "accounts.lockout.Handler"  # counts in the database: every web process sees the same
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "ip_address"]  # two counters, in this order
AXES_FAILURE_LIMIT = 10  # wrong tries for one e-mail from one address …
LOCKOUT_ADDRESS_LIMIT = 100  # … and from one address for all e-mails: an office shares one
AXES_COOLOFF_TIME = timedelta(minutes=15)  # after the last counted try
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # impatience does not make the wait longer
AXES_RESET_ON_SUCCESS = True  # the person's own counter only
AXES_USERNAME_FORM_FIELD = "username"  # the field of the sign-in forms; the user's own is called email
AXES_USERNAME_CALLABLE = "accounts.lockout.name_of"
AXES_CLIENT_IP_CALLABLE = "accounts.lockout.client_address"
AXES_LOCKOUT_CALLABLE = "accounts.lockout.answer"
AXES_DISABLE_ACCESS_LOG = True  # who is signed in where stands in the table of sessions
AXES_ENABLE_ADMIN = False  # our own screen is on the staff admin's base
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "csrfmiddlewaretoken", "next"]

# --- Second factor (django-otp; see accounts/second_factor.py) ------------------------------------

OTP_TOTP_ISSUER = "Tomada"  # what the app on the phone calls us
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 1  # seconds: 1, 2, 4, 8 … after each wrong code
