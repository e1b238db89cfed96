"""What a program does: call with its token, JSON in and out."""

from dataclasses import dataclass
from typing import Any, Final

from flask import Flask
from werkzeug.test import TestResponse

from engine.definitions import Package
from tests.engine.instances import packages as p

#: one task of the community with a form, then one of a department's office
FLOW: Final[Package] = p.package(
    p.start(),
    p.task("register", form="register"),
    p.task("handle", role="handler", unit='="water-works"'),
    p.end(outcome="solved"),
    p.chain("start", "register", "handle", "end"),
    files=[p.form("register", p.text_field("note", required=True))],
)
#: after `register` a condition over data that is not there
FAILING: Final[Package] = p.package(
    p.start(),
    p.task("register", form="register"),
    p.choice("which", default="no"),
    p.task("yes"),
    p.end(),
    p.chain("start", "register", "which"),
    p.flow("which", "yes", "unheard_of > 3"),
    p.flow("which", "end", name="no"),
    p.chain("yes", "end"),
    files=[p.form("register", p.text_field("note"))],
)
FILING: Final = {
    "title": "三号楼路灯不亮",
    "text": "三号楼前的路灯已经坏了两周。",
    "place": "willow",
    "name": "周女士",
    "phone": "13800000000",
}


@dataclass
class Program:
    """A client of the API; `token` None sends none."""

    app: Flask
    token: str | None

    def call(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> TestResponse:
        """Send one request to `/api/v1` + `path`."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        client = self.app.test_client()
        return client.open(f"/api/v1{path}", method=method, headers=sent | (headers or {}), **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        """Read something."""
        return self.call("GET", path, **options)

    def post(self, path: str, *, key: str | None = None, **options: Any) -> TestResponse:
        """Do something, with an Idempotency-Key when there is one."""
        return self.call("POST", path, headers={"Idempotency-Key": key} if key else {}, **options)

    def deploy(self, package: Package, **options: Any) -> TestResponse:
        """Send a package as a zip."""
        return self.post("/processes", data=package.to_zip(), content_type="application/zip", **options)


def problem(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is this error, told as RFC 9457 wants it, and return its body."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    body: dict[str, Any] = answer.get_json()
    assert {"type", "title", "status", "detail", "code", "request_id"} <= set(body)
    assert (body["status"], body["code"]) == (status, code)
    assert body["detail"]
    assert body["request_id"] == answer.headers["X-Request-ID"]
    return body
