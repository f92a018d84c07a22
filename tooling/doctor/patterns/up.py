"""What a failed `pulumi up` says about the cluster. Pure; imports no SDK."""

from __future__ import annotations

from typing import Final

from stacks.names import NAMES
from tooling.doctor.patterns.pattern import Groups, kubectl, of, pattern, up
from tooling.doctor.place import Place


def _managers(place: Place, groups: Groups) -> str:
    """The command that shows who set which field of the object."""
    kind = groups["resourceKind"] or "Deployment"
    named = (kind.lower(), NAMES.langfuse) if kind == "Deployment" else (kind.lower(),)
    return place.own("get", *named, "-o", "yaml", "--show-managed-fields")


PATTERNS: Final = of(
    ("api-server", "controllers"),
    pattern(
        "no-matches-for-kind",
        r"no matches for kind \"(?P<kind>\w+)\" in version \"(?P<version>[\w./-]+)\"",
        "The cluster does not serve {kind} {version}: its operator is missing, or its release "
        "serves another version (External Secrets serves v1 from 0.16 on, and v1beta1 no longer)",
        lambda place, groups: place.kubectl(
            "api-resources", "--api-group", groups["version"].partition("/")[0]
        ),
    ),
    pattern(
        "replicas-conflict",
        r"conflicts? with \"(?P<manager>[^\"\n]+)\"(?s:.{0,600}?)\.spec\.replicas",
        "{manager} set the number of replicas, which the stack sets too: the Deployment's number "
        "is the autoscaler's where minReplicas and maxReplicas differ",
        _managers,
    ),
    pattern(
        "replicas-conflict",
        r"conflicts? with \"pulumi-kubernetes-\w+\"",
        "An earlier run of Pulumi made the object and ended before its state had it: this run "
        "counts as another writer",
        _managers,
    ),
    pattern(
        "replicas-conflict",
        r"Apply failed with \d+ conflicts?: conflicts? with \"(?P<manager>[^\"\n]+)\"",
        "{manager} set a field by hand or by a tool, which the stack sets too",
        _managers,
    ),
    pattern(
        "namespace-exists",
        r"namespaces \"(?P<name>[\w.-]+)\" already exists",
        "The namespace {name} is there already, and the stack wants to create it",
        lambda place, groups: place.kubectl("get", "namespace", groups["name"], "-o", "yaml"),
    ),
    pattern(
        "namespace-exists",
        r"\b(?P<kind>[a-z]{2,40}s(?:\.[a-z0-9.-]{1,200})?) \"(?P<name>[\w.-]+)\" already exists",
        "{kind} {name} is there already, and the stack wants to create it: it was made by hand, by "
        "another stack, or by a run whose state was lost",
        kubectl("get", "{kind}", "{name}", "-o", "yaml"),
    ),
    pattern(
        "namespace-missing",
        r"namespaces \"(?P<name>[\w.-]+)\" not found",
        "There is no namespace {name}, which the stack is told to adopt",
        lambda place, groups: place.kubectl("create", "namespace", groups["name"]),
    ),
    pattern(
        "stuck-terminating",
        r"in namespace (?P<name>[\w.-]+) because it is being terminated",
        "The namespace {name} is being deleted, and something in it does not go",
        lambda place, groups: place.kubectl("get", "namespace", groups["name"], "-o", "yaml"),
    ),
    pattern(
        "aws-cli-missing",
        r"exec: (?:executable aws not found|\"aws\": executable file not found)",
        "There is no `aws` command on PATH, which the cluster's token comes from",
        lambda _place, _groups: "aws --version",
    ),
    pattern(
        "aws-credentials",
        r"executable aws failed with exit code|Token has expired and refresh failed"
        r"|SSO session associated with this profile has expired",
        "The `aws` command gets no token for the cluster: the run's AWS credentials have expired, "
        "or there are none",
        lambda place, _: place.aws("sts", "get-caller-identity"),
    ),
    pattern(
        "external-secrets-missing",
        r"failed calling webhook \"validate\.(?:externalsecret|secretstore|clustersecretstore)\b",
        "External Secrets' webhook does not answer",
        lambda place, _: place.kubectl(
            "get", "pods", "-A", "-l", "app.kubernetes.io/name=external-secrets-webhook"
        ),
    ),
    pattern(
        "load-balancer-controller-missing",
        r"failed calling webhook \"\w+\.elbv2\.k8s\.aws\""
        r"|no endpoints available for service \"aws-load-balancer-webhook-service\"",
        "The AWS Load Balancer Controller's webhook does not answer",
        lambda place, _: place.kubectl(
            "get", "pods", "-A", "-l", "app.kubernetes.io/name=aws-load-balancer-controller"
        ),
    ),
    pattern(
        "pods-refused",
        r"exceeded quota: (?P<quota>[\w.-]+)(?P<numbers>[^\n]*)",
        "The namespace's quota {quota} refuses the pods{numbers}",
        kubectl("describe", "resourcequota", "{quota}"),
    ),
    pattern(
        "pods-refused",
        r"violates PodSecurity \"(?P<level>[^\"\n]+)\": (?P<rules>[^\n]*)",
        "The namespace's Pod Security level {level} refuses the pods: {rules}",
        lambda place, _: place.kubectl("get", "namespace", place.namespace, "--show-labels"),
    ),
    pattern(
        "admission-refused",
        r"admission webhook \"(?P<name>[^\"\n]+)\" denied the request: (?P<why>[^\n]*)",
        "The cluster's admission webhook {name} refuses the object: {why}",
        lambda place, _: place.kubectl("get", "validatingwebhookconfigurations"),
    ),
    pattern(
        "admission-refused",
        r"failed calling webhook \"(?!validate\.(?:external|cluster)?secret|\w+\.elbv2\.)"
        r"(?P<name>[^\"\n]+)\"",
        "The admission webhook {name} does not answer, and the API server takes no object without "
        "it",
        lambda place, _: place.kubectl("get", "validatingwebhookconfigurations"),
    ),
    pattern(
        "throttled",
        r"client rate limiter Wait returned an error|429 Too Many Requests"
        r"|the server has received too many requests",
        "The API server throttles the requests of this run, or is overloaded. The next run goes on",
        up,
    ),
    pattern(
        "permission-missing",
        r"forbidden: User \"(?P<user>[^\"\n]*)\" cannot (?P<verb>\w+) resource "
        r"\"(?P<what>[\w./-]+)\"",
        "{user} may not {verb} {what}",
        kubectl("auth", "can-i", "{verb}", "{what}"),
    ),
    pattern(
        "cluster-unreachable",
        r"configured Kubernetes cluster is unreachable|TLS handshake timeout"
        r"|dial tcp [^\n]*(?:i/o timeout|connection refused|no such host)",
        "Pulumi does not reach the cluster",
        lambda place, _: place.kubectl("version"),
    ),
    pattern(
        "context-unusable",
        r"the server has asked for the client to provide credentials"
        r"|must be logged in to the server|\bUnauthorized\b|context \"[^\"\n]*\" does not exist",
        "The cluster refuses the context's credentials, or there is no such context",
        lambda place, _: place.kubectl("auth", "whoami"),
    ),
)
