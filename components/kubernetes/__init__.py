"""What all Kubernetes objects of a stack share: labels, pod security, placement, quantities."""
