"""What `make diff` says about a change: exact text for each kind of it.

The two sides are recorded with different settings, by the code of this tree. That both trees are
read as they were committed is tests/unit/diff/test_command.py's.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import pytest

from tests.support.bases import BASES
from tests.support.diffs import comparison, document, side
from tooling.diff import properties
from tooling.diff.compare import compare
from tooling.diff.markdown import to_markdown
from tooling.diff.model import Comparison, Difference, PropertyChange, Resource, Snapshot
from tooling.engineless import replacement
from tooling.kit.json_values import covers

_PROVIDER = "https://github.com/pulumi/pulumi-kubernetes/blob/v4.34.2/provider/pkg/provider/diff.go"
_AWS = "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service"
LANGSMITH = {"project": "agents", "apiKey": {"secure": "first"}}


def test_no_change_is_one_line() -> None:
    assert document(side(), side()) == "**prod**: no change against `abc1234`.\n"


def test_a_created_resource_is_named_and_a_way_in_is_marked() -> None:
    assert document(
        side("version 2 dev"),
        side("version 2 dev", agents={"namespaces": ["ai-agents", "research"]}),
    ) == (
        """\
### prod: 1 changed, 2 created

#### Changed in place

- ⚠️ NetworkPolicy `langfuse-network-policy`
  - `spec.ingress[0].from[2]`: added, """
        '`{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "r…` '
        """— **who may connect**

#### Created

- Namespace `langfuse-agents-research-namespace`
- Secret `langfuse-agents-research-access-secret`
"""
    )


def test_changed_values_are_listed_by_path_dangerous_ones_first() -> None:
    after = side(
        database={"instanceClass": "db.t4g.large", "multiAz": False, "backupDays": 7},
        acknowledge=["singleZone"],
        monitoring=None,
    )

    assert document(side(monitoring=None), after) == (
        """\
### prod: 1 changed

- ⚠️ accepts a risk by name: `singleZone`

#### Changed in place

- ⚠️ rds.Instance `langfuse-postgres-instance`
  - `backupRetentionPeriod`: `14` → `7` — **fewer days to go back to**
  - `instanceClass`: `db.t4g.medium` → `db.t4g.large` — **the database restarts, or fails over**
  - `multiAz`: `true` → `false` — **the loss of a zone is the loss of the database**
"""
    )


def test_a_replaced_resource_says_which_value_replaces_it_and_by_which_source() -> None:
    assert document(
        side("version 2 dev"), side("version 2 dev", langfuse={"version": "2.94.0"})
    ) == (
        f"""\
### prod: 1 replaced, 1 changed

#### Replaced: deleted and created again

- Job `langfuse-migration`
  - `spec.template.metadata.labels["app.kubernetes.io/version"]`: `2.95.12` → `2.94.0` ([replaces it]({_PROVIDER}))
  - `spec.template.spec.containers[migration].image`: `docker.io/langfuse/langfuse:2.95.12` → `docker.io/langfuse/langfuse:2.94.0` ([replaces it]({_PROVIDER}))
  - `spec.template.spec.initContainers[wait-for-database].image`: `docker.io/langfuse/langfuse:2.95.12` → `docker.io/langfuse/langfuse:2.94.0` ([replaces it]({_PROVIDER}))
  - `metadata.labels["app.kubernetes.io/version"]`: `2.95.12` → `2.94.0`

#### Changed in place

- Deployment `langfuse-deployment`
  - `metadata.labels["app.kubernetes.io/version"]`: `2.95.12` → `2.94.0`
  - `spec.template.metadata.labels["app.kubernetes.io/version"]`: `2.95.12` → `2.94.0`
  - `spec.template.spec.containers[langfuse].image`: `docker.io/langfuse/langfuse:2.95.12` → `docker.io/langfuse/langfuse:2.94.0`

#### Stack outputs

