"""Forms: a form-js schema becomes a marshmallow schema and the layout of a page."""

from engine.forms.components import Component, Option
from engine.forms.form import Form
from engine.forms.messages import Problem, Translate
from engine.forms.view import Choice, Part

__all__ = ["Choice", "Component", "Form", "Option", "Part", "Problem", "Translate"]
