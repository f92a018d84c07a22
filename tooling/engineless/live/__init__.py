"""Deploys the program without an engine: each Kubernetes object is applied to an API server.

It does what `pulumi up` would do with the objects and waits as it would, so that the stack can be
tried and tested where no pulumi program can be had. It is for throwaway clusters: its state file
is no replacement for Pulumi's state.
"""

from tooling.engineless.live.backend import Summary
from tooling.engineless.live.deployment import Deployment, deploy, destroy, rotate
from tooling.kubernetes.api import LiveError

__all__ = ["Deployment", "LiveError", "Summary", "deploy", "destroy", "rotate"]
