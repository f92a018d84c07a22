"""The files of a rendered stack: their names, their text, and their folder."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from tooling.render import mermaid, summary
from tooling.render.model import KubernetesObject, ProviderResource, RenderedStack, RenderError
from tooling.render.text import to_yaml

SUMMARY = "SUMMARY.md"


def to_files(stack: RenderedStack) -> dict[str, str]:
    """Every file of a rendered stack: its text by its path."""
    texts = {
        f"objects/{name}": to_yaml(item.manifest) for name, item in object_paths(stack.objects)
    }
    resources = [(f"releases/{item.logical_name}.yaml", item) for item in stack.releases]
    resources += [(f"aws/{_aws_stem(item)}.yaml", item) for item in stack.aws]
    texts |= {
        path: to_yaml(
            {"type": item.type, "name": item.logical_name, **_protect(item), "inputs": item.inputs}
        )
        for path, item in resources
    }
    if len(texts) != len(stack.objects) + len(resources):
        raise RenderError("two AWS resources have one type and one name")
    return texts | {
        "generated.yaml": to_yaml(
            [
                {
                    "name": item.logical_name,
                    "type": item.type,
                    "generates": item.inputs,
                    "protect": item.protect,
                }
                for item in stack.generated
            ]
        ),
        "providers.yaml": to_yaml(
            [
                {"name": item.logical_name, "type": item.type, "inputs": item.inputs}
                for item in stack.providers
            ]
        ),
        "graph.mmd": mermaid.to_mermaid(stack.graph),
        SUMMARY: summary.to_markdown(stack),
    }


def object_paths(objects: Iterable[KubernetesObject]) -> list[tuple[str, KubernetesObject]]:
    """A path for each object: by namespace, kind and name.

    An object that the provider names has its logical name in the path, so that the file of one
    that is replaced stays the same and shows its new name inside.
    """
    found = [(_path(item, item.name), item) for item in objects]
    stable = [
        (
            _path(
                item, re.sub(rf"^({re.escape(item.logical_name)})-[0-9a-f]{{8}}$", r"\1", item.name)
            )
        )
        for _, item in found
    ]
    taken = Counter(stable)
    named = [
        (path if taken[path] == 1 else longer, item)
        for path, (longer, item) in zip(stable, found, strict=True)
    ]
    taken = Counter(path for path, _ in named)
    return [
        (path if taken[path] == 1 else _path(item, f"{item.name}.{item.key[0] or 'core'}"), item)
        for path, item in named
    ]


def write(files: Mapping[str, str], folder: Path) -> None:
    """Put the files in place of the folder; all of them or, if something goes wrong, none."""
    if not replaceable(folder):
        raise RenderError(
            f"{folder} holds something else than a rendered stack, and would be emptied: "
            "choose another --out"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        new, old = Path(temporary) / "new", Path(temporary) / "old"
        for path, text in files.items():
            file = new / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            if old.exists():
                shutil.move(old, folder)
            raise


def replaceable(folder: Path) -> bool:
    """Whether a folder is missing, empty, or was written by this tool."""
    if not folder.exists():
        return True
    if not folder.is_dir() or folder.is_symlink():
        return False
    mark = folder / SUMMARY
    if mark.is_file():
        return mark.read_text(encoding="utf-8", errors="replace").startswith(summary.MARKER)
    return not any(folder.iterdir())


def _path(item: KubernetesObject, name: str) -> str:
    return f"{item.namespace or 'cluster'}/{item.kind.lower()}-{name}.yaml"


def _aws_stem(item: ProviderResource) -> str:
    module, _, _name = item.type.removeprefix("aws:").partition(":")
    return f"{module.replace('/', '-').lower()}-{item.logical_name}"


def _protect(item: ProviderResource) -> dict[str, bool]:
    return {"protect": True} if item.protect else {}
