"""The secrets of Langfuse that are generated once and kept."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import pulumi
import pulumi_random as random

TYPE = "agent-observability:index:AppCredentials"

_KEY_BYTES = 32
_HEX_DIGITS = 2 * _KEY_BYTES


@dataclass(frozen=True, kw_only=True)
class AppCredentialsArgs:
    first_login: bool
    """Generate the first user's password and the first project's keys (Langfuse 2.78.0 on)."""
    protect: bool = False
    """Refuse deletion and replacement of ENCRYPTION_KEY and SALT. Without the first, Langfuse
    cannot decrypt stored provider keys; without the second, the fast look-up of API keys fails."""


class AppCredentials(pulumi.ComponentResource):
    """NEXTAUTH_SECRET, SALT, ENCRYPTION_KEY, and the first user's and project's credentials.

    Every changed input of a random resource replaces it: another length would be a new key. So the
    lengths are constants.
    """

    nextauth_secret: pulumi.Output[str]
    """32 random bytes, base64; secret. A change only logs every user out."""
    salt: pulumi.Output[str]
    """32 random bytes, base64; secret."""
    encryption_key: pulumi.Output[str]
    """32 random bytes, hexadecimal (AES-256); secret."""
    admin_password: pulumi.Output[str] | None
    """First user's password; secret. Langfuse reads it only while the user does not exist."""
    public_key: pulumi.Output[str] | None
    """``pk-lf-…`` of the first project; secret, because both keys are one pair."""
    secret_key: pulumi.Output[str] | None
    """``sk-lf-…`` of the first project; secret."""

    def __init__(
        self, name: str, args: AppCredentialsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # None, not False: an unset option inherits, a set one would undo the component's own.
        irreplaceable = pulumi.ResourceOptions(parent=self, protect=args.protect or None)

        self.nextauth_secret = _random_key(f"{name}-nextauth-secret", child).apply(_base64)
        self.salt = _random_key(f"{name}-salt", irreplaceable).apply(_base64)
        self.encryption_key = _random_key(f"{name}-encryption-key", irreplaceable)
        self.admin_password = self.public_key = self.secret_key = None
        if args.first_login:
            self.admin_password = random.RandomPassword(
                f"{name}-admin-password", length=24, special=False, opts=child
            ).result
            # One source for both keys: Langfuse finds a pair by its public key and never changes
            # the secret key, so a new secret key with the old public key would be refused.
            pair = _random_key(f"{name}-project-keys", child)
            self.public_key = pair.apply(lambda key: f"pk-lf-{key[:_KEY_BYTES]}")
            self.secret_key = pair.apply(lambda key: f"sk-lf-{key[_KEY_BYTES:]}")
        self.register_outputs({})


def _random_key(name: str, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """32 random bytes as 64 hexadecimal digits; secret.

    Not a RandomBytes: its resource id is its value, and ids are in clear text in the state, in
    previews and in ``pulumi stack --show-ids``. The id of a RandomPassword is "none". With an
    alphabet of sixteen characters, each character is four random bits.
    """
    return random.RandomPassword(
        name,
        length=_HEX_DIGITS,
        lower=False,
        upper=False,
        numeric=True,
        special=True,
        override_special="abcdef",
        opts=opts,
    ).result


def _base64(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode()
