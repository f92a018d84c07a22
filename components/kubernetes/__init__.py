"""What Kubernetes objects of a stack share: labels, pods, placement, backing services."""
