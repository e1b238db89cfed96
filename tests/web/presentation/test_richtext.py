import pytest

from web.presentation.richtext import clean_html, render_markdown


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**加粗**", "<p><strong>加粗</strong></p>"),
        ("<script>bad()</script>", "<p>&lt;script&gt;bad()&lt;/script&gt;</p>"),  # HTML in Markdown is text
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](https://a.example)", '<p><a href="https://a.example" rel="noopener noreferrer nofollow">x</a></p>'),
        ("一行\n二行", "<p>一行<br>\n二行</p>"),  # a typed line end is meant
        ("", ""),
        (None, ""),
    ],
)
def test_markdown_becomes_safe_html(text: str | None, html: str) -> None:
    assert render_markdown(text).strip() == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<p onclick='x()' style='color:red'>好</p>", "<p>好</p>"),
        ("<script>bad()</script>好", "好"),
        ("<iframe src='https://a.example'></iframe>好", "好"),
        ("<a href='javascript:x()'>好</a>", '<a rel="noopener noreferrer nofollow">好</a>'),
        ("<form><input name='x'></form>好", "好"),
    ],
)
def test_html_loses_what_could_act(text: str, html: str) -> None:
    assert clean_html(text) == html
