"""Stubs of the kinds that only clusters in Auto Mode have.

Written for tests from AWS's and Karpenter's pages: they are not AWS's definitions, and say so.
"""

from __future__ import annotations

from typing import Any, Final

from tooling.kubernetes.api import Object

_TEXTS: Final[Object] = {"type": "array", "items": {"type": "string"}}


def _structure(**properties: Any) -> Object:  # noqa: ANN401 - a schema
    return {"type": "object", "properties": properties}


_TEXT: Final[Object] = {"type": "string"}
_NODE_POOL: Final = _structure(
    template=_structure(
        spec=_structure(
            nodeClassRef={
                **_structure(group=_TEXT, kind=_TEXT, name=_TEXT),
                "required": ["group", "kind", "name"],
            },
            requirements={
                "type": "array",
                "maxItems": 100,
                "items": {
                    **_structure(
                        key=_TEXT,
                        operator={
                            "type": "string",
                            "enum": ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"],
                        },
                        values=_TEXTS,
                    ),
                    "required": ["key", "operator"],
                },
            },
            expireAfter={"type": "string", "pattern": r"^(([0-9]+(s|m|h))+|Never)$"},
            terminationGracePeriod={"type": "string", "pattern": r"^([0-9]+(s|m|h))+$"},
        )
    ),
    limits={"type": "object", "additionalProperties": {"x-kubernetes-int-or-string": True}},
    disruption={
        **_structure(
            consolidationPolicy={
                "type": "string",
                "enum": ["WhenEmpty", "WhenEmptyOrUnderutilized", "Balanced"],
            },
            consolidateAfter={"type": "string", "pattern": r"^(([0-9]+(s|m|h))+|Never)$"},
            budgets={
                "type": "array",
                "items": _structure(nodes={"type": "string", "pattern": r"^[0-9]+%?$"}),
            },
        ),
        "required": ["consolidateAfter"],
    },
)


def _stub(group: str, version: str, kind: str, spec: Object) -> Object:
    plural = kind.lower() + ("" if kind.endswith("s") else "s")
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{plural}.{group}",
            "annotations": {"agent-observability/stub": "for tests"},
        },
        "spec": {
            "group": group,
            "scope": "Cluster",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "description": "A stub, not the definition of AWS or Karpenter.",
                            **_structure(spec=spec),
                        }
                    },
                }
            ],
        },
    }


STUBS: Final = (
    _stub("karpenter.sh", "v1", "NodePool", _NODE_POOL),
    _stub("karpenter.sh", "v1", "NodeClaim", _structure(nodeClassRef=_structure(name=_TEXT))),
    _stub("eks.amazonaws.com", "v1", "IngressClassParams", _structure(sslPolicy=_TEXT)),
)
