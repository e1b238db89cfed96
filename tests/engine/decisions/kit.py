"""Reads the test cases of the DMN Technology Compatibility Kit, which lies beside the repository or is absent."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from engine.feel import YearMonthDuration
from engine.feel.temporal import TEMPORAL_ERRORS, parse_date, parse_datetime, parse_duration, parse_time

#: Where the kit is looked for: a folder `shared/dmn-tck` beside the repository or one of its parents' neighbours.
_ROOT = Path(__file__).resolve().parents[3]
FOLDERS = [parent / "shared" / "dmn-tck" for parent in (_ROOT.parent, _ROOT.parent.parent)]

_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_XSI_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
#: Binary floating point in the kit's expected values has about this precision.
_TOLERANCE = Decimal("1E-8")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One expected result.

    Attributes:
        id: `folder/test case/result node`, by which known failures are listed.
        model: file of the model.
        others: further models of the folder, which it may import.
        node: name of the decision or service asked for.
        inputs: variables.
        expected: value wanted; None where an error is.
    """

    id: str
    model: Path
    others: tuple[Path, ...]
    node: str
    inputs: dict[str, Any]
    expected: Any


def find_kit() -> Path | None:
    """Return the kit's folder, if there is one."""
    return next((folder for folder in FOLDERS if folder.is_dir()), None)


def read_cases(kit: Path) -> Iterator[Case]:
    """Yield every expected result of the kit."""
    for path in sorted(kit.glob("*/*/*-test-*.xml")):
        root = etree.parse(path).getroot()
        model = path.parent / _text(root, "modelName")
        others = tuple(each for each in sorted(path.parent.glob("*.dmn")) if each != model)
        for test in _children(root, "testCase"):
            inputs = {node.get("name"): _value(node) for node in _children(test, "inputNode")}
            for result in _children(test, "resultNode"):
                node = test.get("invocableName") or result.get("name")
                expected = next(_children(result, "expected"), None)
                yield Case(
                    id=f"{path.parent.name}/{test.get('id')}/{result.get('name')}",
                    model=model,
                    others=others,
                    node=node,
                    inputs=inputs,
                    expected=_value(expected) if expected is not None else None,
                )


def _children(element: Any, name: str) -> Iterator[Any]:
    return (child for child in element if isinstance(child.tag, str) and etree.QName(child).localname == name)


def _text(element: Any, name: str) -> str:
    return "".join(next(_children(element, name)).itertext()).strip()


def _value(element: Any) -> Any:
    for child in _children(element, "value"):
        return _scalar(child)
    for child in _children(element, "list"):
        return [_value(item) for item in _children(child, "item")]
    components = list(_children(element, "component"))
    if components:
        return {child.get("name"): _value(child) for child in components}
    return None


def _scalar(element: Any) -> Any:
    if element.get(_XSI_NIL) == "true":
        return None
    text = element.text or ""
    of = (element.get(_XSI_TYPE) or "string").split(":")[-1]
    if of in ("decimal", "double", "float", "integer", "int", "long"):
        number = Decimal(text)
        return number if number.is_finite() else None
    if of == "boolean":
        return text == "true"
    readers = {"date": parse_date, "dateTime": parse_datetime, "time": parse_time, "duration": parse_duration}
    if of not in readers:
        return text
    try:
        value = readers[of](text)
    except TEMPORAL_ERRORS:
        value = None
    assert value is not None, text
    return value


def agrees(value: Any, expected: Any) -> bool:
    """Say whether a value is what the kit expects, numbers to eight digits."""
    if isinstance(value, Decimal) and isinstance(expected, Decimal):
        return abs(value - expected) <= _TOLERANCE * max(1, abs(expected))
    if isinstance(value, list) and isinstance(expected, list):
        return len(value) == len(expected) and all(map(agrees, value, expected))
    if isinstance(value, dict) and isinstance(expected, dict):
        return value.keys() == expected.keys() and all(agrees(value[key], expected[key]) for key in expected)
    if isinstance(value, datetime.datetime) and isinstance(expected, datetime.datetime):
        return (value.tzinfo is None) == (expected.tzinfo is None) and value == expected
    if isinstance(value, datetime.time) and isinstance(expected, datetime.time):
        # a time in a named zone equals itself only
        return value.replace(tzinfo=None) == expected.replace(tzinfo=None) and str(value.tzinfo) == str(expected.tzinfo)
    if isinstance(value, YearMonthDuration) or isinstance(expected, YearMonthDuration):
        return value == expected or (_none(value) and _none(expected))
    return type(value) is type(expected) and value == expected


def _none(value: Any) -> bool:
    """Say whether a duration is empty; `P0D` and `P0M` are the same text in the kit."""
    return value in (YearMonthDuration(0), datetime.timedelta(0))
