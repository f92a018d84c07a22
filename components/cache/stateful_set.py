"""Valkey in the cluster: one pod, with an append-only file and no backup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi
import pulumi_random as random
from pulumi_kubernetes.core.v1 import Secret

from components.cache.backing import cache
from components.cache.pod import AUTH_FILE, AUTH_VARIABLE, PORT_NAME, pod_spec
from components.cache.url import PORT, connection_url
from components.kubernetes.backing import Backing
from components.kubernetes.labels import labels, selector
from components.kubernetes.placement import ANYWHERE, ContainerResources, Placement
from components.kubernetes.single_server import SingleServer, admit, pods_with, serve

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPE = "agent-observability:index:CacheStatefulSet"

PASSWORD_LENGTH: Final = 48


@dataclass(frozen=True, kw_only=True)
class CacheStatefulSetArgs:
    namespace: pulumi.Input[str]
    """Namespace of all objects."""
    image: str
    """Valkey image (Debian variant)."""
    storage_gib: int
    """Size of the volume in GiB. Used only when the volume is created."""
    clients: Mapping[str, Mapping[str, str]]
    """Labels of the pods that may connect, by role."""
    resources: ContainerResources
    """Requests and limits. What the server may hold follows from the memory limit."""
    storage_class: pulumi.Input[str] | None = None
    """StorageClass of the volume; none takes the cluster's default."""
    placement: Placement = ANYWHERE
    """Where the pod may run."""


class CacheStatefulSet(pulumi.ComponentResource):
    """Valkey in one pod with a persistent volume. Only its clients can connect.

    While the pod is away nothing is accepted that would be lost: Langfuse answers agents with an
    error, and their SDKs try again.
    """

    backing: Backing
    """The cache; its URL resolves when the server accepts connections."""

    def __init__(
        self, name: str, args: CacheStatefulSetArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        object_labels = labels(name, "cache", name="valkey")
        pods = selector(name, "cache")

        password = random.RandomPassword(
            f"{name}-password", length=PASSWORD_LENGTH, special=False, opts=child
        ).result
        secret = Secret(
            f"{name}-credentials",
            metadata={"namespace": args.namespace, "labels": object_labels},
            type="Opaque",
            immutable=True,
            string_data={
                AUTH_VARIABLE: password,
                AUTH_FILE: pulumi.Output.format("requirepass {0}\n", password),
            },
            opts=child,
        )
        server = SingleServer(
            namespace=args.namespace,
            labels=object_labels,
            selector=pods,
            ports={PORT_NAME: PORT},
            ingress=[admit(pods_with(args.clients.values()), PORT_NAME)],
            pod=pod_spec(
                image=args.image,
                resources=args.resources,
                placement=args.placement,
                credentials=secret.metadata.apply(lambda m: m.name or ""),
            ),
            placement=args.placement,
            storage_gib=args.storage_gib,
            storage_class=args.storage_class,
        )
        service, stateful_set = serve(name, server, child)
        ready = stateful_set.metadata.apply(lambda m: m.name or "")
        host = pulumi.Output.format("{0}.{1}.svc", ready, args.namespace)
        self.backing = cache(
            url=pulumi.Output.all(host=host, password=password).apply(
                lambda known: connection_url(**known, port=PORT, tls=False)
            ),
            address=pulumi.Output.format("{0}:{1}", host, PORT),
            port=PORT,
            pods=pods,
        )
        self.register_outputs({"address": self.backing.address, "service": service.id})
