"""Changes, and what they come to when tokens meet."""

from typing import Any

import pytest

from engine.spiff.data import ABSENT, combined, differences, write


@pytest.mark.parametrize(
    ("old", "new", "now", "result"),
    [
        (1, 2, 1, 2),  # a value replaces
        (1, 1, 5, 5),  # what was not touched stays as others left it
        ({"x": 1}, {"x": 2}, {"x": 1, "y": 1}, {"x": 2, "y": 1}),  # objects entry by entry
        ({"x": 1}, {}, {"x": 1, "y": 1}, {"y": 1}),  # an entry that was removed
        ({"x": 1}, {"x": 1, "z": 3}, {"y": 1}, {"y": 1, "z": 3}),  # one that another branch removed stays removed
        ([1], [1, 2], [1, 3], [1, 3, 2]),  # a list that only grew gives what it gained
        ([1], [2], [1, 3], [2]),  # any other list replaces
        ({"a": {"b": 1}}, {"a": {"b": 2}}, {"a": {"b": 1, "c": 1}}, {"a": {"b": 2, "c": 1}}),  # at any depth
        ({"x": 1}, "text", {"x": 1, "y": 1}, "text"),  # another type replaces
    ],
)
def test_a_change_is_repeated_on_what_others_left(old: Any, new: Any, now: Any, result: Any) -> None:
    before = repr((old, new, now))
    assert combined(old, new, now) == result
    assert repr((old, new, now)) == before


def test_differences_written_again_give_the_same() -> None:
    before, after = {"a": 1, "gone": 2, "same": [1]}, {"a": 3, "new": 4, "same": [1]}
    data = dict(before)
    for change in differences(before, after, 1.0):
        write(data, change)
    assert data == after


def test_an_object_made_by_two_branches_has_the_entries_of_both() -> None:
    data: dict[str, Any] = {}
    write(data, (1.0, "o", ABSENT, {"x": 1}))
    write(data, (2.0, "o", ABSENT, {"y": 2}))
    assert data == {"o": {"x": 1, "y": 2}}
