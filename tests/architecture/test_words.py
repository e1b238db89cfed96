from tests.architecture.find_texts import errors, pages, untranslated


def test_every_text_has_its_other_language() -> None:
    assert len(list(pages())) > 100
    assert len(list(errors())) > 20
    assert [f"{text.locale} {text.place} {text.text}" for text in untranslated()] == []
