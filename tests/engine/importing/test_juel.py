import pytest

from engine.feel import evaluate
from engine.importing.juel import condition_to_feel, to_feel


@pytest.mark.parametrize(
    ("drawn", "feel"),
    [
        ("plain", "plain"),  # no expression
        ("#{x}", "=x"),
        ("${user.name}", "=user.name"),
        ("${a > 5 && !b}", "=a > 5 and not(b)"),
        ("${a == 'x' || c ne \"y\"}", '=a = "x" or c != "y"'),
        ("${(a || b) && c}", "=(a or b) and c"),
        ("${a - (b - c)}", "=a - (b - c)"),
        ("${c % 2 eq 0}", "=modulo(c, 2) = 0"),
        ("${a ? 1 : 2}", "=if a then 1 else 2"),
        ("${execution.getVariable('x') == null}", "=x = null"),
        ("${list[0].name}", "=list[1].name"),  # FEEL counts from 1
        ("${!a.equals('b')}", '=not((a = "b"))'),
        ("Hi ${name}, you", '="Hi " + string(name) + ", you"'),
        ("${'a}b'}", '="a}b"'),  # a brace inside of a text
        ("${bean.load(x)}", None),  # Java
        ("${execution.processInstanceId}", None),
        ("${now()}", None),
        ("${", None),
        ("${a b}", None),
        ("${" + "(" * 3000 + "1" + ")" * 3000 + "}", None),
        ("${" + "!" * 3000 + "a}", None),
        ("${a}" * 3000, None),
    ],
)
def test_expressions_of_java_engines_become_feel(drawn: str, feel: str | None) -> None:
    assert to_feel(drawn) == feel


@pytest.mark.parametrize(
    ("drawn", "feel"),
    [
        ("=x", "=x"),
        ("${approved}", "=approved"),
        ("amount==5", "=amount = 5"),
        ("amount > 5", "=amount > 5"),
        ("x in [1..5]", "=x in [1..5]"),
        ("true", "=true"),
        ("yes", None),  # a label, not a condition
        ("Amount > 500 EUR", None),
        ("Is it good?", None),
    ],
)
def test_conditions_are_told_from_labels(drawn: str, feel: str | None) -> None:
    assert condition_to_feel(drawn) == feel


@pytest.mark.parametrize(
    ("value", "empty"), [(None, True), ("", True), ([], True), ("a", False), (0, False), ([1], False)]
)
def test_empty_means_in_feel_what_it_meant(value: object, empty: bool) -> None:
    expression = to_feel("${empty x}")
    assert expression is not None
    assert evaluate(expression[1:], {"x": value}).value is empty
