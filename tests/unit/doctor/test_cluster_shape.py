"""The doctor on the kind of cluster: nodes, address family, networks, classes of Ingresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pytest

from components.kubernetes.cluster_mode import AUTO, SELF_MANAGED, ClusterMode
from tests.support.doctor import KUBECTL, PLACE, Object, error, obj, stack, warning
from tooling.doctor.before import enforcement, ingress_class, shape
from tooling.doctor.findings import Finding

DEV: Final = stack("version 2 dev")
PROD: Final = stack("version 2 prod", endpoint={"scheme": "internal", "inboundCidrs": None})
ADOPTED: Final = stack("version 2 prod", cluster={"createNamespace": False})

CERTIFICATE: Final = (
    "arn:aws:acm:ap-northeast-2:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab"
)


def node(architecture: str = "amd64", system: str = "linux", compute: str | None = None) -> Object:
    labels = {"kubernetes.io/os": system, "kubernetes.io/arch": architecture}
    if compute:
        labels["eks.amazonaws.com/compute-type"] = compute
    return obj("Node", "node", namespace=None, metadata={"labels": labels})


def service(*families: str) -> Object:
    return obj("Service", "kubernetes", namespace="default", spec={"ipFamilies": [*families]})


IPV4: Final = service("IPv4")


def unsupported(cause: str, command: str) -> Finding:
    return error("cluster-unsupported", "The cluster", cause, command)


@pytest.mark.parametrize(
    ("nodes", "api"),
    [
        pytest.param([], IPV4, id="no node yet"),
        pytest.param([node()], IPV4, id="amd64"),
        pytest.param([node("arm64")], IPV4, id="arm64, which Langfuse's images are for too"),
        pytest.param([node("s390x"), node()], IPV4, id="one that fits"),
        pytest.param([node(compute="auto")], IPV4, id="Auto Mode"),
        pytest.param([node(compute="fargate"), node()], IPV4, id="Fargate beside a node group"),
        pytest.param([node()], service("IPv4", "IPv6"), id="both families, IPv4 first"),
        pytest.param([node()], None, id="the API server's Service cannot be seen"),
    ],
)
def test_a_cluster_that_pods_run_on_passes(nodes: list[Object], api: Object | None) -> None:
    assert [*shape.unsupported(nodes, api, PLACE)] == []


@pytest.mark.parametrize("families", [("IPv6",), ("IPv6", "IPv4")])
def test_a_cluster_whose_pods_have_ipv6_addresses_is_reported(families: Sequence[str]) -> None:
    assert [*shape.unsupported([node()], service(*families), PLACE)] == [
        unsupported(
            "It gives its pods IPv6 addresses, and the stack's NetworkPolicies, its load balancer "
            "and its database's security group admit IPv4 networks only. The address family of a "
            "cluster cannot be changed: use a cluster with IPv4.",
            f"{KUBECTL} -n default get service kubernetes -o 'jsonpath={{.spec.ipFamilies}}'",
        )
    ]


def test_fargate_alone_is_reported() -> None:
    assert [*shape.unsupported([node(compute="fargate")] * 2, IPV4, PLACE)] == [
        unsupported(
            "It has Fargate nodes alone, where NetworkPolicies are not enforced and no volume of "
            "EBS can be attached: add a node group, or use EKS Auto Mode.",
            f"{KUBECTL} get nodes -L eks.amazonaws.com/compute-type",
        )
    ]


def test_nodes_that_the_images_are_not_for_are_reported() -> None:
    nodes = [node("s390x"), node("amd64", "windows"), node(compute="fargate")]

    assert [*shape.unsupported(nodes, IPV4, PLACE)] == [
        unsupported(
            "Its nodes are linux/s390x, windows/amd64, and the images are for linux/amd64 and "
            'linux/arm64: every pod would fail with "exec format error".',
            f"{KUBECTL} get nodes -L kubernetes.io/os,kubernetes.io/arch",
        )
    ]


# -- NetworkPolicies -------------------------------------------------------------------------------


def daemon_set(name: str, *args: str, container: str = "aws-eks-nodeagent") -> Object:
    pod = {"containers": [{"name": "aws-node"}, {"name": container, "args": [*args]}]}
    return obj("DaemonSet", name, namespace="kube-system", spec={"template": {"spec": pod}})


def config(**data: str) -> Object:
    return obj("ConfigMap", "amazon-vpc-cni", namespace="kube-system", data=data)


ON: Final = config(**{"enable-network-policy-controller": "true"})
OFF: Final = config(**{"enable-network-policy-controller": "false"})
VPC_CNI: Final = daemon_set("aws-node", "--enable-ipv6=false", "--enable-network-policy=false")
UNENFORCED: Final = ": every pod of the cluster can connect to the database and to Langfuse"
IN_SYSTEM: Final = f"{KUBECTL} -n kube-system"
SAYS: Final = (
    "EKS Auto Mode enforces none until the ConfigMap kube-system/amazon-vpc-cni says "
    'enable-network-policy-controller: "true"'
)


@pytest.mark.parametrize(
    ("daemon_sets", "config_map", "mode"),
    [
        pytest.param([], ON, AUTO, id="Auto Mode, switched on"),
        pytest.param(
            [daemon_set("aws-node", "--enable-network-policy=true")], None, SELF_MANAGED, id="agent"
        ),
        pytest.param([VPC_CNI, daemon_set("calico-node")], None, SELF_MANAGED, id="Calico beside"),
        pytest.param([daemon_set("cilium")], None, AUTO, id="Cilium"),
        pytest.param([daemon_set("kindnet")], None, SELF_MANAGED, id="a network that is not known"),
        pytest.param([], None, SELF_MANAGED, id="none that is seen"),
    ],
)
def test_a_network_that_enforces_policies_or_is_not_known_passes(
    daemon_sets: list[Object], config_map: Object | None, mode: ClusterMode
) -> None:
    assert [*enforcement.network_policies(daemon_sets, config_map, mode, PLACE)] == []


@pytest.mark.parametrize(
    ("daemon_sets", "config_map", "mode", "cause", "command"),
    [
        pytest.param(
            [],
            None,
            AUTO,
            SAYS,
            f"{IN_SYSTEM} create configmap amazon-vpc-cni "
            "--from-literal=enable-network-policy-controller=true",
            id="Auto Mode without a ConfigMap",
        ),
        pytest.param(
            [VPC_CNI],
            OFF,
            AUTO,
            SAYS,
            f"{IN_SYSTEM} patch configmap amazon-vpc-cni --type=merge -p "
            """'{"data":{"enable-network-policy-controller":"true"}}'""",
            id="Auto Mode, switched off",
        ),
        pytest.param(
            [VPC_CNI],
            ON,
            SELF_MANAGED,
            "The VPC CNI enforces none: its network policy agent is off (container "
            "aws-eks-nodeagent of the DaemonSet kube-system/aws-node without "
            "--enable-network-policy=true). The add-on's setting is enableNetworkPolicy",
            f"{IN_SYSTEM} get daemonset aws-node -o yaml",
            id="VPC CNI with its agent off",
        ),
        pytest.param(
            [daemon_set("aws-node", "--enable-network-policy=true", container="other")],
            None,
            SELF_MANAGED,
            "The VPC CNI enforces none: its network policy agent is off (container "
            "aws-eks-nodeagent of the DaemonSet kube-system/aws-node without "
            "--enable-network-policy=true). The add-on's setting is enableNetworkPolicy",
            f"{IN_SYSTEM} get daemonset aws-node -o yaml",
            id="VPC CNI without an agent",
        ),
        pytest.param(
            [daemon_set("kube-flannel-ds")],
            None,
            SELF_MANAGED,
            "Flannel enforces none",
            f"{KUBECTL} get daemonsets -A",
            id="Flannel",
        ),
    ],
)
def test_a_network_that_does_not_enforce_policies_is_a_warning(
    daemon_sets: list[Object],
    config_map: Object | None,
    mode: ClusterMode,
    cause: str,
    command: str,
) -> None:
    assert [*enforcement.network_policies(daemon_sets, config_map, mode, PLACE)] == [
        warning("network-policy-unenforced", "NetworkPolicies", cause + UNENFORCED, command)
    ]


# -- Parameters of a class -------------------------------------------------------------------------


def class_(
    controller: str = "ingress.k8s.aws/alb",
    group: str = "elbv2.k8s.aws",
    kind: str = "IngressClassParams",
) -> Object:
    parameters = {"apiGroup": group, "kind": kind, "name": "shared"}
    spec = {"controller": controller, "parameters": parameters}
    return obj("IngressClass", "alb", namespace=None, spec=spec)


PLAIN: Final = obj(
    "IngressClass", "alb", namespace=None, spec={"controller": "ingress.k8s.aws/alb"}
)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (class_(), ("elbv2.k8s.aws/v1beta1", "shared")),
        (class_(group="eks.amazonaws.com"), ("eks.amazonaws.com/v1", "shared")),
        (class_(group="k8s.example.com"), None),
        (class_(kind="Config"), None),
        (PLAIN, None),
    ],
)
def test_the_parameters_of_a_class_are_those_of_both_controllers(
    found: Object, expected: tuple[str, str] | None
) -> None:
    assert ingress_class.parameters_of(found) == expected


def parameters(**spec: Any) -> Object:  # noqa: ANN401
    made = obj("IngressClassParams", "shared", namespace=None, spec=spec)
    return {**made, "apiVersion": "eks.amazonaws.com/v1"}


SAME: Final[Mapping[str, Any]] = {
    "scheme": "internal",
    "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "targetType": "ip",
    "sslRedirectPort": "443",
    "ipAddressType": "ipv4",
    "namespaceSelector": {"matchLabels": {"team": "platform"}},
}


def test_a_class_that_says_the_same_or_nothing_passes() -> None:
    assert [*ingress_class.overrides(PROD, parameters(**SAME), PLACE)] == []
    assert [*ingress_class.overrides(PROD, parameters(), PLACE)] == []
    assert [*ingress_class.overrides(PROD, None, PLACE)] == []
    assert [*ingress_class.overrides(DEV, parameters(scheme="internal"), PLACE)] == []


@pytest.mark.parametrize(
    ("endpoint", "field", "same", "other"),
    [
        (
            {"inboundCidrs": ["10.0.0.0/8", "192.168.0.0/16"]},
            "inboundCIDRs",
            ["192.168.0.0/16", "10.0.0.0/8"],
            ["10.0.0.0/8"],
        ),
        (
            {"subnetIds": ["subnet-00000000000000002", "subnet-00000000000000001"]},
            "subnets",
            {"ids": ["subnet-00000000000000002", "subnet-00000000000000001"]},
            {"matchTags": [{"key": "a", "values": ["b"]}]},
        ),
        (
            {"certificateArn": CERTIFICATE},
            "certificateARNs",
            [CERTIFICATE],
            ["arn:aws:acm:ap-northeast-2:123456789012:certificate/other"],
        ),
        (
            {"certificateArn": CERTIFICATE},
            "certificateArn",
            CERTIFICATE,
            "arn:aws:acm:ap-northeast-2:123456789012:certificate/other",
        ),
        (
            {"webAclArn": "arn:aws:wafv2:ap-northeast-2:123456789012:regional/webacl/a/1"},
            "wafv2AclArn",
            "arn:aws:wafv2:ap-northeast-2:123456789012:regional/webacl/a/1",
            "arn:aws:wafv2:ap-northeast-2:123456789012:regional/webacl/b/2",
        ),
    ],
)
def test_what_the_class_says_is_compared_with_the_setting(
    endpoint: Mapping[str, Any], field: str, same: object, other: object
) -> None:
    given = stack(
        "version 2 prod", endpoint={"scheme": "internal", "inboundCidrs": None, **endpoint}
    )

    assert [*ingress_class.overrides(given, parameters(**{field: same}), PLACE)] == []
    assert len([*ingress_class.overrides(given, parameters(**{field: other}), PLACE)]) == 1


def test_values_of_a_class_that_win_over_the_settings_are_one_warning() -> None:
    found = parameters(
        scheme="internet-facing",
        group={"name": "shared"},
        tags=[{"key": "a", "value": "b"}],
        loadBalancerAttributes=[{"key": "idle_timeout.timeout_seconds", "value": "30"}],
        prefixListsIDs=["pl-1"],
        targetType="instance",
    )

    assert [*ingress_class.overrides(PROD, found, PLACE)] == [
        warning(
            "ingress-class-overrides",
            "IngressClassParams shared",
            "It sets group (the load balancer, which other Ingresses then share), "
            "loadBalancerAttributes (endpoint.accessLogs, endpoint.deletionProtection and the idle "
            "timeout), prefixListsIDs (endpoint.inboundCidrs), scheme (endpoint.scheme), tags "
            "(aws:defaultTags), targetType (the targets). What a class sets overrides the "
            "Ingress's annotations without a message: the settings have no effect there",
            f"{KUBECTL} get ingressclassparams.eks.amazonaws.com shared -o yaml",
        )
    ]


# -- Readiness gates -------------------------------------------------------------------------------

OWNERS: Final = "elbv2.k8s.aws/pod-readiness-gate-inject"
AUTOS: Final = "eks.amazonaws.com/pod-readiness-gate-inject"


def namespace(**labels: str) -> Object:
    return obj("Namespace", "observability", namespace=None, metadata={"labels": labels})


def missing_gate(label: str) -> list[Finding]:
    return [
        warning(
            "readiness-gate-missing",
            "Namespace observability",
            f"It has no label {label}: enabled. New pods then count as ready before the load "
            "balancer sends to them, and a rollout drops requests",
            f"{KUBECTL} label --overwrite namespace observability {label}=enabled",
        )
    ]


@pytest.mark.parametrize(
    ("labels", "classes", "mode", "found"),
    [
        ({OWNERS: "enabled"}, [PLAIN], SELF_MANAGED, []),
        ({}, [PLAIN], SELF_MANAGED, missing_gate(OWNERS)),
        ({OWNERS: "disabled"}, [], SELF_MANAGED, missing_gate(OWNERS)),
        ({AUTOS: "enabled"}, [PLAIN], SELF_MANAGED, missing_gate(OWNERS)),
        ({AUTOS: "enabled"}, [PLAIN], AUTO, []),
        ({OWNERS: "enabled"}, [], AUTO, missing_gate(AUTOS)),
    ],
)
def test_an_adopted_namespace_needs_the_label_of_the_controller(
    labels: dict[str, str], classes: list[Object], mode: ClusterMode, found: list[Finding]
) -> None:
    assert [*ingress_class.gates(ADOPTED, namespace(**labels), classes, mode, PLACE)] == found


@pytest.mark.parametrize(
    ("controller", "label"), [("ingress.k8s.aws/alb", OWNERS), ("eks.amazonaws.com/alb", AUTOS)]
)
def test_a_named_class_decides_by_its_controller(controller: str, label: str) -> None:
    named = stack(
        "version 2 prod", cluster={"createNamespace": False}, endpoint={"ingressClass": "alb"}
    )
    other = namespace(**{OWNERS if label == AUTOS else AUTOS: "enabled"})

    for mode in (SELF_MANAGED, AUTO):
        found = ingress_class.gates(named, other, [class_(controller)], mode, PLACE)
        assert [*found] == missing_gate(label)


def test_a_namespace_of_the_stack_s_own_gets_the_label_by_up() -> None:
    assert [*ingress_class.gates(PROD, namespace(), [], AUTO, PLACE)] == []
    assert [*ingress_class.gates(ADOPTED, None, [], AUTO, PLACE)] == []
    adopted = stack("version 2 dev", cluster={"createNamespace": False})
    assert [*ingress_class.gates(adopted, namespace(), [], AUTO, PLACE)] == []
