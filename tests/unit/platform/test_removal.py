"""What goes before the removal of a platform, with a cluster that is invented."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from tests.support.doctor_aws import FakeAws
from tests.support.platform import small
from tooling.__main__ import main
from tooling.kit.errors import ExplainedError
from tooling.kubernetes.api import Object, Reference
from tooling.platform import draining, removal
from tooling.platform.account import PlatformAccount
from tooling.platform.removal import InUseError

POOLS: Final = ("karpenter.sh/v1", "NodePool")
NAMED: Final = {"platform:cluster": {"name": "platform-prod", "deletionProtection": False}}


def obj(api_version: str, kind: str, name: str, namespace: str = "", **more: Any) -> Object:  # noqa: ANN401
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **more}


@dataclass
class FakeCluster:
    """Objects by kind; each look at the nodes is one of ``claims`` until the last, which stays."""

    objects: dict[str, list[Object]] = field(default_factory=dict[str, list[Object]])
    claims: list[list[str]] = field(default_factory=lambda: [[]])
    deleted: list[str] = field(default_factory=list[str])
    auto_mode: bool = True

    def list(self, api_version: str, kind: str) -> list[Object]:
        if kind == "NodeClaim":
            names = self.claims.pop(0) if len(self.claims) > 1 else self.claims[0]
            return [obj(api_version, kind, name) for name in names]
        return self.objects.get(f"{api_version} {kind}", [])

    def knows(self, api_version: str, kind: str) -> bool:
        assert (api_version, kind) == POOLS
        return self.auto_mode

    def delete(self, reference: Reference) -> None:
        self.deleted.append(str(reference))


@pytest.fixture
def fake() -> Iterator[FakeAws]:
    prepared = FakeAws()
    yield prepared
    prepared.finish()


def account(fake: FakeAws) -> PlatformAccount:
    return PlatformAccount(small(NAMED), fake.client)


def emptied(fake: FakeAws) -> None:
    fake.answer(
        "eks",
        "UpdateClusterConfig",
        {"update": {"id": "1"}},
        {
            "name": "platform-prod",
            "computeConfig": {"enabled": True, "nodePools": []},
            "kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": True}},
            "storageConfig": {"blockStorage": {"enabled": True}},
        },
    )


# -- Who uses the cluster --------------------------------------------------------------------------


def test_ingresses_load_balancers_and_claims_are_named_and_stop_the_removal(fake: FakeAws) -> None:
    cluster = FakeCluster(
        {
            "networking.k8s.io/v1 Ingress": [obj("networking.k8s.io/v1", "Ingress", "web", "a")],
            "v1 Service": [
                obj("v1", "Service", "lb", "b", spec={"type": "LoadBalancer"}),
                obj("v1", "Service", "inner", "b", spec={"type": "ClusterIP"}),
            ],
            "v1 PersistentVolumeClaim": [obj("v1", "PersistentVolumeClaim", "data-0", "c")],
        }
    )

    with pytest.raises(InUseError) as raised:
        removal.unused(cluster, account(fake))

    assert str(raised.value) == (
        "The cluster is in use. Each of these has something in AWS that the removal of the cluster "
        "would leave:\n"
        "  Ingress a/web\n"
        "  Service b/lb\n"
        "  PersistentVolumeClaim c/data-0\n"
        "Remove the workloads first (`make destroy STACK=…` for each stack), then the volume "
        "claims that they leave on purpose. Nothing was changed."
    )
    assert cluster.deleted == []


def test_a_claim_of_prometheus_goes_with_it(fake: FakeAws) -> None:
    claim = obj("v1", "PersistentVolumeClaim", "prometheus-0", "monitoring")

    with pytest.raises(InUseError) as raised:
        removal.unused(FakeCluster({"v1 PersistentVolumeClaim": [claim]}), account(fake))

    assert str(raised.value).endswith(
        "  PersistentVolumeClaim monitoring/prometheus-0\n"
        "Remove the workloads first (`make destroy STACK=…` for each stack), then the volume "
        "claims that they leave on purpose. Nothing was changed.\n"
        "A claim in monitoring is of the platform's Prometheus, and goes with it:\n"
        "  pulumi -C platform config set --stack prod --path platform:services.prometheus false\n"
        "  make platform STACK=prod"
    )


def test_a_cluster_that_nobody_uses_may_be_removed(fake: FakeAws) -> None:
    inner = obj("v1", "Service", "kubernetes", "default", spec={"type": "ClusterIP"})

    removal.unused(FakeCluster({"v1 Service": [inner]}), account(fake))


def test_deletion_protection_is_taken_away_by_two_commands(fake: FakeAws) -> None:
    settings = small({"platform:cluster": {"name": "platform-prod"}})

    with pytest.raises(InUseError) as raised:
        removal.protected(settings, PlatformAccount(settings, fake.client))

    assert str(raised.value) == (
        "The cluster platform-prod has deletion protection, in AWS and in Pulumi. To take it "
        "away:\n"
        "  pulumi -C platform config set --stack prod --path platform:cluster.deletionProtection "
        "false\n"
        "  make platform STACK=prod\n"
        "then again: make platform-destroy STACK=prod"
    )
    removal.protected(small(NAMED), account(fake))


def test_prometheus_and_protection_go_in_one_step(fake: FakeAws) -> None:
    change = {
        "platform:cluster": {"name": "platform-prod"},
        "platform:services": {"prometheus": True},
    }
    settings = small(change)

    with pytest.raises(InUseError) as raised:
        removal.protected(settings, PlatformAccount(settings, fake.client))

    assert str(raised.value).splitlines()[1:4] == [
        "  pulumi -C platform config set --stack prod --path platform:cluster.deletionProtection "
        "false",
        "  pulumi -C platform config set --stack prod --path platform:services.prometheus false",
        "  make platform STACK=prod",
    ]


# -- Nodes -----------------------------------------------------------------------------------------


def drain(fake: FakeAws, cluster: FakeCluster, seconds: float = 60) -> list[str]:
    said: list[str] = []
    passed = [0.0]

    def wait(how_long: float) -> None:
        passed[0] += how_long

    removal.drain(
        cluster,
        account(fake),
        seconds=seconds,
        say=said.append,
        wait=wait,
        clock=lambda: passed[0],
    )
    return said


def pools() -> dict[str, list[Object]]:
    return {
        "karpenter.sh/v1 NodePool": [
            obj(*POOLS, "system"),
            obj(*POOLS, "workloads"),
        ]
    }


def test_the_pools_go_and_their_nodes_are_waited_for(fake: FakeAws) -> None:
    emptied(fake)
    fake.cluster(status="UPDATING")
    fake.cluster(status="ACTIVE")
    cluster = FakeCluster(pools(), claims=[["n-1", "n-2"], ["n-1", "n-2"], ["n-2"], []])

    said = drain(fake, cluster)

    assert cluster.deleted == ["NodePool system", "NodePool workloads"]
    assert said == [
        "removing NodePool system and its nodes",
        "removing NodePool workloads and its nodes",
        "waiting for 2 nodes: NodeClaim n-1, NodeClaim n-2",
        "waiting for 1 node: NodeClaim n-2",
        "no node is left",
    ]


def test_a_node_that_does_not_go_is_named_in_time(fake: FakeAws) -> None:
    emptied(fake)

    with pytest.raises(InUseError) as raised:
        drain(fake, FakeCluster(pools(), claims=[["n-1"]]), seconds=60)

    assert str(raised.value) == (
        "These nodes are still there after 1 minutes:\n"
        "  NodeClaim n-1\n"
        "A PodDisruptionBudget that allows no disruption keeps a node (`kubectl get "
        "poddisruptionbudgets -A`), and so does a finalizer. Go on with "
        "make platform-destroy STACK=prod"
    )


def test_a_cluster_without_node_pools_is_not_touched(fake: FakeAws) -> None:
    cluster = FakeCluster(auto_mode=False)

    assert drain(fake, cluster) == []
    assert cluster.deleted == []


# -- The command -----------------------------------------------------------------------------------


def test_a_cluster_that_is_not_there_needs_no_emptying(
    fake: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.refuse("eks", "DescribeCluster", "ResourceNotFoundException")

    draining.drain(account(fake))

    assert capsys.readouterr().out == "There is no cluster platform-prod: nothing to empty.\n"


@pytest.mark.parametrize("code", ["AccessDeniedException", "ServerException"])
def test_a_cluster_that_cannot_be_asked_for_stops_the_removal(fake: FakeAws, code: str) -> None:
    fake.refuse("eks", "DescribeCluster", code)

    with pytest.raises(ExplainedError, match="The cluster cannot be asked for: "):
        draining.drain(account(fake))


def test_another_account_is_refused_before_anything_is_asked(fake: FakeAws) -> None:
    fake.caller("arn:aws:iam::999999999999:user/ann")

    with pytest.raises(Exception, match="999999999999"):
        draining.drain(account(fake))


@pytest.mark.programs
def test_a_cluster_out_of_reach_says_how_to_go_on_without_it(
    fake: FakeAws,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,  # noqa: ANN401
) -> None:
    fake.cluster(endpoint="https://127.0.0.1:9")
    monkeypatch.setattr(draining, "private_folder", lambda _folder: tmp_path)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]

    with pytest.raises(Exception, match="So it is not known what uses the cluster") as raised:
        draining.drain(account(fake))

    assert str(raised.value).endswith(
        "PULUMI_K8S_DELETE_UNREACHABLE=true pulumi -C platform destroy --stack prod"
    )
    kubeconfig = json.loads((tmp_path / "kubeconfig").read_text(encoding="utf-8"))
    assert kubeconfig["current-context"] == "platform-prod"


def test_a_stack_that_does_not_exist_is_an_error_without_a_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["platform", "drain", "--stack", "staging"]) == 2
    assert capsys.readouterr().err == (
        "error: There is no stack file Pulumi.staging.yaml; stacks are prod.\n"
    )


class Connected(FakeCluster):
    """A cluster, as a connection is one."""

    def __enter__(self) -> Connected:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def reached(monkeypatch: pytest.MonkeyPatch, folder: Any, cluster: FakeCluster) -> None:  # noqa: ANN401
    def connect(*_args: object, **_options: object) -> FakeCluster:
        return cluster

    monkeypatch.setattr(draining, "private_folder", lambda _folder: folder)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    monkeypatch.setattr(draining, "Api", connect)


def test_a_cluster_in_use_keeps_its_node_pools(
    fake: FakeAws,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,  # noqa: ANN401
) -> None:
    """No answer of `UpdateClusterConfig` is prepared: to ask for it would be an error."""
    fake.cluster()
    web = obj("networking.k8s.io/v1", "Ingress", "web", "a")
    cluster = Connected({**pools(), "networking.k8s.io/v1 Ingress": [web]})
    reached(monkeypatch, tmp_path, cluster)

    with pytest.raises(InUseError, match="Ingress a/web"):
        draining.drain(account(fake))

    assert cluster.deleted == []


def test_a_cluster_that_nobody_uses_loses_its_node_pools(
    fake: FakeAws,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,  # noqa: ANN401
) -> None:
    fake.cluster()
    emptied(fake)
    fake.cluster(status="ACTIVE")
    cluster = Connected(pools())
    reached(monkeypatch, tmp_path, cluster)

    draining.drain(account(fake))

    assert cluster.deleted == ["NodePool system", "NodePool workloads"]


def test_a_protected_cluster_is_not_even_asked(fake: FakeAws) -> None:
    protected = PlatformAccount(small({"platform:cluster": {"name": "platform-prod"}}), fake.client)

    with pytest.raises(InUseError, match="has deletion protection"):
        draining.drain(protected)
