"""Every rule of the policy pack: passes on what the stacks register, fails on one changed value.

Each case takes a resource that a stack registers and changes one thing. That the engine calls the
rules is tests/unit/policy/test_policy_pack.py's; that AWS and the cluster behave so is not proven.
"""

from __future__ import annotations

import dataclasses
import json
import random
import re
from typing import Any

import pytest

from policy.rules import RULES, STACK_RULES
from policy.rules.aws import conditions, permissions
from policy.rules.model import STACK_TYPE, UNKNOWN, Seen
from stacks import names
from tests.support import service_authorization, stacks
from tests.support.policy_stacks import (
    ALB,
    CONTAINER,
    INGRESS,
    INSTANCE,
    POD,
    WEB,
    Mutate,
    accepting,
    broken,
    changed,
    put,
    stack,
    statement,
    take,
)
from tests.support.recordings import recorded
from tooling import policy
from tooling.kit.json_values import as_list, as_mapping


def annotation(key: str, value: str | None) -> Mutate:
    def mutate(inputs: dict[str, Any]) -> None:
        annotations = inputs["metadata"]["annotations"]
        annotations.pop(f"{ALB}{key}")
        if value is not None:
            annotations[f"{ALB}{key}"] = value

    return mutate


CASES: list[tuple[str, str, str, Mutate, str]] = [
    (
        "encryption-at-rest",
        "version 2 prod",
        INSTANCE,
        put("storageEncrypted", False),
        "storageEncrypted is not true: set it when the database is made, it cannot change",
    ),
    (
        "encryption-at-rest",
        "version 2 prod",
        "langfuse-alarms-topic-topic",
        take("kmsMasterKeyId"),
        "kmsMasterKeyId is missing: name a key, alias/aws/sns at least",
    ),
    (
        "encryption-at-rest",
        "created storage class",
        "langfuse-postgres-gp3",
        put("parameters/encrypted", "false"),
        'parameters.encrypted is not "true": volumes of EBS are encrypted only if asked',
    ),
    (
        "key-rotation",
        "version 2 prod",
        "langfuse-alarms-topic-key",
        take("enableKeyRotation"),
        "enableKeyRotation is not true: set it",
    ),
    (
        "tls-floor",
        "version 2 prod",
        "langfuse-postgres-parameters",
        put("parameters/0/value", "0"),
        "rds.force_ssl is not 1: the database would accept connections without TLS",
    ),
    (
        "no-public-database",
        "version 2 prod",
        INSTANCE,
        put("publiclyAccessible", True),
        "publiclyAccessible is true: the database would have an address on the internet",
    ),
    (
        "no-exposed-service",
        "version 2 prod",
        "langfuse-service",
        put("spec/type", "LoadBalancer"),
        "spec.type is LoadBalancer: only the Ingress leads in from outside; use ClusterIP",
    ),
    (
        "no-exposed-service",
        "version 2 dev",
        "langfuse-service",
        put("spec/type", "NodePort"),
        "spec.type is NodePort: only the Ingress leads in from outside; use ClusterIP",
    ),
    (
        "network-policy-for-every-workload",
        "version 2 dev",
        "langfuse-network-policy",
        put("spec/podSelector/matchLabels", {"app": "other"}),
        "no NetworkPolicy selects its pods: anything in the cluster may connect",
    ),
    (
        "no-wildcard-action",
        "version 2 prod",
        "langfuse-app-read",
        statement(Action="secretsmanager:*"),
        "Action 'secretsmanager:*': name the actions that are needed",
    ),
    (
        "no-wildcard-action",
        "version 2 prod",
        "langfuse-postgres-monitoring-permission",
        put("policyArn", "arn:aws:iam::aws:policy/AmazonRDSFullAccess"),
        "policy 'arn:aws:iam::aws:policy/AmazonRDSFullAccess' allows a whole service: write one of "
        "its own",
    ),
    (
        "no-wildcard-resource",
        "version 2 prod",
        "langfuse-app-read",
        statement(Resource="*"),
        "secretsmanager:GetSecretValue on Resource '*': name the resources",
    ),
    (
        "no-wildcard-principal",
        "version 2 prod",
        "langfuse-secrets-role",
        statement(Principal={"AWS": "*"}, Condition=None),
        "Principal '*' without a condition: anybody in the world may use it",
    ),
    (
        "no-wildcard-principal",
        "version 2 prod",
        "langfuse-alarms-topic-key",
        statement(Principal="*"),
        "Principal '*' without a condition: anybody in the world may use it",
    ),
    (
        "no-plaintext-secret",
        "version 2 prod",
        WEB,
        put(
            f"{CONTAINER}/env/0",
            {"name": "DATABASE_URL", "value": "postgresql://postgres.example.com/langfuse"},
        ),
        "container langfuse: env DATABASE_URL is called like a secret: put it into a Secret and "
        "refer to it",
    ),
    (
        "no-plaintext-secret",
        "version 2 prod",
        WEB,
        put(f"{CONTAINER}/command", ["node", "--db=postgres://me:hunter2@example.com/x"]),
        "container langfuse: command[1] holds a URL with a password: put it into a Secret and "
        "refer to it",
    ),
    (
        "no-plaintext-secret",
        "version 2 dev",
        "langfuse-config",
        put("data/SALT", "c2FsdA=="),
        "data.SALT is called like a secret: put it into a Secret and refer to it",
    ),
    (
        "no-plaintext-secret",
        "version 2 dev",
        "langfuse-service",
        put("metadata/annotations", {"note": "lsv2_pt_0123456789abcdef"}),
        "annotation note holds a LangSmith key: put it into a Secret and refer to it",
    ),
    (
        "external-secrets-v1",
        "version 2 prod",
        "langfuse-app-external-secret",
        put("apiVersion", "external-secrets.io/v1beta1"),
        "apiVersion is external-secrets.io/v1beta1: External Secrets 1.0 serves v1 only",
    ),
    (
        "pinned-image",
        "version 2 prod",
        WEB,
        put(f"{CONTAINER}/image", "docker.io/langfuse/langfuse:latest"),
        "container langfuse: image docker.io/langfuse/langfuse:latest: name a release or a digest",
    ),
    (
        "pinned-image",
        "version 2 dev",
        WEB,
        put(f"{CONTAINER}/image", "localhost:5000/langfuse"),
        "container langfuse: image localhost:5000/langfuse: name a release or a digest",
    ),
    (
        "restricted-pods",
        "version 2 dev",
        WEB,
        put(f"{POD}/hostNetwork", True),
        "hostNetwork is true: leave it out",
    ),
    (
        "restricted-pods",
        "version 2 dev",
        WEB,
        put(f"{POD}/volumes", [{"name": "node", "hostPath": {"path": "/"}}]),
        "volume node is a hostPath: pods may not use the node",
    ),
    (
        "restricted-pods",
        "version 2 dev",
        WEB,
        put(f"{CONTAINER}/securityContext/allowPrivilegeEscalation", True),
        "container langfuse: allowPrivilegeEscalation is not false",
    ),
    (
        "restricted-pods",
        "version 2 dev",
        WEB,
        put(f"{CONTAINER}/securityContext/privileged", True),
        "container langfuse: privileged is true",
    ),
    (
        "restricted-pods",
        "version 2 dev",
        WEB,
        put(f"{CONTAINER}/securityContext/capabilities/drop", []),
        "container langfuse: capabilities.drop has no ALL",
    ),
    (
        "restricted-pods",
        "version 2 dev",
        WEB,
        put(f"{CONTAINER}/securityContext/capabilities/add", ["SYS_ADMIN"]),
        "container langfuse: capabilities.add has SYS_ADMIN",
    ),
    (
        "restricted-pods",
        "version 2 dev",
        WEB,
        take(f"{POD}/securityContext/runAsNonRoot"),
        "container langfuse: runAsNonRoot is not true",
    ),
    (
        "restricted-pods",
        "version 2 dev",
        WEB,
        put(f"{POD}/securityContext/runAsUser", 0),
        "container langfuse: runAsUser is 0",
    ),
    (
        "restricted-pods",
        "version 2 dev",
        WEB,
        take(f"{POD}/securityContext/seccompProfile"),
        "container langfuse: seccompProfile.type is neither RuntimeDefault nor Localhost",
    ),
    (
        "restricted-pods",
        "version 2 dev",
        WEB,
        put(f"{CONTAINER}/ports/0/hostPort", 80),
        "container langfuse: hostPort is 80",
    ),
    (
        "restricted-pods",
        "version 2 dev",
        WEB,
        put(f"{POD}/securityContext/sysctls", [{"name": "kernel.msgmax", "value": "1"}]),
        "sysctl kernel.msgmax is not one of the safe ones",
    ),
    (
        "requests-and-limits",
        "version 2 dev",
        WEB,
        take(f"{CONTAINER}/resources/limits"),
        "container langfuse: resources.limits.memory is missing",
    ),
    (
        "requests-and-limits",
        "version 2 dev",
        "langfuse-migration",
        take(f"{CONTAINER}/resources/requests/cpu"),
        "container migration: resources.requests.cpu is missing",
    ),
    (
        "no-service-account-token",
        "version 2 dev",
        WEB,
        take(f"{POD}/automountServiceAccountToken"),
        "automountServiceAccountToken is not false: no pod here talks to the API server",
    ),
    (
        "protected-data-is-kept",
        "version 2 prod",
        INSTANCE,
        put("deletionProtection", False),
        "deletionProtection is not true: the console would delete what Pulumi protects",
    ),
    (
        "protected-data-is-kept",
        "version 2 prod",
        INSTANCE,
        put("skipFinalSnapshot", True),
        "skipFinalSnapshot is true: a deletion would leave nothing to restore",
    ),
    (
        "protected-data-is-kept",
        "version 2 prod",
        INSTANCE,
        put("deleteAutomatedBackups", True),
        "deleteAutomatedBackups is true: its backups would go with it",
    ),
    (
        "protected-data-is-kept",
        "version 2 prod",
        "langfuse-app-entry",
        put("recoveryWindowInDays", 0),
        "recoveryWindowInDays is 0: a deleted entry could not be restored",
    ),
    (
        "protected-data-is-kept",
        "version 2 prod",
        "langfuse-alarms-topic-key",
        put("deletionWindowInDays", 1),
        "deletionWindowInDays is 1: leave time to notice",
    ),
    (
        "backups-of-a-protected-database",
        "version 2 prod",
        INSTANCE,
        put("backupRetentionPeriod", 6),
        "backupRetentionPeriod is 6: keep 7 days or more",
    ),
    (
        "backups-of-a-protected-database",
        "version 2 prod",
        INSTANCE,
        take("backupRetentionPeriod"),
        "backupRetentionPeriod is missing: keep 7 days or more",
    ),
    (
        "tls-floor",
        "version 2 prod",
        INGRESS,
        annotation("ssl-policy", "ELBSecurityPolicy-2016-08"),
        "ssl-policy is 'ELBSecurityPolicy-2016-08': take one with TLS 1.2 or newer and forward "
        "secrecy",
    ),
    (
        "tls-floor",
        "version 2 prod",
        INGRESS,
        annotation("ssl-redirect", None),
        "it listens on HTTP without ssl-redirect: send browsers to HTTPS",
    ),
    (
        "tls-floor",
        "version 2 prod",
        INGRESS,
        annotation("listen-ports", '[{"HTTPS!": 443}]'),
        "it does not listen on HTTPS",
    ),
    (
        "no-open-network",
        "version 2 prod",
        INGRESS,
        annotation("inbound-cidrs", "0.0.0.0/1,128.0.0.0/1"),
        "inbound-cidrs is the whole world; acknowledge openToTheWorld, or name networks",
    ),
    (
        "no-open-network",
        "version 2 prod",
        INGRESS,
        annotation("inbound-cidrs", None),
        "inbound-cidrs is missing: an internet-facing ALB then admits the world",
    ),
]


