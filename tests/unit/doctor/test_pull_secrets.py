"""Whether the image pull Secrets are where the pods will be."""

from __future__ import annotations

from typing import cast

from tests.support.doctor import IN_NAMESPACE, KUBECTL, PLACE, Object, error, obj, stack
from tooling.doctor.before import checks as before
from tooling.doctor.before import pull_secrets
from tooling.doctor.cluster.server import Server
from tooling.doctor.findings import Finding
from tooling.kubernetes.api import Reference

PULLS = stack("version 2 dev", cluster={"imagePullSecrets": ["registry", "mirror"]})
ADOPTS = stack(
    "version 2 dev", cluster={"imagePullSecrets": ["registry"], "createNamespace": False}
)
SUBJECT = "Secret observability/registry"
ABSENT = error(
    "pull-secret-missing",
    SUBJECT,
    "It is not there, and every pod pulls its image with it (cluster.imagePullSecrets)",
    f"{IN_NAMESPACE} create secret docker-registry registry --docker-server=REGISTRY "
    "--docker-username=USER --docker-password=PASSWORD",
)


def test_a_pull_secret_that_is_there_is_silence_and_one_that_is_not_is_named() -> None:
    assert [*pull_secrets.missing(PULLS, {"registry", "mirror"}, PLACE)] == []
    assert [*pull_secrets.missing(PULLS, {"mirror"}, PLACE)] == [ABSENT]
    assert [*pull_secrets.missing(ADOPTS, set[str](), PLACE)] == [ABSENT]


def test_a_namespace_that_the_same_up_creates_has_no_pull_secret_in_time() -> None:
    found = [*pull_secrets.missing(PULLS, None, PLACE)]

    assert found[0] == error(
        "pull-secret-missing",
        SUBJECT,
        "The run that creates the namespace starts the pods in it too, so that no Secret can be "
        "there before them: their images would not be pulled. Create the namespace and the Secret "
        "first, and let the stack adopt the namespace (cluster.createNamespace)",
        f"{KUBECTL} create namespace observability && pulumi config set --stack dev --path "
        "agent-observability:cluster.createNamespace false",
    )
    assert [item.subject for item in found] == [SUBJECT, "Secret observability/mirror"]


def test_a_namespace_that_is_to_be_adopted_and_is_not_there_is_said_elsewhere() -> None:
    assert [*pull_secrets.missing(ADOPTS, None, PLACE)] == []


class Cluster:
    """An API server with a namespace or none, one Secret, and a network."""

    def __init__(self, *, namespace: bool) -> None:
        self._namespace = namespace
        self.asked: list[tuple[str, str]] = []

    def get(self, reference: Reference) -> Object | None:
        self.asked.append((reference.kind, reference.name))
        return obj("Namespace", reference.name, namespace=None) if self._namespace else None

    def names(self, _version: str, kind: str, namespace: str) -> set[str]:
        self.asked.append((kind, namespace))
        return {"mirror"}


def ask(title: str, cluster: Cluster) -> list[Finding]:
    checks = before.checks(cast("Server", cluster), PULLS, PLACE)
    (check,) = (check for check in checks if check.title == title)
    return [*check.run()]


def test_the_names_of_secrets_are_asked_for_where_there_is_a_namespace() -> None:
    there, absent = Cluster(namespace=True), Cluster(namespace=False)

    assert ask("image pull Secrets", there) == [ABSENT]
    assert there.asked == [("Namespace", "observability"), ("Secret", "observability")]
    assert len(ask("image pull Secrets", absent)) == 2
    assert absent.asked == [("Namespace", "observability")]
