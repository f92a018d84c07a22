"""Whether the Langfuse of a stack works, as its users and agents meet it.

Keys come from LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY (LANGSMITH_API_KEY), else from the
cluster. It writes one trace, which stays. The exit code is 1 too if something could not be checked
and --allow-skips is not given.
"""

from __future__ import annotations

import argparse
import os
import ssl
import time
import uuid
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from components.langfuse.versions import Version
from stacks.settings.machinery.fields.network import Url
from tooling.kit.commands import Commands
from tooling.kit.deadline import Deadline
from tooling.kit.errors import UsageError
from tooling.kit.exit_codes import FINE, FOUND
from tooling.kit.masking import Masker, clean
from tooling.kit.options import add_json
from tooling.kit.report import to_json
from tooling.kit.stack_settings import read_settings
from tooling.kubernetes.target import add_options, target
from tooling.smoke import keys, stack
from tooling.smoke.reach import Plan
from tooling.smoke.report import Report, Verdict, line, presentable
from tooling.smoke.run import Run, secrets
from tooling.smoke.tracing import sdk
from tooling.smoke.web import Web


def options(parser: argparse.ArgumentParser) -> None:
    add_options(parser)
    parser.add_argument("--url", help="where to ask Langfuse; default: the stack's own URL")
    parser.add_argument("--ca", type=Path, help="PEM file of a private certificate authority")
    add_json(parser)
    parser.add_argument(
        "--timeout", type=float, default=60, help="seconds for the whole run; default: 60"
    )
    parser.add_argument(
        "--sdk-folder", action="store_true", help="print where the SDK that fits belongs, and end"
    )
    parser.add_argument(
        "--allow-skips", action="store_true", help="accept what could not be checked"
    )


def run(given: argparse.Namespace) -> int:
    """Check one stack, with a line for each check as soon as it is made."""
    if given.sdk_folder:
        print(sdk.environment(Version.parse(read_settings(given.stack).langfuse.version)))
        return FINE
    masker = Masker()
    start = time.monotonic()
    plan = _plan(given)
    if plan.given_keys is not None:
        masker.learn(secrets(plan.given_keys))
    if plan.langsmith_key is not None:
        masker.learn([plan.langsmith_key])
    checks = Run(plan, masker.learn)
    verdicts: list[Verdict] = []
    for verdict in checks.verdicts():
        verdicts.append(presentable(verdict, masker.mask))
        print(line(verdicts[-1]), flush=True)
    report = Report(
        stack=given.stack,
        run=plan.run,
        url=clean(checks.url),
        version=str(plan.expected.version),
        seconds=time.monotonic() - start,
        verdicts=verdicts,
    )
    print(report.summary(allow_skips=given.allow_skips))
    if given.json is not None:
        document = report.document(allow_skips=given.allow_skips)
        given.json.write_text(to_json(document), encoding="utf-8")
    return FINE if report.passed(allow_skips=given.allow_skips) else FOUND


def _plan(given: argparse.Namespace) -> Plan:
    settings = read_settings(given.stack)
    if not 0 < given.timeout <= 3600:
        raise UsageError("--timeout has to be more than 0 and at most 3600 seconds")
    expected = stack.expected(settings)
    return Plan(
        settings=settings,
        expected=expected,
        # A letter first: Langfuse reads a text of digits back as a number.
        run=f"r{uuid.uuid4().hex[:11]}",
        web=_web(given),
        given_keys=keys.from_environment(os.environ),
        langsmith_key=keys.langsmith_from_environment(os.environ),
        sdk=sdk.FOLDER / sdk.environment(expected.version),
        url=_url(given.url),
        commands=target(given, settings, Commands),
    )


def _web(given: argparse.Namespace) -> Web:
    try:
        return Web(Deadline(given.timeout), given.ca)
    except FileNotFoundError:
        raise UsageError(f"--ca {given.ca}: there is no such file") from None
    except ssl.SSLError:
        raise UsageError(f"--ca {given.ca}: is no file of PEM certificates") from None
    except OSError as error:
        raise UsageError(f"--ca {given.ca}: {error.strerror}") from None


def _url(given: str | None) -> str | None:
    try:
        return None if given is None else TypeAdapter[str](Url).validate_python(given)
    except ValidationError:
        raise UsageError(
            "--url has to be an http:// or https:// URL without credentials, query or trailing "
            "slash"
        ) from None
