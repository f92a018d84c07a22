"""What a failed `pulumi up` says about AWS. Pure; imports no SDK."""

from __future__ import annotations

from typing import Final

from tooling.doctor.patterns.pattern import Groups, aws, doctor, doctor_before, of, pattern, up
from tooling.doctor.place import Place

_SERVICES: Final = {
    "ACM": "acm",
    "EC2": "vpc",
    "Elastic Load Balancing v2": "elasticloadbalancing",
    "IAM": "iam",
    "RDS": "rds",
    "Route 53": "route53",
    "S3": "s3",
    "SNS": "sns",
    "Secrets Manager": "secretsmanager",
}
"""What Service Quotas calls a service that the SDK names so."""

_EXISTS: Final = (
    r"BucketAlready\w+|DB\w+AlreadyExists\w*|EntityAlreadyExists\w*|InvalidGroup\.Duplicate"
    r"|ResourceAlreadyExists\w*|ResourceExistsException"
)


def _quotas(place: Place, groups: Groups) -> str:
    service = _SERVICES.get(groups["service"])
    if service is None:
        return place.aws("service-quotas", "list-services")
    return place.aws("service-quotas", "list-service-quotas", "--service-code", service)


def _denied(_: Place, groups: Groups) -> str:
    call = f"{groups.get('service', '')} {groups.get('operation', '')}".strip()
    what, who = groups.get("action") or call, groups.get("principal")
    return f"AWS refuses {what or 'the KMS key'} to the credentials of this run" + (
        f" ({who})" if who else ""
    )


