"""Which checks of traces fit a release."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from components.langfuse import versions
from tooling.smoke.report import Verdict
from tooling.smoke.stack import Expected
from tooling.smoke.tracing import version_2
from tooling.smoke.tracing.media import MEDIA
from tooling.smoke.tracing.opentelemetry import SCORE, RoundTrip
from tooling.smoke.tracing.trace import TRACE, Trip


def names(expected: Expected) -> list[str]:
    """The checks, in the order in which they are made."""
    if expected.version < versions.OPENTELEMETRY:
        return [TRACE]
    return [TRACE, *([MEDIA] if expected.media else []), SCORE]


def checks(
    trip: Trip, way_to_media: Callable[[], Mapping[str, str] | str]
) -> list[tuple[str, Callable[[], Verdict]]]:
    """Each check by its name. ``way_to_media`` opens a port-forward where one is needed."""
    if trip.expected.version < versions.OPENTELEMETRY:
        return [(TRACE, partial(version_2.round_trip, trip))]
    whole = RoundTrip(trip, way_to_media() if trip.expected.media else {})
    made = {TRACE: whole.trace, MEDIA: whole.media, SCORE: whole.score}
    return [(name, made[name]) for name in names(trip.expected)]
