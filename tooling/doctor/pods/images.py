"""Why an image cannot be pulled. Pure; imports no SDK."""

from __future__ import annotations

import re
from typing import Final

from tooling.doctor.findings import Finding
from tooling.doctor.place import Place
from tooling.kit.masking import quote
from tooling.kubernetes.objects import Object, items, name, namespace, part, subject

REASONS: Final = {
    "ErrImagePull",
    "ErrImageNeverPull",
    "ImageInspectError",
    "ImagePullBackOff",
    "InvalidImageName",
    "RegistryUnavailable",
}
"""https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/images/types.go"""

# First match wins: a registry's refusal often quotes a "not found" of its own.
_BECAUSE: Final = (
    (
        r"\b429\b|toomanyrequests|too many requests",
        "the registry's rate limit is reached: pull from a mirror (langfuse.repository), or give "
        "credentials (cluster.imagePullSecrets)",
    ),
    (
        r"\b40[13]\b|unauthorized|denied|authorization failed|no basic auth",
        "the registry refuses it: name a pull Secret of the namespace in cluster.imagePullSecrets",
    ),
    (r"x509|certificate", "the node does not trust the registry's certificate"),
    (
        r"no such host|i/o timeout|connection refused|deadline exceeded|no route to host|dial tcp",
        "the node does not reach the registry",
    ),
    (r"no match for platform|exec format", "the image is not built for the node's architecture"),
    (r"not found|manifest unknown|\b404\b", "the registry has no such image or tag"),
    (r"InvalidImageName|invalid reference format", "its name is not one of an image"),
    (r"ErrImageNeverPull", "the node has no copy, and the pod forbids pulling"),
)


def reason(text: str) -> str | None:
    """The known reason that a kubelet's words give, or None."""
    because = (words for found, words in _BECAUSE if re.search(found, text, re.IGNORECASE))
    return next(because, None)


def not_pulled(pod: Object, container: Object, text: str, place: Place) -> Finding:
    """``text``: everything that the kubelet says about it."""
    specified = {
        item["name"]: item["image"]
        for key in ("initContainers", "containers")
        for item in items(part(pod, "spec"), key)
    }
    image = specified.get(container["name"]) or container.get("image")
    return Finding.error(
        "image-pull",
        subject(pod),
        f"The image {image} cannot be pulled: {reason(text) or quote(text)}",
        place.kubectl("describe", "pod", name(pod), namespace=namespace(pod)),
    )
