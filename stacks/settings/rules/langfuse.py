"""Rules between the settings of Langfuse: its version, first user and pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.kubernetes import quantities
from components.langfuse import variables, versions
from components.langfuse.versions import Version
from components.secrets.masking import MASK
from stacks.settings import langfuse_variables
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import (
    Problem,
    full_key,
    set_command,
    show,
    to_change,
    to_decide,
    to_give,
)
from stacks.settings.rules.resources import within_limit
from stacks.settings.sections.langfuse import Langfuse, Worker

_LICENCES: Final = ("langfuse_ee_", "langfuse_pro_")
"""What licences begin with (web/src/features/entitlements/server/getPlan.ts at v4.16.0)."""


def replicas_in_order(langfuse: Langfuse) -> Iterator[Problem]:
    yield from _in_order("langfuse", langfuse)
    yield from _in_order("langfuse.worker", langfuse.worker)


def _in_order(path: str, section: Langfuse | Worker) -> Iterator[Problem]:
    fewest, most = section.min_replicas, section.max_replicas
    if fewest <= most:
        return
    key = f"{path}.minReplicas"
    rule = f"must not be above {path}.maxReplicas, which is {most}"
    # The default of what was not given follows from what was.
    given = section.model_fields_set & {"min_replicas", "max_replicas"}
    if given == {"max_replicas"}:
        yield to_change(key, fewest, rule, most)
    elif given == {"min_replicas"}:
        fix = set_command(full_key(f"{path}.maxReplicas"), fewest)
        yield Problem(full_key(key), show(fewest), rule, fix)
    else:
        yield to_decide(key, fewest, rule)


def release_not_refused(langfuse: Langfuse) -> Iterator[Problem]:
    version = Version.parse(langfuse.version)
    if (reason := versions.REFUSED.get(version)) is not None:
        after = next(r for r in versions.RELEASES if r > version and r not in versions.REFUSED)
        yield to_change("langfuse.version", langfuse.version, reason, str(after))


def admin_by_version(langfuse: Langfuse) -> Iterator[Problem]:
    since = versions.INIT
    if Version.parse(langfuse.version) >= since:
        if langfuse.admin is None:
            rule = "is required: the first user, who owns the organisation and can invite others"
            yield to_give("langfuse.admin.email", rule)
        return
    if langfuse.admin is not None:
        rule = f"needs Langfuse {since}, the first that creates a user; this is {langfuse.version}"
        yield to_decide("langfuse.version", langfuse.version, rule)
    if langfuse.sign_up == "disabled":
        rule = (
            f"leaves no one who can log in: before {since} the first user has to sign up "
            f"(this is {langfuse.version})"
        )
        yield to_decide("langfuse.signUp", langfuse.sign_up, rule)


def settings_known_to_version(langfuse: Langfuse) -> Iterator[Problem]:
    version = Version.parse(langfuse.version)

    def too_new(path: str, found: str, since: Version) -> Iterator[Problem]:
        if version < since:
            rule = f"needs Langfuse {since} or newer; this is {version}"
            yield Problem(full_key(path), found, rule, "")

    if langfuse.log_level is not None:
        found = show(langfuse.log_level)
        yield from too_new("langfuse.logLevel", found, versions.LOG_SETTINGS)
    if langfuse.log_format is not None:
        found = show(langfuse.log_format)
        yield from too_new("langfuse.logFormat", found, versions.LOG_SETTINGS)


def keys_known_to_version(langfuse: Langfuse) -> Iterator[Problem]:
    """What the release does not read would do nothing, and nothing would say so."""
    version = Version.parse(langfuse.version)
    told = set[str]()
    for given in langfuse_variables.given(langfuse):
        known = variables.variables()[given.name]
        if not known.in_release(version) and given.path not in told:
            told.add(given.path)
            rule = f"needs Langfuse {known.first} or newer; this is {version}"
            yield Problem(full_key(given.path), given.found, rule, "")


def licence_is_known(langfuse: Langfuse) -> Iterator[Problem]:
    """Version 2 takes any; newer ones ignore what does not begin like a licence."""
    major, key = Version.parse(langfuse.version).major, langfuse.license_key
    if key is not None and major > 2 and not key.get_secret_value().startswith(_LICENCES):
        begins = " or ".join(f"'{begin}'" for begin in _LICENCES)
        rule = f"is no licence to Langfuse {major}: one begins with {begins}"
        yield Problem(full_key("langfuse.licenseKey"), MASK, rule, "")


def retention_is_licensed(langfuse: Langfuse) -> Iterator[Problem]:
    days, key = langfuse.retention_days, langfuse.license_key
    if days is not None and (key is None or not key.get_secret_value().startswith(_LICENCES[0])):
        rule = (
            "has no use without a licence of the Enterprise Edition (langfuse.licenseKey, which "
            f"begins with '{_LICENCES[0]}'): Langfuse keeps everything"
        )
        yield to_decide("langfuse.retentionDays", days, rule)


def langfuse_memory(langfuse: Langfuse) -> Iterator[Problem]:
    yield from within_limit("langfuse.resources", langfuse.resources)
    yield from within_limit("langfuse.worker.resources", langfuse.worker.resources)


def enough_memory(langfuse: Langfuse) -> Iterator[Problem]:
    """Idle, web pods of version 4 take 850 MB and up to 1 GB, and workers 680 MB."""
    if not versions.has_worker(Version.parse(langfuse.version)):
        return
    for path, resources, least in (
        ("langfuse.resources", langfuse.resources, "1536Mi"),
        ("langfuse.worker.resources", langfuse.worker.resources, "1Gi"),
    ):
        limit = resources.memory_limit
        if quantities.parse(limit) < quantities.parse(least):
            rule = f"must be at least {least} from Langfuse 3 on: with less, pods are killed"
            yield to_change(f"{path}.memoryLimit", limit, rule, least)


def images_of_their_own(langfuse: Langfuse) -> Iterator[Problem]:
    """Langfuse has an image for web pods and one for workers."""
    web, work = langfuse.repository, langfuse.worker.repository
    # As the images are called where they come from.
    of_web, of_work = (
        section.model_fields["repository"].default.rpartition("/")[2]
        for section in (Langfuse, Worker)
    )
    if web.endswith(f"/{of_work}"):
        rule = "is the image of workers, whose key is langfuse.worker.repository"
        yield to_change("langfuse.repository", web, rule, web.removesuffix(of_work) + of_web)
    if work.endswith(f"/{of_web}"):
        rule = "is the image of web pods, whose key is langfuse.repository"
        fitting = work.removesuffix(of_web) + of_work
        yield to_change("langfuse.worker.repository", work, rule, fitting)
    digest = langfuse.worker.digest
    if digest is not None and digest == langfuse.digest:
        rule = "is langfuse.digest too, which is of another image"
        yield to_decide("langfuse.worker.digest", digest, rule)


CHECKS: Final[tuple[Check, ...]] = (
    replicas_in_order,
    release_not_refused,
    admin_by_version,
    settings_known_to_version,
    keys_known_to_version,
    licence_is_known,
    retention_is_licensed,
    langfuse_memory,
    enough_memory,
    images_of_their_own,
)
