"""Settings of accounts: who may sign in, how, and how often that may be tried. A part of `settings.py`."""

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.identity.EmailBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
# Sign-up ends at "look into your inbox" for every address, known or not.
# Signing in does not wait for it (LoginForm).
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "signup": "accounts.forms.SignupForm",
    "add_email": "accounts.forms.AddEmailForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "set_password": "accounts.forms.SetPasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
}
# After the short window longer ones. "key" is the account; for failed sign-ins the account as seen from one
# address (see AccountAdapter). `accounts.guessing` counts by network and account on top.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip,300/h/ip",
    "login_failed": "5/m/key,15/h/key,40/d/key,20/m/ip,100/h/ip,300/d/ip",
    "signup": "30/h/ip,60/d/ip",
    # By key there is no longer window: whoever used it up for somebody else would keep them from resetting.
    "reset_password": "10/h/ip,30/d/ip,3/h/key",
    "reset_password_from_key": "20/m/ip,100/h/ip",
    "manage_email": "10/h/user,20/d/user",
    "change_password": "5/m/user,30/h/user",
    "reauthenticate": "10/m/user,60/h/user",
    "export": "10/h/user",
}
#: Limits that allauth can't count (`core.limits`): wrong passwords and codes by who guesses, and letters to
#: strangers, which one address could ask for by moving to its neighbours.
NETWORK_RATES = {
    "guess-network": "300/hour;1000/day",
    "guess-account": "50/hour;150/day",
    "guess-code-here": "5/minute;15/hour;30/day",
    "guess-code": "30/hour;60/day",
    "signup-network": "100/hour;300/day",
    "reset-network": "60/hour;200/day",
}
# What a stolen session or an unlocked phone must not do alone: change the address, make a token.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
PASSWORD_RESET_TIMEOUT = 3600
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "classifier:home"
ACCOUNT_LOGOUT_REDIRECT_URL = "classifier:home"

# --- The second factor --------------------------------------------------------------------------------------
MFA_ADAPTER = "accounts.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Carsite"
# Half a minute early or late: clocks of telephones go wrong. Each code works once all the same (OnceForm).
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = False
MFA_FORMS = {
    "authenticate": "accounts.second_factor_forms.AuthenticateForm",
    "reauthenticate": "accounts.second_factor_forms.ReauthenticateForm",
    "activate_totp": "accounts.second_factor_forms.ActivateForm",
    "deactivate_totp": "accounts.second_factor_forms.DeactivateForm",
    "generate_recovery_codes": "accounts.second_factor_forms.NewCodesForm",
}
