"""What the keys of login, mail, private addresses and the licence change."""

from __future__ import annotations

from typing import Any, Final

from tests.support.wiring.keys import ABSENT
from tests.support.wiring.of_version_4 import IN_CLUSTER
from tests.support.wiring.scenes import Holds, Row, Scene, to

_CLIENT: Final = {"clientId": "before", "clientSecret": {"secure": "before"}}
_CUSTOM: Final = {
    **_CLIENT,
    "issuer": "https://before.example.com",
    "name": "before",
    "scope": "before",
    "allowAccountLinking": True,
}
_LANGFUSE: Final[dict[str, Any]] = {
    **IN_CLUSTER["langfuse"],
    "publicUrl": "https://before.example.com",
    "sso": {
        # The first has what all have.
        "providers": {
            "custom": _CUSTOM,
            "azureAd": {**_CLIENT, "tenantId": "before"},
            "gitlab": {**_CLIENT, "baseUrl": "https://before.example.com"},
            "google": {**_CLIENT, "allowedDomains": ["before.example.com"]},
            "workos": {**_CLIENT, "organizationId": "before"},
        },
        "enforcedDomains": ["before.example.com"],
    },
    "smtp": {
        "host": "before.example.com",
        "sender": "before@example.com",
        "username": "before",
        "password": {"secure": "before"},
        "port": 2525,
    },
    "licenseKey": {"secure": "before"},
}
_BASE: Final[dict[str, Any]] = {**IN_CLUSTER, "langfuse": _LANGFUSE}

_CONFIG: Final = "ConfigMap/langfuse-config data"
_SECRET: Final = "Secret/langfuse-app-secret stringData"
_MAIL: Final = f"{_SECRET}.SMTP_CONNECTION_URL"
_POLICIES: Final = "NetworkPolicy/langfuse{,-worker}-network-policy spec.egress"
_PROVIDERS: Final = "langfuse.sso.providers{}"


def _targets(purpose: str, variable: str) -> dict[str, Row]:
    return {
        f"langfuse.allowedTargets.{purpose}.{key}": to(
            f"{_CONFIG}.LANGFUSE_{variable}_WHITELISTED_{end}"
        )
        for key, end in (("hosts", "HOST"), ("networks", "IP_SEGMENTS"))
    }


SCENES: Final[dict[str, Scene]] = {
    "version 4, login and mail": Scene(
        base=_BASE,
        rows={
            f"{_PROVIDERS}.clientId": to(f"{_CONFIG}.AUTH_CUSTOM_CLIENT_ID"),
            f"{_PROVIDERS}.clientSecret": to(f"{_SECRET}.AUTH_CUSTOM_CLIENT_SECRET"),
            f"{_PROVIDERS}.issuer": {
                **to(f"{_CONFIG}.AUTH_CUSTOM_ISSUER"),
                f"{_POLICIES}.*.port": 8443,
                f"{_POLICIES}.*.protocol": "TCP",
            },
            f"{_PROVIDERS}.name": to(f"{_CONFIG}.AUTH_CUSTOM_NAME"),
            f"{_PROVIDERS}.scope": to(f"{_CONFIG}.AUTH_CUSTOM_SCOPE"),
            f"{_PROVIDERS}.allowAccountLinking": {
                f"{_CONFIG}.AUTH_CUSTOM_ALLOW_ACCOUNT_LINKING": ABSENT
            },
            f"{_PROVIDERS}.tenantId": to(f"{_CONFIG}.AUTH_AZURE_AD_TENANT_ID"),
            f"{_PROVIDERS}.baseUrl": to(f"{_CONFIG}.AUTH_GITLAB_{{URL,ISSUER}}"),
            f"{_PROVIDERS}.allowedDomains": to(f"{_CONFIG}.AUTH_GOOGLE_ALLOWED_DOMAINS"),
            f"{_PROVIDERS}.organizationId": to(f"{_CONFIG}.AUTH_WORKOS_ORGANIZATION_ID"),
            "langfuse.sso.passwordLogin": {f"{_CONFIG}.AUTH_DISABLE_USERNAME_PASSWORD": "true"},
            "langfuse.sso.enforcedDomains": to(f"{_CONFIG}.AUTH_DOMAINS_WITH_SSO_ENFORCEMENT"),
            "langfuse.smtp.host": {_MAIL: Holds("@smtp.other.example.com:")},
            "langfuse.smtp.encryption": {_MAIL: Holds("smtps://")},
            "langfuse.smtp.port": {_MAIL: Holds(":2526"), f"{_POLICIES}.*.port": 2526},
            "langfuse.smtp.username": {_MAIL: Holds("//other-user:")},
            "langfuse.smtp.password": {_MAIL: Holds(":placeholder")},
            "langfuse.smtp.sender": to(f"{_CONFIG}.EMAIL_FROM_ADDRESS"),
            **_targets("llmConnections", "LLM_CONNECTION"),
            **_targets("webhooks", "WEBHOOK"),
            **_targets("blobStorage", "BLOB_STORAGE_ENDPOINT"),
            "langfuse.retentionDays": {f"{_CONFIG}.LANGFUSE_INIT_PROJECT_RETENTION": "30"},
        },
    ),
    "version 4, no mail, a connection at WorkOS and no licence": Scene(
        base={
            **_BASE,
            "langfuse": {
                **_LANGFUSE,
                "sso": {"providers": {"workos": {**_CLIENT, "connectionId": "before"}}},
                "licenseKey": None,
            },
        },
        rows={
            f"{_PROVIDERS}.connectionId": to(f"{_CONFIG}.AUTH_WORKOS_CONNECTION_ID"),
            "langfuse.smtp": {
                _MAIL: ABSENT,
                f"{_CONFIG}.EMAIL_FROM_ADDRESS": ABSENT,
                f"{_POLICIES}.*.port": ABSENT,
                f"{_POLICIES}.*.protocol": ABSENT,
            },
            "langfuse.licenseKey": {
                f"{_SECRET}.LANGFUSE_EE_LICENSE_KEY": Holds("langfuse_ee_placeholder"),
                "Deployment/langfuse-deployment spec.template.spec.containers.0.livenessProbe.*": (
                    Holds("")
                ),
            },
        },
    ),
}
