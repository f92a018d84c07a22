"""Access to Kubernetes clusters for tools."""
