"""What is wrong with AWS credentials, by the error that they led to. AWS's own message is not
repeated: it may hold a token.
"""

from __future__ import annotations

from typing import Final

from tooling.doctor.findings import Finding
from tooling.kit.commands import aws

_UNKNOWN_PROFILE: Final = "ProfileNotFound"

_EXPIRED: Final = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}

_LOGGED_OUT: Final = {
    "NoAuthTokenError",
    "PendingAuthorizationExpiredError",
    "SSOError",
    "SSOTokenLoadError",
    "TokenRetrievalError",
    "UnauthorizedException",
    "UnauthorizedSSOTokenError",
}
"""IAM Identity Center: never logged in on this machine, or too long ago."""

_LOGGED_OUT_OF_CONSOLE: Final = {
    "LoginAuthorizationCodeError",
    "LoginError",
    "LoginInsufficientPermissions",
    "LoginRefreshRequired",
    "LoginTokenLoadError",
}
"""The same of credentials that `aws login` got."""

_WRONG: Final = {
    "AuthFailure",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}

_INCOMPLETE: Final = {"CredentialRetrievalError", "PartialCredentialsError"}


def finding(code: str, profile: str | None) -> Finding | None:
    """The finding for the error of a first request; None if it is not about credentials."""
    explained = _explained(code, profile)
    if explained is None:
        return None
    cause, words = explained
    return Finding(
        section="aws-credentials",
        severity="error",
        subject=f"AWS profile {profile}" if profile else "AWS credentials",
        cause=cause,
        # A profile that does not exist cannot be used to list those that do.
        command=aws(*words, profile=None if code == _UNKNOWN_PROFILE else profile),
    )


def _explained(code: str, profile: str | None) -> tuple[str, tuple[str, ...]] | None:
    """The cause, and the words of the next command."""
    whose = f"of the profile '{profile}'" if profile else "found without aws:profile"
    named = f"'{profile}' (aws:profile)" if profile else "that $AWS_PROFILE names"
    from_where = "of the profile" if profile else "in the environment or a default profile"
    causes = (
        (
            {_UNKNOWN_PROFILE},
            f"The profile {named} is not in this machine's AWS configuration.",
            ("configure", "list-profiles"),
        ),
        (
            {"NoCredentialsError"},
            f"There are no AWS credentials {from_where}.",
            ("configure", "sso"),
        ),
        (
            _EXPIRED,
            f"The AWS credentials {whose} have expired. Get new ones from the same source; the "
            "command shows what that source is.",
            ("configure", "list"),
        ),
        (
            _LOGGED_OUT,
            f"The login to IAM Identity Center {whose} has expired, or was never made.",
            ("sso", "login"),
        ),
        (
            _LOGGED_OUT_OF_CONSOLE,
            f"The AWS login {whose} has expired, or was never made.",
            ("login",),
        ),
        (
            _WRONG,
            f"AWS does not accept the credentials {whose} ({code}): the key is deleted, "
            "deactivated or mistyped, or this machine's clock is wrong.",
            ("configure", "list"),
        ),
        (
            _INCOMPLETE,
            f"The AWS credentials {whose} cannot be read ({code}).",
            ("configure", "list"),
        ),
    )
    return next(((cause, words) for codes, cause, words in causes if code in codes), None)
