"""Write the generated files, or check that they are as they would be written.

python -m tooling.docs            write them
python -m tooling.docs --check    exit with 1 and name the stale ones
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tooling.docs import files


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tooling.docs", description=files.__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, name stale files")
    check = parser.parse_args(arguments).check
    stale = files.stale()
    if check:
        for path in stale:
            sys.stderr.write(f"{_name(path)} is stale: run `make docs` and commit the result\n")
        return 1 if stale else 0
    for path, text in files.generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{'wrote' if path in stale else 'unchanged'} {_name(path)}\n")
    return 0


def _name(path: Path) -> str:
    return path.relative_to(files.ROOT).as_posix()


if __name__ == "__main__":
    sys.exit(main())
