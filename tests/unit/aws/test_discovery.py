"""Discovery of an EKS cluster, and the providers of a stack on it. Nothing is connected to."""

import json
from typing import Any

import pulumi
import pytest

from components.aws import discovery
from stacks.platforms import eks_providers
from stacks.settings.sections.aws import Aws
from tests.support.component_run import run_component
from tests.support.eks import ISSUER_HOST, cluster
from tooling.engineless.offline import OfflineBackend
from tooling.engineless.recording import UNKNOWN, Recording

IDENTITY = "ap-northeast-2/platform-prod"
HOST = "https://0123.gr7.ap-northeast-2.eks.amazonaws.com"
AWS = Aws.model_validate(
    {
        "region": "ap-northeast-2",
        "profile": "prod",
        "allowedAccountIds": ("123456789012",),
        "defaultTags": {"tags": {"service": "agent-observability"}},
    }
)


class Probe(pulumi.ComponentResource):
    """Shows resolved values as its outputs."""

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__("test:index:Probe", "probe")
        self.register_outputs(values)


def discover() -> Recording:
    def body() -> None:
        provider = eks_providers.aws_provider(AWS, stack="prod")
        options = pulumi.InvokeOptions(provider=provider)
        here = discovery.find_cluster("platform-prod", "ap-northeast-2", options)
        oidc = discovery.find_oidc_provider(here, options)
        Probe(
            {
                "partition": here.partition,
                "accountId": here.account_id,
                "endpoint": here.endpoint,
                "certificateAuthority": here.certificate_authority,
                "vpcId": here.vpc_id,
                "securityGroupId": here.security_group_id,
                "subnetIds": here.subnet_ids,
                "privateSubnetIds": discovery.find_private_subnets(here, options),
                "oidcIssuer": here.oidc_issuer,
                "oidcArn": oidc.arn,
                "oidcHost": oidc.issuer_host,
            }
        )

    return run_component(body)


def test_a_cluster_is_known_by_its_name_alone() -> None:
    (outputs,) = discover().registered_outputs.values()
    issuer = outputs["oidcIssuer"].removeprefix("https://")

    assert outputs == {
        "partition": "aws",
        "accountId": "123456789012",
        "endpoint": outputs["endpoint"],
        "certificateAuthority": "Y2VydGlmaWNhdGU=",
        "vpcId": "vpc-0d0d0d0d0d0d0d0d0",
        "securityGroupId": "sg-0c1c1c1c1c1c1c1c1",
        "subnetIds": ["subnet-0a0a0a0a0a0a0a0a0", "subnet-0b0b0b0b0b0b0b0b0"],
        "privateSubnetIds": ["subnet-0a1a1a1a1a1a1a1a1", "subnet-0b2b2b2b2b2b2b2b2"],
        "oidcIssuer": f"https://{issuer}",
        "oidcArn": f"arn:aws:iam::123456789012:oidc-provider/{issuer}",
        "oidcHost": issuer,
    }


