"""Rich text that people wrote, made safe to show."""

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
_BLOCKS = {"blockquote", "br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "p", "pre"}
_LISTS = {"dd", "dl", "dt", "li", "ol", "ul"}
_TABLES = {"table", "tbody", "td", "th", "thead", "tr"}
_WORDS = {"a", "b", "code", "del", "em", "i", "img", "s", "small", "span", "strong", "sub", "sup", "u"}
_TAGS = _BLOCKS | _LISTS | _TABLES | _WORDS
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_SCHEMES = {"http", "https", "mailto", "tel"}


def clean_html(text: str | None) -> Markup:
    """Return HTML with scripts, styles, frames, forms and unknown addresses taken out."""
    cleaned = nh3.clean(
        text or "", tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener noreferrer nofollow"
    )
    return Markup(cleaned)  # noqa: S704  nh3 has just sanitised it


def render_markdown(text: str | None) -> Markup:
    """Return Markdown (CommonMark with tables) as safe HTML; HTML inside it is shown as text."""
    return clean_html(_MARKDOWN.render(text or ""))
