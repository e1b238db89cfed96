"""The API: the same services as the pages, for programs. Bearer tokens, problem+json, Idempotency-Key, OpenAPI 3."""

from typing import Any, Final

from flask import Flask, Response
from flask_smorest import Api

from web.guard import csrf

VERSION: Final = "v1"


def init_api(app: Flask) -> None:
    """Put the API below `/api/v1`, and its description at `/api/v1/openapi.json`."""
    from web.api.cases import blueprint as cases
    from web.api.processes import blueprint as processes
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
            "info": {"description": __doc__},
        },
    )
    api = _Api(app)
    for blueprint in (cases, work_items, processes):
        api.register_blueprint(blueprint, url_prefix=f"/api/{VERSION}{blueprint.url_prefix}")
        csrf.exempt(blueprint)
    describe = app.view_functions["api-docs.openapi_json"]

    @public
    def description() -> Any:
        """Answer what the API is, for programs that write programs."""
        return describe()

    app.view_functions["api-docs.openapi_json"] = description


class _Api(Api):  # type: ignore[misc]  # flask-smorest has no types
    """flask-smorest without its own error pages: `web.errors` answers every error in one way."""

    def _register_error_handlers(self) -> None:
        return None


def created(body: Any, location: str) -> tuple[Any, int, dict[str, str]]:
    """Return the answer that something was made, and where."""
    return body, 201, {"Location": location}


Answer = Response | tuple[Any, int] | tuple[Any, int, dict[str, str]] | Any
