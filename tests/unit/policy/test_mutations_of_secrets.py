"""Mutations that put a secret where people see it: each is named by a rule, or gets through.

Which texts are secrets is tests/unit/secrets/test_secret_forms.py's; where they are, this file's.
"""

from __future__ import annotations

import base64
from typing import Any, Final

import pytest

from policy.rules.model import Seen
from tests.support.policy_stacks import (
    CONTAINER,
    INGRESS,
    INSTANCE,
    POD,
    WEB,
    Mutate,
    Mutation,
    added,
    broken,
    caught,
    change,
    new_in,
    put,
    under,
)

_RULE: Final = "no-plaintext-secret"
_CONFIG: Final = "langfuse-config"
_KEY: Final = "lsv2_pt_0123456789abcdef0123456789abcdef"
_URL: Final = "postgresql://langfuse:hunter2@db.example.com:5432/langfuse"
_METADATA: Final = "metadata/annotations"
_K8S: Final = "kubernetes:"


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _web(what: str, *mutates: Mutate) -> Mutation:
    return change(_RULE, what, WEB, *mutates, variant="version 2 dev")


def _through(why: str, what: str, name: str, value: str) -> Mutation:
    return change(why, what, WEB, _variable(name, value), variant="version 2 dev")


def _probe(probe: str, value: str) -> Mutate:
    header = {"name": "Authorization", "value": value}
    return put(
        f"{CONTAINER}/{probe}", {"httpGet": {"path": "/", "port": 80, "httpHeaders": [header]}}
    )


def _variable(name: str, value: str) -> Mutate:
    return put(f"{CONTAINER}/env", [{"name": name, "value": value}])


def _chart(**values: object) -> dict[str, Any]:
    return {"chart": "x", "version": "1.2.3", "values": values}


