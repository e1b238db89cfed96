from flask import Flask

from engine.errors import Conflict, Forbidden
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
