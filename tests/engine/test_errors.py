"""What the engine says stays translatable until somebody reads it."""

import copy
import json

import pytest

from engine.errors import Invalid, Phrase, enumerated, reason_of
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


def test_phrase_kept_in_a_row_comes_back_as_what_it_was() -> None:
    kept = json.loads(json.dumps(Phrase("{what}; {n}", what=Phrase("it takes {most}", most=3), n=None).to_json()))
    phrase = Phrase.from_json(kept)
    assert phrase == "it takes 3; None"
    assert (phrase.template, phrase.facts["what"].template) == ("{what}; {n}", "it takes {most}")


def test_texts_of_a_phrase_are_changed_and_its_own_words_are_not() -> None:
    phrase = Phrase("{function}: a {problem}", function="a", problem=Phrase("a {value}", value="a"))
    assert phrase.with_texts(str.upper) == "A: a a A"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Invalid("x", "{thing} is wrong", thing="it"), "it is wrong"),
        # a phrase within an exception that is none of ours
        (ValueError(Phrase("{value} is too long", value="P1Y")), "P1Y is too long"),
        (ZeroDivisionError("division by zero"), "an unexpected error: ZeroDivisionError: division by zero"),
        (KeyError(), "an unexpected error: KeyError"),
    ],
)
def test_every_exception_has_a_reason_that_can_be_translated(error: Exception, said: str) -> None:
    reason = reason_of(error)
    assert (reason, isinstance(reason, Phrase)) == (said, True)


def test_several_phrases_are_read_as_one() -> None:
    assert enumerated([Phrase("a"), Phrase("b"), Phrase("c")]) == "a; b; c"
