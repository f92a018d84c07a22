"""The platform on the real engine, with a local control plane that plays EKS.

AWS is a stand-in that refuses to delete what is still in use, as AWS does; the kinds of Auto Mode
are stubs. What is proven is the program, the engine and the Kubernetes provider: order, a second
`up` without change, an upgrade, removal. In place of each chart is a small one of this file, which
Helm installs with the program's own values; where the engine starts the program by itself there is
none. The tests of this file follow one another on one stack.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest
import yaml
from pulumi import automation

from stacks.names import PLATFORM_TAG
from tests.engine.test_prod import write_aws_command
from tests.support import platform
from tests.support.auto_mode_stubs import STUBS
from tests.support.aws_standin import AwsStandIn
from tests.support.chart_stand_ins import CHARTS, deployment, stand_ins
from tests.support.crds import established
from tests.support.live_stack import remove
from tests.support.real_engine import RealStack, real_engine
from tooling.cluster import Cluster, temporary_cluster
from tooling.demo.standins.provider import Asked, RefusedError, Values, serving
from tooling.kubernetes.api import Api, Reference

pytestmark = pytest.mark.engine

CLUSTER: Final = "aws:eks/cluster:Cluster"
EKS: Final = "platform-cluster-eks"
POOL: Final = "platform-services-node-pool"
NODE_POOL: Final = Reference(
    api_version="karpenter.sh/v1", kind="NodePool", namespace=None, name="workloads"
)

NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "aws:ec2/vpc:Vpc": (
        "aws:ec2/subnet:Subnet",
        "aws:ec2/internetGateway:InternetGateway",
        CLUSTER,
    ),
    "aws:ec2/subnet:Subnet": (CLUSTER,),
    "aws:ec2/route:Route": (CLUSTER,),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": (CLUSTER,),
    "aws:ec2/natGateway:NatGateway": (CLUSTER,),
    "aws:ec2/eip:Eip": ("aws:ec2/natGateway:NatGateway",),
    "aws:ec2/internetGateway:InternetGateway": ("aws:ec2/natGateway:NatGateway", CLUSTER),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": (CLUSTER,),
    "aws:iam/rolePolicy:RolePolicy": (CLUSTER,),
}
"""What cannot go while something of these types is there, but for the role of flow logs."""


class PlatformAws(AwsStandIn):
    """An account whose clusters are the local one, and that refuses to pull the rug away."""

    def __init__(self, *, endpoint: str, authority: str, api: Api) -> None:
        super().__init__(endpoint=endpoint, authority=authority)
        self._reached = {"endpoint": endpoint, "certificateAuthority": {"data": authority}}
        self._api = api
        self.deleted: list[str] = []
        """Logical names, in order."""

    def create(self, asked: Asked) -> tuple[str, Values]:
        if asked.type == CLUSTER and self.account.of_type(CLUSTER):
            raise RefusedError("ResourceInUseException: Cluster already exists with this name")
        id_, state = super().create(asked)
        if asked.type == CLUSTER:
            state = {**state, **self._reached}
            if self.hold is not None:
                self.hold.wait()
        return id_, state

    def delete(self, asked: Asked) -> None:
        name = asked.urn.rpartition("::")[2]
        for kind in NEEDS.get(asked.type, ()):
            if "flow-logs" not in name and self.account.of_type(kind):
                raise RefusedError(f"DependencyViolation: {name} is in use by a {kind}")
        if asked.type == CLUSTER:
            if asked.state and asked.state.get("deletionProtection"):
                raise RefusedError("InvalidRequestException: deletion protection is on")
            if self._api.get(NODE_POOL) is not None:
                raise RefusedError("the cluster still has nodes, which would lose their network")
            # Entries and add-ons of a cluster go with it.
            self.account.made = {
                key: made
                for key, made in self.account.made.items()
                if made.inputs.get("clusterName") is None
            }
        super().delete(asked)
        self.deleted.append(name)

    def invoke(self, token: str, arguments: Values) -> Values:
        found = super().invoke(token, arguments)
        clusters = self.account.of_type(CLUSTER)
        if token.endswith(":getClusters"):
            return {**found, "names": [made.inputs["name"] for made in clusters]}
        if token.endswith(":getCluster"):
            (made,) = clusters
            return {
                **found,
                "tags": dict(made.tags),
                "version": made.inputs["version"],
                "computeConfigs": [{"enabled": True, "nodePools": ["system"]}],
            }
        return found


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with temporary_cluster() as started:
        yield started


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Iterator[Api]:
    with Api(cluster.kubeconfig, cluster.context) as connected:
        for stub in STUBS:
            connected.apply(stub)
        for stub in STUBS:
            established(connected, Reference.of(stub))
        yield connected


@pytest.fixture(scope="module")
def aws(cluster: Cluster, api: Api) -> Iterator[PlatformAws]:
    kubeconfig = yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))
    found = kubeconfig["clusters"][0]["cluster"]
    stand_in = PlatformAws(
        endpoint=found["server"], authority=found["certificate-authority-data"], api=api
    )
    with serving(stand_in) as port, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PULUMI_DEBUG_PROVIDERS", f"aws:{port}")
        yield stand_in


@pytest.fixture(scope="module")
def with_charts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bool]:
    """Whether the program installs charts: then they are small ones."""
    with stand_ins(tmp_path_factory.mktemp("chart")) as possible:
        yield possible


@pytest.fixture(scope="module")
def stack(
    aws: PlatformAws,
    cluster: Cluster,
    with_charts: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> RealStack:
    assert aws
    found = real_engine(tmp_path_factory.mktemp("engine"), "prod")
    engine = replace(found, source=platform.FOLDER, configuration=None)
    engine.prepare()
    kubeconfig = yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))
    write_aws_command(engine.programs / "aws", kubeconfig["users"][0]["user"])
    services = {
        # Of a repository of charts.
        "externalSecrets": False,
        "clickhouseOperator": with_charts,
        "prometheus": with_charts,
    }
    return RealStack(engine, {"platform:services": services})


def changed(stack: RealStack, **cluster: Any) -> RealStack:  # noqa: ANN401
    """The stack with other settings of the section ``cluster``."""
    return replace(stack, overrides={**stack.overrides, "platform:cluster": cluster})


def test_the_first_up_makes_everything_that_the_program_registers(
    stack: RealStack, aws: PlatformAws, api: Api
) -> None:
    done = stack.up("up")

    registered = {r.name for r in platform.recorded(stack.overrides).resources.values()}
    assert {name for name, operation in done.items() if operation == "create"} >= registered
    (made,) = aws.account.of_type(CLUSTER)
    assert made.tags[PLATFORM_TAG] == "prod"
    assert api.get(NODE_POOL) is not None
    assert stack.outputs()["clusterName"] == "platform-prod"


def test_helm_installs_each_chart_with_the_values_of_the_program(
    stack: RealStack, api: Api, with_charts: bool
) -> None:
    if not with_charts:
        pytest.skip("the engine starts the program by itself")
    assert stack
    assert len(CHARTS) == 4

    for chart in CHARTS.values():
        found = api.get(deployment(chart))
        assert found is not None, chart.name
        # Atomic: an install is over when the pods are ready.
        assert found["status"]["availableReplicas"] == 1
        template = found["spec"]["template"]["metadata"]
        assert json.loads(template["annotations"]["values"]) == chart.values


def test_a_second_up_changes_nothing(stack: RealStack) -> None:
    assert stack.up("up again") == {}


def test_two_versions_at_once_stop_the_preview(stack: RealStack, aws: PlatformAws) -> None:
    (made,) = aws.account.of_type(CLUSTER)
    before, made.inputs = made.inputs, {**made.inputs, "version": "1.35"}
    try:
        with pytest.raises(automation.CommandError, match="one minor version at a time"):
            changed(stack, kubernetesVersion="1.37").preview("preview of two versions")
    finally:
        made.inputs = before


def test_an_upgrade_updates_the_cluster_and_nothing_else(stack: RealStack) -> None:
    """Of the preview nothing is said: the stand-in takes every output of what changes for unknown,
    and the provider of AWS those that will change."""
    done = changed(stack, kubernetesVersion="1.37").up("upgrade")

    assert done == {EKS: "update"}


def test_a_protected_cluster_is_not_removed(stack: RealStack, aws: PlatformAws) -> None:
    """Found out in the preview that a person sees, before anything is changed."""
    with pytest.raises(automation.CommandError, match="cannot be deleted"):
        stack.command("destroy", "--preview-only", "--non-interactive")

    assert aws.deleted == []


def test_it_is_removed_nodes_first_then_the_cluster_then_the_network(
    stack: RealStack, aws: PlatformAws, api: Api, with_charts: bool
) -> None:
    bare = changed(stack, deletionProtection=False, kubernetesVersion="1.37")
    assert bare.up("unprotect")[EKS] == "update"

    bare.destroy("destroy")

    assert aws.account.made == {}
    assert api.get(NODE_POOL) is None
    order = aws.deleted
    assert order.index("platform-network-nat-regional") > order.index(EKS)
    network = [n for n in order if n.startswith("platform-network-") and "-flow-" not in n]
    assert network[-1] == "platform-network-vpc"
    # What goes with the cluster is not asked for by itself.
    assert not [name for name in order if "access" in name or "metrics-server" in name]
    own = list(CHARTS.values()) if with_charts else []
    assert all(api.get(deployment(chart)) is not None for chart in own)
    # With the real cluster these would be gone.
    for name in {chart.namespace for chart in own}:
        remove(api, Reference(api_version="v1", kind="Namespace", namespace=None, name=name))


def test_a_cluster_that_was_being_made_when_up_was_killed_is_removed_and_made_again(
    stack: RealStack, aws: PlatformAws
) -> None:
    """As docs/platform.md says: nothing is in it yet."""
    aws.hold = threading.Event()
    stack.killed("kill at the cluster", lambda _: waits_for_the_cluster(aws))
    aws.hold.set()
    aws.hold = None

    assert stack.after_a_kill()[EKS] == "creating"
    assert EKS not in stack.resources()
    with pytest.raises(automation.CommandError, match="ResourceInUseException"):
        stack.up("up beside the one that is left")
    (left,) = [key for key in aws.account.made if key[0] == CLUSTER]
    del aws.account.made[left]

    assert stack.up("up after the kill")[EKS] == "create"
    assert stack.up("up again after the kill") == {}


def waits_for_the_cluster(aws: PlatformAws) -> bool:
    """Whether AWS is making it, and whatever was begun beside it is over."""
    if not aws.account.of_type(CLUSTER):
        return False
    time.sleep(1)
    return True