@pytest.mark.parametrize(
    ("rule", "variant", "name", "mutate", "message"),
    CASES,
    ids=[f"{case[0]}-{index}" for index, case in enumerate(CASES)],
)
def test_a_rule_fails_on_a_stack_with_one_value_changed(
    rule: str, variant: str, name: str, mutate: Mutate, message: str
) -> None:
    found = broken(changed(variant, name, mutate))

    # A policy that selects no pods leaves those of its workload open: that one is named.
    named = WEB if rule == "network-policy-for-every-workload" else name
    assert found == [(rule, named, message)]


def test_a_database_port_open_to_the_world_is_refused_whatever_is_acknowledged() -> None:
    name = "langfuse-postgres-from-cluster"
    open_ = changed("version 2 prod", name, put("cidrIpv4", "0.0.0.0/0"))
    port = (
        "no-public-database",
        name,
        "port 5432 is open to the world: name a security group instead",
    )

    assert broken(accepting(open_, "openToTheWorld")) == [port]
    assert broken(open_) == [
        port,
        (
            "no-open-network",
            name,
            "admits the whole world; acknowledge openToTheWorld, or name the networks",
        ),
    ]


def test_the_whole_world_of_ipv6_is_the_world_too() -> None:
    found = broken(
        changed("version 2 prod", "langfuse-postgres-from-cluster", put("cidrIpv6", "::/0"))
    )

    assert [rule for rule, _, _ in found] == ["no-public-database", "no-open-network"]


