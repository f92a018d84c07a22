"""Whether the image pull Secrets are where the pods will be. Pure; imports no SDK."""

from __future__ import annotations

from collections.abc import Container, Iterator

from stacks.settings import Settings
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place


def missing(settings: Settings, found: Container[str] | None, place: Place) -> Iterator[Finding]:
    """``found``: names of the namespace's Secrets; None where there is no such namespace."""
    cluster = settings.cluster
    where = cluster.namespace
    for wanted in cluster.image_pull_secrets:
        subject = f"Secret {where}/{wanted}"
        if found is None and cluster.create_namespace:
            yield Finding.error(
                "pull-secret-missing",
                subject,
                "The run that creates the namespace starts the pods in it too, so that no Secret "
                "can be there before them: their images would not be pulled. Create the namespace "
                "and the Secret first, and let the stack adopt the namespace "
                "(cluster.createNamespace)",
                f"{place.kubectl('create', 'namespace', where)} && "
                f"{place.config_set('cluster.createNamespace', False)}",
            )
        elif found is not None and wanted not in found:
            yield Finding.error(
                "pull-secret-missing",
                subject,
                "It is not there, and every pod pulls its image with it (cluster.imagePullSecrets)",
                place.kubectl(
                    *("create", "secret", "docker-registry", wanted),
                    *("--docker-server=REGISTRY", "--docker-username=USER"),
                    "--docker-password=PASSWORD",
                    namespace=where,
                ),
            )
