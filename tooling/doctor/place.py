"""Where a stack is, as the commands that the doctor suggests name it. Pure; imports no SDK."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace

from stacks.names import NAMES
from stacks.settings import Settings
from stacks.settings.machinery.problems import full_key, set_command


@dataclass(frozen=True, kw_only=True)
class Place:
    """Makes commands that can be pasted as they are."""

    stack: str
    namespace: str
    """Namespace of Langfuse."""
    context: str
    kubeconfig: str | None = None
    """File that has the context; None: where kubectl looks by itself."""
    database: str = "statefulSet"
    """Engine of the stack's database."""
    region: str | None = None
    """AWS region, for a stack that is there."""
    profile: str | None = None
    login: str = ""
    """Command that makes the context, for one that the person does not have yet."""
    options: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        file = ("--kubeconfig", self.kubeconfig) if self.kubeconfig else ()
        object.__setattr__(self, "options", (*file, "--context", self.context))

    def kubectl(self, *words: str, namespace: str | None = None) -> str:
        """A kubectl command, in a namespace or for the whole cluster."""
        where = ("-n", namespace) if namespace else ()
        command = shlex.join(("kubectl", *self.options, *where, *words))
        return f"{self.login} && {command}" if self.login else command

    def config_set(self, path: str, value: object, *, secret: bool = False) -> str:
        """The command that gives a configuration key a value in this stack."""
        command = set_command(full_key(path), value, secret=secret)
        first, _, rest = command.partition("pulumi config set ")
        return f"{first}pulumi config set --stack {shlex.quote(self.stack)} {rest}"

    def aws(self, *words: str) -> str:
        """An AWS CLI command in the stack's region, with its profile."""
        region = ("--region", self.region) if self.region else ()
        profile = ("--profile", self.profile) if self.profile else ()
        return shlex.join(("aws", *words, *region, *profile))

    def up(self) -> str:
        return shlex.join(("make", "up", f"STACK={self.stack}"))

    def doctor(self, *, before: bool = False) -> str:
        """This doctor again."""
        if before:
            python = (".venv/bin/python", "-m", "tooling.doctor")
            return shlex.join((*python, "--stack", self.stack, "--before"))
        return shlex.join(("make", "doctor", f"STACK={self.stack}"))

    def refresh_and_up(self) -> str:
        """Makes again what somebody deleted: Pulumi does not make what its state still has."""
        return f"{self.pulumi('refresh')} && {self.up()}"

    def pulumi(self, *words: str) -> str:
        """A command of Pulumi about the stack."""
        return shlex.join(("pulumi", *words, "--stack", self.stack))

    @property
    def new_password(self) -> str:
        """The command that gives server and pods one password again."""
        if self.database == "external":
            return self.config_set("database.password", "", secret=True)
        wanted = f"**::{NAMES.postgres_password}"
        return shlex.join(("pulumi", "up", "--stack", self.stack, "--replace", wanted))

    @property
    def look_at_database(self) -> str:
        """The command that shows whether the database is there to be reached."""
        if self.database == "rds":
            shown = "DBInstances[].[DBInstanceIdentifier,DBInstanceStatus,Endpoint.Address]"
            query = ("--query", shown, "--output", "table")
            return self.aws("rds", "describe-db-instances", *query)
        if self.database == "external":
            return self.kubectl(
                "get", "networkpolicy", NAMES.migration, "-o", "yaml", namespace=self.namespace
            )
        selector = "app.kubernetes.io/component=database"
        return self.kubectl("get", "pods", "-l", selector, "-o", "wide", namespace=self.namespace)

    @property
    def unreachable_because(self) -> str:
        """What keeps pods from the database, for this kind of it."""
        return {
            "rds": "its security group admits the cluster's own security group and those in "
            "database.clientSecurityGroupIds: nodes of a launch template with groups of its own "
            "carry neither; or the instance is not available",
            "external": "the host or the port is wrong, a firewall stands between, or the server "
            "is down",
        }.get(self.database, "its pod is not ready, or a NetworkPolicy keeps the pods apart")


def of(settings: Settings, context: str, kubeconfig: str | None, login: str = "") -> Place:
    """The place of a stack, on the cluster that is really looked at."""
    return Place(
        stack=settings.stack,
        namespace=settings.cluster.namespace,
        context=context,
        kubeconfig=kubeconfig,
        database=settings.database.engine,
        region=settings.aws.region,
        profile=settings.aws.profile,
        login=login,
    )


def on_eks(settings: Settings) -> Place:
    """The place of a stack on EKS whose cluster was not reached: no kubeconfig names it yet."""
    cluster = settings.cluster.eks_name or ""
    somewhere = of(settings, cluster, None)
    words = ("eks", "update-kubeconfig", "--name", cluster, "--alias", cluster)
    return replace(somewhere, login=somewhere.aws(*words))
