"""The DMN Technology Compatibility Kit, as far as it lies beside the repository."""

from pathlib import Path
from typing import Any

import pytest

from engine.decisions import DecisionError, Model
from engine.errors import EngineError
from tests.engine.decisions.kit import Case, agrees, find_kit, read_cases

_KIT = find_kit()
_KNOWN = Path(__file__).with_name("known_failures.txt")
#: What must be reached whatever is listed as known.
_LEAST = 0.99

pytestmark = pytest.mark.skipif(_KIT is None, reason="the DMN TCK is not there: put it into shared/dmn-tck beside us")


def read_known() -> dict[str, str]:
    """Return the ids of known failures with their reasons."""
    lines = [line for line in _KNOWN.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split(" # ", 1) for line in lines)


def _read(case: Case, models: dict[Path, Model]) -> Model:
    if case.model not in models:
        others = [Model.read(path.read_bytes()) for path in case.others]
        models[case.model] = Model.read(case.model.read_bytes(), {other.namespace: other for other in others})
    return models[case.model]


def _decide(case: Case, models: dict[Path, Model]) -> Any:
    try:
        return _read(case, models).decide(case.node, case.inputs).value
    except EngineError as problem:
        # a formula that does not parse has no value; the kit expects null and an error then
        return None if isinstance(problem, DecisionError) and case.expected is None else problem


@pytest.fixture(scope="module")
def failures() -> tuple[set[str], int]:
    """The ids of the cases that fail, and how many cases there are."""
    assert _KIT is not None
    models: dict[Path, Model] = {}
    cases = list(read_cases(_KIT))
    return {case.id for case in cases if not agrees(_decide(case, models), case.expected)}, len(cases)


def test_no_case_fails_that_is_not_known(failures: tuple[set[str], int]) -> None:
    failed, _ = failures
    assert failed - read_known().keys() == set()


def test_no_case_passes_that_is_listed_as_failing(failures: tuple[set[str], int]) -> None:
    failed, _ = failures
    assert _KIT is not None
    present = {case.id for case in read_cases(_KIT)}
    assert (read_known().keys() & present) - failed == set()


def test_the_kit_passes_but_for_few_cases(failures: tuple[set[str], int]) -> None:
    failed, total = failures
    print(f"{total - len(failed)} of {total} results")
    assert total > 0
    assert 1 - len(failed) / total >= _LEAST


def test_level_two_is_complete(failures: tuple[set[str], int]) -> None:
    failed, _ = failures
    assert _KIT is not None
    level = {folder.name for folder in (_KIT / "compliance-level-2").glob("*")}
    assert [each for each in failed if each.split("/")[0] in level] == []


def test_every_known_failure_has_a_reason() -> None:
    assert all(reason.strip() for reason in read_known().values())
