"""What a failed `pulumi up` says about the cluster. Pure; imports no SDK."""

from __future__ import annotations

import shlex
from typing import Final

from stacks.names import NAMES
from tooling.doctor.patterns.pattern import aws, doctor_before, kubectl, pattern

PATTERNS: Final = (
    # What a failed `up` says.
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
        "replicas-conflict",
        r"conflicts? with \"(?P<manager>[^\"\n]+)\"(?s:.{0,600}?)\.spec\.replicas",
        "{manager} set the number of replicas, which the stack sets too: the Deployment's number "
        "is the autoscaler's where minReplicas and maxReplicas differ",
        kubectl("get", "deployment", NAMES.langfuse, "-o", "yaml", "--show-managed-fields"),
    ),
    pattern(
        "replicas-conflict",
        r"Apply failed with \d+ conflicts?: conflicts? with \"(?P<manager>[^\"\n]+)\"",
        "{manager} set a field by hand or by a tool, which the stack sets too",
        kubectl("get", "deployment", NAMES.langfuse, "-o", "yaml", "--show-managed-fields"),
    ),
    pattern(
        "replaces-everything",
        r"\+-[^\n]*pulumi:providers:kubernetes\b",
        "Pulumi takes the cluster for another one, and would create every object again, the "
        "database's volume too: the context was renamed, or cluster.eksName or cluster.context "
        "changed. Do not say yes",
        lambda place, _: shlex.join(("pulumi", "preview", "--stack", place.stack, "--diff")),
    ),
    pattern(
        "namespace-exists",
        r"namespaces \"(?P<name>[\w.-]+)\" already exists",
        "The namespace {name} is there already, and the stack wants to create it",
        lambda place, groups: place.kubectl("get", "namespace", groups["name"], "-o", "yaml"),
    ),
    pattern(
        "namespace-exists",
        r"\b(?P<kind>[\w.]{1,253}) \"(?P<name>[\w.-]+)\" already exists",
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
        "permission-missing",
        r"forbidden: User \"(?P<user>[^\"\n]*)\" cannot (?P<verb>\w+) resource "
        r"\"(?P<what>[\w./-]+)\"",
        "{user} may not {verb} {what}",
        kubectl("auth", "can-i", "{verb}", "{what}"),
    ),
    pattern(
        "cluster-unreachable",
        r"configured Kubernetes cluster is unreachable",
        "Pulumi does not reach the cluster",
        lambda place, _: place.kubectl("version"),
    ),
    pattern(
        "context-unusable",
        r"the server has asked for the client to provide credentials"
        r"|must be logged in to the server|context \"[^\"\n]*\" does not exist",
        "The cluster refuses the context's credentials, or there is no such context",
        lambda place, _: place.kubectl("auth", "whoami"),
    ),
)
