"""People who read: how they sign in, and what protects their pages."""

from urllib.parse import urlsplit

from config.settings.application import BASE_URL
from config.settings.variables import env, env_flag, read_env, whole_number
from config.urls_of_services import oidc_app

# Sign-in: by a passkey, by e-mail address and password with an optional second factor (TOTP or a passkey), and by OIDC
# if it is configured.
AUTH_USER_MODEL = "projects.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Who may sign up: only "invited" people or, if "open", anybody who can read mail.
SIGN_UP = env("CONFAB_SIGN_UP", "invited")
ACCOUNT_ADAPTER = "projects.accounts.sign_in.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "projects.accounts.sign_in.SocialAccountAdapter"
ACCOUNT_FORMS = {
    "login": "projects.accounts.sign_in.LoginForm",
    "signup": "projects.accounts.sign_in.SignupForm",
    "reset_password": "projects.accounts.sign_in.ResetPasswordForm",
    "add_email": "projects.accounts.sign_in.AddEmailForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True  # a code, since mail scanners follow links
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 900
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no stranger can make us write to an unknown address
# In addition to allauth's limits: actions that send mail are limited per day, by address (key) or person (user).
ACCOUNT_RATE_LIMITS = {
    "reset_password": "20/m/ip,5/m/key,10/d/key",
    "confirm_email": "1/10s/key,20/d/key",
    "manage_email": "10/m/user,20/d/user",
    "signup": "20/m/ip,100/d/ip",
}
COUNT_PEOPLE = True  # rates of other expensive actions: config/page_rate_limits.py
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Confab] "
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(BASE_URL).scheme
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}  # two requests each; a passkey cannot be guessed
MFA_FORMS = {
    "add_webauthn": "projects.accounts.passkeys.AddPasskeyForm",
    "edit_webauthn": "projects.accounts.passkeys.RenamePasskeyForm",
    "login_webauthn": "projects.accounts.passkeys.PasskeySignInForm",
    "authenticate_webauthn": "projects.accounts.passkeys.PasskeyFactorForm",
    "reauthenticate_webauthn": "projects.accounts.passkeys.PasskeyConfirmForm",
}
MFA_TOTP_ISSUER = "Confab"
MFA_ADAPTER = "projects.accounts.passkeys.MFAAdapter"
# An OIDC provider is trusted to have verified the addresses that it reports.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_LOGIN_ON_GET = True  # the content security policy lets no form lead to another host
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": oidc_app(
            server_url=env("CONFAB_OIDC_URL"),
            client_id=env("CONFAB_OIDC_CLIENT_ID"),
            secret=env("CONFAB_OIDC_SECRET"),
            name=env("CONFAB_OIDC_NAME", "single sign-on"),
        ),
    }
}

# The number of proxies in front of us that add to X-Forwarded-For. Rate limits and the audit log need the client's
# address.
ALLAUTH_TRUSTED_PROXY_COUNT = read_env("CONFAB_TRUSTED_PROXIES", whole_number, "0")

# Security of pages. Endpoints for machines answer before the middleware that reads these settings.
IS_HTTPS = BASE_URL.startswith("https://")
SESSION_ENGINE = "projects.accounts.session_store"
SESSION_COOKIE_NAME = "confab"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# A browser applies this to all ports of the host name, so its reach is for the operator to decide.
SECURE_HSTS_SECONDS = read_env("CONFAB_HSTS_SECONDS", whole_number, "86400") if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env_flag("CONFAB_HSTS_SUBDOMAINS")
SECURE_HSTS_PRELOAD = env_flag("CONFAB_HSTS_PRELOAD")
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # they demand subdomains and preload everywhere
# Only a trusted proxy can tell which requests came over TLS. Without one, redirects would loop.
SECURE_SSL_REDIRECT = IS_HTTPS and ALLAUTH_TRUSTED_PROXY_COUNT > 0
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_SSL_REDIRECT else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Named and shaped like the setting that Django 6 reads by itself.
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "media-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}
