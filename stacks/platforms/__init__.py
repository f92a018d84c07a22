"""Where a stack is deployed: a cluster of a kubeconfig, or an EKS cluster."""
