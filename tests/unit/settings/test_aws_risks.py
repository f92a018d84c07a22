"""Risks that a stack takes without naming them, or names without taking them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from stacks.settings import Problem
from tests.support.configurations import (
    ABSENT,
    bad,
    endpoint,
    problem,
    problems,
    rds,
)

WORLD = {"scheme": "internet-facing", "inboundCidrs": ["0.0.0.0/0"]}


BAD = [
    bad(
        "an endpoint for the world",
        endpoint(**WORLD),
        problem(
            "endpoint.inboundCidrs[0]",
            '"0.0.0.0/0"',
            "lets the whole world in: anyone can reach, and attack, the login "
            "page and the ingestion API; name your networks; 'openToTheWorld' in "
            "acknowledge accepts that",
            "pulumi config set --path '@endpoint.inboundCidrs[0]' NETWORK",
        ),
    ),
    bad(
        "an endpoint for the world beside a network",
        endpoint(scheme="internet-facing", inboundCidrs=["10.0.0.0/8", "0.0.0.0/0"]),
        problem(
            "endpoint.inboundCidrs[1]",
            '"0.0.0.0/0"',
            "lets the whole world in: anyone can reach, and attack, the login "
            "page and the ingestion API; name your networks; 'openToTheWorld' in "
            "acknowledge accepts that",
            "pulumi config rm --path '@endpoint.inboundCidrs[1]'",
        ),
    ),
    bad(
        "an endpoint for half of the world",
        endpoint(scheme="internet-facing", inboundCidrs=["128.0.0.0/1"]),
        problem(
            "endpoint.inboundCidrs[0]",
            '"128.0.0.0/1"',
            "lets a public /8 or more, all networks together, which is as good as the whole "
            "world, in: anyone can reach, and attack, the login page and the ingestion API; name "
            "your networks; 'openToTheWorld' in acknowledge accepts that",
            "pulumi config set --path '@endpoint.inboundCidrs[0]' NETWORK",
        ),
    ),
    bad(
        "an endpoint for most of the world beside a network",
        endpoint(scheme="internet-facing", inboundCidrs=["203.0.113.0/24", "64.0.0.0/2"]),
        problem(
            "endpoint.inboundCidrs[1]",
            '"64.0.0.0/2"',
            "lets a public /8 or more, all networks together, which is as good as the whole "
            "world, in: anyone can reach, and attack, the login page and the ingestion API; name "
            "your networks; 'openToTheWorld' in acknowledge accepts that",
            "pulumi config rm --path '@endpoint.inboundCidrs[1]'",
        ),
    ),
    bad(
        "an endpoint for one /8",
        endpoint(scheme="internet-facing", inboundCidrs=["203.0.0.0/8"]),
        problem(
            "endpoint.inboundCidrs[0]",
            '"203.0.0.0/8"',
            "lets a public /8 or more, all networks together, which is as good as the whole "
            "world, in: anyone can reach, and attack, the login page and the ingestion API; name "
            "your networks; 'openToTheWorld' in acknowledge accepts that",
            "pulumi config set --path '@endpoint.inboundCidrs[0]' NETWORK",
        ),
    ),
    bad(
        "an endpoint for one /8 in overlapping parts",
        endpoint(
            scheme="internet-facing", inboundCidrs=["203.0.0.0/9", "203.0.0.0/10", "203.128.0.0/9"]
        ),
        problem(
            "endpoint.inboundCidrs[0]",
            '"203.0.0.0/9"',
            "lets a public /8 or more, all networks together, which is as good as the whole "
            "world, in: anyone can reach, and attack, the login page and the ingestion API; name "
            "your networks; 'openToTheWorld' in acknowledge accepts that",
            "pulumi config rm --path '@endpoint.inboundCidrs[0]'",
        ),
    ),
    bad(
        "an endpoint for the world where anybody can sign up",
        {**endpoint(**WORLD), "langfuse": {"signUp": "open"}},
        problem(
            "endpoint.inboundCidrs[0]",
            '"0.0.0.0/0"',
            "lets the whole world in: anyone can reach, and attack, the login "
            "page and the ingestion API; name your networks; 'openToTheWorld' in "
            "acknowledge accepts that",
            "pulumi config set --path '@endpoint.inboundCidrs[0]' NETWORK",
        ),
        problem(
            "langfuse.signUp",
            '"open"',
            "lets anyone in the world register, make projects and fill the "
            "database, as endpoint.inboundCidrs lets the world in; 'openSignUp' in "
            "acknowledge accepts that",
            "pulumi config set --path @langfuse.signUp disabled",
        ),
    ),
    bad(
        "an endpoint for the world, accepted, where anybody can sign up",
        {**endpoint(**WORLD), "langfuse": {"signUp": "open"}, "acknowledge": ["openToTheWorld"]},
        problem(
            "langfuse.signUp",
            '"open"',
            "lets anyone in the world register, make projects and fill the "
            "database, as endpoint.inboundCidrs lets the world in; 'openSignUp' in "
            "acknowledge accepts that",
            "pulumi config set --path @langfuse.signUp disabled",
        ),
    ),
    bad(
        "sign-up for the world, accepted, but not the world itself",
        {**endpoint(**WORLD), "langfuse": {"signUp": "open"}, "acknowledge": ["openSignUp"]},
        problem(
            "endpoint.inboundCidrs[0]",
            '"0.0.0.0/0"',
            "lets the whole world in: anyone can reach, and attack, the login "
            "page and the ingestion API; name your networks; 'openToTheWorld' in "
            "acknowledge accepts that",
            "pulumi config set --path '@endpoint.inboundCidrs[0]' NETWORK",
        ),
    ),
    bad(
        "sign-up for the world in a release that cannot close it",
        {
            **endpoint(**WORLD),
            "langfuse": {"version": "2.77.0", "admin": ABSENT, "signUp": "open"},
            "acknowledge": ["openToTheWorld"],
        },
        problem(
            "langfuse.version",
            '"2.77.0"',
            "lets anyone in the world register, make projects and fill the "
            "database, as endpoint.inboundCidrs lets the world in; 'openSignUp' in "
            "acknowledge accepts that; sign-up can be closed from Langfuse 2.78.0 "
            "on",
            "",
        ),
    ),
    bad(
        "a database that is not protected",
        rds(protect=False),
        problem(
            "database.protect",
            "false",
            "lets one `pulumi up` or `destroy` delete the database, or replace it "
            "by an empty one, and leave a snapshot to restore by hand; "
            "'noProtection' in acknowledge accepts that",
            "pulumi config set --path @database.protect true",
        ),
    ),
    bad(
        "credentials that are not protected beside a database that is",
        {**rds(), "secrets": {"protect": False}},
        problem(
            "secrets.protect",
            "false",
            "lets the encryption key be deleted or replaced, and what the "
            "protected database holds encrypted is lost with it; 'noProtection' in "
            "acknowledge accepts that",
            "pulumi config set --path @secrets.protect true",
        ),
    ),
    bad(
        "a database in a single zone",
        rds(multiAz=False),
        problem(
            "database.multiAz",
            "false",
            "keeps no standby: when its zone or its host fails, Langfuse is down "
            "until the instance is back or restored; 'singleZone' in acknowledge "
            "accepts that",
            "pulumi config set --path @database.multiAz true",
        ),
    ),
    bad(
        "backups for less than a week",
        rds(backupDays=6),
        problem(
            "database.backupDays",
            "6",
            "leaves fewer than 7 days to notice a mistake: from then on no backup "
            "is from before it; 'shortBackups' in acknowledge accepts that",
            "pulumi config set --path @database.backupDays 7",
        ),
    ),
    bad(
        "every risk of a database",
        rds(multiAz=False, backupDays=1),
        problem(
            "database.backupDays",
            "1",
            "leaves fewer than 7 days to notice a mistake: from then on no backup "
            "is from before it; 'shortBackups' in acknowledge accepts that",
            "pulumi config set --path @database.backupDays 7",
        ),
        problem(
            "database.multiAz",
            "false",
            "keeps no standby: when its zone or its host fails, Langfuse is down "
            "until the instance is back or restored; 'singleZone' in acknowledge "
            "accepts that",
            "pulumi config set --path @database.multiAz true",
        ),
    ),
    bad(
        "a risk accepted for another",
        {**rds(multiAz=False), "acknowledge": ["shortBackups"]},
        problem(
            "database.multiAz",
            "false",
            "keeps no standby: when its zone or its host fails, Langfuse is down "
            "until the instance is back or restored; 'singleZone' in acknowledge "
            "accepts that",
            "pulumi config set --path @database.multiAz true",
        ),
        problem(
            "acknowledge[0]",
            '"shortBackups"',
            "is a risk that this stack does not take; left here, it would hide a mistake",
            "pulumi config rm --path '@acknowledge[0]'",
        ),
    ),
    bad(
        "a risk accepted twice",
        {**rds(multiAz=False), "acknowledge": ["singleZone", "singleZone"]},
        problem(
            "acknowledge[1]",
            '"singleZone"',
            "is acknowledged already",
            "pulumi config rm --path '@acknowledge[1]'",
        ),
    ),
    bad(
        "risks of AWS accepted in a small stack",
        {
            "acknowledge": [
                "openToTheWorld",
                "openSignUp",
                "noProtection",
                "shortBackups",
                "singleZone",
            ]
        },
        problem(
            "acknowledge[4]",
            '"singleZone"',
            "is a risk that this stack does not take; left here, it would hide a mistake",
            "pulumi config rm --path '@acknowledge[4]'",
        ),
        problem(
            "acknowledge[3]",
            '"shortBackups"',
            "is a risk that this stack does not take; left here, it would hide a mistake",
            "pulumi config rm --path '@acknowledge[3]'",
        ),
        problem(
            "acknowledge[2]",
            '"noProtection"',
            "is a risk that this stack does not take; left here, it would hide a mistake",
            "pulumi config rm --path '@acknowledge[2]'",
        ),
        problem(
            "acknowledge[1]",
            '"openSignUp"',
            "is a risk that this stack does not take; left here, it would hide a mistake",
            "pulumi config rm --path '@acknowledge[1]'",
        ),
        problem(
            "acknowledge[0]",
            '"openToTheWorld"',
            "is a risk that this stack does not take; left here, it would hide a mistake",
            "pulumi config rm --path '@acknowledge[0]'",
        ),
    ),
    bad(
        "the world accepted for an internal endpoint",
        {**endpoint(inboundCidrs=["0.0.0.0/0"]), "acknowledge": ["openToTheWorld"]},
        problem(
            "acknowledge[0]",
            '"openToTheWorld"',
            "is a risk that this stack does not take; left here, it would hide a mistake",
            "pulumi config rm --path '@acknowledge[0]'",
        ),
    ),
    bad(
        "open sign-up accepted where only some get in",
        {
            **endpoint(scheme="internet-facing", inboundCidrs=["203.0.113.0/24"]),
            "langfuse": {"signUp": "open"},
            "acknowledge": ["openSignUp"],
        },
        problem(
            "acknowledge[0]",
            '"openSignUp"',
            "is a risk that this stack does not take; left here, it would hide a mistake",
            "pulumi config rm --path '@acknowledge[0]'",
        ),
    ),
    bad(
        "risks of a protected database accepted for one that is not",
        {
            **rds(protect=False, multiAz=False, backupDays=0),
            "acknowledge": ["noProtection", "singleZone", "shortBackups"],
        },
        problem(
            "acknowledge[2]",
            '"shortBackups"',
            "is a risk that this stack does not take; left here, it would hide a mistake",
            "pulumi config rm --path '@acknowledge[2]'",
        ),
        problem(
            "acknowledge[1]",
            '"singleZone"',
            "is a risk that this stack does not take; left here, it would hide a mistake",
            "pulumi config rm --path '@acknowledge[1]'",
        ),
    ),
]


ONLY_THE_OWNER_KNOWS = [
    bad(
        "an endpoint for the world in two halves",
        endpoint(scheme="internet-facing", inboundCidrs=["0.0.0.0/1", "128.0.0.0/1"]),
        problem(
            "endpoint.inboundCidrs[0]",
            '"0.0.0.0/1"',
            "lets the whole world in: anyone can reach, and attack, the login "
            "page and the ingestion API; name your networks; 'openToTheWorld' in "
            "acknowledge accepts that",
            "",
        ),
    ),
    bad(
        "an endpoint for many /8",
        endpoint(scheme="internet-facing", inboundCidrs=["4.0.0.0/8", "5.0.0.0/8", "6.0.0.0/8"]),
        problem(
            "endpoint.inboundCidrs[0]",
            '"4.0.0.0/8"',
            "lets a public /8 or more, all networks together, which is as good as the whole "
            "world, in: anyone can reach, and attack, the login page and the ingestion API; name "
            "your networks; 'openToTheWorld' in acknowledge accepts that",
            "",
        ),
    ),
]
"""What no command repairs: which of the networks are meant is not in the file."""


@pytest.mark.parametrize(("change", "expected"), [*BAD, *ONLY_THE_OWNER_KNOWS])
def test_refuses(change: Mapping[str, Any], expected: list[Problem]) -> None:
    assert problems(change) == expected