_OF_THE_RUN: Final = of(
    ("deployer",),
    pattern(
        "secret-scheduled-for-deletion",
        r"Secrets Manager Secret \((?P<name>[^)\n]+)\)[^\n]*already scheduled for deletion",
        "The entry {name} was deleted and keeps its name until its recovery window is over",
        aws("secretsmanager", "restore-secret", "--secret-id", "{name}"),
    ),
    pattern(
        "secret-scheduled-for-deletion",
        r"already scheduled for deletion",
        "An entry of this stack was deleted and keeps its name until its recovery window is over",
        doctor_before,
    ),
    pattern(
        "certificate-pending",
        r"ACM Certificate[^\n]*(?:timeout|PENDING_VALIDATION)",
        "The certificate was not validated in time: its validation record is not in public DNS",
        doctor,
    ),
    pattern(
        "certificate-not-issued",
        r"ACM Certificate[^\n]*(?P<state>FAILED|VALIDATION_TIMED_OUT|REVOKED|EXPIRED)",
        "The certificate's state is {state}",
        aws("acm", "list-certificates", "--includes", "keyTypes=RSA_2048,EC_prime256v1"),
    ),
    pattern(
        "hosted-zone-missing",
        r"no matching Route ?53 ?(?:Hosted ?)?Zone found",
        "Route 53 has no public zone of that name in this account",
        lambda place, _: place.aws("route53", "list-hosted-zones"),
    ),
    pattern(
        "eks-cluster",
        r"No cluster found for name: (?P<name>[\w-]+)|reading EKS Cluster[^\n]*couldn't find",
        "EKS has no cluster of that name in this account and region",
        aws("eks", "list-clusters"),
    ),
    pattern(
        "aws-account",
        r"AWS account ID not allowed: (?P<account>\d+)",
        "The credentials are of account {account}, which is not among aws:allowedAccountIds",
        aws("sts", "get-caller-identity"),
    ),
    pattern(
        "aws-credentials",
        r"AssumeRoleWithWebIdentity",
        "The run cannot take its role: the role's trust does not name the repository, the branch "
        "or the environment of the workflow that runs it, or its token has expired",
        aws("sts", "get-caller-identity"),
    ),
    pattern(
        "aws-credentials",
        r"No valid credential sources|ExpiredToken|InvalidClientTokenId|SSO session has expired"
        r"|failed to refresh cached credentials|RequestExpired|UnrecognizedClientException"
        r"|SignatureDoesNotMatch|InvalidAccessKeyId|AuthFailure",
        "There are no AWS credentials, or they have expired",
        aws("sts", "get-caller-identity"),
    ),
    pattern(
        "aws-permission-missing",
        r"(?::(?P<principal>[\w-]+/[\w+=,.@/-]+) is )?"
        r"not authorized to perform: (?P<action>[\w-]+:\w+)",
        _denied,
        aws("sts", "get-caller-identity"),
    ),
    pattern(
        "aws-permission-missing",
        r"operation error (?P<service>[\w ]{2,40}): (?P<operation>\w+)[^\n]*"
        r"(?:UnauthorizedOperation|AccessDenied)|Access to KMS is not allowed",
        _denied,
        aws("sts", "get-caller-identity"),
    ),
    pattern(
        "aws-resource-exists",
        r"Tried to create resource record set \[name='(?P<name>[^'\n]+?)\.?', "
        r"type='(?P<type>\w+)'\] but it already exists",
        "The record {name} {type} is there already, and the stack wants to create it: another "
        "stack, ExternalDNS or a person made it, or a run whose state was lost. It may still lead "
        "to something else",
        lambda place, _: place.aws("route53", "list-hosted-zones"),
    ),
    pattern(
        "aws-resource-exists",
        r"RRSet of type (?P<type>\w+) with DNS name (?P<name>[\w.*-]+?)\.? is not permitted "
        r"because a conflicting RRSet of type (?P<other>\w+)",
        "The record {name} {other} is there already, beside which no {type} can be: it is of what "
        "answered under this name before",
        lambda place, _: place.aws("route53", "list-hosted-zones"),
    ),
    pattern(
        "aws-resource-exists",
        rf"Secrets Manager Secret \((?P<name>[^)\n]+)\)[^\n]*(?:{_EXISTS})",
        "The entry {name} is there already, and the stack wants to create it: it is of a run "
        "whose state was lost, or of another stack of this name",
        aws("secretsmanager", "describe-secret", "--secret-id", "{name}"),
    ),
    pattern(
        "aws-resource-exists",
        rf"(?:[A-Z][\w ()-]{{1,60}} \((?P<name>[^)\n]+)\)[^\n]*)?\b(?P<code>{_EXISTS})",
        lambda _, groups: (
            f"{groups['name'] or 'Something that the stack wants to create'} is there already "
            f"({groups['code']}): it is of a run whose state was lost, or of another stack"
        ),
        lambda place, _: place.pulumi("stack", "--show-ids"),
    ),
    pattern(
        "instance-class-unavailable",
        r"InsufficientDBInstanceCapacity|InsufficientInstanceCapacity",
        "AWS has no capacity for the instance class in these zones now: try again later, or take "
        "another class (database.instanceClass)",
        doctor_before,
    ),
    pattern(
        "instance-class-unavailable",
        r"RDS does not support creating a DB instance with the following combination"
        r"|Cannot find version (?P<version>[\w.]+) for postgres",
        "RDS does not offer the class with this version of PostgreSQL in this region",
        doctor_before,
    ),
    pattern(
        "changed-in-aws",
        r"Cannot upgrade postgres from (?P<found>[\d.]+) to (?P<wanted>[\d.]+)",
        "The instance runs PostgreSQL {found}, and the run asks for {wanted}: AWS, or a person, "
        "upgraded it since",
        doctor_before,
    ),
    pattern(
        "changed-in-aws",
        r"(?:deleting|modifying|putting|updating) [A-Z][\w ()-]{1,60} \((?P<name>[^)\n]+)\)[^\n]*"
        r"(?:NotFound\w*|NoSuch\w+)\b",
        "AWS has no {name} any more, and the state has: it was deleted by hand",
        lambda place, _: place.refresh_and_up(),
    ),
    pattern(
        "changed-in-aws",
        r"Invalid storage size for engine"
        r"|storage (?:size )?(?:cannot|can't) be (?:reduced|decreased)",
        "The run asks for another size of storage than the instance may have: it grew since "
        "(database.maxStorageGiB), and RDS makes none smaller",
        doctor_before,
    ),
    pattern(
        "protected",
        r"Cannot delete protected DB [Ii]nstance"
        r"|(?:DeletionProtection|deletion protection) (?:is )?enabled",
        "The run would delete the database, which is protected against that. If it is a "
        "replacement that was not meant, undo the change",
        lambda place, _: place.pulumi("preview", "--diff"),
    ),
    pattern(
        "aws-permission-missing",
        r"is not authorized to perform: (?P<action>[\w-]+:\w+)",
        "AWS refuses {action} to the credentials of this run",
        aws("sts", "get-caller-identity"),
    ),
)

_OF_ANYONE: Final = of(
    ("deployer", "external-secrets", "load-balancers", "volumes"),
    pattern(
        "throttled",
        r"\bThrottling\w*|\bRequestLimitExceeded|TooManyRequestsException|\bSlowDown\b"
        r"|PriorRequestNotComplete|\bRate exceeded",
        "AWS throttles the calls of this account. The next run goes on where this one ended",
        up,
    ),
    pattern(
        "aws-quota",
        r"(?:operation error (?P<service>[\w ]{2,40}): [^\n]*?)?"
        r"\b(?P<code>(?!Request|Backoff)[A-Z]\w{0,60}(?:Quota|Limit)Exceeded\w*"
        r"|TooMany(?!Requests)[A-Z]\w+|(?:Limit|ServiceQuota)Exceeded(?:Exception|Fault)?)\b",
        "A quota of the AWS account is reached ({code}): remove what is not needed, or have it "
        "raised",
        _quotas,
    ),
)

PATTERNS: Final = (*_OF_THE_RUN, *_OF_ANYONE)
