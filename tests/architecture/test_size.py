"""Modules of at most 300 lines, functions of at most 40. What is longer stands here with its reason."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
MODULE, FUNCTION = 300, 40
SOURCES = sorted(
    path
    for path in [*(ROOT / "engine").rglob("*.py"), *(ROOT / "web").rglob("*.py"), ROOT / "config.py"]
    if "node_modules" not in path.parts  # the packages of the browser's bundle, where it was built here
)

LONG_MODULES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {
    "engine/spiff/rewrites/refusals.py:_compensation": "refusals one after the other that share what they look up",
}


def test_modules_are_short() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in lengths.items() if lines > MODULE and name not in LONG_MODULES} == {}


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT)}:{node.name}", node


def test_functions_are_short() -> None:
    lengths = {name: code_lines(node) for name, node in functions()}
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION and name not in LONG_FUNCTIONS} == {}


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines without its docstring: explaining is not a fault."""
    first = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(node.body) > 1
    start = node.body[1].lineno if documented else first.lineno
    return (node.end_lineno or start) - start + 1


@pytest.mark.parametrize("listed", [*LONG_MODULES, *(name.partition(":")[0] for name in LONG_FUNCTIONS)])
def test_exceptions_are_still_needed(listed: str) -> None:
    path = ROOT / listed
    assert path.exists()
    assert listed not in LONG_MODULES or len(path.read_text(encoding="utf-8").splitlines()) > MODULE


def test_public_functions_and_classes_say_what_they_do() -> None:
    silent = []
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not ast.get_docstring(tree):
            silent.append(str(path.relative_to(ROOT)))
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
                continue
            if not ast.get_docstring(node):
                silent.append(f"{path.relative_to(ROOT)}:{node.name}")
    assert silent == []