def test_a_cluster_is_asked_for_by_name_and_private_subnets_by_their_tag(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    answer = OfflineBackend.invoke

    def invoke(self: OfflineBackend, token: str, arguments: Any) -> Any:  # noqa: ANN401
        asked.append((token, dict(arguments)))
        return answer(self, token, arguments)

    monkeypatch.setattr(OfflineBackend, "invoke", invoke)
    discover()

    filters = [
        {"name": "vpc-id", "values": ["vpc-0d0d0d0d0d0d0d0d0"]},
        {"name": "tag-key", "values": ["kubernetes.io/role/internal-elb"]},
    ]
    region = {"region": "ap-northeast-2"}
    assert len(asked) == 4
    assert ("aws:ec2/getVpc:getVpc", {"id": "vpc-0d0d0d0d0d0d0d0d0", **region}) in asked
    assert ("aws:eks/getCluster:getCluster", {"name": "platform-prod", **region}) in asked
    assert ("aws:ec2/getSubnets:getSubnets", {"filters": filters, **region}) in asked


def test_without_tags_the_clusters_own_subnets_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = OfflineBackend.invoke

    def invoke(self: OfflineBackend, token: str, arguments: Any) -> Any:  # noqa: ANN401
        result = dict(answer(self, token, arguments))
        return {**result, "ids": []} if "getSubnets" in token else result

    monkeypatch.setattr(OfflineBackend, "invoke", invoke)
    (outputs,) = discover().registered_outputs.values()

    assert outputs["privateSubnetIds"] == outputs["subnetIds"]


def test_what_is_unknown_stays_unknown_and_changes_no_identity() -> None:
    def body() -> None:
        here = cluster(unknown=True)
        options = pulumi.InvokeOptions(provider=eks_providers.aws_provider(AWS, stack="prod"))
        oidc = discovery.find_oidc_provider(here, options)
        subnets = discovery.find_private_subnets(here, options)
        Probe({"arn": oidc.arn, "host": oidc.issuer_host, "subnets": subnets})
        eks_providers.kubernetes_provider(here, profile=None)

    recording = run_component(body, preview=True)
    (outputs,) = recording.registered_outputs.values()

    assert outputs == dict.fromkeys(("arn", "host", "subnets"), UNKNOWN)
    assert recording.named("kubernetes").inputs["kubeconfig"] == UNKNOWN
    assert recording.named("kubernetes").inputs["clusterIdentifier"] == IDENTITY


def test_the_aws_provider_is_exactly_this() -> None:
    recording = run_component(lambda: eks_providers.aws_provider(AWS, stack="prod"))
    inputs = recording.named("aws").inputs

    assert inputs == {
        "region": "ap-northeast-2",
        "profile": "prod",
        "allowedAccountIds": json.dumps(["123456789012"]),
        "defaultTags": json.dumps(
            {"tags": {"service": "agent-observability", "agent-observability:stack": "prod"}}
        ),
        # The SDK's own defaults.
        "skipCredentialsValidation": "false",
        "skipRegionValidation": "true",
    }


def test_settings_that_are_left_out_are_not_passed_to_the_provider() -> None:
    recording = run_component(
        lambda: eks_providers.aws_provider(
            Aws.model_validate({"region": "ap-northeast-2"}), stack="prod"
        )
    )

    inputs = recording.named("aws").inputs
    assert inputs["defaultTags"] == json.dumps({"tags": {"agent-observability:stack": "prod"}})
    assert set(inputs) == {
        "defaultTags",
        "region",
        "skipCredentialsValidation",
        "skipRegionValidation",
    }


def test_the_kubernetes_provider_is_exactly_this() -> None:
    recording = run_component(lambda: eks_providers.kubernetes_provider(cluster(), profile="prod"))
    inputs = dict(recording.named("kubernetes").inputs)
    kubeconfig = json.loads(inputs.pop("kubeconfig"))

    assert inputs == {
        # From the configuration alone, whatever the look-up says.
        "clusterIdentifier": IDENTITY,
        "enableSecretMutable": "true",
        "enableConfigMapMutable": "true",
    }
    assert kubeconfig == eks_providers.kubeconfig(
        name="platform-prod",
        region="ap-northeast-2",
        profile="prod",
        endpoint=HOST,
        certificate_authority="Y2E=",
    )


def test_the_kubeconfig_gets_a_token_from_the_aws_cli_and_holds_none() -> None:
    kubeconfig = eks_providers.kubeconfig(
        name="platform-prod",
        region="ap-northeast-2",
        profile="prod",
        endpoint=HOST,
        certificate_authority="Y2E=",
    )
    arguments = (
        "eks get-token --cluster-name platform-prod --region ap-northeast-2 --output json "
        "--profile prod"
    )

    assert kubeconfig == {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "platform-prod",
                "cluster": {"server": HOST, "certificate-authority-data": "Y2E="},
            }
        ],
        "contexts": [
            {
                "name": "platform-prod",
                "context": {"cluster": "platform-prod", "user": "platform-prod"},
            }
        ],
        "current-context": "platform-prod",
        "users": [
            {
                "name": "platform-prod",
                "user": {
                    "exec": {
                        "apiVersion": "client.authentication.k8s.io/v1beta1",
                        "command": "aws",
                        "args": arguments.split(),
                        "interactiveMode": "Never",
                        "installHint": "Install the AWS CLI, version 2.",
                    }
                },
            }
        ],
    }


def test_the_issuers_host_has_no_scheme() -> None:
    def body() -> None:
        options = pulumi.InvokeOptions(provider=eks_providers.aws_provider(AWS, stack="prod"))
        Probe({"host": discovery.find_oidc_provider(cluster(), options).issuer_host})

    (outputs,) = run_component(body).registered_outputs.values()

    assert outputs == {"host": ISSUER_HOST}
