"""The petition itself, driven by programs: filed, registered, read."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.definitions import Package, deploy
from tests.factories import District
from tests.web.api.program import FILING, Program, problem

PETITION = Package.read_directory(Path(__file__).parents[3] / "bpmn" / "petition")


def test_a_matter_is_filed_registered_and_read(
    program: Callable[[str], Program], session: Session, district: District, now: datetime
) -> None:
    deploy(session, PETITION, author=Actor.engine(), note="", now=now, jurisdiction="qinghe")
    desk = program("community")
    filed = desk.post("/cases", json=FILING, key="f")
    assert filed.status_code == 201, filed.text
    (item,) = (desk.get("/work-items?limit=1").json or {})["items"]
    assert item["case_number"] == (filed.json or {})["number"]
    claimed = desk.post(f"/work-items/{item['id']}/claim").json
    assert claimed is not None
    assert (claimed["state"], claimed["due_at"]) == ("claimed", item["due_at"])
    inputs = (desk.get(f"/work-items/{item['id']}").json or {})["inputs"]
    category = next(each for each in inputs if each["key"] == "category")
    assert "roads" in [choice["value"] for choice in category["choices"]]
    path = f"/work-items/{item['id']}/complete"
    body = problem(desk.post(path, json={"data": {}}), 422, "form-invalid")
    assert list(body["errors"]) == ["category"]
    done = desk.post(path, json={"data": {"category": "roads"}}, key="c").json
    assert done is not None
    assert (done["state"], done["instance_status"], len(done["next_items"])) == ("completed", "running", 1)
    case = desk.get(filed.headers["Location"].removeprefix("/api/v1")).json
    assert case is not None
    assert (case["state"], case["clocks"][0]["name"]) == ("running", "statutory")
    shown = desk.get(f"/cases/{case['id']}").text
    assert FILING["title"] in shown, "Chinese is not escaped"
    assert shown.startswith('{"id":')