def test_a_stack_without_tags_is_told_of_each_resource_that_has_none() -> None:
    bare = [dataclasses.replace(s, provider={}) for s in stack("version 2 prod")]

    found = broken(bare)

    assert {(rule, message) for rule, _, message in found} == {
        ("tags-present", "has no tag: set aws:defaultTags in the stack's configuration")
    }
    assert len(found) == 27


def test_a_name_with_a_stage_in_it_is_refused_but_not_that_of_an_agent_namespace() -> None:
    (service,) = (s for s in stack("version 2 dev") if s.name == "langfuse-service")
    staged = dataclasses.replace(service, name="langfuse-prod-service")
    (secret,) = (
        s for s in stack("version 2 dev") if s.name == "langfuse-agents-ai-agents-access-secret"
    )
    agents = dataclasses.replace(secret, name="langfuse-agents-team-dev-access-secret")

    assert broken([staged, agents]) == [
        (
            "no-stage-in-a-name",
            "langfuse-prod-service",
            "its name has the stage 'prod': one program makes every stage, by configuration",
        )
    ]


def test_short_backups_are_accepted_by_name_and_none_never() -> None:
    risks = Seen(
        type=STACK_TYPE, name="langfuse", urn="u", inputs={"acknowledged": ["shortBackups"]}
    )

    def with_days(days: int) -> list[tuple[str, str, str]]:
        rest = [
            s
            for s in changed("version 2 prod", INSTANCE, put("backupRetentionPeriod", days))
            if s.type != STACK_TYPE
        ]
        return broken([*rest, risks])

    assert with_days(1) == []
    assert with_days(0) == [
        (
            "backups-of-a-protected-database",
            INSTANCE,
            "backupRetentionPeriod is 0: keep 1 days or more",
        )
    ]


