"""Deploys the program without an engine: each Kubernetes object is applied to an API server.

It does what `pulumi up` would do with the objects and waits as it would, so that the stack can be
tried and tested where no pulumi program can be had. It is for throwaway clusters: its state file
is no replacement for Pulumi's state.
"""

from tooling.live.api import LiveError
from tooling.live.backend import Summary
from tooling.live.deployment import Deployment, deploy, destroy, rotate

__all__ = ["Deployment", "LiveError", "Summary", "deploy", "destroy", "rotate"]
