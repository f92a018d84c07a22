"""The External Secrets Operator, for clusters without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
from pulumi_kubernetes.helm.v3 import Release

TYPE = "agent-observability:index:ExternalSecretsOperator"

CHART_VERSION: Final = "2.9.0"
"""https://github.com/external-secrets/external-secrets/releases; only the latest minor is supported
(https://external-secrets.io/latest/introduction/stability-support/)."""

NAMESPACE: Final = "external-secrets"
"""The namespace that the operator's documentation uses."""

_SECONDS: Final = 600
"""Time to start a node, which takes some minutes where there is none, to pull images, and to issue
the webhook's certificate."""


@dataclass(frozen=True, kw_only=True)
class ExternalSecretsOperatorArgs:
    version: str = CHART_VERSION
    """Exact chart version."""
    monitored: bool = False
    """Make ServiceMonitors of its metrics: whether each ExternalSecret is synchronised. Their
    definition has to be there."""
    after: Sequence[pulumi.Resource] = ()
    """What has to exist before its pods, such as nodes."""


class ExternalSecretsOperator(pulumi.ComponentResource):
    """The operator's Helm release. Its CRDs are cluster-wide, so install it once per cluster."""

    release: pulumi.Resource
    """Ready when the operator and its webhook answer. SecretStores depend on it."""

    def __init__(
        self,
        name: str,
        args: ExternalSecretsOperatorArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        # A Release, not a Chart: Helm waits for the webhook, and the webhook's generated
        # certificate does not change with every `up`.
        self.release = Release(
            f"{name}-release",
            # A fixed name, so that Helm refuses a second operator in the cluster.
            name="external-secrets",
            namespace=NAMESPACE,
            create_namespace=True,
            chart="external-secrets",
            version=args.version,
            repository_opts={"repo": "https://charts.external-secrets.io"},
            values=_values(args),
            # A failed install or upgrade is rolled back.
            atomic=True,
            timeout=_SECONDS,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*args.after]),
        )
        self.register_outputs({})


def _values(args: ExternalSecretsOperatorArgs) -> dict[str, Any]:
    values: dict[str, Any] = {
        # Helm would delete the CRDs with the release, and with them every ExternalSecret of the
        # cluster and its Secret.
        "crds": {"annotations": {"helm.sh/resource-policy": "keep"}},
    }
    if args.monitored:
        # The chart's default is to leave them out, without a word, where it sees no definition.
        values["serviceMonitor"] = {"enabled": True, "renderMode": "alwaysRender"}
    return values
