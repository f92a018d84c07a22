"""Mutations of pods and of who reaches the cluster: each is named by a rule, or gets through.

Each starts from the pod of the web deployment, or from a kind that the program does not make.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

import pytest

from tests.support.policy_stacks import (
    CONTAINER,
    INGRESS,
    POD,
    WEB,
    Mutate,
    Mutation,
    added,
    caught,
    change,
    put,
    stack,
    take,
    under,
    without,
)

_IMAGE, _POD, _ROOM = "pinned-image", "restricted-pods", "requests-and-limits"
_TOKEN, _ACCESS, _EXPOSED = (
    "no-service-account-token",
    "no-wide-cluster-access",
    "no-exposed-service",
)
_POLICY: Final = "network-policy-for-every-workload"
_NETWORK: Final = "langfuse-network-policy"
_SERVICE: Final = "langfuse-service"
_K8S: Final = "kubernetes:"
_RBAC: Final = "kubernetes:rbac.authorization.k8s.io/v1:"


def _template(**spec: object) -> dict[str, Any]:
    """The pod template of the web deployment, with other fields in its spec."""
    (web,) = (s for s in stack("version 2 dev") if s.name == WEB)
    template = copy.deepcopy(web.inputs["spec"]["template"])
    template["spec"] |= spec
    return template


def _kind(template: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A pod in each kind that has pods."""
    metadata = {"name": "x", "namespace": "observability"}
    plain = {"metadata": metadata, "spec": {"template": template}}
    cron = {"metadata": metadata, "spec": {"jobTemplate": {"spec": {"template": template}}}}
    pod = {"metadata": {**metadata, **template["metadata"]}, "spec": template["spec"]}
    return {
        "core/v1:Pod": pod,
        "core/v1:ReplicationController": plain,
        "core/v1:PodTemplate": {"metadata": metadata, "template": template},
        "apps/v1:Deployment": plain,
        "apps/v1:StatefulSet": plain,
        "apps/v1:DaemonSet": plain,
        "apps/v1:ReplicaSet": plain,
        "apps/v1beta1:Deployment": plain,
        "extensions/v1beta1:DaemonSet": plain,
        "batch/v1:Job": plain,
        "batch/v1:CronJob": cron,
        "batch/v1beta1:CronJob": cron,
        "core/v1:PodPatch": pod,
        "apps/v1:DeploymentPatch": plain,
        "apps/v1:StatefulSetPatch": plain,
        "apps/v1:DaemonSetPatch": plain,
        "apps/v1:ReplicaSetPatch": plain,
        "batch/v1:JobPatch": plain,
        "batch/v1:CronJobPatch": cron,
        "core/v1:ReplicationControllerPatch": plain,
        "core/v1:PodTemplatePatch": {"metadata": metadata, "template": template},
        "core/v1:PodList": {"items": [pod]},
        "apps/v1:DeploymentList": {"items": [plain]},
        "apps/v1:StatefulSetList": {"items": [plain]},
        "batch/v1:JobList": {"items": [{**plain, "kind": "Job", "apiVersion": "batch/v1"}]},
        "batch/v1:CronJobList": {"items": [cron]},
        "argoproj.io/v1alpha1:Rollout": plain,
        "keda.sh/v1alpha1:ScaledJob": {"spec": {"jobTargetRef": {"template": template}}},
        "serving.knative.dev/v1:Service": plain,
        "jobset.x-k8s.io/v1alpha2:JobSet": {
            "spec": {"replicatedJobs": [{"template": {"spec": {"template": template}}}]}
        },
        "clickhouse.altinity.com/v1:ClickHouseInstallation": {
            "spec": {"templates": {"podTemplates": [{"name": "x", "spec": template["spec"]}]}}
        },
    }


def _in_every_kind(rule: str, what: str, **spec: object) -> list[Mutation]:
    return [
        added(rule, f"{what} in {kind}", f"{_K8S}{kind}", inputs, "version 2 dev")
        for kind, inputs in _kind(_template(**spec)).items()
    ]