def test_unprotected_data_is_accepted_if_the_stack_acknowledges_it() -> None:
    unprotected = changed("version 2 prod", INSTANCE, put("skipFinalSnapshot", True), protect=False)

    assert broken(unprotected) == [
        (
            "data-is-protected",
            INSTANCE,
            "is not protected: set database.protect, or acknowledge noProtection",
        )
    ]
    assert broken(accepting(unprotected, "noProtection")) == []


@pytest.mark.parametrize("preview", [False, True], ids=["known", "first preview"])
@pytest.mark.parametrize("variant", list(stacks.VARIANTS))
def test_every_stack_keeps_every_rule(variant: str, preview: bool) -> None:
    seen = policy.seen(stacks.recorded(variant, preview=preview))

    assert broken(seen) == []


def test_a_risk_that_is_accepted_by_name_reaches_the_rules() -> None:
    run = recorded(
        "version 2 prod",
        endpoint={"inboundCidrs": ["0.0.0.0/0"]},
        acknowledge=["openToTheWorld"],
    )

    assert run.exports["acknowledged"] == ["openToTheWorld"]
    assert broken(policy.seen(run)) == []


def test_what_is_kept_of_an_unchanged_resource_is_what_the_command_finds() -> None:
    seen = changed("version 2 prod", INSTANCE, put("skipFinalSnapshot", True), protect=False)
    found = [(v.rule, v.resource.name, v.message) for v in policy.violations(seen)]

    assert found == broken(seen) == broken(seen) != []


