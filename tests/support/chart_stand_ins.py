"""A small chart in the place of each that the platform installs, on the real engine.

Helm and Pulumi's provider install it with the program's own values. It proves nothing about what
the real charts make of these.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from components.platform import charts
from components.platform.charts import Chart
from tests.support.real_engine import say
from tooling.demo import cli
from tooling.kubernetes.api import Reference

CHARTS: Final = {c.name: c for c in vars(charts).values() if isinstance(c, Chart)}
"""Those of the program, by the name of the release."""

_CHART: Final = """
apiVersion: v2
name: stand-in
version: 0.1.0
"""
_DEPLOYMENT: Final = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Release.Name }}"}
spec:
  selector: {matchLabels: {app: "{{ .Release.Name }}"}}
  template:
    metadata:
      labels: {app: "{{ .Release.Name }}"}
      annotations: {values: {{ toJson .Values | quote }}}
    spec: {containers: [{name: stand-in, image: stand-in}]}
"""


@contextmanager
def stand_ins(folder: Path) -> Generator[bool]:
    """Puts the small chart, which goes into ``folder``, in the place of each; whether it can: an
    engine that starts the program in a process of its own does not see it."""
    (folder / "templates").mkdir()
    (folder / "Chart.yaml").write_text(_CHART, encoding="utf-8")
    (folder / "templates" / "deployment.yaml").write_text(_DEPLOYMENT, encoding="utf-8")
    command = cli.find(say)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in vars(charts).items():
            if isinstance(value, Chart):
                patch.setattr(charts, name, replace(value, chart=str(folder)))
        yield not isinstance(command, cli.Missing) and not cli.has_language_host(command)


def deployment(chart: Chart) -> Reference:
    """What the small chart makes. Its annotation ``values`` holds the values it was given."""
    return Reference(
        api_version="apps/v1", kind="Deployment", namespace=chart.namespace, name=chart.name
    )
