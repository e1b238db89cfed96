import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from find_texts import errors, pages, untranslated  # noqa: E402


def test_every_text_has_its_other_language() -> None:
    assert len(list(pages())) > 100
    assert len(list(errors())) > 20
    assert [f"{text.locale} {text.place} {text.text}" for text in untranslated()] == []