@pytest.mark.parametrize("name", [rule.name for rule in RULES])
def test_a_rule_says_nothing_about_values_that_are_not_known_yet(name: str) -> None:
    (rule,) = (rule for rule in RULES if rule.name == name)
    unknown = [
        dataclasses.replace(
            s, inputs=dict.fromkeys(s.inputs, UNKNOWN), provider={"defaultTags": UNKNOWN}
        )
        for variant in ("version 2 dev", "version 2 prod", "created storage class")
        for s in stack(variant)
    ]

    assert [message for s in unknown for message in rule.check(s)] == []


def test_every_rule_has_a_case_that_breaks_it() -> None:
    elsewhere = {
        *("tags-present", "no-stage-in-a-name"),
        *("data-is-protected", "no-public-bucket", "no-wide-cluster-access"),
        # Of the project `platform/`: test_cluster_rules.py.
        *("cluster-entrance", "instance-metadata-v2"),
        *("network-is-logged", "roles-are-bounded"),
    }
    rules = {rule.name for rule in (*RULES, *STACK_RULES)}

    assert {case[0] for case in CASES} | elsewhere == rules
    assert len(rules) == len(RULES) + len(STACK_RULES) == 27


@pytest.mark.parametrize(
    ("name", "value", "refused"),
    [
        ("POSTGRES_PASSWORD", "x1", True),
        ("POSTGRES_PASSWORD_FILE", "/run/secrets/password", False),
        ("TOKEN_LIMIT", "500", False),
        ("DATABASE_URL", "$(HIDDEN)", False),
        ("URL", "postgres://me:$PASSWORD@example.com", False),
        ("URL", "postgres://me:secret@example.com", True),
        ("NOTE", "AKIAIOSFODNN7EXAMPLE", True),
        ("NOTE", "-----BEGIN RSA PRIVATE KEY-----", True),
        ("NOTE", "-----BEGIN CERTIFICATE-----", False),
        ("NOTE", "sk-lf-01234567-89ab", True),
        ("NOTE", "pk-lf-01234567-89ab", False),
    ],
)
def test_a_secret_is_known_by_its_name_or_its_form(name: str, value: str, refused: bool) -> None:
    found = broken(changed("version 2 dev", "langfuse-config", put(f"data/{name}", value)))

    assert [rule for rule, _, _ in found] == ["no-plaintext-secret"] * refused
    assert all(value not in message for _, _, message in found)


def test_a_network_policy_of_another_namespace_selects_nothing_here() -> None:
    found = broken(
        changed("version 2 dev", "langfuse-network-policy", put("metadata/namespace", "other"))
    )

    assert [(rule, name) for rule, name, _ in found] == [("network-policy-for-every-workload", WEB)]


def test_a_principal_with_a_condition_and_an_action_without_resources_are_admitted() -> None:
    role = changed("version 2 prod", "langfuse-secrets-role", statement(Principal={"AWS": "*"}))
    listing = changed(
        "version 2 prod",
        "langfuse-app-read",
        statement(Action="secretsmanager:ListSecrets", Resource="*"),
    )

    assert broken(role) == broken(listing) == []


_ODD: tuple[Any, ...] = (
    None,
    UNKNOWN,
    0,
    1.5,
    True,
    "",
    "x",
    [],
    {},
    [None],
    [UNKNOWN],
    {"a": UNKNOWN},
    ["x", 1],
)


def _odd(value: object, chance: random.Random) -> object:
    """A copy of a value with parts of it replaced by unexpected values."""
    if chance.random() < 0.15:
        return chance.choice(_ODD)
    if (mapping := as_mapping(value)) is not None:
        return {key: _odd(item, chance) for key, item in mapping.items()}
    if (items := as_list(value)) is not None:
        return [_odd(item, chance) for item in items]
    return value


