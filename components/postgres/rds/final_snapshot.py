"""The name of the snapshot that the deletion of an RDS instance leaves."""

from __future__ import annotations

import pulumi
import pulumi_random as random

from components.postgres.rds.restore import Restore


def final_snapshot_name(
    name: str,
    *,
    name_prefix: str,
    kms_key_arn: str | None,
    restore: Restore | None,
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """A name that is the same in every `up` and differs between an instance and its replacement.

    Whatever replaces the instance changes the name: the key and the origin of its data. Without
    ``restore`` the origin is ignored, as it is on the instance.
    """
    origin = {
        "snapshot": (restore and restore.snapshot) or "",
        "instance": (restore and restore.instance) or "",
        "time": (restore and restore.time) or "",
    }
    unique = random.RandomId(
        f"{name}-final-snapshot",
        byte_length=4,
        keepers={"kmsKey": kms_key_arn or "", **origin},
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                ignore_changes=[] if restore else [f"keepers.{key}" for key in origin]
            ),
        ),
    )
    return pulumi.Output.format("{0}-final-{1}", name_prefix, unique.hex)
