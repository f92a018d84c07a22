"""Errors of Pulumi, its providers and the cluster in their own words, for the doctor's tests.

Each with the section, the cause and the command that a stack `prod` in AWS gets.
"""

from __future__ import annotations

from typing import Final

from tests.support.doctor import IN_NAMESPACE, KUBECTL

_AWS: Final = "--region eu-central-1 --profile ops"
_PASSPHRASE: Final = "read -rs PULUMI_CONFIG_PASSPHRASE && export PULUMI_CONFIG_PASSPHRASE"
_AGAIN: Final = ".venv/bin/python -m tooling doctor --stack prod --before"
_CALLER: Final = f"aws sts get-caller-identity {_AWS}"

ENGINE: Final = [
    (
        "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) "
        "to end or delete the lock file with `pulumi cancel`.\n  file:///home/ann/.pulumi/locks/"
        "organization/agent-observability/prod/1.json: created by ann@laptop (pid 7) at "
        "2026-11-01T09:31:35Z",
        "stack-locked",
        "Another run holds the stack's lock, of ann@laptop since 2026-11-01T09:31:35Z. A run that "
        "was killed leaves it: make sure that none is left, then take the lock away",
        "pulumi cancel --stack prod",
    ),
    (
        "error: [409] Conflict: Another update is currently in progress.",
        "stack-locked",
        "Pulumi Cloud counts another run of the stack as in progress. One that was killed is "
        "counted until its lease is over: make sure that none is left, then cancel it",
        "pulumi cancel --stack prod",
    ),
    (
        "error: getting secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or "
        "PULUMI_CONFIG_PASSPHRASE_FILE environment variables",
        "passphrase",
        "The stack's secrets are encrypted with a passphrase, and none is given",
        _PASSPHRASE,
    ),
    (
        "error: getting secrets manager: incorrect passphrase",
        "passphrase",
        "The passphrase is not the one that the stack's secrets are encrypted with "
        "(encryptionsalt in the stack file)",
        _PASSPHRASE,
    ),
    (
        "error: failed to decrypt configuration: cipher: message authentication failed",
        "passphrase",
        "A secret cannot be decrypted: it was encrypted for another stack, with another passphrase "
        "or key, or was changed by hand",
        "pulumi config --stack prod",
    ),
    (
        "error: no resource plugin 'pulumi-resource-aws' found in the workspace at version v7.1.0 "
        "or on your $PATH, install the plugin using `pulumi plugin install resource aws v7.1.0`",
        "plugin-missing",
        "The plugin aws 7.1.0 is not there and cannot be downloaded",
        "pulumi plugin install resource aws 7.1.0",
    ),
    (
        "error: resource plugin random-4.18.0 downloading from : failed to download plugin: "
        "random-4.18.0: 403 HTTP error fetching plugin",
        "plugin-missing",
        "The plugin random 4.18.0 cannot be downloaded: 403 HTTP error fetching plugin",
        "pulumi plugin install resource random 4.18.0",
    ),
    (
        "error: failed to load language plugin python: exec: no such file",
        "plugin-missing",
        "The plugin python cannot be started, or is not there and cannot be downloaded",
        "pulumi plugin ls",
    ),
    (
        "error: the current deployment has 1 resource(s) with pending operations:\n  * "
        "urn:pulumi:prod::agent-observability::x::langfuse, interrupted while creating",
        "pending-operations",
        "An earlier run was interrupted, and the state does not say how its last operations ended. "
        "Look first whether they did: what was being created is created again",
        "pulumi refresh --clear-pending-creates --stack prod",
    ),
    (
        "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions",
        "pulumi-login",
        "Pulumi Cloud refuses the access token, or there is none",
        "pulumi login",
    ),
    (
        'error: unable to replace resource "urn:pulumi:prod::agent-observability::aws:rds/'
        'instance:Instance::langfuse-postgres-instance"\nas it is currently marked for protection.',
        "protected",
        "A resource is protected: the run would have deleted or replaced it. If it is a "
        "replacement that was not meant, undo the change",
        "pulumi preview --diff --stack prod",
    ),
    (
        'error: read ".pulumi/meta.yaml": blob (code=Unknown): operation error S3: GetObject, '
        "https response error StatusCode: 400, api error ExpiredToken: The provided token has "
        "expired.",
        "aws-credentials",
        "There are no AWS credentials for the bucket of the state, or they have expired",
        _CALLER,
    ),
    (
        'error: read ".pulumi/meta.yaml": blob (code=Unknown): operation error S3: GetObject, '
        "https response error StatusCode: 403, api error AccessDenied: Access Denied",
        "aws-permission-missing",
        "AWS refuses the bucket of the state to the credentials of this run",
        _CALLER,
    ),
]

