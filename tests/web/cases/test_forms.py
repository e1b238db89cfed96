"""Rows of a list whose fields depend on what stands in their own row."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import render_template_string

from engine.forms import Form
from tests.web.styleguide import styleguide_app
from web.cases.forms import ShownForm

NOW = datetime(2026, 3, 18, 2, 0, tzinfo=UTC)
ROWS = {
    "type": "dynamiclist", "id": "rows", "path": "people", "components": [
        {"type": "checkbox", "id": "here", "key": "here", "label": "到场"},
        {
            "type": "textfield", "id": "why", "key": "why", "label": '="为什么" + "没有来"',
            "validate": {"required": True}, "conditional": {"hide": "=this.here = true"},
        },
        {"type": "text", "id": "late", "text": "请说明原因", "conditional": {"hide": "=this.here = true"}},
        {
            "type": "group", "id": "proof", "path": "proof", "label": "证明",
            "conditional": {"hide": "=this.here = true"},
            "components": [{"type": "textfield", "id": "paper", "key": "paper", "label": "材料"}],
        },
    ],
}  # fmt: skip


@pytest.fixture
def form() -> Form:
    return Form.read(json.dumps({"type": "default", "id": "f", "components": [ROWS]}).encode())


def shown(form: Form, *rows: dict[str, Any]) -> ShownForm:
    return ShownForm.make(form, {}, {"people": list(rows)}, NOW)


def drawn(form: ShownForm) -> str:
    source = (
        '{% from "components/form_fields.html" import form_fields %}'
        "{{ form_fields(form.components, form.data, form.errors, form.hidden, form.options) }}"
    )
    with styleguide_app().test_request_context():
        return render_template_string(source, form=form).partition("<template>")[0]


def test_each_row_shows_what_its_own_fields_ask_for(form: Form) -> None:
    page = drawn(shown(form, {"here": True}, {"here": False}))
    assert 'name="people.0.here"' in page
    assert 'name="people.0.why"' not in page
    assert 'name="people.1.why"' in page
    assert 'name="people.0.proof.paper"' not in page
    assert 'name="people.1.proof.paper"' in page


def test_what_is_only_shown_and_the_frame_of_a_group_go_with_their_row(form: Form) -> None:
    page = drawn(shown(form, {"here": True}, {"here": False}))
    assert page.count("请说明原因") == 1
    assert page.count("证明") == 1


def test_a_label_that_is_computed_is_so_where_the_first_row_hides_it(form: Form) -> None:
    page = drawn(shown(form, {"here": True}, {"here": False}))
    assert "为什么没有来" in page
    assert "=&#34;" not in page


def test_a_hidden_field_of_a_row_is_not_asked_for_and_a_shown_one_is(form: Form) -> None:
    assert form.load({"people": [{"here": True}]}, {}, now=NOW) == {"people": [{"here": True}]}
    refused = shown(form, {"here": False}).hidden
    assert "people.0.why" not in refused
