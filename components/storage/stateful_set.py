"""SeaweedFS in the cluster, for clusters without S3: one pod, without a backup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi
import pulumi_random as random
from pulumi_kubernetes.core.v1 import Secret

from components.kubernetes.backing import Backing
from components.kubernetes.labels import labels, selector
from components.kubernetes.placement import ANYWHERE, ContainerResources, Placement
from components.kubernetes.single_server import SingleServer, admit, pods_of, pods_with, serve
from components.langfuse.storage_environment import EVENT_PREFIX, EXPORTS
from components.storage.backing import storage
from components.storage.pod import BUCKET, KEY_ID, PORT, PORT_NAME, SECRET_KEY, pod_spec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_kubernetes.networking.v1 import NetworkPolicyPeerArgsDict

TYPE = "agent-observability:index:ObjectStorageStatefulSet"

SECRET_LENGTH: Final = 48

_ACCESS_KEY_ID: Final = "langfuse"
"""A name, of which the generated half is the secret."""

_REGION: Final = "us-east-1"
"""Part of signatures; the store has none."""


@dataclass(frozen=True, kw_only=True)
class ObjectStorageStatefulSetArgs:
    namespace: pulumi.Input[str]
    """Namespace of all objects."""
    image: str
    """SeaweedFS image."""
    storage_gib: int
    """Size of the volume in GiB. Used only when the volume is created."""
    event_days: int
    """Days until an event expires."""
    export_days: int
    """Days until an export expires."""
    media: bool
    """Store media of traces."""
    clients: Mapping[str, Mapping[str, str]]
    """Labels of the pods that may connect, by role."""
    media_namespaces: Sequence[str]
    """Namespaces whose pods may connect, with ``media``: agents upload them by themselves."""
    resources: ContainerResources
    """Requests and limits."""
    links: str | None = None
    """URL at which browsers reach the store, for links to exports; none switches exports off."""
    storage_class: pulumi.Input[str] | None = None
    """StorageClass of the volume; none takes the cluster's default."""
    placement: Placement = ANYWHERE
    """Where the pod may run."""


class ObjectStorageStatefulSet(pulumi.ComponentResource):
    """SeaweedFS in one pod with a persistent volume. Only its clients can connect.

    Langfuse signs links for agents and browsers with the address that it uses itself, the
    Service's, which resolves in the cluster alone:

    - Events need no link, and work.
    - Exports work where browsers reach the store at another URL, ``links``.
    - Media work for agents in the cluster. Langfuse's pages neither show nor upload them, and
      agents elsewhere cannot: Langfuse 4.16 has no second address for media, and the
      Content-Security-Policy of its pages admits uploads to ``*.amazonaws.com`` and localhost
      alone.

    While the pod is away Langfuse answers agents with an error, and their SDKs try again.
    """

    backing: Backing
    """The store; its keys resolve when the server answers."""

    def __init__(
        self,
        name: str,
        args: ObjectStorageStatefulSetArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        object_labels = labels(name, "storage", name="seaweedfs")
        pods = selector(name, "storage")
        exports = args.links is not None

        secret_key = random.RandomPassword(
            f"{name}-secret-key", length=SECRET_LENGTH, special=False, opts=child
        ).result
        secret = Secret(
            f"{name}-credentials",
            metadata={"namespace": args.namespace, "labels": object_labels},
            type="Opaque",
            immutable=True,
            string_data={KEY_ID: _ACCESS_KEY_ID, SECRET_KEY: secret_key},
            opts=child,
        )
        server = SingleServer(
            namespace=args.namespace,
            labels=object_labels,
            selector=pods,
            ports={PORT_NAME: PORT},
            ingress=[admit(_peers(args), PORT_NAME)],
            pod=pod_spec(
                image=args.image,
                resources=args.resources,
                placement=args.placement,
                credentials=secret.metadata.apply(lambda m: m.name or ""),
                expiry_days={
                    EVENT_PREFIX: args.event_days,
                    **({EXPORTS: args.export_days} if exports else {}),
                },
            ),
            placement=args.placement,
            storage_gib=args.storage_gib,
            storage_class=args.storage_class,
        )
        service, stateful_set = serve(name, server, child)
        address = pulumi.Output.format("{0}.{1}.svc:{2}", name, args.namespace, PORT)
        # The keys are handed out when the server answers; the address is known before.
        ready = pulumi.Output.all(key=secret_key, server=stateful_set.id)
        self.backing = storage(
            bucket=BUCKET,
            region=_REGION,
            exports=exports,
            media=args.media,
            endpoint=pulumi.Output.format("http://{0}", address),
            force_path_style=True,
            links=args.links,
            address=address,
            port=PORT,
            pods=pods,
            access_key_id=_ACCESS_KEY_ID,
            secret_access_key=ready.apply(lambda known: str(known["key"])),
        )
        self.register_outputs({"address": address, "service": service.id})


def _peers(args: ObjectStorageStatefulSetArgs) -> list[NetworkPolicyPeerArgsDict]:
    agents = pods_of(args.media_namespaces if args.media else ())
    return [*pods_with(args.clients.values()), *agents]
