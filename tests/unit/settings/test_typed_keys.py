"""Keys in place of raw variables: mail, private addresses, licence, retention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest
from pydantic import SecretStr

from stacks import translation
from stacks.settings import Problem
from tests.support.configurations import (
    VERSION_4_ELSEWHERE,
    Encrypted,
    bad,
    problem,
    problems,
    settings,
)

SMTP: Final = {"host": "smtp.example.com", "sender": "langfuse@example.com"}
LOGIN: Final = {"username": "lf-7q", "password": Encrypted("hunter2")}
ENTERPRISE: Final = Encrypted("langfuse_ee_0123456789")
SES: Final = (
    "is not offered: Langfuse would need a role in AWS for that; give Amazon SES's SMTP endpoint, "
    "email-smtp.REGION.amazonaws.com, as host, with SMTP credentials of SES"
)


def smtp(**given: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"langfuse": {"smtp": {**SMTP, **given}}}


def of_version_4(**langfuse: Any) -> dict[str, Any]:  # noqa: ANN401
    section = {"version": "4.16.0", **langfuse}
    return {**VERSION_4_ELSEWHERE, "cache": {"engine": "statefulSet"}, "langfuse": section}


def targets(purpose: str = "llmConnections", **given: Any) -> dict[str, Any]:  # noqa: ANN401
    return of_version_4(allowedTargets={purpose: given})


def target(key: str, found: str, what: str) -> Problem:
    path = f"langfuse.allowedTargets.llmConnections.{key}"
    return problem(
        path, f'"{found}"', f"would let every user of Langfuse send requests to {what}", ""
    )


METADATA: Final = "the metadata of its node, which hands out the node's role"
ITSELF: Final = "the pod itself"

_OF_2 = [
    # -- Mail
    bad(
        "a server without host and sender",
        {"langfuse": {"smtp": {"port": 587}}},
        problem(
            "langfuse.smtp.host",
            "(nothing)",
            "is required",
            "pulumi config set --path @langfuse.smtp.host HOST",
        ),
        problem(
            "langfuse.smtp.sender",
            "(nothing)",
            "is required",
            "pulumi config set --path @langfuse.smtp.sender SENDER",
        ),
    ),
    bad(
        "a host with scheme and port",
        smtp(host="smtp://smtp.example.com:587"),
        problem(
            "langfuse.smtp.host",
            '"smtp://smtp.example.com:587"',
            "must be a host name in lower case without scheme, port or path, or an IPv4 address",
            "",
        ),
    ),
    bad(
        "a sender with a name",
        smtp(sender="Langfuse <langfuse@example.com>"),
        problem(
            "langfuse.smtp.sender",
            '"Langfuse <langfuse@example.com>"',
            "must be an e-mail address",
            "pulumi config set --path @langfuse.smtp.sender langfuse@example.com",
        ),
    ),
    bad(
        "a whole URL",
        smtp(url="smtp://smtp.example.com"),
        problem(
            "langfuse.smtp.url",
            '"smtp://smtp.example.com"',
            "is not offered: it is made from host, port, username and password, which are encoded "
            "in it",
            "",
        ),
    ),
    bad(
        "Amazon SES by its region",
        smtp(region="eu-west-1"),
        problem("langfuse.smtp.region", '"eu-west-1"', SES, ""),
    ),
    bad(
        "a user without a password",
        smtp(username="lf-7q"),
        problem(
            "langfuse.smtp.password",
            "(nothing)",
            "is required with langfuse.smtp.username",
            "pulumi config set --secret --path @langfuse.smtp.password",
        ),
    ),
    bad(
        "a password without a user",
        smtp(password=Encrypted("hunter2")),
        problem(
            "langfuse.smtp.username",
            "(nothing)",
            "is required with langfuse.smtp.password",
            "pulumi config set --path @langfuse.smtp.username USERNAME",
        ),
    ),
    bad(
        "a user with a colon, where the password would begin",
        smtp(username="lf:7q", password=Encrypted("hunter2")),
        problem(
            "langfuse.smtp.username",
            "[secret]",
            "must not be empty, and must not have a colon",
            "",
        ),
    ),
    bad(
        "a password in clear over the network",
        smtp(**LOGIN, encryption="none"),
        problem(
            "langfuse.smtp.encryption",
            "[secret]",
            "would send langfuse.smtp.password in clear",
            "pulumi config set --path @langfuse.smtp.encryption startTls",
        ),
    ),
    bad(
        "the port of TLS",
        smtp(port=465),
        problem(
            "langfuse.smtp.encryption",
            '"startTls"',
            "is not the one of port 465, which is tls",
            "pulumi config set --path @langfuse.smtp.encryption tls",
        ),
    ),
    bad(
        "TLS at the port of STARTTLS",
        smtp(port=587, encryption="tls"),
        problem(
            "langfuse.smtp.encryption", '"tls"', "is not the one of port 587, which is startTls", ""
        ),
    ),
    bad(
        "an encryption in other letters",
        smtp(encryption="STARTTLS"),
        problem(
            "langfuse.smtp.encryption",
            '"STARTTLS"',
            "must be 'startTls', 'tls' or 'none'",
            "pulumi config set --path @langfuse.smtp.encryption startTls",
        ),
    ),
    bad(
        "mail by variables",
        {
            "langfuse": {
                "secretEnvironment": {"SMTP_CONNECTION_URL": Encrypted("smtp://a:b@mail")},
                "environment": {"EMAIL_FROM_ADDRESS": "lf@contoso.com"},
            }
        },
        problem(
            "langfuse.environment.EMAIL_FROM_ADDRESS",
            "[secret]",
            "is not for the environment; set langfuse.smtp.sender",
            "pulumi config set --secret --path @langfuse.smtp.sender && "
            "pulumi config rm --path @langfuse.environment.EMAIL_FROM_ADDRESS",
        ),
        problem(
            "langfuse.secretEnvironment.SMTP_CONNECTION_URL",
            "[secret]",
            "is not for the environment; set langfuse.smtp",
            "",
        ),
    ),
    # -- Private addresses
    bad(
        "private addresses in version 2, which calls any",
        {"langfuse": {"allowedTargets": {"webhooks": {"hosts": ["hooks.corp.example.com"]}}}},
        problem(
            "langfuse.allowedTargets.webhooks.hosts",
            '["hooks.corp.example.com"]',
            "needs Langfuse 3.122.0 or newer; this is 2.95.12",
            "",
        ),
    ),
    # -- Licence and retention
    bad(
        "a licence in clear",
        {"langfuse": {"licenseKey": "langfuse_ee_0123"}},
        problem(
            "langfuse.licenseKey",
            "[secret]",
            "is a secret and has to be stored encrypted",
            "pulumi config set --secret --path @langfuse.licenseKey",
        ),
    ),
    bad(
        "a licence by a variable",
        {"langfuse": {"secretEnvironment": {"LANGFUSE_EE_LICENSE_KEY": ENTERPRISE}}},
        problem(
            "langfuse.secretEnvironment.LANGFUSE_EE_LICENSE_KEY",
            "[secret]",
            "is not for the environment; set langfuse.licenseKey",
            "pulumi config set --secret --path @langfuse.licenseKey && "
            "pulumi config rm --path @langfuse.secretEnvironment.LANGFUSE_EE_LICENSE_KEY",
        ),
    ),
    bad(
        "retention in version 2",
        {"langfuse": {"licenseKey": ENTERPRISE, "retentionDays": 30}},
        problem(
            "langfuse.retentionDays", "30", "needs Langfuse 3.19.0 or newer; this is 2.95.12", ""
        ),
    ),
]

_OF_4 = [
    bad(
        "a network with the metadata of nodes",
        targets(networks=["10.0.0.0/8", "169.254.0.0/16"]),
        target("networks[1]", "169.254.0.0/16", METADATA),
    ),
    bad(
        "one address of it",
        targets(hosts=["169.254.169.254"]),
        target("hosts[0]", "169.254.169.254", METADATA),
    ),
    bad(
        "every network",
        targets(networks=["0.0.0.0/0"]),
        target("networks[0]", "0.0.0.0/0", METADATA),
    ),
    bad(
        "every network of IPv6", targets(networks=["::/0"]), target("networks[0]", "::/0", METADATA)
    ),
    bad(
        "the pod itself",
        targets(hosts=["llm.example.com", "localhost"], networks=["127.0.0.1/32", "::1/128"]),
        target("hosts[1]", "localhost", ITSELF),
        target("networks[0]", "127.0.0.1/32", ITSELF),
        target("networks[1]", "::1/128", ITSELF),
    ),
    bad(
        "the addresses of credentials and of the pod as hosts",
        targets(hosts=["169.254.170.23", "10.1.2.3", "127.0.0.1", "0.0.0.0", "llm.localhost"]),  # noqa: S104 - refused
        target("hosts[0]", "169.254.170.23", METADATA),
        target("hosts[2]", "127.0.0.1", ITSELF),
        target("hosts[3]", "0.0.0.0", ITSELF),  # noqa: S104 - refused
        target("hosts[4]", "llm.localhost", ITSELF),
    ),
    bad(
        "addresses of IPv4 as IPv6 writes them, and the one that means every interface",
        targets(networks=["::ffff:a9fe:a9fe/128", "::ffff:7f00:1/128", "0.0.0.0/32"]),
        target("networks[0]", "::ffff:a9fe:a9fe/128", METADATA),
        target("networks[1]", "::ffff:7f00:1/128", ITSELF),
        target("networks[2]", "0.0.0.0/32", ITSELF),
    ),
    bad(
        "a network with host bits",
        targets(networks=["10.1.2.3/16"]),
        problem(
            "langfuse.allowedTargets.llmConnections.networks[0]",
            '"10.1.2.3/16"',
            "must be a network in CIDR notation with no host bits set",
            "pulumi config set --path '@langfuse.allowedTargets.llmConnections.networks[0]' "
            "10.1.0.0/16",
        ),
    ),
    bad(
        "a URL in place of a host",
        targets(hosts=["http://llm.example.com:4000"]),
        problem(
            "langfuse.allowedTargets.llmConnections.hosts[0]",
            '"http://llm.example.com:4000"',
            "must be a DNS name: 1 to 253 lower-case letters, digits, '-' or '.', each part "
            "starting and ending with a letter or digit",
            "",
        ),
    ),
    bad(
        "a purpose that has no list",
        targets("ssoDiscovery", hosts=["sso.example.com"]),
        problem(
            "langfuse.allowedTargets.ssoDiscovery",
            "(an object)",
            "unknown key; known here: blobStorage, llmConnections, webhooks",
            "",
        ),
    ),
    bad(
        "gateways by a variable",
        of_version_4(
            environment={"LANGFUSE_LLM_CONNECTION_WHITELISTED_HOST": "llm.corp, llm-2.corp"}
        ),
        problem(
            "langfuse.environment.LANGFUSE_LLM_CONNECTION_WHITELISTED_HOST",
            '"llm.corp, llm-2.corp"',
            "is not for the environment; set langfuse.allowedTargets.llmConnections.hosts",
            "pulumi config set --path '@langfuse.allowedTargets.llmConnections.hosts[0]' llm.corp "
            "&& pulumi config set --path '@langfuse.allowedTargets.llmConnections.hosts[1]' "
            "llm-2.corp && pulumi config rm --path "
            "@langfuse.environment.LANGFUSE_LLM_CONNECTION_WHITELISTED_HOST",
        ),
    ),
    bad(
        "addresses by a variable",
        of_version_4(environment={"LANGFUSE_WEBHOOK_WHITELISTED_IPS": "10.1.2.3"}),
        problem(
            "langfuse.environment.LANGFUSE_WEBHOOK_WHITELISTED_IPS",
            '"10.1.2.3"',
            "is not for the environment; set langfuse.allowedTargets.webhooks.networks",
            "",
        ),
    ),
    *(
        bad(f"the host {host}", targets(hosts=[host]), target("hosts[0]", host, METADATA))
        for host in ("instance-data.ec2.internal", "metadata.google.internal")
    ),
    bad(
        "a licence of something else",
        of_version_4(licenseKey=Encrypted("hunter2")),
        problem(
            "langfuse.licenseKey",
            "[secret]",
            "is no licence to Langfuse 4: one begins with 'langfuse_ee_' or 'langfuse_pro_'",
            "",
        ),
    ),
    *(
        bad(
            f"retention {name}",
            of_version_4(retentionDays=30, **more),
            problem(
                "langfuse.retentionDays",
                "30",
                "has no use without a licence of the Enterprise Edition (langfuse.licenseKey, "
                "which begins with 'langfuse_ee_'): Langfuse keeps everything",
                "",
            ),
        )
        for name, more in (
            ("without a licence", {}),
            ("with a smaller licence", {"licenseKey": Encrypted("langfuse_pro_012345")}),
        )
    ),
    bad(
        "retention that Langfuse does not start with",
        of_version_4(retentionDays=2, licenseKey=ENTERPRISE),
        problem("langfuse.retentionDays", "2", "must be greater than or equal to 3", ""),
    ),
    bad(
        "retention by a variable",
        of_version_4(environment={"LANGFUSE_INIT_PROJECT_RETENTION": "30"}),
        problem(
            "langfuse.environment.LANGFUSE_INIT_PROJECT_RETENTION",
            '"30"',
            "is not for the environment; set langfuse.retentionDays",
            "pulumi config set --path @langfuse.retentionDays 30 && "
            "pulumi config rm --path @langfuse.environment.LANGFUSE_INIT_PROJECT_RETENTION",
        ),
    ),
    bad(
        "addresses to be verified without mail",
        of_version_4(environment={"AUTH_EMAIL_VERIFICATION_REQUIRED": "true"}),
        problem(
            "langfuse.environment.AUTH_EMAIL_VERIFICATION_REQUIRED",
            '"true"',
            "does nothing without langfuse.smtp: Langfuse verifies no address by itself",
            "",
        ),
    ),
]

BAD = [*_OF_2, *_OF_4]


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_refuses(change: Mapping[str, Any], expected: list[Problem]) -> None:
    assert problems(change) == expected


GOOD: Final[Mapping[str, Mapping[str, Any]]] = {
    "a server": smtp(),
    "a server with a login": smtp(**LOGIN),
    "a server at another port": smtp(port=2525),
    "TLS at its port": smtp(encryption="tls", port=465),
    "a relay": smtp(host="10.1.2.3", encryption="none", port=587),
    "any licence in version 2": {"langfuse": {"licenseKey": Encrypted("hunter2")}},
    "a connection that begins in clear on the port between servers": smtp(port=25),
    "a host whose name ends like that of the pod": targets(hosts=["notlocalhost"]),
    "a smaller licence": of_version_4(licenseKey=Encrypted("langfuse_pro_012345")),
    "the shortest retention": of_version_4(licenseKey=ENTERPRISE, retentionDays=3),
    "private networks": targets(networks=["10.0.0.0/8", "169.255.0.0/16", "fd12::/16"]),
    "addresses that need not be verified": of_version_4(
        environment={"AUTH_EMAIL_VERIFICATION_REQUIRED": "false"}
    ),
    "verified addresses": of_version_4(
        smtp=SMTP, environment={"AUTH_EMAIL_VERIFICATION_REQUIRED": "true"}
    ),
}


@pytest.mark.parametrize("change", GOOD.values(), ids=GOOD)
def test_accepts(change: Mapping[str, Any]) -> None:
    assert problems(change) == []


def test_what_is_given_is_in_the_variables_that_the_release_reads() -> None:
    read = settings(
        of_version_4(
            smtp={**SMTP, **LOGIN},
            licenseKey=ENTERPRISE,
            retentionDays=30,
            allowedTargets={
                "llmConnections": {"hosts": ["a.corp", "b.corp"], "networks": ["10.1.0.0/16"]},
                "webhooks": {"hosts": ["c.corp"], "networks": ["10.2.0.0/16", "10.3.0.4/32"]},
                "blobStorage": {"networks": ["10.4.0.0/16"]},
            },
        )
    )

    assert translation.typed_environment(read.langfuse) == (
        {
            "EMAIL_FROM_ADDRESS": "langfuse@example.com",
            "LANGFUSE_BLOB_STORAGE_ENDPOINT_WHITELISTED_IP_SEGMENTS": "10.4.0.0/16",
            "LANGFUSE_INIT_PROJECT_RETENTION": "30",
            "LANGFUSE_LLM_CONNECTION_WHITELISTED_HOST": "a.corp,b.corp",
            "LANGFUSE_LLM_CONNECTION_WHITELISTED_IP_SEGMENTS": "10.1.0.0/16",
            "LANGFUSE_WEBHOOK_WHITELISTED_HOST": "c.corp",
            "LANGFUSE_WEBHOOK_WHITELISTED_IP_SEGMENTS": "10.2.0.0/16,10.3.0.4/32",
        },
        {
            "LANGFUSE_EE_LICENSE_KEY": SecretStr("langfuse_ee_0123456789"),
            "SMTP_CONNECTION_URL": SecretStr(
                "smtp://lf-7q:hunter2@smtp.example.com:587?requireTLS=true"
            ),
        },
    )
    assert translation.reports_usage(read.langfuse)


@pytest.mark.parametrize(
    ("given", "ports"),
    [
        ({}, [443, 587]),
        ({"encryption": "tls"}, [443, 465]),
        ({"encryption": "none"}, [443, 25]),
        ({"port": 2525}, [443, 2525]),
        ({"port": 443}, [443]),
        # Its pods may listen on another port than its Service.
        ({"host": "mail.relay.svc"}, [443]),
    ],
)
def test_pods_reach_the_mail_server(given: Mapping[str, Any], ports: list[int]) -> None:
    assert translation.egress_ports(settings(smtp(**given)).langfuse) == ports