CAUGHT: Final[tuple[Mutation, ...]] = (
    # -- In a pod
    *(
        _web(f"env {name} {value}", _variable(name, value))
        for name, value in (
            *(
                ("API_KEY", "hunter2"),
                ("NOTE", _KEY),
                ("ANYTHING", _URL),
                ("PGPASSWORD", "hunter2"),
            ),
            *(("AUTH_OKTA_CLIENT_SECRET", "hunter2"), ("SMTP_CONNECTION_URL", "smtp://a:b@c")),
            *(("SALT", "hunter2"), ("KEYSTORE_PASSPHRASE", "a b c"), ("GH_TOKEN", "hunter2")),
            *(("DIRECT_URL", "postgresql://db"), ("SENTRY_DSN", "https://example.com/1")),
            ("SLACK_WEBHOOK", "https://example.com/x"),
        )
    ),
    *(
        _web(f"{field} {words}", put(f"{CONTAINER}/{field}", words))
        for field, words in (
            ("command", ["node", f"--db={_URL}"]),
            ("command", ["sh", "-c", "PGPASSWORD=hunter2 psql"]),
            ("command", ["sh", "-c", "export API_TOKEN=hunter2; run"]),
            ("command", ["sh", "-c", "curl -u me:hunter2 https://example.com"]),
            (
                "command",
                ["sh", "-c", f"curl -H 'Authorization: Bearer {_KEY}' https://example.com"],
            ),
            ("args", ["--password=hunter2"]),
            ("args", ["--password", "hunter2"]),
            ("args", ["--api-key", "hunter2"]),
            ("args", ["--db-password 'hunter2'"]),
            ("args", ["--token=hunter2", "--verbose"]),
        )
    ),
    *(
        _web(f"a header of {probe}", _probe(probe, "Bearer 0123456789abcdef"))
        for probe in ("livenessProbe", "readinessProbe", "startupProbe")
    ),
    *(
        _web(
            f"a command of {place}",
            put(f"{CONTAINER}/{place}", {"exec": {"command": ["psql", _URL]}}),
        )
        for place in (
            *("livenessProbe", "readinessProbe", "startupProbe"),
            *("lifecycle/preStop", "lifecycle/postStart"),
        )
    ),
    _web(
        "a header of a hook",
        put(
            f"{CONTAINER}/lifecycle/preStop",
            {"httpGet": {"port": 80, "httpHeaders": [{"name": "X-Api-Key", "value": "hunter2"}]}},
        ),
    ),
    _web("a secret in Base64", _variable("GREETING", _encoded("password=hunter2"))),
    _web("a secret in Base64 in a text", _variable("GREETING", f"url: {_encoded(_URL)}")),
    _web("a block of YAML", _variable("GREETING", "a:\n  password: |\n    hunter2\n")),
    _web("an annotation of a pod", under("spec/template/metadata/annotations", "a", _KEY)),
    _web("a label of a pod", under("spec/template/metadata/labels", "a", _KEY)),
    _web("a label", under("metadata/labels", "a", _KEY)),
    _web("a URL of a host alias", put(f"{POD}/hostAliases", [{"hostnames": [_URL]}])),
    change(
        _RULE,
        "the command of an init container",
        "langfuse-postgres-stateful-set",
        put(f"{POD}/initContainers/0/command", ["psql", _URL]),
        variant="version 2 dev",
    ),
    *(
        added(_RULE, f"an option in {kind}", f"{_K8S}{kind}", inputs, "version 2 dev")
        for kind, inputs in (
            (
                "apps/v1:DeploymentPatch",
                {"spec": {"template": {"spec": {"containers": [{"args": ["--token=hunter2"]}]}}}},
            ),
            (
                "batch/v1:CronJobPatch",
                {
                    "spec": {
                        "jobTemplate": {
                            "spec": {
                                "template": {
                                    "spec": {
                                        "containers": [
                                            {"env": [{"name": "A_TOKEN", "value": "x1"}]}
                                        ]
                                    }
                                }
                            }
                        }
                    }
                },
            ),
            (
                "core/v1:ConfigMapList",
                {"items": [{"kind": "ConfigMap", "data": {"PASSWORD": "x1"}}]},
            ),
            ("core/v1:ConfigMapPatch", {"data": {"PASSWORD": "x1"}}),
        )
    ),
    # -- Elsewhere in the cluster
    *(
        change(
            _RULE,
            f"data {name} {value}",
            _CONFIG,
            put("data", {name: value}),
            variant="version 2 dev",
        )
        for name, value in (
            *(("NEXTAUTH_SECRET", "hunter2"), ("ENCRYPTION_KEY", "0" * 63), ("NOTE", _KEY)),
            *(
                ("config.yaml", "database:\n  password: hunter2\n"),
                ("app.ini", "api_key = hunter2"),
            ),
            *(("settings.json", '{"clientSecret": "hunter2"}'), ("pgpass", "db:5432:a:b:hunter2")),
            *((".env", "A=1\nSMTP_PASSWORD=hunter2\n"), ("key.pem", "-----BEGIN PRIVATE KEY-----")),
            *(("init.sql", "ALTER ROLE a PASSWORD 'hunter2';"), ("ANY", "9f" * 32)),
            ("LICENSE_KEY", "A1B2-C3D4-E5F6"),
        )
    ),
    *(
        change(
            _RULE,
            f"binaryData {name} {text}",
            _CONFIG,
            put(f"binaryData/{name}", _encoded(text)),
            variant="version 2 dev",
        )
        for name, text in (
            ("a", _KEY),
            ("b", "password=hunter2"),
            ("c", "-----BEGIN RSA PRIVATE KEY-----"),
        )
    ),
    change(
        _RULE,
        "an annotation of a Service",
        "langfuse-service",
        put(_METADATA, {"a": _KEY}),
        variant="version 2 dev",
    ),
    change(_RULE, "a label of a Service", "langfuse-service", under("metadata/labels", "a", _KEY)),
    change(_RULE, "an annotation of the Ingress", INGRESS, under(_METADATA, "a", _URL)),
    change(
        _RULE,
        "an annotation of a Secret",
        "langfuse-app-secret",
        under(_METADATA, "a", _KEY),
        variant="version 2 dev",
    ),
    change(
        _RULE,
        "a template of an ExternalSecret",
        "langfuse-app-external-secret",
        put("spec/target/template", {"data": {"PASSWORD": "hunter2"}}),
    ),
    *(
        added(_RULE, f"values {values} of a chart", f"{_K8S}helm.sh/v3:Release", _chart(**values))
        for values in (
            *({"auth": {"password": "hunter2"}}, {"adminPassword": "hunter2"}, {"note": _KEY}),
            *({"env": [{"name": "TOKEN", "value": "hunter2"}]}, {"postgres": {"url": _URL}}),
            *({"oauth": {"clientSecret": "hunter2"}}, {"a": {"b": {"apiKey": "hunter2"}}}),
            {"extraArgs": ["--token=hunter2"]},
        )
    ),
    *(
        added(_RULE, f"a field of {kind}", f"{_K8S}{kind}", {"spec": spec}, protect=True)
        for kind, spec in (
            (
                "clickhouse.com/v1alpha1:ClickHouseCluster",
                {"settings": {"defaultPassword": "hunter2"}},
            ),
            ("grafana.integreatly.org/v1beta1:GrafanaDatasource", {"datasource": {"url": _URL}}),
            ("monitoring.coreos.com/v1:Probe", {"targets": {"static": [_URL]}}),
            (
                "argoproj.io/v1alpha1:Application",
                {"source": {"helm": {"values": "password: hunter2"}}},
            ),
        )
    ),
    # -- In AWS
    change(_RULE, "a tag", INSTANCE, put("tags", {"note": _KEY})),
    change(
        _RULE, "the description of a group", "langfuse-postgres-firewall", put("description", _KEY)
    ),
    change(
        _RULE,
        "the address of a subscription",
        "langfuse-alarms-topic-email",
        put("endpoint", "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXX"),
    ),
    added(
        _RULE,
        "the environment of a function",
        "aws:lambda/function:Function",
        {"environment": {"variables": {"API_TOKEN": "hunter2"}}},
    ),
    added(
        _RULE,
        "the script of a machine",
        "aws:ec2/launchTemplate:LaunchTemplate",
        {"userData": "#!/bin/sh\nexport DB_PASSWORD=hunter2\n"},
    ),
    added(
        _RULE,
        "a parameter that is not secure",
        "aws:ssm/parameter:Parameter",
        {"type": "String", "name": "/langfuse/password", "value": "hunter2"},
    ),
)

