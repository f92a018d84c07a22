"""A network, an EKS cluster, and what the cluster itself needs."""
