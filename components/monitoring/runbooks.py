"""Where an alert's runbook stands."""


def link(runbooks: str, alert: str) -> str:
    """The URL of an alert's section in ``troubleshooting.md``.

    ``runbooks``: URL of the ``docs`` folder, without trailing slash. A heading's anchor is its text
    in lower case, on every host of Git repositories.
    """
    return f"{runbooks}/troubleshooting.md#{alert.lower()}"
