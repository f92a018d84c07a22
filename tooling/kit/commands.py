"""Commands about one stack that can be pasted as they are. Pure; imports no provider SDK."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from stacks.names import NAMES
from stacks.settings import Settings
from stacks.settings.machinery.problems import full_key, set_command


def aws(*words: str, region: str | None = None, profile: str | None = None) -> str:
    """A command of the AWS CLI."""
    options = {"--region": region, "--profile": profile}
    given = [part for option, value in options.items() if value for part in (option, value)]
    return shlex.join(["aws", *words, *given])


@dataclass(frozen=True, kw_only=True)
class Commands:
    """Makes the commands of one stack, for the cluster that is really looked at."""

    stack: str
    namespace: str
    """Namespace of Langfuse."""
    context: str = ""
    """Empty: the one that kubectl takes by itself."""
    kubeconfig: str | None = None
    """File that has the context; None: where kubectl looks by itself."""
    region: str | None = None
    """AWS region, for a stack that is there."""
    profile: str | None = None
    login: str = ""
    """Command that makes the context, for one that the person does not have yet."""
    database: str = "statefulSet"
    """Engine of the stack's database."""
    clickhouse: str = ""
    """Engine of the stack's ClickHouse; empty where it has none."""
    cache: str = ""
    """Engine of its cache; empty where it has none."""
    storage: str = ""
    """Engine of its object storage; empty where it has none."""
    demo: bool = False
    """Whether the cluster is the demo's."""

    @classmethod
    def of(
        cls,
        settings: Settings,
        *,
        kubeconfig: str | Path | None = None,
        context: str | None = None,
        demo: bool = False,
    ) -> Self:
        """The commands of a stack; ``kubeconfig`` and ``context`` in place of its own.

        The context of an EKS cluster is made first: a stack's settings name no kubeconfig for it.
        """
        cluster, region, profile = settings.cluster, settings.aws.region, settings.aws.profile
        login, eks = "", cluster.eks_name
        if context is None and eks is not None:
            words = ("eks", "update-kubeconfig", "--name", eks, "--alias", eks)
            login = aws(*words, region=region, profile=profile)
            kubeconfig, context = None, eks
        else:
            kubeconfig = kubeconfig or cluster.kubeconfig
        return cls(
            stack=settings.stack,
            namespace=cluster.namespace,
            context=context or cluster.context or "",
            kubeconfig=str(Path(kubeconfig).expanduser()) if kubeconfig else None,
            region=region,
            profile=profile,
            login=login,
            database=settings.database.engine,
            clickhouse=settings.clickhouse.engine if settings.clickhouse else "",
            cache=settings.cache.engine if settings.cache else "",
            storage=settings.object_storage.engine if settings.object_storage else "",
            demo=demo,
        )

    @property
    def options(self) -> tuple[str, ...]:
        """kubectl's options that name the cluster."""
        named = {"kubeconfig": self.kubeconfig, "context": self.context}
        return tuple(f"--{name}={value}" for name, value in named.items() if value)

    def kubectl(self, *words: str, namespace: str | None = None) -> str:
        """A kubectl command, in a namespace or for the whole cluster."""
        where = ("-n", namespace) if namespace else ()
        command = shlex.join(("kubectl", *self.options, *where, *words))
        return f"{self.login} && {command}" if self.login else command

    def own(self, *words: str) -> str:
        """A kubectl command in Langfuse's namespace."""
        return self.kubectl(*words, namespace=self.namespace)

    def deployment(self, *words: str) -> str:
        """A kubectl command about Langfuse's Deployment."""
        return self.own(*words, f"deployment/{NAMES.langfuse}")

    def worker(self, *words: str) -> str:
        """A kubectl command about the Deployment of the workers."""
        return self.own(*words, f"deployment/{NAMES.worker}")

    def aws(self, *words: str) -> str:
        """An AWS CLI command in the stack's region, with its profile."""
        return aws(*words, region=self.region, profile=self.profile)

    def config_set(self, path: str, value: object = "", *, secret: bool = False) -> str:
        """The command that gives a configuration key a value; a secret one is prompted for."""
        command = set_command(full_key(path), value, secret=secret)
        words = "pulumi config set"
        return command.replace(words, f"{words} --stack {shlex.quote(self.stack)}", 1)

    def pulumi(self, *words: str) -> str:
        """A command of Pulumi about the stack."""
        return shlex.join(("pulumi", *words, "--stack", self.stack))

    def make(self, target: str, *variables: str) -> str:
        """A command of the Makefile about the stack."""
        return shlex.join(("make", target, f"STACK={self.stack}", *variables))

    def up(self) -> str:
        return self.make("up")

    def refresh_and_up(self) -> str:
        """Makes again what was deleted by hand: Pulumi does not make what its state still has."""
        return f"{self.pulumi('refresh')} && {self.up()}"

    def doctor(self, *, before: bool = False) -> str:
        """The doctor, on the same cluster."""
        if before:
            python = (".venv/bin/python", "-m", "tooling", "doctor")
            return shlex.join((*python, "--stack", self.stack, "--before"))
        return self.make("doctor", *self._demo)

    def smoke(self, *variables: str) -> str:
        """The smoke test, on the same cluster, with further variables of the Makefile."""
        return self.make("smoke", *self._demo, *variables)

    @property
    def _demo(self) -> tuple[str, ...]:
        return ("DEMO=1",) if self.demo else ()
