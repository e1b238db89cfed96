"""What the engine says stays translatable until somebody reads it."""

import copy
import json

import pytest

from engine.errors import Invalid, Phrase
from engine.feel import FeelSyntaxError, compile


def test_phrase_reads_in_english_and_knows_its_template() -> None:
    inner = Phrase("end of the expression")
    phrase = Phrase("unexpected {found}", found=inner)
    assert phrase == "unexpected end of the expression"
    assert (phrase.template, phrase.facts["found"].template) == ("unexpected {found}", "end of the expression")


def test_phrase_without_facts_keeps_its_braces() -> None:
    assert Phrase("`{` begins a context such as `{key: value}`") == "`{` begins a context such as `{key: value}`"


def test_phrase_with_a_fact_missing_is_its_template() -> None:
    assert Phrase("{here} and {there}", here=1) == "{here} and {there}"


def test_phrase_is_text_to_everybody_else() -> None:
    phrase = Phrase("{count} steps", count=3)
    assert json.loads(json.dumps(phrase)) == "3 steps"
    assert copy.deepcopy(phrase).facts == {"count": 3}


def test_message_of_an_error_is_a_phrase_that_another_error_can_hold() -> None:
    cause = Invalid("no-xml", "the model is no XML: {problem}", problem="line 1")
    error = Invalid("unreadable", "{file}: {reason}", file="a.dmn", reason=cause.message)
    assert error.message == "a.dmn: the model is no XML: line 1"
    assert error.facts["reason"].template == "the model is no XML: {problem}"


def test_syntax_error_says_problem_and_hint_as_phrases() -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile("len(a)")
    facts = caught.value.facts
    assert (facts["problem"].template, facts["hint"].template) == (
        "there is no function `{name}`",
        "write `{code}`, or `{other}`",
    )
