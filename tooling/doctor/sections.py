"""Every section of the troubleshooting guide that the doctor can name. Pure; imports no SDK."""

from typing import Final

ENGINE: Final = (
    "stack-locked",
    "pending-operations",
    "passphrase",
    "plugin-missing",
    "pulumi-login",
    "protected",
)
"""What Pulumi itself says."""

BEFORE: Final = (
    "context-unusable",
    "cluster-unreachable",
    "kubernetes-too-old",
    "cluster-unsupported",
    "permission-missing",
    "storage-class-missing",
    "external-secrets-missing",
    "load-balancer-controller-missing",
    "ingress-class-overrides",
    "readiness-gate-missing",
    "network-policy-unenforced",
    "metrics-server-missing",
    "prometheus-operator-missing",
    "namespace-exists",
    "namespace-missing",
    "pull-secret-missing",
)
"""Prerequisites of `up` in the cluster."""

AWS: Final = (
    "aws-credentials",
    "aws-account",
    "aws-cli-missing",
    "eks-cluster",
    "oidc-provider-missing",
    "hosted-zone-missing",
    "subnets-untagged",
    "auto-mode-tags",
    "certificate-not-issued",
    "aws-permission-missing",
    "secret-scheduled-for-deletion",
    "bucket-policy",
    "storage-bucket",
    "instance-class-unavailable",
    "topic-missing",
    "orphans",
    "aws-resource-exists",
    "aws-quota",
    "throttled",
    "changed-in-aws",
)
"""Prerequisites of `up` in AWS."""

AFTER: Final = (
    "migration-failed",
    "database-unreachable",
    "database-password",
    "database-slow",
    "cache-unreachable",
    "migration-lock",
    "migration-broken",
    "database-url",
    "environment-invalid",
    "image-pull",
    "run-as-non-root",
    "secret-missing",
    "crash-loop",
    "start-failed",
    "out-of-memory",
    "pod-unschedulable",
    "pods-refused",
    "pod-evicted",
    "sidecar-keeps-job",
    "agents-refused",
    "admission-refused",
    "not-ready",
    "claim-pending",
    "data-directory",
    "autoscaler-blind",
    "ingress-without-address",
    "certificate-pending",
    "restore-window-stale",
    "subscription-unconfirmed",
    "secret-not-synced",
    "stuck-terminating",
    "replicas-conflict",
    "replaces-everything",
    "no-matches-for-kind",
    "unknown-error",
)
"""Causes of a failure."""

SECTIONS: Final = (*ENGINE, *BEFORE, *AWS, *AFTER)
