"""Where a stack is deployed: a cluster of a kubeconfig, or an EKS cluster."""

from stacks.platforms import kubeconfig
from stacks.platforms.platform import Platform
from stacks.settings import Settings


def connect(settings: Settings) -> Platform:
    """The platform that a stack names; raises ``ConfigurationError`` if it is not there."""
    if settings.cluster.eks_name is None:
        return kubeconfig.connect(settings)
    from stacks.platforms import eks  # noqa: PLC0415 - AWS's SDK takes a second that others save

    return eks.connect(settings)
