import re
from collections import Counter

import pytest
from babel.messages.pofile import read_po

from tests.architecture.find_texts import errors, pages, unseen, untranslated
from web.languages import CATALOGUES

ENTRIES = [
    (path, message) for path in sorted(CATALOGUES.rglob("*.po")) for message in read_po(path.open("rb")) if message.id
]
_FACT = re.compile(r"%\((\w+)\)|\{(\w+)(?:[!:][^}]*)?\}")


def test_every_text_has_its_other_language() -> None:
    assert len(list(pages())) > 100
    assert len(list(errors())) > 20
    assert [f"{text.locale} {text.place} {text.text}" for text in untranslated()] == []


def test_no_error_is_put_together_where_nobody_can_translate_it() -> None:
    assert unseen() == []


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_no_text_is_translated_in_two_files(locale: str) -> None:
    times = Counter(str(message.id) for path, message in ENTRIES if path.parent.name == locale)
    assert [text for text, count in times.items() if count > 1] == []


def test_no_translation_is_left_over() -> None:
    said = {text.text for text in [*pages(), *errors()]}
    singular = ((path, message.id if isinstance(message.id, str) else message.id[0]) for path, message in ENTRIES)
    assert [f"{path.parent.name}/{path.name}: {text}" for path, text in singular if text not in said] == []


def test_translations_name_no_fact_that_their_text_has_not() -> None:
    wrong = []
    for path, message in ENTRIES:
        given = {name for text in _texts(message.id) for pair in _FACT.findall(text) for name in pair}
        used = {name for text in _texts(message.string) for pair in _FACT.findall(text) for name in pair}
        if used - given:
            wrong.append(f"{path.parent.name}/{path.name}: {message.id}: {sorted(used - given)}")
    assert wrong == []


def _texts(said: object) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else tuple(said)  # type: ignore[arg-type]
