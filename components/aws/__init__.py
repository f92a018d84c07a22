"""AWS: the EKS cluster that exists, IAM documents, write-only values."""