THROUGH: Final[tuple[Mutation, ...]] = (
    _through("it names another variable", "a reference", "API_KEY", "$(OTHER)"),
    _through("it says where the secret is", "a path", "API_KEY_FILE", "/run/secrets/key"),
    _through("a number is no secret", "a limit of tokens", "TOKEN_LIMIT", "500"),
    change(
        "the next word is another option, and no value",
        "an option without a value",
        WEB,
        put(f"{CONTAINER}/args", ["--token", "--verbose"]),
        variant="version 2 dev",
    ),
    change(
        "what is in a Secret is where it belongs",
        "a secret in a Secret",
        "langfuse-app-secret",
        put("stringData/NEW", _KEY),
        variant="version 2 dev",
    ),
    _through("neither its name nor its form tells", "a greeting", "GREETING", "hunter2"),
    _through(
        "what it decodes to tells no more",
        "a greeting in Base64",
        "GREETING",
        _encoded("hunter2, hunter2, hunter2"),
    ),
    added(
        "the values of a chart that refer to a Secret",
        "a chart with its secrets elsewhere",
        f"{_K8S}helm.sh/v3:Release",
        _chart(auth={"existingSecret": "langfuse", "secretName": "langfuse"}),
    ),
    added(
        "AWS keeps it, and does not show it to those who may only describe",
        "a parameter that is secure",
        "aws:ssm/parameter:Parameter",
        {"type": "SecureString", "name": "/langfuse/password", "value": _KEY},
    ),
)


@pytest.mark.parametrize("mutation", CAUGHT, ids=[m.what for m in CAUGHT])
def test_a_secret_that_people_see_is_named_by_its_rule(mutation: Mutation) -> None:
    assert caught(mutation.seen()) == {*mutation.rules.split()}


@pytest.mark.parametrize("mutation", THROUGH, ids=[m.what for m in THROUGH])
def test_what_gets_through_does_so_for_a_reason(mutation: Mutation) -> None:
    assert mutation.rules
    assert caught(mutation.seen()) == set()


def test_no_mutation_is_listed_twice() -> None:
    names = [m.what for m in (*CAUGHT, *THROUGH)]

    assert len({*names}) == len(names)


@pytest.mark.parametrize("mutation", CAUGHT, ids=[m.what for m in CAUGHT])
def test_no_message_shows_the_secret(mutation: Mutation) -> None:
    messages = [message for _, _, message in broken(new_in(mutation.seen()))]

    assert messages
    assert not any("hunter2" in message or _KEY in message for message in messages)


def test_a_secret_is_said_once_with_the_place_where_it_is() -> None:
    release = Seen(
        type="kubernetes:helm.sh/v3:Release",
        name="chart",
        urn="urn:chart",
        inputs=_chart(auth={"password": "hunter2"}),
    )

    assert broken([release]) == [
        (
            _RULE,
            "chart",
            "values.auth.password is called like a secret: put it into a Secret and refer to it",
        )
    ]
