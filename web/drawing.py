"""How templates that others import are found: once, since all of them see the same."""

from jinja2 import Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context


class SharedTemplate(Template):
    """A template of the site. No template is given globals of its own, so what one exports is the same for all that
    import it; Jinja asks each time, name by name.
    """

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        return super()._get_default_module()
