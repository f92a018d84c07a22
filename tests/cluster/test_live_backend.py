"""The stand-in for the engine, with programs of a few objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest
from pulumi_kubernetes.core.v1 import ConfigMap, Secret

from tests.support.live_stack import LiveStack, remove, stems
from tooling.cluster.binaries import cached_binaries
from tooling.cluster.kwok import run_kubectl
from tooling.kubernetes.api import Api, LiveError, Object, Reference

pytestmark = pytest.mark.cluster

TEXT = "sesame-open-sesame"


def program(stack: LiveStack, body: Callable[[pulumi.ResourceOptions], Any]) -> Callable[[], None]:
    def run() -> None:
        provider = kubernetes.Provider(
            "kubernetes",
            kubeconfig=str(stack.cluster.kubeconfig),
            context=stack.cluster.context,
            # As the stacks' own provider: without these, any change of content is another object.
            enable_secret_mutable=True,
            enable_config_map_mutable=True,
        )
        body(pulumi.ResourceOptions(provider=provider))

    return run


def config_map(stack: LiveStack, data: dict[str, str], **options: Any) -> Callable[[], None]:  # noqa: ANN401
    """A program of one ConfigMap with a name of its own."""
    return program(
        stack,
        lambda opts: ConfigMap(
            "settings",
            metadata={"name": "settings", "namespace": "default"},
            data=data,
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(**options)),
        ),
    )


def reference(kind: str, name: str) -> Reference:
    return Reference(api_version="v1", kind=kind, namespace="default", name=name)


def live_object(api: Api, kind: str, name: str) -> Object:
    found = api.get(reference(kind, name))
    assert found is not None
    return found


def test_an_object_of_another_owner_is_not_taken_over(small: LiveStack) -> None:
    foreign = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "default"},
        "data": {"theirs": "yes"},
    }
    small.api.apply(foreign)
    try:
        with pytest.raises(LiveError) as refused:
            small.run(config_map(small, {"ours": "yes"}))
        assert str(refused.value) == (
            "ConfigMap default/settings exists already and does not belong to this stack: "
            "delete it, or give the stack another namespace or name"
        )
        assert small.destroy().deleted == []
        assert live_object(small.api, "ConfigMap", "settings")["data"] == {"theirs": "yes"}
    finally:
        remove(small.api, reference("ConfigMap", "settings"))


def test_a_field_that_another_manager_changed_is_a_conflict(small: LiveStack) -> None:
    small.run(config_map(small, {"level": "info"}))
    small.api.patch(reference("ConfigMap", "settings"), {"data": {"level": "trace"}})

    with pytest.raises(LiveError, match=r"conflict with .*: \.data\.level"):
        small.run(config_map(small, {"level": "debug"}))

    assert live_object(small.api, "ConfigMap", "settings")["data"] == {"level": "trace"}


def test_a_key_that_is_gone_from_a_secret_is_gone_from_the_object(small: LiveStack) -> None:
    def secret(**values: str) -> Callable[[], None]:
        return program(
            small,
            lambda opts: Secret(
                "keys",
                metadata={"name": "keys", "namespace": "default"},
                string_data=values,
                opts=opts,
            ),
        )

    small.run(secret(one="1", two="2"))
    summary = small.run(secret(one="1"))

    assert summary.updated == ["Secret default/keys"]
    assert live_object(small.api, "Secret", "keys")["data"] == {"one": "MQ=="}


def test_no_secret_is_quoted_from_the_server(small: LiveStack) -> None:
    def body(opts: pulumi.ResourceOptions) -> None:
        ConfigMap(
            "settings",
            metadata={
                "namespace": "default",
                "labels": {"key": pulumi.Output.secret(f"{TEXT} is no label")},
            },
            opts=opts,
        )

    with pytest.raises(LiveError) as refused:
        small.run(program(small, body))

    assert TEXT not in str(refused.value)
    assert "[secret]" in str(refused.value)
    assert TEXT not in "\n".join(small.said)


def test_protection_stops_a_replacement_and_a_removal(small: LiveStack) -> None:
    small.run(config_map(small, {"level": "info"}, protect=True))

    with pytest.raises(LiveError, match="ConfigMap default/settings is protected"):
        small.run(
            program(
                small,
                lambda opts: ConfigMap(
                    "settings", metadata={"name": "others", "namespace": "default"}, opts=opts
                ),
            )
        )
    with pytest.raises(LiveError, match="nothing was deleted: ConfigMap default/settings"):
        small.run(program(small, lambda _: None))

    assert live_object(small.api, "ConfigMap", "settings")["data"] == {"level": "info"}
    assert small.run(config_map(small, {"level": "info"})).changed is False


def test_a_failed_run_deletes_nothing_and_the_next_one_goes_on(small: LiveStack) -> None:
    def pair(label: str, *, immutable: str) -> Callable[[], None]:
        def body(opts: pulumi.ResourceOptions) -> None:
            first = ConfigMap(
                "first",
                metadata={"namespace": "default"},
                immutable=True,
                data={"value": immutable},
                opts=opts,
            )
            ConfigMap(
                "second",
                metadata={
                    "name": "second",
                    "namespace": "default",
                    "labels": {"label": label},
                },
                data={"first": first.metadata.apply(lambda m: m.name or "")},
                opts=opts,
            )

        return program(small, body)

    small.run(pair("good", immutable="1"))
    with pytest.raises(LiveError, match="Invalid value"):
        small.run(pair("not a label", immutable="2"))

    firsts = [
        item["metadata"]["name"]
        for item in small.api.list("v1", "ConfigMap", "default")
        if item["metadata"]["name"].startswith("first-")
    ]
    second = live_object(small.api, "ConfigMap", "second")
    assert len(firsts) == 2, "the old one serves until a run has succeeded"
    assert second["data"]["first"] in firsts

    summary = small.run(pair("better", immutable="2"))

    assert stems(summary.unchanged) == ["ConfigMap default/first-*"]
    assert summary.updated == ["ConfigMap default/second"]
    assert stems(summary.deleted) == ["ConfigMap default/first-*"]
    assert live_object(small.api, "ConfigMap", "second")["data"]["first"] in {
        name.rpartition("/")[2] for name in summary.unchanged
    }


def test_a_run_that_ended_between_note_and_request_goes_on(
    small: LiveStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = config_map(small, {"level": "info"})

    def cut_short(_: Api, object_: Object) -> Object:
        raise LiveError(f"no answer about {object_['kind']}")

    with monkeypatch.context() as patched:
        patched.setattr(Api, "apply", cut_short)
        with pytest.raises(LiveError, match="no answer about ConfigMap"):
            small.run(body)

    assert small.run(body).created == ["ConfigMap default/settings"]


def test_an_object_that_another_client_made_since_an_unsent_request_is_not_deleted(
    small: LiveStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_short(_: Api, object_: Object) -> Object:
        raise LiveError(f"no answer about {object_['kind']}")

    with monkeypatch.context() as patched:
        patched.setattr(Api, "apply", cut_short)
        with pytest.raises(LiveError, match="no answer"):
            small.run(config_map(small, {"level": "info"}))
    run_kubectl(
        cached_binaries()["kubectl"],
        small.cluster,
        *("-n", "default", "create", "configmap", "settings"),
    )
    try:
        small.destroy()
        assert live_object(small.api, "ConfigMap", "settings")["metadata"]["name"] == "settings"
    finally:
        remove(small.api, reference("ConfigMap", "settings"))
