"""Discovery of an EKS cluster, and the providers of a stack on it. Nothing is connected to."""

import json
from typing import Any

import pulumi
import pytest
from pulumi_aws import eks

from components.aws import discovery
from components.kubernetes.cluster_mode import AUTO, SELF_MANAGED, ClusterMode
from stacks.platforms import eks_providers
from stacks.settings.sections.aws import Aws
from tests.support import bases
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


def answered(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:  # noqa: ANN401
    """AWS says something else of the cluster."""
    answer = OfflineBackend.invoke

    def invoke(self: OfflineBackend, token: str, arguments: Any) -> Any:  # noqa: ANN401
        found = dict(answer(self, token, arguments))
        return {**found, **changes} if token == "aws:eks/getCluster:getCluster" else found

    monkeypatch.setattr(OfflineBackend, "invoke", invoke)


def found_mode(*, preview: bool = False, auto_mode: bool = False) -> ClusterMode:
    modes = list[ClusterMode]()

    def body() -> None:
        provider = eks_providers.aws_provider(AWS, stack="prod")
        options = pulumi.InvokeOptions(provider=provider)
        modes.append(discovery.find_cluster("platform-prod", "ap-northeast-2", options).mode)

    run_component(body, preview=preview, auto_mode=auto_mode)
    (mode,) = modes
    return mode


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(("auto_mode", "expected"), [(False, SELF_MANAGED), (True, AUTO)])
def test_the_mode_is_known_from_the_cluster_in_a_preview_too(
    preview: bool, auto_mode: bool, expected: ClusterMode
) -> None:
    assert found_mode(preview=preview, auto_mode=auto_mode) is expected


@pytest.mark.parametrize(
    "configs", [[], [{"enabled": False, "nodePools": []}]], ids=["never had it", "turned off"]
)
def test_a_cluster_without_auto_mode_is_its_owners(
    monkeypatch: pytest.MonkeyPatch, configs: list[Any]
) -> None:
    answered(monkeypatch, computeConfigs=configs)

    assert found_mode() is SELF_MANAGED


def test_a_cluster_that_the_stack_does_not_work_on_stops_the_program_before_anything_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered(monkeypatch, kubernetesNetworkConfigs=[{"ipFamily": "ipv6"}])

    with pytest.raises(pulumi.RunError) as caught:
        bases.record("version 2 prod")

    assert str(caught.value) == (
        "the EKS cluster platform-prod in ap-northeast-2 gives its pods IPv6 addresses, "
        "and the stack's NetworkPolicies, its load balancer and its database's security group "
        "admit IPv4 networks only. The address family of a cluster cannot be changed: use a "
        "cluster with IPv4."
    )


def test_a_cluster_that_is_too_old_stops_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    answered(monkeypatch, version="1.29")

    with pytest.raises(pulumi.RunError, match=r"^the EKS cluster platform-prod in ap-northeast-2 "):
        found_mode()


def test_a_cluster_that_is_being_created_has_no_address_yet_and_stops_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered(monkeypatch, status="CREATING", endpoint="", certificateAuthorities=[], identities=[])

    with pytest.raises(pulumi.RunError, match=r"is CREATING: nothing can be deployed until "):
        found_mode()


def test_what_aws_refuses_is_told_in_its_words_and_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refuse_with(monkeypatch, Exception("reading EKS Cluster: x"))
    with pytest.raises(pulumi.RunError, match=r"^reading EKS Cluster: x$"):
        found_mode()

    refuse_with(monkeypatch, KeyError("x"))
    with pytest.raises(KeyError):
        found_mode()


def refuse_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def get_cluster(**_: object) -> None:
        raise error

    monkeypatch.setattr(eks, "get_cluster", get_cluster)


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
