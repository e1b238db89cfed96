import pytest
from flask import Flask

from engine.errors import Conflict, Forbidden
from engine.feel import FeelError, compile
from web.words import say


def test_error_of_the_engine_is_said_in_chinese_with_its_facts_in_words(app: Flask) -> None:
    error = Forbidden(
        "task-of-another-unit",
        "“{task}” is for the role {role} of {unit}, which you do not hold. Somebody who holds it can take it.",
        task="核实情况",
        role="street_centre",
        unit="东街道",
    )
    with app.test_request_context():
        assert say(error) == "“核实情况”由东街道的街道中心办理，您不担任这一岗位。请由担任者认领。"


def test_instants_of_an_error_are_said_in_the_readers_zone(app: Flask) -> None:
    error = Conflict("taken", "{who} at {when}", who="李明", when="2026-03-18T02:00:00+00:00")
    with app.test_request_context():
        assert say(error) == "李明 at 2026年3月18日 10:00"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("金额 == 1", "第 1 行第 4 列：`==` 用在这里不对；相等请写 `=`"),  # a hint that stands as it is
        ("len(a)", "第 1 行第 1 列：没有函数 `len`；请写成 `count(list)` 或 `string length(text)`"),  # with facts
        ("1 +", "第 1 行第 4 列：表达式在需要一个值的地方就结束了"),  # no hint
        ("(" * 300 + "1" + ")" * 300, "表达式的嵌套层数最多"),  # what is limited is a phrase too
    ],
)
def test_mistake_in_an_expression_is_said_in_chinese_with_its_hint(app: Flask, source: str, said: str) -> None:
    with pytest.raises(FeelError) as caught:
        compile(source)
    with app.test_request_context():
        assert say(caught.value).startswith(said)
