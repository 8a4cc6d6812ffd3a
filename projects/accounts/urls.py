"""Routes of signing in: allauth's pages under our own paths, without trailing slashes, and sign-in by a link."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.urls import path

from projects.accounts.passkeys import add_passkey
from projects.accounts.single_sign_on import sign_on
from projects.accounts.views.devices import devices, sign_out_device, sign_out_others
from projects.accounts.views.invitations import join_invited
from projects.accounts.views.own_keys import own_keys, revoke_own_key
from projects.accounts.views.profile import profile
from projects.accounts.views.reading import reading
from projects.accounts.views.security import security
from projects.accounts.views.sign_in_links import sign_in_link

urlpatterns = [
    path("sign-in/link/<uidb64>/<token>", sign_in_link, name="sign-in-link"),
    path("sign-in", account.login, name="sign-in"),
    path("sign-in", account.login, name="account_login"),
    path("sign-in/passkey", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("sign-in/second-factor", mfa.authenticate, name="mfa_authenticate"),
    path("sign-in/inactive", account.account_inactive, name="account_inactive"),
    path("sign-in/oidc/<provider_id>", sign_on, name="openid_connect_login"),
    path("sign-in/oidc/<provider_id>/callback", oidc.callback, name="openid_connect_callback"),
    path("sign-in/cancelled", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("sign-in/error", social.login_error, name="socialaccount_login_error"),
    path("sign-out", account.logout, name="sign-out"),
    path("sign-out", account.logout, name="account_logout"),
    path("sign-up", account.signup, name="account_signup"),
    path("sign-up/oidc", social.signup, name="socialaccount_signup"),
    path("sign-up/code", account.email_verification_sent, name="account_email_verification_sent"),
    path("password/reset", account.password_reset, name="account_reset_password"),
    path("password/reset/code", account.confirm_password_reset_code, name="account_confirm_password_reset_code"),
    path("password/reset/new", account.complete_password_reset, name="account_complete_password_reset"),
    path("password/reset/done", account.password_reset_from_key_done, name="account_password_reset_completed"),
    path("account", profile, name="account"),
    path("account/reading", reading, name="account-reading"),
    path("account/keys", own_keys, name="account-keys"),
    path("account/keys/<int:key_id>/revoke", revoke_own_key, name="account-key-revoke"),
    path("account/security", security, name="mfa_index"),
    path("account/security", security, name="mfa_list_webauthn"),
    path("account/devices", devices, name="account-devices"),
    path("account/devices/others/sign-out", sign_out_others, name="account-sign-out-others"),
    path("account/devices/<slug:key>/sign-out", sign_out_device, name="account-sign-out-device"),
    path("account/invitations/<int:invitation_id>/join", join_invited, name="account-join"),
    path("account/email", account.email, name="account_email"),
    path("account/password", account.password_change, name="account_change_password"),
    path("account/password/set", account.password_set, name="account_set_password"),
    path("account/confirm", account.reauthenticate, name="account_reauthenticate"),
    path("account/confirm/passkey", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("account/confirm/second-factor", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("account/connections", social.connections, name="socialaccount_connections"),
    path("account/passkeys/new", add_passkey, name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/rename", webauthn.edit_webauthn, name="mfa_edit_webauthn"),
    path("account/passkeys/<int:pk>/remove", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
    path("account/second-factor/app", totp.activate_totp, name="mfa_activate_totp"),
    path("account/second-factor/app/remove", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/recovery-codes", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/recovery-codes/new", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/recovery-codes/file", recovery_codes.download_recovery_codes, name="mfa_download_recovery_codes"),
]
