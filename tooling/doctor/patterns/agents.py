"""What Langfuse says about agents that it does not let in. Pure; imports no SDK."""

from __future__ import annotations

from typing import Final

from tooling.doctor.patterns.pattern import Groups, Pattern, kubectl, of, pattern, warns
from tooling.doctor.place import Place


def _smoke(place: Place, _: Groups) -> str:
    return place.smoke()


PATTERNS: Final[tuple[Pattern, ...]] = of(
    ("langfuse",),
    warns(
        pattern(
            "sdk-too-old",
            # web/src/pages/api/public/ingestion.ts, 4.16.0.
            r"Rejected \d{1,9} event\(s\) from the legacy /api/public/ingestion endpoint for "
            r"project (?P<project>[\w-]{1,64})",
            "Langfuse refuses what agents of project {project} send by the old API: Python SDKs "
            "below 3, JavaScript SDKs below 4, and what calls /api/public/ingestion itself. The "
            "SDK and its version are in the same line of the log",
            kubectl("logs", "-l", "app.kubernetes.io/component=web", "--since=1h", "--prefix"),
        )
    ),
    warns(
        pattern(
            "agents-refused",
            # web/src/features/public-api/server/apiAuth.ts, 4.16.0.
            r"No (?:api )?key found for public key",
            "Langfuse has been asked with a public key that it does not know: agents with keys of "
            "another stack, or of before a rotation",
            _smoke,
        )
    ),
)
