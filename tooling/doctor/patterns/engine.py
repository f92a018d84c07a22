"""What Pulumi itself says: its lock, its passphrase, its plugins, its state. Pure; imports no SDK.

The texts are those of github.com/pulumi/pulumi, `pkg/backend`, `pkg/engine` and `sdk/go/common`.
"""

from __future__ import annotations

import shlex
from typing import Final

from tooling.doctor.patterns.pattern import aws, of, pattern

PATTERNS: Final = of(
    ("engine",),
    # Buckets and folders: pkg/backend/diy/lock.go. Pulumi Cloud: the answer 409.
    pattern(
        "stack-locked",
        r"currently locked by \d+ lock[^\n]*"
        r"(?:\n[^\n]*?/locks/[^\n]*?created by (?P<who>\S+) \(pid \d+\) at (?P<when>\S+))?",
        lambda _, groups: (
            "Another run holds the stack's lock"
            + (f", of {groups['who']} since {groups['when']}" if groups["who"] else "")
            + ". A run that was killed leaves it: make sure that none is left, then take the lock "
            "away"
        ),
        lambda place, _: place.pulumi("cancel"),
    ),
    pattern(
        "stack-locked",
        r"Another update is currently in progress",
        "Pulumi Cloud counts another run of the stack as in progress. One that was killed is "
        "counted until its lease is over: make sure that none is left, then cancel it",
        lambda place, _: place.pulumi("cancel"),
    ),
    pattern(
        "passphrase",
        r"passphrase must be set",
        "The stack's secrets are encrypted with a passphrase, and none is given",
        lambda _place, _groups: (
            "read -rs PULUMI_CONFIG_PASSPHRASE && export PULUMI_CONFIG_PASSPHRASE"
        ),
    ),
    pattern(
        "passphrase",
        r"incorrect passphrase",
        "The passphrase is not the one that the stack's secrets are encrypted with "
        "(encryptionsalt in the stack file)",
        lambda _place, _groups: (
            "read -rs PULUMI_CONFIG_PASSPHRASE && export PULUMI_CONFIG_PASSPHRASE"
        ),
    ),
    pattern(
        "passphrase",
        r"message authentication failed",
        "A secret cannot be decrypted: it was encrypted for another stack, with another passphrase "
        "or key, or was changed by hand",
        lambda place, _: place.pulumi("config"),
    ),
    pattern(
        "plugin-missing",
        r"(?:no resource plugin|install resource plugin) 'pulumi-resource-(?P<name>[\w-]+)'"
        r"[^\n]*?at version v?(?P<version>[\w.+-]+\w)",
        "The plugin {name} {version} is not there and cannot be downloaded",
        lambda _, groups: shlex.join(
            ("pulumi", "plugin", "install", "resource", groups["name"], groups["version"])
        ),
    ),
    pattern(
        "plugin-missing",
        r"failed to download plugin: (?P<name>[a-z][\w-]*)-(?P<version>\d[\w.+-]*)"
        r"(?:: (?P<why>[^\n]{1,200}))?",
        lambda _, groups: (
            f"The plugin {groups['name']} {groups['version']} cannot be downloaded"
            + (f": {groups['why']}" if groups["why"] else "")
        ),
        lambda _, groups: shlex.join(
            ("pulumi", "plugin", "install", "resource", groups["name"], groups["version"])
        ),
    ),
    pattern(
        "plugin-missing",
        r"no (?:resource|language) plugin '?(?P<name>[\w-]+)|failed to load language plugin "
        r"(?P<language>\w+)|could not load plugin for (?P<provider>[\w-]+)"
        r"|HTTP error fetching plugin",
        lambda _, groups: (
            "The plugin "
            + (groups["name"] or groups["language"] or groups["provider"] or "of a provider")
            + " cannot be started, or is not there and cannot be downloaded"
        ),
        lambda _place, _groups: "pulumi plugin ls",
    ),
    pattern(
        "pending-operations",
        r"pending operations?\b|, interrupted while \w+",
        "An earlier run was interrupted, and the state does not say how its last operations ended. "
        "Look first whether they did: what was being created is created again",
        lambda place, _: place.pulumi("refresh", "--clear-pending-creates"),
    ),
    pattern(
        "pulumi-login",
        r"PULUMI_ACCESS_TOKEN|invalid access token|\[401\] Unauthorized",
        "Pulumi Cloud refuses the access token, or there is none",
        lambda _place, _groups: "pulumi login",
    ),
    pattern(
        "protected",
        r"unable to (?:delete|replace) resource \"(?P<urn>urn:[^\"\n]+)\"[^\n]*protection"
        r"|currently marked for protection",
        lambda _, groups: (
            f"{groups['urn'].rpartition('::')[2] or 'A resource'} is protected: the run would have "
            "deleted or replaced it. If it is a replacement that was not meant, undo the change"
        ),
        lambda place, _: place.pulumi("preview", "--diff"),
    ),
    # The bucket of the state.
    pattern(
        "aws-credentials",
        r"ExpiredToken|InvalidClientTokenId|no EC2 IMDS role found|SSO session has expired"
        r"|get credentials|NoCredentialProviders",
        "There are no AWS credentials for the bucket of the state, or they have expired",
        aws("sts", "get-caller-identity"),
    ),
    pattern(
        "aws-permission-missing",
        r"AccessDenied|Access Denied",
        "AWS refuses the bucket of the state to the credentials of this run",
        aws("sts", "get-caller-identity"),
    ),
    # Pulumi's own preview of what it would do.
    pattern(
        "replaces-everything",
        r"\+-[^\n]*pulumi:providers:kubernetes\b",
        "Pulumi takes the cluster for another one, and would create every object again, the "
        "database's volume too: the context was renamed, or cluster.eksName or cluster.context "
        "changed. Do not say yes",
        lambda place, _: shlex.join(("pulumi", "preview", "--stack", place.stack, "--diff")),
    ),
)