@pytest.mark.parametrize("seed", range(20))
def test_no_rule_fails_on_unexpected_values(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same odd values in every run
    odd = [
        dataclasses.replace(s, inputs={key: _odd(value, chance) for key, value in s.inputs.items()})
        for variant in (
            "version 2 dev",
            "version 2 prod",
            "version 2 prod with storage, logs and LangSmith, open to the world",
        )
        for s in stack(variant)
    ]

    assert broken(odd) != []


def test_what_a_role_carries_within_itself_is_judged_too() -> None:
    document = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    inline = changed(
        "version 2 prod", "langfuse-secrets-role", put("inlinePolicies", [{"policy": document}])
    )
    managed = changed(
        "version 2 prod",
        "langfuse-secrets-role",
        put("managedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"]),
    )

    assert [rule for rule, _, _ in broken(inline)] == ["no-wildcard-action", "no-wildcard-resource"]
    assert [rule for rule, _, _ in broken(managed)] == ["no-wildcard-action"]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("seLinuxOptions", {"type": "spc_t"}, "seLinuxOptions.type is spc_t"),
        ("windowsOptions", {"hostProcess": True}, "windowsOptions.hostProcess is true"),
        ("appArmorProfile", {"type": "Unconfined"}, "appArmorProfile.type is Unconfined"),
    ],
)
def test_a_pod_may_not_leave_its_confinement(path: str, value: object, message: str) -> None:
    found = broken(changed("version 2 dev", WEB, put(f"{POD}/securityContext/{path}", value)))

    assert found == [("restricted-pods", WEB, message)]


def test_a_transport_is_no_condition_on_who_and_not_principal_is_everybody() -> None:
    transport = {"Bool": {"aws:SecureTransport": "true"}}
    anybody = changed(
        "version 2 prod", "langfuse-alarms-topic-key", statement(Principal="*", Condition=transport)
    )
    but_one = changed(
        "version 2 prod",
        "langfuse-alarms-topic-key",
        statement(Principal=None, NotPrincipal={"AWS": "x"}),
    )

    assert [rule for rule, _, _ in broken(anybody)] == ["no-wildcard-principal"]
    assert [rule for rule, _, _ in broken(but_one)] == ["no-wildcard-principal"]


def test_a_protected_cluster_of_databases_keeps_its_backups_too() -> None:
    inputs = {
        "storageEncrypted": True,
        "deletionProtection": True,
        "deleteAutomatedBackups": False,
        "backupRetentionPeriod": 1,
    }
    cluster = Seen(type="aws:rds/cluster:Cluster", name="c", urn="c", inputs=inputs, protect=True)

    assert [rule for rule, _, _ in broken([cluster])] == ["backups-of-a-protected-database"]


def test_an_option_with_a_password_is_a_secret_in_clear() -> None:
    command = put(f"{CONTAINER}/args", ["--password=hunter2", "--password-file=/run/x"])
    found = broken(changed("version 2 dev", WEB, command))

    assert [(rule, message.partition(": put")[0]) for rule, _, message in found] == [
        ("no-plaintext-secret", "container langfuse: args[0] holds an option with a secret")
    ]


def test_actions_that_may_be_on_everything_take_no_resource() -> None:
    listed = permissions._NO_RESOURCE  # pyright: ignore[reportPrivateUsage]
    spelled = {
        name.lower(): name
        for service in {action.partition(":")[0] for action in listed}
        for name in service_authorization.names(service)
    }

    known = {action: service_authorization.action(spelled[action]) for action in listed}
    assert {action for action, found in known.items() if found is None or found.types} == set()


def test_what_stacks_have_together_is_only_read_or_made_part_of_something_new() -> None:
    listed = permissions._OF_THE_ACCOUNT  # pyright: ignore[reportPrivateUsage]
    changing = {
        (begins, action)
        for begins, actions in listed
        for action in actions
        if not re.search(":(describe|get|list)", action)
    }

    assert changing == {
        ("ec2:vpc/", "ec2:createsecuritygroup"),
        *(("logs:log-group:RDS", f"logs:{verb}") for verb in ("createloggroup", "createlogstream")),
        *(
            ("logs:log-group:RDS", f"logs:{verb}")
            for verb in ("putlogevents", "putretentionpolicy")
        ),
        *(
            ("rds:og:default:", f"rds:{verb}")
            for verb in (
                *("createdbinstance", "modifydbinstance", "restoredbinstancefromdbsnapshot"),
                "restoredbinstancetopointintime",
            )
        ),
    }


def test_the_tag_of_a_stack_is_the_one_that_the_program_gives() -> None:
    assert conditions.STACK_TAG == names.STACK_TAG
