"""What templates may call: filters and functions for times, rich text and form fields."""

from flask import Flask

from web.presentation.addresses import is_language, with_query
from web.presentation.assets import icon_sheet, mark, svg_icon, version_static
from web.presentation.devices import device
from web.presentation.fields import at, column_span, field_id, flatten_errors, resolve_name
from web.presentation.richtext import clean_html, render_markdown
from web.presentation.times import exact, form_value, instant, isoformat, on_day, time_left, told

FILTERS = {
    "at": at,
    "clean_html": clean_html,
    "device": device,
    "exact": exact,
    "field_id": field_id,
    "flatten_errors": flatten_errors,
    "form_value": form_value,
    "instant": instant,
    "isoformat": isoformat,
    "md": render_markdown,
    "on_day": on_day,
}
FUNCTIONS = {
    "N_": mark,
    "column_span": column_span,
    "icon_sheet": icon_sheet,
    "is_language": is_language,
    "resolve_name": resolve_name,
    "svg_icon": svg_icon,
    "time_left_of": time_left,
    "told": told,
    "with_query": with_query,
}


def register(app: Flask) -> None:
    """Give the app's templates the filters and functions that the components use, and its static files versions.

    Args:
        app: an application with Flask-Babel, whose locale and time zone the words and times follow.
    """
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(FUNCTIONS)
    version_static(app)
