"""The collector reads every variant of the configuration without a complaint."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from components.agents.gateway.settings import GatewaySettings, LangSmithCopy
from tests.support.collector import prepared

pytestmark = pytest.mark.gateway

BASE = GatewaySettings(
    langfuse_url="http://langfuse-web.observability.svc:3000",
    memory_limit=256 * 2**20,
    queue_bytes=2**30,
)


def complaints(config: Path, otelcol: Path) -> str:
    done = subprocess.run(
        [otelcol, "validate", "--config", config],
        env={"LANGFUSE_AUTHORIZATION": "Basic a2V5", "LANGSMITH_API_KEY": "lsv2_of_the_test"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode == 0) == (not done.stderr), done
    return done.stderr


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(BASE, id="the defaults"),
        pytest.param(replace(BASE, masking="none"), id="no masks"),
        pytest.param(replace(BASE, masking="drop"), id="no content"),
        pytest.param(
            replace(
                BASE, masked_patterns=(r'^"\d+\\"$', "ü{2,}", "a|b", "${env:HOME}", "1e3", "0o17")
            ),
            id="own patterns",
        ),
        pytest.param(replace(BASE, sampling=0.001), id="sampling"),
        pytest.param(replace(BASE, sampling=0), id="nothing to Langfuse"),
        pytest.param(
            replace(
                BASE,
                langsmith=LangSmithCopy(
                    endpoint="https://smith.example.com/api/v1",
                    project="a $b: #c",
                    workspace_id="w",
                ),
            ),
            id="a copy",
        ),
        pytest.param(replace(BASE, series_limit=100_000), id="many series"),
    ],
)
def test_a_variant_is_valid(settings: GatewaySettings, tmp_path: Path, otelcol: Path) -> None:
    assert complaints(prepared(settings, tmp_path).folder / "config.yaml", otelcol) == ""


def test_what_is_wrong_is_found(tmp_path: Path, otelcol: Path) -> None:
    config = prepared(replace(BASE, masked_patterns=("(?<!a)b",)), tmp_path).folder / "config.yaml"

    assert "is not a valid pattern: error parsing regexp" in complaints(config, otelcol)