CLUSTER: Final = [
    (
        'Apply failed with 1 conflict: conflict with "pulumi-kubernetes-1a2b3c4d" using '
        "external-secrets.io/v1: .spec.dataFrom",
        "replicas-conflict",
        "An earlier run of Pulumi made the object and ended before its state had it: this run "
        "counts as another writer",
        f"{IN_NAMESPACE} get deployment langfuse -o yaml --show-managed-fields",
    ),
    (
        "getting credentials: exec: executable aws failed with exit code 255",
        "aws-credentials",
        "The `aws` command gets no token for the cluster: the run's AWS credentials have expired, "
        "or there are none",
        _CALLER,
    ),
    (
        'admission webhook "validate.kyverno.svc-fail" denied the request: resource Deployment/'
        "observability/langfuse was blocked: require-team-label",
        "admission-refused",
        "The cluster's admission webhook validate.kyverno.svc-fail refuses the object: resource "
        "Deployment/observability/langfuse was blocked: require-team-label",
        f"{KUBECTL} get validatingwebhookconfigurations",
    ),
    (
        'Internal error occurred: failed calling webhook "mutate.kyverno.svc-fail": failed to call '
        "webhook: context deadline exceeded",
        "admission-refused",
        "The admission webhook mutate.kyverno.svc-fail does not answer, and the API server takes "
        "no object without it",
        f"{KUBECTL} get validatingwebhookconfigurations",
    ),
    (
        "error: resource x was not successfully created by the Kubernetes API server: client rate "
        "limiter Wait returned an error: context deadline exceeded",
        "throttled",
        "The API server throttles the requests of this run, or is overloaded. The next run goes on",
        "make up STACK=prod",
    ),
    (
        "2m  Warning  Evicted  pod/langfuse-migration-1-x  The node was low on resource: memory. "
        "Threshold quantity: 100Mi, available: 60Mi.",
        "pod-evicted",
        "A pod was evicted: its node ran out of memory",
        f"{IN_NAMESPACE} get events --sort-by=.lastTimestamp",
    ),
    (
        "reason: DisruptionTarget, message: Eviction API: evicting",
        "pod-evicted",
        "A pod was evicted: its node was drained, was taken away, or had to make room for others",
        f"{IN_NAMESPACE} get events --sort-by=.lastTimestamp",
    ),
    (
        '{"level":"error","controller":"ingress","error":"WebIdentityErr: operation error STS: '
        'AssumeRoleWithWebIdentity, api error AccessDenied"}',
        "ingress-without-address",
        "The load balancer controller cannot take its role: the role's trust does not name this "
        "cluster's OIDC provider, or the controller's service account",
        f"{KUBECTL} get serviceaccount aws-load-balancer-controller -n kube-system -o yaml",
    ),
    (
        '{"level":"error","logger":"backend-sg-provider","error":"operation error EC2: '
        "CreateSecurityGroup, api error UnauthorizedOperation: Encoded authorization failure "
        'message: 4PYf"}',
        "ingress-without-address",
        "AWS refuses EC2 CreateSecurityGroup to the load balancer controller's role",
        f"{IN_NAMESPACE} describe ingress",
    ),
    (
        'failed to provision volume with StorageClass "gp3": rpc error: code = Internal desc = '
        "Could not create volume: no EC2 IMDS role found, operation error ec2imds: GetMetadata",
        "claim-pending",
        "The EBS CSI driver has no role, or cannot take it: the role's trust does not name this "
        "cluster's OIDC provider, or the driver's service account",
        f"{KUBECTL} get serviceaccount ebs-csi-controller-sa -n kube-system -o yaml",
    ),
    (
        "could not create volume in EC2: operation error EC2: CreateVolume, api error "
        "UnauthorizedOperation: User: arn:aws:sts::1:assumed-role/nodes/i-0a is not authorized to "
        "perform: ec2:CreateVolume",
        "claim-pending",
        "AWS refuses ec2:CreateVolume to the EBS CSI driver's role",
        f"{IN_NAMESPACE} get persistentvolumeclaims",
    ),
    (
        "[SecretSyncedError] could not get secret data from provider",
        "secret-not-synced",
        "External Secrets could not read the entry; its events and its log say why",
        f"{IN_NAMESPACE} describe externalsecrets",
    ),
    (
        "* Ingress .status.loadBalancer field was not updated with a hostname/IP address.",
        "ingress-without-address",
        "The load balancer got no name in time; the Ingress's events say why",
        f"{IN_NAMESPACE} describe ingress",
    ),
    (
        "could not create volume in EC2: UnauthorizedOperation: You are not authorized to perform "
        "this operation.",
        "claim-pending",
        "AWS refuses a call that it does not name to the EBS CSI driver's role",
        f"{IN_NAMESPACE} get persistentvolumeclaims",
    ),
]

