"""The URL of an alert's runbook."""


def link(runbooks: str, alert: str) -> str:
    """The URL of an alert's section in ``troubleshooting.md``.

    ``runbooks``: URL of the ``docs`` folder, without trailing slash. The anchor of a heading is its
    text in lower case on all common Git hosts.
    """
    return f"{runbooks}/troubleshooting.md#{alert.lower()}"
