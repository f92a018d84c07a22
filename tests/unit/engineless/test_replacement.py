"""The table of what replaces an object, and that render, the live backend and diff go by it.

The rows are the provider's; that a release of the provider has the same is the engine tier's.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tooling.diff import model
from tooling.diff.compare import compare
from tooling.engineless import replacement
from tooling.engineless.live import changes
from tooling.engineless.live.changes import Change
from tooling.engineless.offline import kubernetes_name
from tooling.engineless.recording import Resource
from tooling.engineless.replacement import MUTABLE

_URN = "urn:pulumi:dev::project::type::one"
_PROVIDER = "urn:pulumi:dev::project::pulumi:providers:kubernetes::kubernetes"


def item(api_version: str, kind: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"apiVersion": api_version, "kind": kind, "metadata": {"namespace": "a"}, **fields}


def labelled(manifest: dict[str, Any]) -> dict[str, Any]:
    return {**manifest, "metadata": {**manifest["metadata"], "labels": {"team": "b"}}}


def spec(api_version: str, kind: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    return item(api_version, kind, spec=fields)


def by_render(before: dict[str, Any], after: dict[str, Any]) -> Change:
    """What a rendered stack shows: another invented name is another object."""

    def name(inputs: dict[str, Any]) -> str:
        return kubernetes_name(
            Resource(
                urn=_URN,
                type=replacement.object_type(inputs),
                name="one",
                parent="",
                custom=True,
                inputs=inputs,
                dependencies=(),
                property_dependencies={},
                provider=f"{_PROVIDER}::id",
                protect=False,
                ignore_changes=(),
                additional_secret_outputs=(),
                request=SimpleNamespace(replaceOnChanges=()),
            )
        )

    return Change.UPDATE if name(before) == name(after) else Change.REPLACE


def by_live(
    before: dict[str, Any], after: dict[str, Any], provider: dict[str, str] | None = None
) -> Change:
    return changes.change(before, after, provider=dict(MUTABLE) if provider is None else provider)


def by_diff(
    before: dict[str, Any], after: dict[str, Any], provider: dict[str, str] | None = None
) -> Change:
    switches = dict(MUTABLE) if provider is None else provider

    def side(inputs: dict[str, Any]) -> model.Snapshot:
        type_ = replacement.object_type(inputs)
        return model.Snapshot(
            resources={
                _PROVIDER: _registered(_PROVIDER, "pulumi:providers:kubernetes", switches),
                _URN: _registered(_URN, type_, inputs),
            }
        )

    found = compare("dev", side(before), side(after))
    assert len(found.replaced) + len(found.changed) == 1
    return Change.REPLACE if found.replaced else Change.UPDATE


def _registered(urn: str, type_: str, inputs: dict[str, Any]) -> model.Resource:
    return model.Resource(
        urn=urn,
        type=type_,
        name="one",
        inputs=inputs,
        protect=False,
        provider=_PROVIDER if urn == _URN else "",
        ignored=(),
        replace_on_changes=(),
        uses={},
        invented_name=None,
    )


JOB = spec("batch/v1", "Job", template={"a": "1"})
CONFIG = item("v1", "ConfigMap", immutable=True, data={"a": "1"})
SECRET = item("v1", "Secret", type="Opaque", stringData={"a": "1"})
CLAIM = spec("v1", "PersistentVolumeClaim", storageClassName="gp3", resources={"a": "1"})
CLASS = item("storage.k8s.io/v1", "StorageClass", provisioner="a", parameters={"type": "gp3"})


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # The provider's list has no label, and the API server takes another one for a Job.
        pytest.param(JOB, labelled(JOB), Change.UPDATE, id="label of a Job"),
        pytest.param(JOB, {**JOB, "spec": {**JOB["spec"], "backoffLimit": 2}}, Change.UPDATE),
        pytest.param(JOB, {**JOB, "spec": {"template": {"a": "2"}}}, Change.REPLACE),
        pytest.param(
            JOB,
            {**JOB, "spec": {**JOB["spec"], "completions": 2}},
            Change.REPLACE,
            id="completions",
        ),
        pytest.param(
            JOB,
            {**JOB, "spec": {**JOB["spec"], "parallelism": 2}},
            Change.REPLACE,
            id="parallelism",
        ),
        pytest.param(CONFIG, labelled(CONFIG), Change.UPDATE, id="label of an immutable ConfigMap"),
        pytest.param(CONFIG, {**CONFIG, "data": {"a": "2"}}, Change.REPLACE, id="immutable data"),
        pytest.param(
            CONFIG, {**CONFIG, "binaryData": {"a": "2"}}, Change.REPLACE, id="immutable binary data"
        ),
        pytest.param(
            {**CONFIG, "immutable": False},
            {**CONFIG, "immutable": False, "data": {"a": "2"}},
            Change.UPDATE,
            id="mutable data",
        ),
        pytest.param(
            {**CONFIG, "immutable": False},
            {**CONFIG, "data": {"a": "2"}},
            Change.REPLACE,
            id="data that changes and becomes immutable",
        ),
        pytest.param(
            SECRET, {**SECRET, "type": "b"}, Change.REPLACE, id="type of a mutable Secret"
        ),
        pytest.param(
            SECRET, {**SECRET, "stringData": {"a": "2"}}, Change.UPDATE, id="mutable Secret"
        ),
        pytest.param(
            {**SECRET, "immutable": True},
            {**SECRET, "immutable": True, "stringData": {"a": "2"}},
            Change.REPLACE,
            id="immutable Secret",
        ),
        pytest.param(
            {**SECRET, "immutable": True},
            {**SECRET, "immutable": True, "data": {"a": "Mg=="}},
            Change.REPLACE,
            id="immutable Secret's encoded data",
        ),
        pytest.param(
            CLAIM,
            {**CLAIM, "spec": {**CLAIM["spec"], "resources": {"a": "2"}}},
            Change.UPDATE,
            id="a larger claim",
        ),
        *(
            pytest.param(
                CLAIM, {**CLAIM, "spec": {**CLAIM["spec"], key: value}}, Change.REPLACE, id=key
            )
            for key, value in {
                "accessModes": ["ReadWriteMany"],
                "selector": {"matchLabels": {"a": "1"}},
                "storageClassName": "gp2",
                "volumeName": "pv-1",
            }.items()
        ),
        *(
            pytest.param(
                spec("apps/v1", "StatefulSet", replicas=1),
                spec("apps/v1", "StatefulSet", replicas=1, **{key: value}),
                Change.REPLACE,
                id=f"StatefulSet {key}",
            )
            for key, value in {
                "podManagementPolicy": "Parallel",
                "revisionHistoryLimit": 2,
                "selector": {"matchLabels": {"a": "1"}},
                "serviceName": "b",
                "volumeClaimTemplates": [{"a": "1"}],
            }.items()
        ),
        *(
            pytest.param(
                spec("apps/v1", kind, selector={"a": "1"}),
                spec("apps/v1", kind, selector={"a": "2"}),
                Change.REPLACE,
                id=f"selector of a {kind}",
            )
            for kind in ("Deployment", "DaemonSet")
        ),
        pytest.param(
            spec("apps/v1", "Deployment", template={"a": "1"}),
            spec("apps/v1", "Deployment", template={"a": "2"}),
            Change.UPDATE,
            id="template of a Deployment",
        ),
        pytest.param(
            spec("v1", "Service", clusterIP="None"),
            spec("v1", "Service", clusterIP="10.0.0.1"),
            Change.REPLACE,
            id="address of a Service",
        ),
        pytest.param(
            spec("v1", "Service", selector={"a": "1"}),
            spec("v1", "Service", selector={"a": "2"}),
            Change.UPDATE,
            id="selector of a Service",
        ),
        pytest.param(
            CLASS, {**CLASS, "parameters": {"type": "gp2"}}, Change.REPLACE, id="parameters"
        ),
        pytest.param(CLASS, {**CLASS, "provisioner": "b"}, Change.REPLACE, id="provisioner"),
        pytest.param(CLASS, {**CLASS, "allowVolumeExpansion": True}, Change.UPDATE, id="expansion"),
        pytest.param(
            spec("v1", "ResourceQuota", scopes=["BestEffort"]),
            spec("v1", "ResourceQuota", scopes=["Terminating"]),
            Change.REPLACE,
            id="scopes of a quota",
        ),
        *(
            pytest.param(
                item("rbac.authorization.k8s.io/v1", kind, roleRef={"name": "a"}, subjects=[]),
                item("rbac.authorization.k8s.io/v1", kind, roleRef={"name": "b"}, subjects=[]),
                Change.REPLACE,
                id=f"roleRef of a {kind}",
            )
            for kind in ("RoleBinding", "ClusterRoleBinding")
        ),
        pytest.param(
            item("rbac.authorization.k8s.io/v1", "RoleBinding", roleRef={}, subjects=[]),
            item("rbac.authorization.k8s.io/v1", "RoleBinding", roleRef={}, subjects=[{"a": "1"}]),
            Change.UPDATE,
            id="subjects of a RoleBinding",
        ),
        pytest.param(
            item("rbac.authorization.k8s.io/v1", "Role", rules=[]),
            item("rbac.authorization.k8s.io/v1", "Role", rules=[{"a": "1"}]),
            Change.UPDATE,
            id="rules of a Role",
        ),
        pytest.param(
            spec("networking.k8s.io/v1", "Ingress", ingressClassName="a"),
            spec("networking.k8s.io/v1", "Ingress", ingressClassName="b"),
            Change.UPDATE,
            id="class of an Ingress",
        ),
        pytest.param(
            spec("external-secrets.io/v1", "ExternalSecret", a="1"),
            spec("external-secrets.io/v1", "ExternalSecret", a="2"),
            Change.UPDATE,
            id="custom resource",
        ),
        pytest.param(
            item("v1", "Namespace"),
            labelled(item("v1", "Namespace")),
            Change.UPDATE,
            id="Namespace",
        ),
        pytest.param(JOB, {**JOB, "metadata": {"namespace": "b"}}, Change.REPLACE, id="namespace"),
        pytest.param(
            {**JOB, "metadata": {"name": "a"}},
            {**JOB, "metadata": {"name": "b"}},
            Change.REPLACE,
            id="name",
        ),
    ],
)
def test_render_live_and_diff_agree_on_what_replaces_an_object(
    before: dict[str, Any], after: dict[str, Any], expected: Change
) -> None:
    said = {f.__name__: f(before, after) for f in (by_render, by_live, by_diff)}

    assert said == dict.fromkeys(("by_render", "by_live", "by_diff"), expected)


def test_what_is_no_longer_immutable_is_replaced_because_the_server_refuses_an_update() -> None:
    after = {key: value for key, value in CONFIG.items() if key != "immutable"}

    assert by_live(CONFIG, after) is by_diff(CONFIG, after) is Change.REPLACE


@pytest.mark.parametrize(
    ("before", "after", "switch"),
    [
        (
            item("v1", "ConfigMap", data={"a": "1"}),
            item("v1", "ConfigMap", data={"a": "2"}),
            "enableConfigMapMutable",
        ),
        (SECRET, {**SECRET, "stringData": {"a": "2"}}, "enableSecretMutable"),
        (SECRET, {**SECRET, "data": {"a": "Mg=="}}, "enableSecretMutable"),
    ],
)
def test_data_replaces_its_object_unless_the_providers_switch_is_on(
    before: dict[str, Any], after: dict[str, Any], switch: str
) -> None:
    others = {name: "true" for name in MUTABLE if name != switch}

    for provider, expected in (({switch: "true"}, Change.UPDATE), (others, Change.REPLACE)):
        assert by_live(before, after, provider) is by_diff(before, after, provider) is expected


def test_the_programs_own_paths_replace_too() -> None:
    before, after = spec("apps/v1", "Deployment", a="1"), spec("apps/v1", "Deployment", a="2")

    for declared in (["spec.a"], ["*"]):
        assert changes.change(before, after, provider={}, declared=declared) is Change.REPLACE
        assert replacement.identity(before, declared) != replacement.identity(after, declared)
    assert changes.change(before, after, provider={}, declared=["spec.b"]) is Change.UPDATE


@pytest.mark.parametrize(
    ("before", "after", "path", "expected"),
    [
        ({"clusterIdentifier": "a"}, {"clusterIdentifier": "b"}, "clusterIdentifier", "replaces"),
        # Taking an identifier on or giving it up is no other cluster.
        ({}, {"clusterIdentifier": "b"}, "clusterIdentifier", "keeps"),
        ({"clusterIdentifier": "a"}, {}, "clusterIdentifier", "keeps"),
        ({"clusterIdentifier": "a"}, {"clusterIdentifier": "a"}, "kubeconfig", "keeps"),
        ({"clusterIdentifier": "a"}, {"clusterIdentifier": "a"}, "renderYamlToDirectory", "keeps"),
        ({}, {}, "kubeconfig", "unsure"),
        ({}, {}, "context", "unsure"),
        ({}, {}, "cluster", "unsure"),
        ({}, {}, "renderYamlToDirectory", "replaces"),
        ({}, {}, "namespace", "keeps"),
    ],
)
def test_a_cluster_identifier_decides_whether_a_provider_is_replaced(
    before: dict[str, str], after: dict[str, str], path: str, expected: str
) -> None:
    rules = replacement.rules("pulumi:providers:kubernetes", after, before)

    source, unsure = replacement.why((path,), rules, one_sided=False)

    assert ("replaces" if source else "unsure" if unsure else "keeps") == expected


@pytest.mark.parametrize(("one_sided", "replaced"), [(True, True), (False, False)])
def test_some_inputs_replace_only_where_they_appear(one_sided: bool, replaced: bool) -> None:
    rules = replacement.rules("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", {})

    source, unsure = replacement.why(("cidrIpv4",), rules, one_sided=one_sided)

    assert (source is not None, unsure) == (replaced, False)


def test_every_row_has_a_source() -> None:
    assert {
        type_ for type_, rule in replacement.RULES.items() if not rule.source.startswith("https://")
    } == set()
