"""What a stack exports: commands that can be pasted, and nothing secret."""

import shlex
from pathlib import Path

from tests.support import bases
from tests.support.recordings import recorded
from tooling.engineless import offline
from tooling.engineless.recording import holds_secret


def test_dev_exports_exactly_what_a_person_needs_next() -> None:
    recording = recorded()
    secret = offline.kubernetes_name(recording.named("langfuse-app-secret"))

    assert recording.exports == {
        "url": "http://localhost:3000",
        "version": "2.95.12",
        "namespace": "observability",
        "databaseAddress": "langfuse-postgres.observability.svc:5432",
        "openCommand": (
            "kubectl --context=kind-langfuse -n observability port-forward service/langfuse 3000:80"
        ),
        "adminEmail": "admin@example.com",
        "adminPasswordCommand": (
            f"kubectl --context=kind-langfuse -n observability get secret {secret} -o "
            "go-template='{{.data.LANGFUSE_INIT_USER_PASSWORD | base64decode}}{{\"\\n\"}}'"
        ),
        "agentEnvFrom": "envFrom: [{secretRef: {name: agent-observability}}]",
    }
    assert not holds_secret(recording.exports)


def test_the_commands_name_the_kubeconfig_that_is_configured(tmp_path: Path) -> None:
    file = tmp_path / "my kubeconfig"
    file.write_text("contexts: [{name: kind-langfuse}]", encoding="utf-8")
    recording = recorded(cluster={"kubeconfig": str(file)})

    assert shlex.split(recording.exports["openCommand"])[:3] == [
        "kubectl",
        f"--kubeconfig={file}",
        "--context=kind-langfuse",
    ]


def test_a_stack_without_a_first_user_and_agents_exports_neither() -> None:
    recording = recorded(
        langfuse={"version": "2.77.0", "admin": None, "signUp": "open"}, agents={"namespaces": []}
    )

    assert sorted(recording.exports) == [
        "databaseAddress",
        "namespace",
        "openCommand",
        "url",
        "version",
    ]


def test_what_only_aws_knows_and_the_risks_that_were_accepted_are_exported() -> None:
    exports = bases.record(
        "version 2 prod",
        {
            "agent-observability:objectStorage": {"engine": "s3", "exports": True},
            "agent-observability:database": {"multiAz": False},
            "agent-observability:acknowledge": ["singleZone"],
        },
    ).exports

    names = ("databaseVersion", "loadBalancerHost", "bucket", "alarmTopic", "acknowledged")
    assert {name: exports[name] for name in names} == {
        # As the offline backend answers for AWS.
        "databaseVersion": "16.99",
        "loadBalancerHost": "k8s-observab-b91543deb2-1234567890.ap-northeast-2.elb.amazonaws.com",
        "bucket": "langfuse-prod-data-710775ecdda28b138d96b2551c",
        "alarmTopic": (
            "arn:aws:sns:ap-northeast-2:123456789012:"
            "langfuse-prod-alarms-topic-8454ff1b2d8b394519021e55f7"
        ),
        "acknowledged": ["singleZone"],
    }