- `version`: `2.95.12` → `2.94.0`
"""  # noqa: E501 - as it is written
    )


def test_what_is_protected_and_would_be_removed_is_refused_and_comes_first() -> None:
    after = side(agents={"namespaces": []})

    text = document(side(), after)

    assert text.startswith(
        """\
### prod: 1 protected, 8 removed, 4 changed, 1 created
"""
    )
    assert text.splitlines()[2:5] == [
        "#### Protected: Pulumi will refuse this",
        "",
        "- ⚠️ Namespace `langfuse-agents-ai-agents-namespace`: everything in it goes with it",
    ]


def test_what_is_protected_and_would_be_replaced_is_refused() -> None:
    before, urn = _instance(protect=True)
    after, _ = _instance(protect=True, username="other")

    assert document(before, after) == (
        f"""\
### prod: 1 protected

#### Protected: Pulumi will refuse this

- rds.Instance `langfuse-postgres-instance`
  - `username`: `langfuse` → `other` ([replaces it]({_AWS}/rds/instance.go))
"""
    )
    assert [d.resource.urn for d in comparison(before, after).refused] == [urn]


def test_a_replacement_that_takes_its_own_protection_away_is_not_refused_and_says_so() -> None:
    before, _ = _instance(protect=True)
    after, _ = _instance(protect=False, storageEncrypted=False)

    assert document(before, after) == (
        f"""\
### prod: 1 replaced

#### Replaced: deleted and created again

- ⚠️ rds.Instance `langfuse-postgres-instance`: all data is in it; its protection goes in the same update, so that Pulumi will not refuse
  - `storageEncrypted`: `true` → `false` ([replaces it]({_AWS}/rds/instance.go))
  - `protect`: `true` → `false`
"""  # noqa: E501
    )


def test_a_secret_that_changes_shows_that_it_does_and_what_it_reaches() -> None:
    before = side(langsmith=LANGSMITH)
    after = side(langsmith={**LANGSMITH, "apiKey": {"secure": "second"}})

    first, _, versions = document(before, after).partition("ExternalSecret ")
    assert first == (
        """\
### prod: 1 replaced, 1 changed

#### Replaced: deleted and created again

