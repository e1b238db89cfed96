"""The API: the same services as the pages, for programs. Bearer tokens, problem+json, Idempotency-Key, OpenAPI 3."""

from typing import Any, Final

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from flask_smorest import Api

from web.guard import csrf

VERSION: Final = "v1"
_ABOUT: Final = """\
The same services as the pages, for programs.

A program sends `Authorization: Bearer <token>`, made by `chuishao token add`; it may do what the member of staff may \
whom the token stands for. Every error is `application/problem+json` with a stable `code`. A request that changes \
something may carry an `Idempotency-Key`: repeated, it does nothing again. `Accept-Language: en` answers in English."""


def init_api(app: Flask) -> None:
    """Put the API below `/api/v1`, and its description at `/api/v1/openapi.json`."""
    from web.api.cases import blueprint as cases
    from web.api.processes import blueprint as processes
    from web.api.verbs import blueprint as verbs
    from web.api.work_items import blueprint as work_items
    from web.auth.access import public

    app.config.update(
        API_TITLE="Chuishao",
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.0.3",
        OPENAPI_URL_PREFIX=f"/api/{VERSION}",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
            "security": [{"token": []}],
            "info": {"description": _ABOUT},
        },
    )
    assert isinstance(app.json, DefaultJSONProvider)
    app.json.ensure_ascii = app.json.sort_keys = False  # people read it, too: Chinese as Chinese, the id first
    api = _Api(app)
    for blueprint in (cases, work_items, verbs, processes):
        api.register_blueprint(blueprint, url_prefix=f"/api/{VERSION}{blueprint.url_prefix}")
        csrf.exempt(blueprint)
    describe = app.view_functions["api-docs.openapi_json"]

    @public
    def description() -> Any:
        """Answer what the API is, for programs that write programs."""
        return describe()

    app.view_functions["api-docs.openapi_json"] = description


class _Api(Api):  # type: ignore[misc]  # flask-smorest has no types
    """flask-smorest without its own errors: `web.errors` answers every one, `web.api.blueprint` describes them."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        return None
