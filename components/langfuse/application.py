"""The Langfuse application: settings, migration, web pods, and the network around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import ConfigMap, ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from components.kubernetes.backing import Backing
from components.kubernetes.labels import labels, selector
from components.langfuse import lifecycle, network, pods
from components.langfuse.args import LangfuseArgs
from components.langfuse.migration import migration
from components.langfuse.pods import CertificateVolume
from components.langfuse.worker import deploy_worker
from components.langfuse.workload import Workload, deploy

TYPE = "agent-observability:index:Langfuse"


class Langfuse(pulumi.ComponentResource):
    """Langfuse, migrated before it is rolled out. ``LangfuseService`` of the same name leads to it.

    The migration is complete before the first pod of a release starts.
    """

    deployment_name: pulumi.Output[str]
    """Name of the Deployment."""
    ready: pulumi.Resource
    """Complete when all web pods are of this release, with its settings and keys."""

    def __init__(
        self, name: str, args: LangfuseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        web_labels = labels(name, "web")

        backings = [args.database, *(service.backing for service in args.services)]
        account = ServiceAccount(
            f"{name}-service-account",
            metadata={
                "namespace": args.namespace,
                "name": name,
                "labels": web_labels,
                "annotations": dict(args.service_account_annotations) or None,
            },
            # A token for the Kubernetes API, which Langfuse does not use. The token for a role in
            # AWS is another one, which EKS mounts
            # (https://github.com/aws/amazon-eks-pod-identity-webhook).
            automount_service_account_token=False,
            opts=child,
        )
        # Immutable and autonamed: changed settings make a new ConfigMap, whose name rolls the
        # pods; the pods that still run keep the one they started with.
        config = ConfigMap(
            f"{name}-config",
            metadata={"namespace": args.namespace, "labels": web_labels},
            immutable=True,
            data={
                **args.environment,
                **args.database.environment,
                **{
                    k: v
                    for service in args.services
                    for k, v in service.backing.environment.items()
                },
            },
            opts=child,
        )
        policy = NetworkPolicy(
            f"{name}-network-policy",
            metadata={"namespace": args.namespace, "name": name, "labels": web_labels},
            spec=network.web_policy(
                selector(name, "web"),
                backings=backings,
                client_namespaces=args.client_namespaces,
                client_networks=args.client_networks,
                egress_ports=args.egress_ports,
            ),
            opts=child,
        )
        certificates = [
            volume for backing in backings for volume in _certificates(name, args, backing, child)
        ]
        pods_of = _Pods(
            name=name,
            args=args,
            account=account,
            config=config,
            policy=policy,
            certificates=certificates,
            opts=child,
        )
        if args.paused:
            # What would write is gone before the schema changes.
            web, *workers = pods_of.deployed(after=[])
            migration(name, args, certificates, after=[web, *workers], opts=child)
        else:
            # The schema is migrated before the first pod of the release starts.
            migrated = migration(name, args, certificates, after=[], opts=child)
            web, *_ = pods_of.deployed(after=[migrated])
        self.ready = web
        self.deployment_name = web.metadata.apply(lambda m: m.name or "")
        self.register_outputs({"deploymentName": self.deployment_name})


@dataclass(frozen=True, kw_only=True)
class _Pods:
    """What the pods of all roles are made from."""

    name: str
    args: LangfuseArgs
    account: ServiceAccount
    config: ConfigMap
    policy: NetworkPolicy
    certificates: Sequence[CertificateVolume]
    opts: pulumi.ResourceOptions

    def deployed(self, after: Sequence[pulumi.Resource]) -> list[Deployment]:
        """The Deployments, that of the web pods first; ``after``: what their pods wait for."""
        args, web_selector = self.args, selector(self.name, "web")
        container = pods.web_container(args, self.config, self.certificates)
        folders = pods.web_folders(args)
        web = deploy(
            Workload(
                name=self.name,
                labels=labels(self.name, "web"),
                selector=web_selector,
                pod={
                    **pods.pod(args, self.account, container, self.certificates, folders),
                    **pods.before_web(args),
                    "termination_grace_period_seconds": lifecycle.TERMINATION_GRACE,
                    "topology_spread_constraints": pods.spread(web_selector, args.zone_spread),
                },
                min_replicas=args.min_replicas,
                max_replicas=args.max_replicas,
                target_cpu_percent=args.target_cpu_percent,
            ),
            args,
            # The policy limits the pods before the first starts.
            after=[*after, self.policy, *args.before_pods],
            opts=self.opts,
        )
        if args.worker is None:
            return [web]
        worker = deploy_worker(
            self.name,
            args,
            args.worker,
            config=self.config,
            certificates=self.certificates,
            after=after,
            opts=self.opts,
        )
        return [web, worker]


def _certificates(
    name: str, args: LangfuseArgs, backing: Backing, opts: pulumi.ResourceOptions
) -> list[CertificateVolume]:
    """What pods verify a backing service against, if its environment refers to it."""
    if backing.authority is None:
        return []
    file = PurePosixPath(backing.authority.file)
    volume = f"{backing.role}-ca"
    config = ConfigMap(
        f"{name}-{volume}",
        metadata={"namespace": args.namespace, "labels": labels(name, volume)},
        immutable=True,
        data={file.name: backing.authority.certificate},
        opts=opts,
    )
    return [
        CertificateVolume(
            name=volume,
            folder=str(file.parent),
            config_map=config.metadata.apply(lambda m: m.name or ""),
        )
    ]
