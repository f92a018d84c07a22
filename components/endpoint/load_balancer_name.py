"""The name of a load balancer, from its host name."""

from __future__ import annotations

import re
from typing import Final

# A name has 32 characters at most, letters, digits and hyphens, none at either end, and does not
# start with `internal-` (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html).
# Elastic Load Balancing adds `internal-` in front for an internal one, and a number at the end.
_HOST: Final = re.compile(
    r"(?:internal-)?(?P<name>[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?)-\d+"
    r"\.[a-z0-9-]+\.elb\.amazonaws\.com(?:\.cn)?"
)


def from_host(host: str) -> str:
    """The name in ``[internal-]<name>-<digits>.<region>.elb.amazonaws.com``.

    Raises ValueError for any other host, such as that of a Network Load Balancer.
    """
    match = _HOST.fullmatch(host)
    if match is None:
        raise ValueError(
            f"'{host}' is not the host name of an Application Load Balancer: "
            "[internal-]<name>-<digits>.<region>.elb.amazonaws.com"
        )
    return match["name"]
