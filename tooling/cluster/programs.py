"""The programs of the local cluster, and those of the engine: their versions and sources."""

from __future__ import annotations

from dataclasses import dataclass

from .build import Embedded, Source
from .checksums import sha256
from .download import Download

KUBERNETES = "1.35.4"
ETCD = "3.6.16"
KWOK = "0.8.0"
PULUMI = "3.274.1"
PULUMI_KUBERNETES = "4.0.0-20260115033456-f47bc2d6f199"
"""The one version of the provider that Go modules have; it is not that of its Python SDK."""
OTELCOL = "0.161.0"
"""Newer releases of all its components were not to be had as Go modules together."""

# Where the official binaries are published.
KUBERNETES_HOST = "https://dl.k8s.io"
GITHUB_HOST = "https://github.com"
PULUMI_HOST = "https://get.pulumi.com"

_PULUMI_NAMES = {"amd64": "x64", "arm64": "arm64"}


@dataclass(frozen=True, kw_only=True)
class Component:
    """One program, in one version."""

    name: str
    version: str
    source: Source
    version_flags: tuple[str, ...] = ("--version",)
    """Arguments with which it prints its version."""

    def download(self, system: str, architecture: str) -> Download | None:
        """Where upstream publishes it, or None without a checksum of it for this platform."""
        target = f"{system}-{architecture}"
        sum_ = sha256(self.name, self.version, target)
        if sum_ is None:
            return None
        if self.source.module == "kubernetes":
            folder = f"{KUBERNETES_HOST}/release/v{self.version}/bin/{system}/{architecture}"
            return Download(url=f"{folder}/{self.name}", sha256=sum_)
        if self.source.module == "pulumi":
            archive = f"{self.name}-v{self.version}-{system}-{_PULUMI_NAMES[architecture]}.tar.gz"
            url = f"{PULUMI_HOST}/releases/sdk/{archive}"
            return Download(url=url, sha256=sum_, member=self.name)
        if self.source.module == "kwok":
            release = f"{GITHUB_HOST}/kubernetes-sigs/kwok/releases/download/v{self.version}"
            return Download(url=f"{release}/{self.name}-{target}", sha256=sum_)
        release = f"{GITHUB_HOST}/etcd-io/etcd/releases/download/v{self.version}"
        url = f"{release}/etcd-v{self.version}-{target}.tar.gz"
        return Download(url=url, sha256=sum_, member=self.name)


def _kubernetes(name: str, *version_flags: str) -> Component:
    major, minor, _ = KUBERNETES.split(".")
    stamp = {
        "gitVersion": f"v{KUBERNETES}",
        "gitMajor": major,
        "gitMinor": minor,
        "gitTreeState": "clean",
    }
    return Component(
        name=name,
        version=KUBERNETES,
        version_flags=version_flags or ("--version",),
        source=Source(
            module="kubernetes",
            package=f"k8s.io/kubernetes/cmd/{name}",
            stamp={
                f"{package}.{variable}": value
                for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
                for variable, value in stamp.items()
            },
        ),
    )


def _kwok(name: str) -> Component:
    return Component(
        name=name,
        version=KWOK,
        source=Source(
            module="kwok",
            package=f"sigs.k8s.io/kwok/cmd/{name}",
            stamp={"sigs.k8s.io/kwok/pkg/consts.Version": KWOK},
        ),
    )


COMPONENTS = (
    Component(
        name="etcd",
        version=ETCD,
        source=Source(module="etcd", package="go.etcd.io/etcd/server/v3"),
    ),
    _kwok("kwokctl"),
    _kwok("kwok"),
    _kubernetes("kube-apiserver"),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kube-scheduler"),
    # kwokctl asks kubectl whether the API server answers, and would download one.
    _kubernetes("kubectl", "version", "--client"),
)

CLI = Component(
    name="pulumi",
    version=PULUMI,
    version_flags=("version",),
    source=Source(
        module="pulumi",
        package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        stamp={"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": f"v{PULUMI}"},
    ),
)
"""The engine alone: no host of a language comes as a Go module."""

_PROVIDER_MODULE = "github.com/pulumi/pulumi-kubernetes/provider/v4"

KUBERNETES_PROVIDER = Component(
    name="pulumi-resource-kubernetes",
    version=PULUMI_KUBERNETES,
    source=Source(
        module="pulumi-kubernetes",
        package=".",
        stamp={f"{_PROVIDER_MODULE}/pkg/version.Version": PULUMI_KUBERNETES},
        embedded=Embedded(
            module=_PROVIDER_MODULE,
            folder="cmd/pulumi-resource-kubernetes",
            names=("schema.json", "terraform-mapping.json"),
        ),
    ),
)

COLLECTOR = Component(
    name="otelcol",
    version=OTELCOL,
    source=Source(module="otelcol", package=".", stamp={"main.version": OTELCOL}),
)
"""The OpenTelemetry Collector with the components of the agents' gateway, for its tests."""
