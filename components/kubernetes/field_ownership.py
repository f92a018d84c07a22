"""Who may set the fields of an object: Pulumi's annotations for Server-Side Apply."""

from typing import Final

OURS_ALONE: Final = {"pulumi.com/patchForce": "true"}
"""For an object that only the stack writes, and whose lists the API server fills in.

An update that was killed leaves an object that the state does not have. The next one applies it
again under another name of a field manager. The API server then compares lists as a whole: one
that it has filled in with defaults, such as a StatefulSet's claims, differs from the same list as
the stack writes it, and counts as another manager's. With the annotation the stack takes it over
(https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/).
"""