def _web(rules: str, what: str, *mutates: Mutate) -> Mutation:
    return change(rules, what, WEB, *mutates, variant="version 2 dev")


def _rule(*verbs: str, resources: tuple[str, ...] = ("pods",), **more: object) -> dict[str, object]:
    rule = {"apiGroups": [""], "resources": [*resources], "verbs": [*verbs], **more}
    return {"rules": [rule]}


def _bound(role: str, kind: str = "ClusterRole", **subject: str) -> dict[str, object]:
    return {
        "roleRef": {"kind": kind, "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": "langfuse", **subject}],
    }


def _ingress(*rules: dict[str, Any]) -> Mutate:
    return put("spec/ingress", [*rules])


_CLICKHOUSE: Final = "kubernetes:clickhouse.com/v1alpha1:ClickHouseCluster"

_ADMITTING: Final[tuple[dict[str, Any], ...]] = (
    *({}, {"from": []}, {"ports": [{"port": 3000}]}, {"from": [{}]}),
    {"from": [{"namespaceSelector": {}}]},
    {"from": [{"namespaceSelector": {}, "podSelector": {}}]},
    {"from": [{"namespaceSelector": {"matchLabels": {}}}]},
    {"from": [{"namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}}]},
    {
        "from": [
            {
                "namespaceSelector": {
                    "matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]
                }
            }
        ]
    },
    {"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]},
    {"from": [{"ipBlock": {"cidr": "::/0"}}]},
    {"from": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}]},
    {"from": [{"ipBlock": {"cidr": "0.0.0.0/1"}}, {"ipBlock": {"cidr": "128.0.0.0/1"}}]},
)
"""Entries of a NetworkPolicy that admit almost everybody."""

_RELEASING: Final[tuple[dict[str, Any], ...]] = (
    *({}, {"to": []}, {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}),
    *({"to": [{"namespaceSelector": {}}]}, {"ports": [{"protocol": "TCP"}]}),
    {"ports": [{"port": 1, "endPort": 65535}]},
)
"""Entries of a NetworkPolicy that let pods connect to everything."""

_OWN_NAMESPACE: Final[dict[str, Any]] = {"from": [{"podSelector": {}}]}

CAUGHT: Final[tuple[Mutation, ...]] = (
    # -- Images
    *(
        _web(_IMAGE, f"image {image}", put(f"{CONTAINER}/image", image))
        for image in (
            *("langfuse/langfuse", "langfuse/langfuse:latest", "langfuse/langfuse:2"),
            *("langfuse/langfuse:2.95", "langfuse/langfuse:stable", "langfuse/langfuse:main"),
            *("langfuse/langfuse:edge", "langfuse/langfuse:v3", "langfuse/langfuse:2-alpine"),
            *("langfuse/langfuse:2.95-alpine", "langfuse/langfuse:alpine", "postgres:16"),
            *("chrislusf/seaweedfs:4", "chrislusf/seaweedfs:latest"),
            *("postgres:16-alpine", "localhost:5000/langfuse", "clickhouse/clickhouse-server:25.8"),
            *("clickhouse/clickhouse-server:25.8.1", "valkey/valkey:8", "valkey/valkey:8.1-alpine"),
            *("langfuse/langfuse:2.95.12-latest", "langfuse/langfuse:2.95.12-nightly"),
            *("langfuse/langfuse@sha256:abc", "langfuse/langfuse:2.95.12@sha256:abc"),
            *("langfuse/langfuse:", "langfuse/langfuse:release", "langfuse/langfuse:20240901", ""),
        )
    ),
    _web(_IMAGE, "no image", take(f"{CONTAINER}/image")),
    change(
        _IMAGE,
        "image of an init container",
        "langfuse-postgres-stateful-set",
        put(f"{POD}/initContainers/0/image", "postgres:16"),
        variant="version 2 dev",
    ),
    added(
        _IMAGE,
        "image in parts",
        _CLICKHOUSE,
        {"spec": {"containerTemplate": {"image": {"repository": "clickhouse", "tag": "25.8"}}}},
        protect=True,
    ),
    *(
        added(_IMAGE, f"chart {values}", f"{_K8S}helm.sh/v3:Release", {"chart": "x", **values})
        for values in (
            *(
                {},
                {"version": "1"},
                {"version": "^1.2.3"},
                {"version": ">=1.0.0"},
                {"version": "1.x"},
            ),
            {"version": "1.2.3", "values": {"image": {"repository": "x", "tag": "latest"}}},
            {"version": "1.2.3", "values": {"image": "x:latest"}},
        )
    ),
    # -- What a pod may do on its node
    *_in_every_kind(_POD, "hostNetwork", hostNetwork=True),
    *(
        _web(_POD, f"pod {field} {value}", put(f"{POD}/{field}", value))
        for field, value in (
            *(("hostPID", True), ("hostIPC", True), ("hostNetwork", "true")),
            ("volumes", [{"name": "x", "hostPath": {"path": "/"}}]),
            ("volumes", [{"name": "x", "nfs": {"server": "x", "path": "/"}}]),
            ("securityContext/runAsUser", 0),
            ("securityContext/runAsNonRoot", False),
            ("securityContext/seccompProfile", {"type": "Unconfined"}),
            ("securityContext/seLinuxOptions", {"type": "spc_t"}),
            ("securityContext/seLinuxOptions", {"user": "root"}),
            ("securityContext/sysctls", [{"name": "net.core.somaxconn", "value": "1"}]),
            ("securityContext/windowsOptions", {"hostProcess": True}),
            ("securityContext/appArmorProfile", {"type": "Unconfined"}),
        )
    ),
    *(
        _web(_POD, f"container {field} {value}", put(f"{CONTAINER}/{field}", value))
        for field, value in (
            ("securityContext/privileged", True),
            ("securityContext/privileged", "true"),
            ("securityContext/allowPrivilegeEscalation", True),
            ("securityContext/allowPrivilegeEscalation", None),
            ("securityContext/capabilities/add", ["NET_ADMIN"]),
            ("securityContext/capabilities/drop", ["NET_RAW"]),
            ("securityContext/runAsNonRoot", False),
            ("securityContext/runAsUser", 0),
            ("securityContext/procMount", "Unmasked"),
            ("securityContext/seccompProfile", {"type": "Unconfined"}),
            ("securityContext", None),
            ("livenessProbe/httpGet/host", "169.254.169.254"),
            ("lifecycle/postStart", {"httpGet": {"host": "example.com", "port": 80}}),
            ("ports", [{"containerPort": 3000, "hostPort": 3000}]),
        )
    ),
    *(
        _web(_POD, f"without {field}", take(f"{POD}/{field}"))
        for field in ("securityContext/runAsNonRoot", "securityContext/seccompProfile")
    ),
    _web(
        _POD,
        "AppArmor by annotation",
        under(
            "spec/template/metadata/annotations",
            "container.apparmor.security.beta.kubernetes.io/langfuse",
            "unconfined",
        ),
    ),
    _web(
        f"{_POD} {_ROOM}",
        "one init container more",
        put(f"{POD}/initContainers", [{"name": "x", "image": "x:1.2.3"}]),
    ),
    _web(
        f"{_POD} {_ROOM}",
        "an ephemeral container",
        put(f"{POD}/ephemeralContainers", [{"name": "x", "image": "x:1.2.3"}]),
    ),
    added(
        _POD,
        "a volume on the node",
        f"{_K8S}core/v1:PersistentVolume",
        {"spec": {"hostPath": {"path": "/"}}},
    ),
    added(
        _POD,
        "a disk of the node",
        f"{_K8S}core/v1:PersistentVolume",
        {"spec": {"local": {"path": "/mnt"}}},
    ),
    *(
        change(
            _POD,
            f"a namespace for {level} pods",
            "langfuse-namespace",
            under("metadata/labels", "pod-security.kubernetes.io/enforce", level),
            variant="version 2 dev",
        )
        for level in ("privileged", "baseline")
    ),
    added(
        _POD,
        "a patch of one field",
        f"{_K8S}apps/v1:DeploymentPatch",
        {
            "spec": {
                "template": {
                    "spec": {
                        "containers": [
                            {"name": "langfuse", "securityContext": {"privileged": True}}
                        ]
                    }
                }
            }
        },
    ),
    added(
        _POD,
        "a privileged template for one container",
        _CLICKHOUSE,
        {"spec": {"containerTemplate": {"securityContext": {"privileged": True}}}},
        protect=True,
    ),
    # -- Requests and limits
    *(
        _web(_ROOM, f"without {field}", take(f"{CONTAINER}/resources/{field}"))
        for field in ("requests", "limits", "requests/cpu", "requests/memory", "limits/memory")
    ),
    *(
        _web(_ROOM, f"memory {amount!r}", put(f"{CONTAINER}/resources/limits/memory", amount))
        for amount in ("0", 0, "0Mi", "0.0Gi")
    ),
    *_in_every_kind(_TOKEN, "a token", automountServiceAccountToken=True),
    # -- The cluster's API
    _web(_TOKEN, "a token left in", take(f"{POD}/automountServiceAccountToken")),
    *(
        _web(
            _TOKEN,
            f"a projected token {token}",
            put(
                f"{POD}/volumes",
                [{"name": "x", "projected": {"sources": [{"serviceAccountToken": token}]}}],
            ),
        )
        for token in (
            {"path": "token"},
            {"path": "token", "audience": "https://kubernetes.default.svc"},
            {"path": "token", "audience": "vault"},
        )
    ),
    added(
        _TOKEN,
        "a token that never ends",
        f"{_K8S}core/v1:Secret",
        {"type": "kubernetes.io/service-account-token"},
    ),
    *(
        added(_ACCESS, f"{kind} {rules}", f"{_RBAC}{kind}", rules)
        for kind in ("Role", "ClusterRole")
        for rules in (
            *(_rule("*"), _rule("get", resources=("*",)), _rule("escalate"), _rule("bind")),
            *(
                _rule("impersonate"),
                _rule("get", apiGroups=["*"]),
                _rule("get", nonResourceURLs=["*"]),
            ),
            *(_rule("create", resources=("pods/exec",)), _rule("list", resources=("secrets",))),
            *(
                _rule("create", resources=("serviceaccounts/token",)),
                _rule("get", resources=("pods/*",)),
            ),
            *(
                _rule(verb, resources=(name,))
                for verb, name in (
                    *(("create", "pods"), ("patch", "deployments"), ("update", "jobs")),
                    *(("create", "cronjobs"), ("create", "daemonsets"), ("patch", "statefulsets")),
                )
            ),
        )
    ),
    added(
        _ACCESS,
        "an aggregated role",
        f"{_RBAC}ClusterRole",
        {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}},
    ),
    *(
        added(_ACCESS, f"{kind} to {role} for {subject}", f"{_RBAC}{kind}", _bound(role, **subject))
        for kind, role, subject in (
            ("ClusterRoleBinding", "cluster-admin", {}),
            ("ClusterRoleBinding", "view", {}),
            ("ClusterRoleBindingPatch", "cluster-admin", {}),
            ("RoleBinding", "cluster-admin", {}),
            ("RoleBinding", "admin", {}),
            ("RoleBinding", "edit", {}),
            ("RoleBinding", "system:node", {}),
            ("RoleBinding", "view", {"kind": "Group", "name": "system:authenticated"}),
            ("RoleBinding", "view", {"kind": "Group", "name": "system:unauthenticated"}),
            ("RoleBinding", "view", {"kind": "Group", "name": "system:serviceaccounts"}),
            ("RoleBinding", "view", {"kind": "Group", "name": "system:serviceaccounts:default"}),
            ("RoleBinding", "view", {"kind": "User", "name": "system:anonymous"}),
            ("RoleBinding", "view", {"name": "default"}),
        )
    ),
    added(
        _ACCESS,
        "a master of the cluster",
        "aws:eks/accessEntry:AccessEntry",
        {"kubernetesGroups": ["system:masters"]},
    ),
    # -- Ways in
    *(
        change(_EXPOSED, f"a Service with {field} {value}", _SERVICE, put(f"spec/{field}", value))
        for field, value in (
            *(("type", "LoadBalancer"), ("type", "NodePort"), ("type", "ExternalName")),
            *(("externalIPs", ["203.0.113.7"]), ("externalName", "example.com")),
            ("loadBalancerIP", "203.0.113.7"),
        )
    ),
    added(
        _EXPOSED,
        "a patch of a Service",
        f"{_K8S}core/v1:ServicePatch",
        {"spec": {"type": "NodePort"}},
    ),
    added(
        _EXPOSED,
        "a list of Services",
        f"{_K8S}core/v1:ServiceList",
        {"items": [{"spec": {"type": "LoadBalancer"}}]},
    ),
    *(
        added(_EXPOSED, f"a way in by {kind}", f"{_K8S}{kind}", {"spec": {}})
        for kind in (
            *("gateway.networking.k8s.io/v1:Gateway", "gateway.networking.k8s.io/v1:HTTPRoute"),
            *(
                "gateway.networking.k8s.io/v1:GRPCRoute",
                "gateway.networking.k8s.io/v1alpha2:TCPRoute",
            ),
            *("networking.istio.io/v1:Gateway", "networking.istio.io/v1:VirtualService"),
            *("traefik.io/v1alpha1:IngressRoute", "projectcontour.io/v1:HTTPProxy"),
            *("route.openshift.io/v1:Route", "elbv2.k8s.aws/v1beta1:TargetGroupBinding"),
            *("eks.amazonaws.com/v1:TargetGroupBinding", "core/v1:Endpoints"),
            "discovery.k8s.io/v1:EndpointSlice",
        )
    ),
    *(
        added(_EXPOSED, f"a way in by {kind}", kind, inputs)
        for kind, inputs in (
            ("aws:lb/loadBalancer:LoadBalancer", {"internal": False}),
            ("aws:alb/loadBalancer:LoadBalancer", {}),
            ("aws:elb/loadBalancer:LoadBalancer", {}),
            ("aws:apigatewayv2/api:Api", {}),
            ("aws:cloudfront/distribution:Distribution", {}),
            ("aws:lambda/functionUrl:FunctionUrl", {"authorizationType": "NONE"}),
            ("aws:ec2/instance:Instance", {"associatePublicIpAddress": True}),
        )
    ),
    # -- Network policies
    *(
        change(
            _POLICY, f"policy that admits {rule}", _NETWORK, _ingress(rule), variant="version 2 dev"
        )
        for rule in _ADMITTING
    ),
    *(
        change(
            _POLICY,
            f"policy with egress {rule}",
            _NETWORK,
            put("spec/egress", [rule]),
            variant="version 2 dev",
        )
        for rule in _RELEASING
    ),
    change(
        _POLICY,
        "no policy for egress",
        _NETWORK,
        put("spec/policyTypes", ["Ingress"]),
        variant="version 2 dev",
    ),
    change(
        _POLICY,
        "no policy for ingress",
        _NETWORK,
        put("spec/policyTypes", ["Egress"]),
        variant="version 2 dev",
    ),
    change(
        _POLICY,
        "a policy for other pods",
        _NETWORK,
        put("spec/podSelector/matchLabels", {"app": "other"}),
        variant="version 2 dev",
    ),
    change(
        _POLICY,
        "a policy that chooses by expression",
        _NETWORK,
        put("spec/podSelector", {"matchExpressions": [{"key": "a", "operator": "Exists"}]}),
        variant="version 2 dev",
    ),
    change(
        _POLICY,
        "a policy of another namespace",
        _NETWORK,
        put("metadata/namespace", "x"),
        variant="version 2 dev",
    ),
    without(_POLICY, "no policy for the web", _NETWORK, variant="version 2 dev"),
    without(
        _POLICY,
        "no policy for the database",
        "langfuse-postgres-network-policy",
        variant="version 2 dev",
    ),
    without(
        _POLICY,
        "no policy for the migration",
        "langfuse-migration-network-policy",
        variant="version 2 dev",
    ),
    *(
        added(
            _POLICY,
            f"a bare {kind}",
            f"{_K8S}{kind}",
            _kind({**_template(), "metadata": {"labels": {"app": "bare"}}})[kind],
            "version 2 dev",
        )
        for kind in (
            *("core/v1:Pod", "apps/v1:ReplicaSet", "core/v1:ReplicationController"),
            *("apps/v1:DaemonSet", "batch/v1:CronJob", "apps/v1:DeploymentList"),
        )
    ),
    *(
        added(_POLICY, f"a policy by {kind}", f"{_K8S}{kind}", {"spec": {}})
        for kind in (
            *(
                "policy.networking.k8s.io/v1alpha1:AdminNetworkPolicy",
                "cilium.io/v2:CiliumNetworkPolicy",
            ),
            *("crd.projectcalico.org/v1:GlobalNetworkPolicy", "projectcalico.org/v3:NetworkPolicy"),
        )
    ),
    added(
        _POLICY,
        "one policy more that admits all",
        f"{_K8S}networking.k8s.io/v1:NetworkPolicy",
        {"metadata": {"namespace": "observability"}, "spec": {"podSelector": {}, "ingress": [{}]}},
        "version 2 dev",
    ),
    # -- The Ingress
    *(
        change("tls-floor", f"ingress class {name}", INGRESS, put("spec/ingressClassName", name))
        for name in ("nginx", "traefik", "gce", "", None)
    ),
)

THROUGH: Final[tuple[Mutation, ...]] = (
    *(
        _web(f"the standard `restricted` permits it: {path}", f"{path} {value}", put(path, value))
        for path, value in (
            (f"{POD}/hostAliases", [{"ip": "192.0.2.1", "hostnames": ["a"]}]),
            (f"{POD}/shareProcessNamespace", True),
            (f"{POD}/runtimeClassName", "kata"),
            (f"{POD}/tolerations", [{"operator": "Exists"}]),
            (f"{POD}/priorityClassName", "system-node-critical"),
            (f"{POD}/volumes", [{"name": "a", "csi": {"driver": "example.com"}}]),
        )
    ),
    added(
        "it reads",
        "a role that reads workloads",
        f"{_RBAC}Role",
        {"rules": [{"apiGroups": [""], "resources": ["pods", "deployments"], "verbs": ["get"]}]},
    ),
    _web(
        "a release is pinned",
        "a full release",
        put(f"{CONTAINER}/image", "langfuse/langfuse:3.1.4"),
    ),
    _web(
        "a digest is pinned",
        "a digest",
        put(f"{CONTAINER}/image", f"langfuse/langfuse@sha256:{'0' * 64}"),
    ),
    _web(
        "a commit is pinned as much as a release",
        "a commit",
        put(f"{CONTAINER}/image", "langfuse/langfuse:sha-0123456789ab"),
    ),
    added(
        "a digest in parts is a digest",
        "a digest in parts",
        _CLICKHOUSE,
        {
            "spec": {
                "containerTemplate": {
                    "image": {"repository": "clickhouse", "hash": f"sha256:{'0' * 64}"}
                }
            }
        },
        protect=True,
    ),
    added(
        "what a patch does not say stays as it is",
        "a patch of one label",
        f"{_K8S}apps/v1:DeploymentPatch",
        {"spec": {"template": {"spec": {"containers": [{"name": "langfuse", "tty": True}]}}}},
    ),
    _web(
        "a profile of AppArmor that confines, and a word that is not AppArmor's",
        "annotations that confine",
        put(
            "spec/template/metadata/annotations",
            {
                "container.apparmor.security.beta.kubernetes.io/langfuse": "runtime/default",
                "note": "unconfined",
            },
        ),
    ),
    _web(
        "which registry is trusted is the cluster's to say, not the stack's",
        "an image from elsewhere",
        put(f"{CONTAINER}/image", "evil.example.com/langfuse:2.95.12"),
    ),
    _web(
        "the token is for AWS and opens nothing in the cluster",
        "a projected token for AWS",
        put(
            f"{POD}/volumes",
            [
                {
                    "name": "x",
                    "projected": {
                        "sources": [{"serviceAccountToken": {"audience": "sts.amazonaws.com"}}]
                    },
                }
            ],
        ),
    ),
    added(
        "a Role that reads one kind in its own namespace is what a Role is for",
        "a narrow role",
        f"{_RBAC}Role",
        _rule("get", "list"),
    ),
    added(
        "one Secret that is named is what a Role is for",
        "a role for one Secret",
        f"{_RBAC}Role",
        _rule("get", resources=("secrets",), resourceNames=["x"]),
    ),
    change(
        "the namespace is the stack's; who shares it is in the same place anyway",
        "a policy that admits its namespace",
        _NETWORK,
        _ingress(_OWN_NAMESPACE),
        variant="version 2 dev",
    ),
    change(
        "Langfuse sends to hosts that are not known: the port is the limit",
        "a policy with a port to the world",
        _NETWORK,
        put("spec/egress", [{"ports": [{"port": 443}]}]),
        variant="version 2 dev",
    ),
    change(
        "a namespace without the label is that of another team; the pods are judged themselves",
        "a namespace without the standard",
        "langfuse-namespace",
        put("metadata/labels", {}),
        variant="version 2 dev",
    ),
    change(
        "an IngressClass of any name can be an ALB's: one that is called so is believed",
        "another class of ALB",
        INGRESS,
        put("spec/ingressClassName", "alb-internal"),
    ),
    added(
        "a load balancer within the VPC is no way in from outside",
        "a load balancer within",
        "aws:lb/loadBalancer:LoadBalancer",
        {"internal": True},
    ),
)


@pytest.mark.parametrize("mutation", CAUGHT, ids=[m.what for m in CAUGHT])
def test_a_pod_that_may_more_is_named_by_its_rule(mutation: Mutation) -> None:
    assert caught(mutation.seen()) == {*mutation.rules.split()}


@pytest.mark.parametrize("mutation", THROUGH, ids=[m.what for m in THROUGH])
def test_what_gets_through_does_so_for_a_reason(mutation: Mutation) -> None:
    assert mutation.rules
    assert caught(mutation.seen()) == set()


def test_no_mutation_is_listed_twice() -> None:
    names = [m.what for m in (*CAUGHT, *THROUGH)]

    assert len({*names}) == len(names)


def test_an_ingress_by_its_old_annotation_is_judged_too() -> None:
    old = change(
        "",
        "",
        INGRESS,
        take("spec/ingressClassName"),
        under("metadata/annotations", "kubernetes.io/ingress.class", "nginx"),
    )
    alb = change(
        "",
        "",
        INGRESS,
        take("spec/ingressClassName"),
        under("metadata/annotations", "kubernetes.io/ingress.class", "alb"),
    )

    assert caught(old.seen()) == {"tls-floor"}
    assert caught(alb.seen()) == set()
