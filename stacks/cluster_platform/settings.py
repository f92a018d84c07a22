"""The configuration of the project ``platform/``, read by the same machinery as the program's."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Final

import pulumi

from components.aws import partitions
from stacks.cluster_platform import rules
from stacks.cluster_platform.sections.acknowledge import Acknowledgement
from stacks.cluster_platform.sections.cluster import Cluster
from stacks.cluster_platform.sections.entries import Access
from stacks.cluster_platform.sections.network import CreatedNetwork, ExistingNetwork, Network
from stacks.cluster_platform.sections.nodes import Nodes
from stacks.cluster_platform.sections.services import Services
from stacks.settings.machinery import reader
from stacks.settings.machinery.problems import ConfigurationError, in_folder
from stacks.settings.machinery.section import Section
from stacks.settings.machinery.shape import alias
from stacks.settings.sections.aws import Aws

NAMESPACE: Final = "platform"
"""Of the configuration's keys; the project's own name is longer."""
FOLDER: Final = "platform"
"""Of the project."""


class PlatformSettings(Section):
    """One platform's configuration, checked."""

    stack: str
    network: Network
    """The VPC: of the platform's own, or an existing one."""
    cluster: Cluster
    access: Access
    nodes: Nodes = Nodes()
    services: Services = Services()
    acknowledge: tuple[Acknowledgement, ...] = ()
    """Risks that this platform accepts by name. One that it does not take is refused too.

    - `openToTheWorld`: every address of the internet may connect to the API server, or so many
      that they are as good as the world. Who has no credentials is refused there; a hole in the
      API server would be open to everybody.
    - `noFlowLogs`: nothing is logged of connections in the VPC. Who looks for the way of an
      intruder finds nothing."""
    aws: Aws = Aws()

    @property
    def region(self) -> str:
        return str(self.aws.region)

    @property
    def account_id(self) -> str:
        return self.aws.allowed_account_ids[0]

    @property
    def zones(self) -> tuple[str, ...]:
        """Those of a network that the platform makes."""
        return self.network.zones if isinstance(self.network, CreatedNetwork) else ()

    @property
    def subnet_ids(self) -> tuple[str, ...]:
        """Those of a network that exists."""
        return self.network.subnet_ids if isinstance(self.network, ExistingNetwork) else ()

    @property
    def partition(self) -> str:
        return partitions.of_region(self.region)


def load() -> PlatformSettings:
    """The settings of the running stack; raises ``ConfigurationError``."""
    given = reader.running()
    return read(pulumi.get_stack(), given.values, given.secret_keys)


def read(
    stack: str, values: Mapping[str, str], secret_keys: Set[str] = frozenset()
) -> PlatformSettings:
    """Settings from configuration as the engine passes it; raises ``ConfigurationError``."""
    found = _READER.read(reader.Configuration(values, secret_keys))
    if found.problems:
        problems = [in_folder(problem, FOLDER) for problem in found.problems]
        raise ConfigurationError(stack, problems, folder=FOLDER)
    return PlatformSettings.model_construct(stack=stack, **found.sections)


def _places() -> dict[str, str]:
    names = [name for name in PlatformSettings.model_fields if name != "stack"]
    return {
        name: "aws:" if name == "aws" else f"{NAMESPACE}:{alias(PlatformSettings, name)}"
        for name in names
    }


_READER: Final = reader.Reader(
    PlatformSettings,
    _places(),
    checks=rules.CHECKS,
    elsewhere={"kubernetes": "is not read: the platform makes its cluster"},
)
