"""The secrets that Langfuse needs once and for ever, generated."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_random as random

TYPE = "agent-observability:index:AppCredentials"

_KEY_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class AppCredentialsArgs:
    first_login: bool
    """Generate the first user's password and the first project's keys (Langfuse 2.78.0 on)."""
    protect: bool = False
    """Refuse deletion and replacement of ENCRYPTION_KEY and SALT: without the first, provider
    keys stored in Langfuse are lost; without the second, the fast path of every API key is."""


class AppCredentials(pulumi.ComponentResource):
    """NEXTAUTH_SECRET, SALT, ENCRYPTION_KEY, and the first user's and project's credentials.

    Every input of a random resource replaces it: a changed length would be a new key. So the
    lengths are constants, and nothing else is set.
    """

    nextauth_secret: pulumi.Output[str]
    """32 random bytes, base64; secret. A change logs every user out and does no more."""
    salt: pulumi.Output[str]
    """32 random bytes, base64; secret."""
    encryption_key: pulumi.Output[str]
    """32 random bytes, hexadecimal (AES-256); secret."""
    admin_password: pulumi.Output[str] | None
    """First user's password; secret. Langfuse reads it only while the user does not exist."""
    public_key: pulumi.Output[str] | None
    """``pk-lf-…`` of the first project; secret, because it is half of a pair that rotates whole."""
    secret_key: pulumi.Output[str] | None
    """``sk-lf-…`` of the first project; secret."""

    def __init__(
        self, name: str, args: AppCredentialsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # None, not False: an unset option inherits, a set one would undo the component's own.
        irreplaceable = pulumi.ResourceOptions(parent=self, protect=args.protect or None)

        self.nextauth_secret = random.RandomBytes(
            f"{name}-nextauth-secret", length=_KEY_BYTES, opts=child
        ).base64
        self.salt = random.RandomBytes(f"{name}-salt", length=_KEY_BYTES, opts=irreplaceable).base64
        self.encryption_key = random.RandomBytes(
            f"{name}-encryption-key", length=_KEY_BYTES, opts=irreplaceable
        ).hex
        self.admin_password = self.public_key = self.secret_key = None
        if args.first_login:
            self.admin_password = random.RandomPassword(
                f"{name}-admin-password", length=24, special=False, opts=child
            ).result
            # One source for both halves: Langfuse looks a key up by its public half and never
            # changes the secret one, so a new secret with the old public key would be refused.
            pair = random.RandomBytes(f"{name}-project-keys", length=_KEY_BYTES, opts=child).hex
            self.public_key = pair.apply(lambda key: f"pk-lf-{key[:_KEY_BYTES]}")
            self.secret_key = pair.apply(lambda key: f"sk-lf-{key[_KEY_BYTES:]}")
        self.register_outputs({})