- secretsmanager.SecretVersion `langfuse-agents-ai-agents-access-entry-version`
  - `secretStringWoVersion`: a secret value changes (replaces it: the program's own `replace_on_changes`)
  - `secretStringWo`: a secret value changes

#### Changed in place

- """  # noqa: E501
    )
    assert versions.startswith("`langfuse-agents-ai-agents-access-external-secret`\n")


def test_a_secret_is_never_written() -> None:
    before = side("version 2 dev", langsmith=LANGSMITH)
    after = side("version 2 dev", langsmith={**LANGSMITH, "apiKey": {"secure": "second"}})
    password = side("version 2 dev", secrets={"protect": False})

    assert document(before, after) == (
        """\
### prod: 1 changed

#### Changed in place

- Secret `langfuse-agents-ai-agents-access-secret`
  - `stringData`: a secret value changes
"""
    )
    for text in (repr(before), repr(after), repr(password)):
        assert "placeholder" not in text


def test_a_secret_typed_into_a_plain_value_is_masked() -> None:
    text = document(config(), config(data={"SOME_URL": "https://me:hunter2@example.com/"}))

    assert "hunter2" not in text
    assert "  - `data.SOME_URL`: added, `https://me:[secret]@example.com/`" in text


def config(**inputs: object) -> Snapshot:
    """A ConfigMap alone."""
    resource = _resource("kubernetes:core/v1:ConfigMap", {"data": {}, **inputs})
    return Snapshot(resources={resource.urn: resource})


TYPED_IN: Mapping[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "under a secret's name": (
        {},
        {"data": {"AUTH_OKTA_CLIENT_SECRET": "hunter2"}},
        "`data.AUTH_OKTA_CLIENT_SECRET`: added, `[secret]`",
    ),
    "changed": (
        {"data": {"PGPASSWORD": "hunter1"}},
        {"data": {"PGPASSWORD": "hunter2"}},
        "`data.PGPASSWORD`: `[secret]`, where a secret changes",
    ),
    "taken away": (
        {"data": {"A": f"ghp_{'a1' * 18}"}},
        {"data": {}},
        "`data.A`: taken away, was `[secret]`",
    ),
    "a part that changes": (
        {"data": {"A": "https://me:hunter1@example.com"}},
        {"data": {"A": "https://me:hunter2@example.com"}},
        "`data.A`: `https://me:[secret]@example.com`, where a secret changes",
    ),
    "as a key": (
        {},
        {"data": {f"sk-proj-{'a1' * 12}": "on"}},
        "`data.[secret]`: added, `on`",
    ),
    "far behind in a long text": (
        {"data": {"A": "a" * 90}},
        {"data": {"A": f"{'a' * 90} sk-proj-{'a1' * 12}"}},
        f"`data.A`: `…{'a' * 16}` → `…{'a' * 16} [secret]`",
    ),
    "in a variable of a container": (
        {"env": [{"name": "PGPASSWORD", "value": "hunter1"}]},
        {"env": [{"name": "PGPASSWORD", "value": "hunter2"}]},
        "`env[PGPASSWORD].value`: `[secret]`, where a secret changes",
    ),
    "in a variable that comes": (
        {"env": []},
        {"env": [{"name": "PGPASSWORD", "value": "hunter2"}]},
        '`env[PGPASSWORD]`: added, `{"name": "PGPASSWORD", "value": "[secret]"}`',
    ),
    "in the arguments of a command": (
        {"args": ["run"]},
        {"args": ["run", "--password", "hunter2", "--db=a"]},
        "`args`: with `--password`, with `[secret]`, with `--db=a`",
    ),
    "in the lines below its name": (
        {},
        {"data": {"A": "password: |\n  hunter2\nb: c"}},
        "`data.A`: added, `password: |   [secret] b: c`",
    ),
    "behind a control character": (
        {},
        {"data": {"A": "https://me:hun\x07ter2@example.com"}},
        "`data.A`: added, `https://me:[secret]@example.com`",
    ),
    "in a mapping, whose order is that of its keys": (
        {},
        {"data": {"A": {"c": "1", "PASSWORD": "hunter2", "b": "x\ny"}}},
        '`data.A`: added, `{"PASSWORD": "[secret]", "b": "x y", "c": "1"}`',
    ),
}


@pytest.mark.parametrize(("before", "after", "line"), TYPED_IN.values(), ids=TYPED_IN.keys())
def test_a_secret_in_clear_is_masked_where_it_is_typed_in(
    before: dict[str, Any], after: dict[str, Any], line: str
) -> None:
    text = document(config(**before), config(**after))

    rows = [row for row in text.splitlines() if row.startswith("  - ")]
    assert [row.partition(" ([replaces it]")[0] for row in rows] == [f"  - {line}"]


LISTS: Mapping[str, tuple[list[str], list[str], str]] = {
    "one long item becomes another: where they differ": (
        ["sh", "-c", "a" * 90 + "b"],
        ["sh", "-c", "a" * 90 + "c"],
        f"`…{'a' * 16}b` → `…{'a' * 16}c`",
    ),
    "one long item takes the place of a short one": (
        ["run"],
        ["c" * 73],
        f"`run` → `{'c' * 72}…`",
    ),
    "one short item becomes another: both whole": (
        ["a" * 72],
        ["b" * 72],
        f"without `{'a' * 72}`, with `{'b' * 72}`",
    ),
    "long items beside others: their beginning": (
        ["a" * 73],
        ["b" * 73, "run"],
        f"without `{'a' * 72}…`, with `{'b' * 72}…`, with `run`",
    ),
}


@pytest.mark.parametrize(("before", "after", "shown"), LISTS.values(), ids=LISTS.keys())
def test_items_of_a_list_are_cut_as_other_values_are(
    before: list[str], after: list[str], shown: str
) -> None:
    text = document(config(command=before), config(command=after))

    rows = [row for row in text.splitlines() if row.startswith("  - ")]
    assert rows == [f"  - `command`: {shown}"]


def test_only_another_invented_name_is_said_to_be_one_beside_a_secret() -> None:
    old, new = "https://me:hunter2@app-1/", "https://me:hunter2@app-2/"
    resource = config().resources["urn:a"]
    change = PropertyChange(path=("data", "A"), before=old, after=new)
    shown = to_markdown(
        Comparison(
            stack="prod",
            changed=(Difference(resource=resource, changes=(change,)),),
            invented={"app-1": "ConfigMap a", "app-2": "ConfigMap a"},
        ),
        "abc1234",
    )

    assert (
        "`data.A`: `https://me:[secret]@<ConfigMap a>/`, under another name that the provider "
        "invents" in shown
    )


def test_a_change_that_the_program_ignores_is_said_to_be_ignored() -> None:
    assert document(side("version 2 dev"), side("version 2 dev", database={"storageGiB": 30})) == (
        """\
### prod: no resource changes

#### Left as it is

- StatefulSet `langfuse-postgres-stateful-set` `spec.volumeClaimTemplates`: the program tells Pulumi to ignore a change
"""  # noqa: E501
    )


def test_a_new_stack_and_a_stack_that_is_gone_are_called_so() -> None:
    added = document(None, side("version 2 dev"), "dev")
    gone = document(side("version 2 dev"), None, "dev")

    assert added.startswith(
        "### dev: 26 created\n\nThe stack is new: `abc1234` has no `Pulumi.dev.yaml`.\n"
    )
    assert gone.startswith(
        "### dev: 26 removed\n\n`Pulumi.dev.yaml` is gone. What it deployed stays until "
        "`pulumi destroy`, which needs the file.\n"
    )


def test_an_invented_name_is_shown_as_what_it_names() -> None:
    text = document(side("version 2 dev"), side("version 2 dev", langfuse={"signUp": "open"}))

    assert (
        "  - `spec.template.spec.containers[langfuse].envFrom[0].configMapRef.name`: "
        "`<ConfigMap langfuse-config>`, under another name that the provider invents\n" in text
    )


def test_two_commits_that_invent_names_otherwise_do_not_differ() -> None:
    before = side("version 2 dev")
    text = json.dumps(dataclasses.asdict(before))
    names = [r.invented_name for r in before.resources.values() if r.invented_name]
    for name in names:
        text = text.replace(name, f"{name[:-8]}{name[:-9:-1]}")
    other = json.loads(text)
    after = dataclasses.replace(
        before,
        outputs=other["outputs"],
        resources={urn: Resource(**item) for urn, item in other["resources"].items()},
    )

    assert len(names) == 5
    assert {r.invented_name for r in after.resources.values()}.isdisjoint(names)
    assert comparison(before, after, "dev").empty


def test_what_uses_a_replaced_resource_is_listed_with_what_becomes_of_it() -> None:
    before = side(monitoring=None)
    group = before.resources[_urn(before, "langfuse-postgres-firewall")]
    after = _with(before, group, description="another")

    assert document(before, after).partition("#### May follow")[2] == (
        """ from what is replaced

- rds.Instance `langfuse-postgres-instance` is updated if `vpcSecurityGroupIds` changes with it
- vpc.SecurityGroupIngressRule `langfuse-postgres-from-cluster` is replaced if `securityGroupId` changes with it
"""  # noqa: E501
    )


def test_a_type_that_the_table_does_not_know_is_named() -> None:
    before = Snapshot(resources={"urn:a": _resource("aws:sqs/queue:Queue", {"name": "a"})})
    after = Snapshot(resources={"urn:a": _resource("aws:sqs/queue:Queue", {"name": "b"})})

    text = to_markdown(compare("prod", before, after), "abc1234", ["pulumi-aws 7.50.0 → 7.51.1"])

    assert (
        "Whether a change replaces these is not in its table: `aws:sqs/queue:Queue`.\n"
        "Packages differ (pulumi-aws 7.50.0 → 7.51.1); both sides were recorded with those "
        "installed here, so a new default of theirs does not show.\n" in text
    )


def test_a_value_cannot_end_its_code_span_or_its_line() -> None:
    before = Snapshot(resources={"urn:a": _resource("aws:sns/topic:Topic", {"displayName": "a"})})
    after = Snapshot(
        resources={
            "urn:a": _resource("aws:sns/topic:Topic", {"displayName": "`x`\n@all <b>\x1b[2J"})
        }
    )

    assert "  - `displayName`: `a` → `` `x` @all <b> ``\n" in document(before, after)


def test_lists_of_named_items_are_compared_by_name() -> None:
    before = {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}
    after = {"env": [{"name": "B", "value": "3"}, {"name": "A", "value": "1"}]}

    (change,) = properties.changes(before, after)

    assert (properties.text(change.path), change.before, change.after) == ("env[B].value", "2", "3")


def test_an_order_that_changes_is_a_change() -> None:
    items = [{"name": "A"}, {"name": "B"}]

    (change,) = properties.changes({"rules": items}, {"rules": items[::-1]})

    assert (change.path, change.before, change.after) == (("rules",), ["A", "B"], ["B", "A"])


def test_another_scheme_is_shown_as_another_load_balancer_whose_name_the_record_follows() -> None:
    after = side(endpoint={"scheme": "internal", "inboundCidrs": None}, monitoring=None)

    assert document(side(monitoring=None), after) == (
        """\
### prod: 1 replaced

#### Replaced: deleted and created again

- ⚠️ Ingress `langfuse-endpoint-ingress`
"""
        '  - `metadata.annotations["alb.ingress.kubernetes.io/scheme"]`: `internet-facing` → '
        "`internal` (replaces it: the program's own `replace_on_changes`) — **how the load "
        "balancer is reached**\n"
        '  - `metadata.annotations["alb.ingress.kubernetes.io/inbound-cidrs"]`: taken away, was '
        "`203.0.113.0/24` — **how the load balancer is reached**\n"
        """
#### May follow from what is replaced

- route53.Record `langfuse-endpoint-alias-record` is updated if `aliases` changes with it
"""
    )


def test_a_json_document_in_a_text_is_compared_by_what_it_says() -> None:
    before = {"policy": '{"Statement":[{"Sid":"Read","Action":"s3:Get*"}]}'}
    after = {"policy": '{"Statement": [{"Action": "s3:*", "Sid": "Read"}]}'}

    (change,) = properties.changes(before, after)

    assert properties.text(change.path) == "policy.Statement[Read].Action"


@pytest.mark.parametrize(
    ("pattern", "path", "covered"),
    [
        ("spec.template", ("spec", "template", "spec", "containers", "[a]", "image"), True),
        ("spec.template", ("spec", "templates"), False),
        ("spec.template", ("spec",), False),
        ("*", ("length",), True),
        ('metadata.annotations["a.b/c"]', ("metadata", "annotations", "a.b/c"), True),
        ('metadata.annotations["a.b/c"]', ("metadata", "annotations", "a.b/d"), False),
        ('metadata.annotations["a.b/c"].d', ("metadata", "annotations", "a.b/c", "d"), True),
    ],
)
def test_a_pattern_covers_a_path_and_all_below_it(
    pattern: str, path: tuple[str | int, ...], covered: bool
) -> None:
    assert covers(pattern, path) is covered


@pytest.mark.parametrize("base", BASES)
def test_the_table_of_replacements_knows_every_type_of_every_stack(base: str) -> None:
    types = {resource.type for resource in side(base).resources.values()}

    assert {type_ for type_ in types if not replacement.is_known(type_)} == set()


def test_every_path_of_the_table_is_an_input_that_the_sdk_has() -> None:
    import pulumi_aws  # noqa: PLC0415 - a second, for this test alone

    unknown: list[str] = []
    for type_, rule in replacement.RULES.items():
        if not type_.startswith("aws:"):
            continue
        module, _, name = type_.removeprefix("aws:").partition("/")
        sdk, class_ = getattr(pulumi_aws, module), name.partition(":")[2]
        paths = {*rule.paths, *rule.appearing, *rule.unsure} - {"*"}
        unknown += [f"{type_} {path}" for path in sorted(paths) if not _has(sdk, class_, path)]

    assert unknown == []


def _has(sdk: ModuleType, class_: str, path: str) -> bool:
    """Whether a resource has an input; what is inside of one is a class named after both."""
    first, _, rest = path.partition(".")
    if first not in {_camel(key) for key in dir(getattr(sdk, class_))}:
        return False
    inner = f"{class_.removesuffix('Args')}{first[0].upper()}{first[1:]}Args"
    return not rest or _has(sdk, inner, rest)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _urn(snapshot: Snapshot, name: str) -> str:
    (urn,) = (urn for urn, r in snapshot.resources.items() if r.name == name)
    return urn


def _with(snapshot: Snapshot, resource: Resource, **inputs: object) -> Snapshot:
    other = dataclasses.replace(resource, inputs={**resource.inputs, **inputs})
    return dataclasses.replace(snapshot, resources={**snapshot.resources, resource.urn: other})


def _instance(*, protect: bool, **inputs: object) -> tuple[Snapshot, str]:
    """The prod database alone."""
    prod = side()
    urn = _urn(prod, "langfuse-postgres-instance")
    found = dataclasses.replace(prod.resources[urn], protect=protect)
    return _with(Snapshot(resources={}), found, **inputs), urn


def _resource(type_: str, inputs: dict[str, Any]) -> Resource:
    return Resource(
        urn="urn:a",
        type=type_,
        name="a",
        inputs=inputs,
        protect=False,
        provider="",
        ignored=(),
        replace_on_changes=(),
        uses={},
        invented_name=None,
    )


def test_nothing_differs_is_empty() -> None:
    assert Comparison(stack="prod").empty


def test_what_is_dangerous_comes_before_what_is_not_whatever_its_name() -> None:
    topic = _resource("aws:cloudwatch/dashboard:Dashboard", {"dashboardBody": "a"})
    database = dataclasses.replace(
        _resource("aws:rds/instance:Instance", {"multiAz": True}), urn="urn:b", name="b"
    )
    before = Snapshot(resources={"urn:a": topic, "urn:b": database})
    after = _with(_with(before, topic, dashboardBody="b"), database, multiAz=False)

    assert [d.resource.name for d in comparison(before, after).changed] == ["b", "a"]


@pytest.mark.parametrize(("before", "after", "warned"), [(True, False, 1), (False, True, 0)])
def test_a_guard_that_goes_is_warned_about_and_one_that_comes_is_not(
    before: bool, after: bool, warned: int
) -> None:
    old, _ = _instance(protect=True, deletionProtection=before)
    new, _ = _instance(protect=True, deletionProtection=after)

    assert document(old, new).count("**RDS no longer refuses to delete it**") == warned


def test_an_immutable_object_is_replaced_by_its_data_and_a_mutable_one_is_changed() -> None:
    found = comparison(
        side("version 2 dev"),
        side("version 2 dev", langfuse={"signUp": "open"}, langsmith=LANGSMITH),
        "dev",
    )

    assert [d.resource.name for d in found.replaced] == ["langfuse-config"]
    assert "langfuse-agents-ai-agents-access-secret" in {d.resource.name for d in found.changed}