RUN_IN_AWS: Final = [
    (
        "configuring Terraform AWS Provider: failed to refresh cached credentials, operation error "
        "STS: AssumeRoleWithWebIdentity, api error AccessDenied",
        "aws-credentials",
        "The run cannot take its role: the role's trust does not name the repository, the branch "
        "or the environment of the workflow that runs it, or its token has expired",
        _CALLER,
    ),
    (
        "creating Secrets Manager Secret (agent-observability/prod/app): operation error Secrets "
        "Manager: CreateSecret, api error AccessDeniedException: Access to KMS is not allowed",
        "aws-permission-missing",
        "AWS refuses Secrets Manager CreateSecret to the credentials of this run",
        _CALLER,
    ),
    (
        "InvalidChangeBatch: [Tried to create resource record set [name='langfuse.example.com.', "
        "type='A'] but it already exists]",
        "aws-resource-exists",
        "The record langfuse.example.com A is there already, and the stack wants to create it: "
        "another stack, ExternalDNS or a person made it, or a run whose state was lost. It may "
        "still lead to something else",
        f"aws route53 list-hosted-zones {_AWS}",
    ),
    (
        "InvalidChangeBatch: [RRSet of type A with DNS name langfuse.example.com. is not permitted "
        "because a conflicting RRSet of type CNAME with the same DNS name already exists in zone "
        "example.com.]",
        "aws-resource-exists",
        "The record langfuse.example.com CNAME is there already, beside which no A can be: it is "
        "of what answered under this name before",
        f"aws route53 list-hosted-zones {_AWS}",
    ),
    (
        "creating Secrets Manager Secret (agent-observability/prod/app): operation error Secrets "
        "Manager: CreateSecret, ResourceExistsException: The operation failed because the secret "
        "agent-observability/prod/app already exists.",
        "aws-resource-exists",
        "The entry agent-observability/prod/app is there already, and the stack wants to create "
        "it: it is of a run whose state was lost, or of another stack of this name",
        f"aws secretsmanager describe-secret --secret-id agent-observability/prod/app {_AWS}",
    ),
    (
        "creating RDS DB Subnet Group (langfuse-prod-db): operation error RDS: "
        "CreateDBSubnetGroup, DBSubnetGroupAlreadyExists: The DB subnet group already exists.",
        "aws-resource-exists",
        "langfuse-prod-db is there already (DBSubnetGroupAlreadyExists): it is of a run whose "
        "state was lost, or of another stack",
        "pulumi stack --show-ids --stack prod",
    ),
    (
        "creating RDS DB Instance (langfuse-prod-db-1): operation error RDS: CreateDBInstance, "
        "InsufficientDBInstanceCapacity",
        "instance-class-unavailable",
        "AWS has no capacity for the instance class in these zones now: try again later, or take "
        "another class (database.instanceClass)",
        _AGAIN,
    ),
    (
        "creating RDS DB Instance (langfuse-prod-db-1): InvalidParameterCombination: RDS does not "
        "support creating a DB instance with the following combination: class",
        "instance-class-unavailable",
        "RDS does not offer the class with this version of PostgreSQL in this region",
        _AGAIN,
    ),
    (
        "updating RDS DB Instance (langfuse-prod-db-1): InvalidParameterCombination: Cannot "
        "upgrade postgres from 16.8 to 16.3",
        "changed-in-aws",
        "The instance runs PostgreSQL 16.8, and the run asks for 16.3: AWS, or a person, upgraded "
        "it since",
        _AGAIN,
    ),
    (
        "updating RDS DB Instance (langfuse-prod-db-1): operation error RDS: ModifyDBInstance, "
        "DBInstanceNotFound: DBInstance langfuse-prod-db-1 not found.",
        "changed-in-aws",
        "AWS has no langfuse-prod-db-1 any more, and the state has: it was deleted by hand",
        "pulumi refresh --stack prod && make up STACK=prod",
    ),
    (
        "updating RDS DB Instance (langfuse-prod-db-1): InvalidParameterCombination: Invalid "
        "storage size for engine name postgres and storage type gp3: 20",
        "changed-in-aws",
        "The run asks for another size of storage than the instance may have: it grew since "
        "(database.maxStorageGiB), and RDS makes none smaller",
        _AGAIN,
    ),
    (
        "deleting RDS DB Instance (langfuse-prod-db-1): InvalidParameterCombination: Cannot delete "
        "protected DB Instance, please disable deletion protection and try again.",
        "protected",
        "The run would delete the database, which is protected against that. If it is a "
        "replacement that was not meant, undo the change",
        "pulumi preview --diff --stack prod",
    ),
    (
        "creating SNS Topic (x): operation error SNS: CreateTopic, api error Throttling: Rate "
        "exceeded",
        "throttled",
        "AWS throttles the calls of this account. The next run goes on where this one ended",
        "make up STACK=prod",
    ),
    (
        "Failed deploy model due to operation error Elastic Load Balancing v2: "
        "CreateLoadBalancer, api error TooManyLoadBalancers: the limit is reached",
        "aws-quota",
        "A quota of the AWS account is reached (TooManyLoadBalancers): remove what is not needed, "
        "or have it raised",
        f"aws service-quotas list-service-quotas --service-code elasticloadbalancing {_AWS}",
    ),
    (
        "requesting ACM Certificate (langfuse.example.com): LimitExceededException: Error: you "
        "have reached your limit of certificates",
        "aws-quota",
        "A quota of the AWS account is reached (LimitExceededException): remove what is not "
        "needed, or have it raised",
        f"aws service-quotas list-services {_AWS}",
    ),
]

TEXTS: Final = [*ENGINE, *CLUSTER, *RUN_IN_AWS]
