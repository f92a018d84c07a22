"""The doctor of the project `platform/`, and what goes before its removal.

`doctor` says what keeps a platform from being made or used, and what a removed one left. `drain`
refuses while somebody uses the cluster, names what does, and empties the node pools. `permissions`
writes the policies that a role needs which deploys the platform, and asks AWS nothing.
"""

from __future__ import annotations

import argparse
import sys

from tooling.kit.exit_codes import FINE, FOUND
from tooling.kit.masking import clean
from tooling.kit.options import add_json, add_stack


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("doctor", "drain", "permissions"))
    add_stack(parser)
    parser.add_argument(
        "--before", action="store_true", help="ask only for what `make platform` needs"
    )
    add_json(parser)


def run(given: argparse.Namespace) -> int:
    """Examine a platform, or empty its node pools."""
    # AWS's SDK takes a second, which --help saves.
    from tooling.doctor import report  # noqa: PLC0415
    from tooling.platform import checks, draining, removal  # noqa: PLC0415
    from tooling.platform.account import PlatformAccount, read_settings  # noqa: PLC0415
    from tooling.platform.permissions import writing  # noqa: PLC0415

    if given.action == "permissions":
        print(writing.write(read_settings(given.stack)))
        return FINE
    account = PlatformAccount(read_settings(given.stack), stack=given.qualified_stack)
    if given.action == "drain":
        try:
            draining.drain(account)
        except removal.InUseError as error:
            print(clean(str(error)), file=sys.stderr)
            return FOUND
        return FINE
    found = checks.examine(account, before=given.before)
    print(report.text(found))
    if given.json:
        given.json.write_text(report.as_json(found), encoding="utf-8")
    return FOUND if found.failed else FINE
