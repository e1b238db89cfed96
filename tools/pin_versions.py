"""Write constraints.txt: the exact version of everything that `.[test]` brings, as installed here."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
HEAD = "# The versions that the tests ran with; `make demo` and `make test` install these. By `make constraints`.\n"


def pinned() -> list[str]:
    """Return `name==version` lines of the project's dependencies and theirs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting = [Requirement(text) for text in project["dependencies"] + project["optional-dependencies"]["test"]]
    seen: dict[tuple[str, frozenset[str]], str] = {}
    while waiting:
        wanted = waiting.pop()
        key = (re.sub(r"[-_.]+", "-", wanted.name).lower(), frozenset(wanted.extras))
        try:
            found = distribution(key[0])
        except PackageNotFoundError:
            raise SystemExit(f"{wanted.name} is not installed here: install .[test] first") from None
        if key in seen:
            continue
        seen[key] = f"{found.metadata['Name']}=={found.version}"
        for text in found.requires or []:
            needed = Requirement(text)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in {"", *key[1]}):
                needed.marker = None
                waiting.append(needed)
    return sorted(set(seen.values()), key=str.lower)


if __name__ == "__main__":
    lines = pinned()
    (ROOT / "constraints.txt").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} versions")
