"""What can go wrong with accounts, in words for people."""

from __future__ import annotations

from core.errors import ExpectedError


class AccountsError(ExpectedError):
    """Base of this app's expected errors."""

    code = "accounts_error"


class WrongCredentials(AccountsError):
    """No such account, or another password: which of the two is not for the asker to know."""

    code = "wrong_credentials"
    message = "E-mail address and password don't match. Check both and try again."


class TooManyTries(AccountsError):
    """Too many wrong passwords for one account from one address; `retry_after` is in seconds."""

    code = "throttled"
    status = 429
    message = "Too many wrong passwords. Wait a minute, then try again."

    def __init__(self, retry_after: int = 60) -> None:
        super().__init__()
        self.retry_after = retry_after


class SecondFactorNeeded(AccountsError):
    """The password is right, and for this account it is not enough."""

    code = "second_factor_needed"
    status = 403
    message = "This account uses two-step verification. Create the token on your account page instead."


class TooManyTokens(AccountsError):
    """The account has as many API tokens as it may."""

    code = "too_many_tokens"
    status = 409
    message = "You have reached the maximum number of API tokens. Revoke one that you no longer use."


class StaffProtected(AccountsError):
    """Accounts of staff don't delete themselves."""

    code = "staff_protected"
    status = 403
    message = (
        "This account belongs to the site's staff, so it can't be deleted here. "
        "Ask an administrator to remove its staff rights first."
    )
