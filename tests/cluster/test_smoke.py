"""The smoke test on a real API server. No container runs here: Langfuse is a fake that has the
cluster's own keys."""

from __future__ import annotations

import base64
import re

import pytest

from tests.support.fake_langfuse import FakeLangfuse
from tests.support.live_stack import NAMESPACE, LiveStack
from tests.support.loopback import serving
from tests.support.smoke import needs_sdk_2
from tooling.__main__ import main
from tooling.kit.json_values import at

pytestmark = [pytest.mark.cluster, needs_sdk_2]


def test_a_deployed_stack_passes_with_the_keys_of_its_own_secrets(
    stack: LiveStack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    (container,) = at(stack.deployment(), "spec.template.spec.containers")
    (secret,) = (s["secretRef"]["name"] for s in container["envFrom"] if "secretRef" in s)
    data = stack.get("Secret", secret, "v1")["data"]
    public, private = (
        base64.b64decode(data[f"LANGFUSE_INIT_PROJECT_{kind}_KEY"]).decode()
        for kind in ("PUBLIC", "SECRET")
    )
    cluster = stack.cluster
    where = ["--kubeconfig", str(cluster.kubeconfig), "--context", cluster.context]

    with serving(FakeLangfuse(public_key=public, secret_key=private)) as port:
        code = main(["smoke", "--stack", "dev", "--url", f"http://127.0.0.1:{port}", *where])

    said = capsys.readouterr().out
    assert private not in said
    said = re.sub(r"smoke-test-r[0-9a-f]{11}", "smoke-test-RUN", said)
    shown = re.sub(r"[0-9]+\.[0-9] s", "N s", said)
    # Where a line is wrapped depends on the Secret's invented name.
    assert (
        shown.split()
        == " ".join(
            [
                "ok health Langfuse 2.95.12 answers OK, and so does its database",
                "ok readiness /api/public/ready answers OK",
                "ok sign-up registration is disabled, as the stack has it (signUp: disabled)",
                f"ok project keys those of Secret {NAMESPACE}/{secret} are accepted:",
                "project default",
                "ok trace smoke-test-RUN written with the SDK and read back, in N s; it stays",
                "(Langfuse 2 has no API to delete it)",
                "ok agents Secret ai-agents/agent-observability has Langfuse's own keys and",
                "LANGFUSE_HOST http://langfuse.observability.svc",
                "Langfuse of stack dev works: 6 ok, 0 FAIL, 0 skip, N s",
            ]
        ).split()
    )
    assert code == 0
