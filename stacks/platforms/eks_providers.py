"""Providers of a stack on EKS: AWS, and Kubernetes by way of AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws
import pulumi_kubernetes

from components.aws.cluster import EksCluster
from stacks.names import STACK_TAG
from stacks.settings.sections.aws import Aws


def aws_provider(settings: Aws, *, stack: str, tag: str = STACK_TAG) -> pulumi_aws.Provider:
    """The provider for the stack's account and region.

    Explicit, because the default one would go wherever the caller's profile points. Logged in to
    an account that the stack does not name, it refuses at preview. It gives every resource the tag
    that roles are limited by, with the stack's name.
    """
    return pulumi_aws.Provider(
        "aws",
        region=settings.region,
        profile=settings.profile,
        allowed_account_ids=list(settings.allowed_account_ids) or None,
        default_tags={"tags": {**settings.default_tags.get("tags", {}), tag: stack}},
    )


def kubernetes_provider(cluster: EksCluster, *, profile: str | None) -> pulumi_kubernetes.Provider:
    """The provider for a discovered cluster."""
    return provider_of(
        cluster.name,
        cluster.region,
        endpoint=cluster.endpoint,
        certificate_authority=cluster.certificate_authority,
        profile=profile,
    )


def provider_of(
    name: str,
    region: str,
    *,
    endpoint: pulumi.Output[str],
    certificate_authority: pulumi.Output[str],
    profile: str | None,
) -> pulumi_kubernetes.Provider:
    """The provider for a cluster, which may still have to be made."""
    return pulumi_kubernetes.Provider(
        "kubernetes",
        kubeconfig=pulumi.Output.all(
            endpoint=endpoint, certificate_authority=certificate_authority
        ).apply(
            lambda known: json.dumps(
                kubeconfig(
                    name=name,
                    region=region,
                    profile=profile,
                    endpoint=known["endpoint"],
                    certificate_authority=known["certificate_authority"],
                )
            )
        ),
        # Text from the configuration, and so known in every preview. While it stays the same,
        # neither a new endpoint nor an unknown one replaces the provider, and with it every object
        # (https://github.com/pulumi/pulumi-kubernetes/pull/4019).
        cluster_identifier=f"{region}/{name}",
        # Secrets that people refer to by name change in place. The others say `immutable: true`.
        enable_secret_mutable=True,
        enable_config_map_mutable=True,
    )


def kubeconfig(
    *, name: str, region: str, profile: str | None, endpoint: str, certificate_authority: str
) -> Mapping[str, Any]:
    """A kubeconfig that asks the AWS CLI for a token whenever one is needed.

    A token in it would be in the stack's state, and have expired by the next command
    (https://docs.aws.amazon.com/eks/latest/userguide/create-kubeconfig.html).
    """
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": name,
                "cluster": {
                    "server": endpoint,
                    "certificate-authority-data": certificate_authority,
                },
            }
        ],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
        "users": [
            {
                "name": name,
                "user": {
                    "exec": {
                        "apiVersion": "client.authentication.k8s.io/v1beta1",
                        "command": "aws",
                        "args": [
                            *("eks", "get-token", "--cluster-name", name, "--region", region),
                            # Whatever the caller's profile prefers.
                            *("--output", "json"),
                            # The same account as the AWS provider's. Not $AWS_PROFILE: keys in
                            # the environment win over it.
                            *(("--profile", profile) if profile else ()),
                        ],
                        "interactiveMode": "Never",
                        "installHint": "Install the AWS CLI, version 2.",
                    }
                },
            }
        ],
    }
