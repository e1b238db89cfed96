"""What a wrong expression is answered with: the right place, and what to write instead."""

import pytest

from engine.errors import Invalid
from engine.feel import FeelSyntaxError, compile, compile_unary, evaluate

SLIPS = [
    # signs of other languages
    ("a == 1", 1, 3, "write `=` for equality"),
    ("a === 1", 1, 3, "write `=` for equality"),
    ("a !== 1", 1, 3, "write `!=` for inequality"),
    ("a <> 1", 1, 3, "write `!=` for inequality"),
    ("a => 1", 1, 3, "write `>=`"),
    ("a =< 1", 1, 3, "write `<=`"),
    ("a && b", 1, 3, "write `and`"),
    ("a || b", 1, 3, "write `or`"),
    ("!a", 1, 1, "write `not(…)`"),
    ("not a", 1, 5, "write `not(…)`"),
    ("a % 2", 1, 3, "modulo"),
    ("a ^ 2", 1, 3, "write `**`"),
    ("a := 2", 1, 3, "write `:`"),
    ("# note", 1, 1, "begins with `//`"),
    ("${a}", 1, 1, "without `${…}`"),
    ("a; b", 1, 2, "separated by `,`"),
    ("a = 'x'", 1, 5, "double quotes"),
    # signs of a Chinese keyboard
    ("金额 ＞ 5", 1, 4, "write `>`"),
    ("金额 ＜ 5", 1, 4, "write `<`"),
    ("金额 ＝ 5", 1, 4, "write `=`"),
    ("金额 ≥ 5", 1, 4, "write `>=`"),
    ("（1 + 2）", 1, 1, "write `(`"),
    ("(1 + 2）", 1, 7, "write `)`"),
    ("f(a， b)", 1, 4, "write `,`"),
    ("[1、2]", 1, 3, "write `,`"),
    ("a；b", 1, 2, "write `,`"),
    ("{键： 1}", 1, 3, "write `:`"),
    ("部门 = “财务”", 1, 6, 'write `"`'),
    ("１２ + 1", 1, 1, "write them as `12`"),
    ("1 + １２", 1, 5, "write them as `12`"),
    # words of other languages
    ("True", 1, 1, "write `true`"),
    ("a = None", 1, 5, "write `null`"),
    ("NULL = a", 1, 1, "write `null`"),
    ("a is null", 1, 3, "write `= null`"),
    ("a is not None", 1, 3, "write `!= null`"),
    ("a AND b", 1, 3, "small letters"),
    ("a OR b", 1, 3, "small letters"),
    ("x if c else y", 1, 3, "if condition then a else b"),
    ("c ? a : b", 1, 3, "if condition then a else b"),
    ("lambda x: x", 1, 8, "write `function(x) …`"),
    ("len(items)", 1, 1, "write `count(list)`"),
    ('1 + len("abc")', 1, 5, "string length"),
    ('upper("x")', 1, 1, "write `upper case(text)`"),
    # something is missing
    ("if a then b", 1, 12, "without both branches"),
    ("if a b else c", 1, 6, "without both branches"),
    ("if a then b else if c d", 1, 23, "without both branches"),
    ("for x in y", 1, 11, "write `for x in items return …`"),
    ("some x in y", 1, 12, "satisfies"),
    ("a between 1", 1, 12, "between low and high"),
    ("(a between 1)", 1, 13, "between low and high"),
    # `else` takes everything up to the bracket, the `and` too
    ("(a between if b then 1 else 2 and 3)", 1, 36, "between low and high"),
    ("(1 + 2", 1, 1, "add `)`"),
    ("[1, 2", 1, 1, "add `]`"),
    ("{a: 1", 1, 1, "add `}`"),
    ("f(1, (2)", 1, 2, "add `)`"),
    ('a = "abc', 1, 5, 'add `"`'),
    ("foo bar", 1, 5, "a name with spaces"),
    ("1..5", 1, 2, "write a range as `[1..5]`"),
    ("1)", 1, 2, "never opened"),
    ("f(a: 1, 2)", 1, 9, "name all arguments, or none"),
    # the place is counted in lines and columns
    ("a\n  + b\n  == 2", 3, 3, "write `=` for equality"),
]


@pytest.mark.parametrize(("source", "line", "column", "hint"), SLIPS)
def test_a_slip_is_answered_with_its_place_and_a_hint(source: str, line: int, column: int, hint: str) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile(source)
    error = caught.value
    assert (error.line, error.column) == (line, column)
    assert hint in error.hint
    assert error.code == "feel-syntax"
    assert error.facts["hint"] in error.message


WITHOUT_HINT = [
    ("", 1, "ends where a value is expected"),
    ("1 +", 4, "ends where a value is expected"),
    ("a.", 3, "ends where a value is expected"),
    ("10days", 3, "`days` right after the number 10"),
    ("* 3", 1, "unexpected `*`"),
    ("a and and b", 7, "unexpected `and`"),
    ("{1: 2}", 2, "expected a name"),
    ("a[1 2]", 5, "expected `]` instead of `2`"),
    ("(1, 2]", 3, "expected `)` instead of `,`"),
    ("(1 + 2]", 7, "expected `)` instead of `]`"),
    ("(1 +)", 5, "unexpected `)`"),
]


@pytest.mark.parametrize(("source", "column", "problem"), WITHOUT_HINT)
def test_any_other_mistake_is_named_at_its_place(source: str, column: int, problem: str) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile(source)
    assert caught.value.column == column
    assert problem in caught.value.problem


def test_the_caret_stands_below_the_place_even_after_chinese_text() -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile("金额 = 1 and\n部门 == 2")
    assert caught.value.excerpt == "部门 == 2\n\u3000\u3000 ^"


def test_a_syntax_error_is_invalid_input_with_facts_for_programs() -> None:
    with pytest.raises(Invalid) as caught:
        evaluate("a == {b}")
    facts = caught.value.facts
    assert (facts["line"], facts["column"]) == (1, 3)
    assert set(facts) == {"line", "column", "problem", "hint", "excerpt"}


def test_a_name_that_the_data_really_has_is_no_slip() -> None:
    assert evaluate("None = 3", {"None": 3}).value is True
    assert evaluate("{len: function(x) x + 1, y: len(2)}.y").value == 3


@pytest.mark.parametrize("source", ["< 10,", "not(1", "== 3", "[1..", "1 2"])
def test_a_wrong_cell_of_a_table_is_refused(source: str) -> None:
    with pytest.raises(FeelSyntaxError):
        compile_unary(source)
