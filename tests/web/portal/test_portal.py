"""A resident files, takes the receipt home, comes back, takes the matter back."""

import io
import re
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from engine.audit import Actor
from engine.cases.models import Attachment, Case
from engine.cases.photos import MAX_BYTES
from engine.definitions import Package, deploy
from tests.factories import JURISDICTION, District
from tests.web.browsing import token_of

PETITION = Package.read_directory(Path(__file__).parents[3] / "bpmn" / "petition")


@pytest.fixture(autouse=True)
def deployed(session: Session, district: District, now: datetime) -> None:
    deploy(session, PETITION, author=Actor.engine(), note="", now=now, jurisdiction=JURISDICTION)


def photo(size: tuple[int, int] = (8, 8)) -> io.BytesIO:
    target = io.BytesIO()
    Image.new("RGB", size, "red").save(target, "JPEG")
    target.seek(0)
    return target


def fields(client: FlaskClient, **changed: object) -> dict[str, object]:
    page = client.get("/file").text
    submission = re.search(r'name="submission" value="([^"]+)"', page)
    assert submission is not None
    filled: dict[str, object] = {
        "csrf_token": token_of(page), "submission": submission[1], "title": "路灯不亮", "text": "三号楼前路灯坏了两周",
        "category": "roads", "place": "willow", "name": "李四", "phone": "13800138000", "name_hidden": "1",
    }  # fmt: skip
    return filled | changed


def file(client: FlaskClient, **changed: object) -> TestResponse:
    return client.post("/file", data=fields(client, **changed), content_type="multipart/form-data")


def count(session: Session, model: type) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(model)) or 0


def receipt(client: FlaskClient) -> tuple[str, str, str]:
    """Number, PIN and link of the receipt that the client was shown last."""
    page = client.get("/receipt").text
    number = re.search(r"SQ\d{4}-\d{6}", page)
    pin = re.search(r'receipt-pin">(\d{3}) (\d{3})<', page)
    link = re.search(r'href="[^"]*(/t/[A-Z0-9-]+)"', page)
    assert number
    assert pin
    assert link
    return number[0], pin[1] + pin[2], link[1]


def test_a_matter_is_filed_and_the_receipt_says_by_when(client: FlaskClient, session: Session) -> None:
    answer = file(client)
    assert (answer.status_code, answer.location) == (302, "/receipt")
    page = client.get("/receipt").text
    assert "最迟答复" in page
    assert "<svg" in page
    case = session.scalars(select(Case)).one()
    assert case.state == "running"
    assert "李四".encode() not in (case.personal or b"")


def test_the_receipt_opens_the_matter_by_link_and_by_pin(client: FlaskClient, app: Flask) -> None:
    file(client)
    number, pin, link = receipt(client)
    stranger = app.test_client()
    assert stranger.get("/matter/").location == "/follow"
    assert stranger.get(link).location == "/matter/"
    assert "路灯不亮" in stranger.get("/matter/").text
    other = app.test_client()
    token = token_of(other.get("/follow").text)
    wrong = other.post("/follow", data={"csrf_token": token, "number": number, "pin": "000000"})
    assert wrong.status_code == 422
    assert number in wrong.text  # what was typed is kept
    right = other.post("/follow", data={"csrf_token": token, "number": number.lower(), "pin": pin})
    assert right.location == "/matter/", right.text


def test_a_form_with_mistakes_keeps_every_word_and_every_good_photo(client: FlaskClient, session: Session) -> None:
    answer = file(client, name="", phone="12", text="灯坏了，请来修", photos=[(photo(), "灯.jpg")])
    assert answer.status_code == 422
    assert "灯坏了，请来修" in answer.text
    assert "12" in answer.text
    assert "灯.jpg" in answer.text
    assert count(session, Case) == 0
    token = re.search(r'name="staged" value="([^"]+)"', answer.text)
    assert token is not None
    assert file(client, staged=token[1]).status_code == 302
    assert count(session, Attachment) == 1


def test_a_place_outside_the_grid_is_a_mistake_beside_its_field(client: FlaskClient, session: Session) -> None:
    answer = file(client, place="east")  # a street is no place of a matter
    assert answer.status_code == 422
    assert "请从列表中选择地点。" in answer.text
    assert "路灯不亮" in answer.text
    assert count(session, Case) == 0


def test_a_character_that_no_database_keeps_is_left_out(client: FlaskClient, session: Session) -> None:
    assert file(client, title="路灯\x00不亮").status_code == 302
    assert session.scalars(select(Case)).one().title == "路灯不亮"


def test_mistakes_are_told_in_chinese(client: FlaskClient) -> None:
    page = file(client, title="x", phone="12", text="短").text
    assert "请填写 2 到 80 个字。" in page
    assert "电话号码不正确。" in page


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not a picture", "坏.jpg"),
        (b"\xff\xd8\xff" + b"0" * (MAX_BYTES + 1), "10"),  # dropped while it streams
    ],
)
def test_a_bad_photo_is_refused_by_name_and_the_rest_kept(client: FlaskClient, content: bytes, said: str) -> None:
    answer = file(client, photos=[(photo(), "好.jpg"), (io.BytesIO(content), "坏.jpg")])
    assert answer.status_code == 422
    assert said in answer.text
    assert 'name="staged"' in answer.text
    assert "路灯不亮" in answer.text


def test_a_form_that_is_sent_twice_is_one_case_and_one_receipt(client: FlaskClient, session: Session) -> None:
    sent = fields(client)
    client.post("/file", data=dict(sent))
    first = receipt(client)
    client.post("/file", data=dict(sent))
    assert receipt(client) == first
    assert count(session, Case) == 1


def test_the_same_words_from_a_new_form_are_the_same_case(client: FlaskClient, session: Session) -> None:
    file(client)
    first = receipt(client)
    file(client)  # a step back in the browser: a new form that holds the old words
    assert "没有重复登记" in client.get("/receipt").text
    assert receipt(client) == first
    assert count(session, Case) == 1


def test_other_words_under_a_used_token_are_a_case_of_their_own(client: FlaskClient, session: Session) -> None:
    sent = fields(client)
    client.post("/file", data=dict(sent))
    first = receipt(client)
    client.post("/file", data=sent | {"title": "井盖松了"})
    assert receipt(client) != first
    assert count(session, Case) == 2


def test_the_same_words_after_taking_back_are_a_new_case(client: FlaskClient, session: Session) -> None:
    file(client)
    client.get(receipt(client)[2])
    offer = re.search(r'href="(/matter/offers/[^"]+)">撤回这件诉求<', client.get("/matter/").text)
    assert offer is not None
    client.post(offer[1], data={"csrf_token": token_of(client.get(offer[1]).text)})
    file(client)
    assert count(session, Case) == 2


def test_a_matter_can_be_taken_back_once(client: FlaskClient, session: Session) -> None:
    file(client)
    client.get(receipt(client)[2])
    page = client.get("/matter/").text
    offer = re.search(r'href="(/matter/offers/[^"]+)">撤回这件诉求<', page)
    assert offer is not None
    form = client.get(offer[1]).text
    assert "需要时可以重新提出" in form
    long = client.post(offer[1], data={"csrf_token": token_of(form), "withdrawal_reason": "好" * 501})
    assert long.status_code == 422
    assert "好" * 501 in long.text
    for _ in range(2):  # a double click is one withdrawal
        taken = client.post(offer[1], data={"csrf_token": token_of(form), "withdrawal_reason": "已修好"})
        assert taken.location == "/matter/"
    session.rollback()
    assert session.scalars(select(Case)).one().state == "withdrawn"
    page = client.get("/matter/").text
    assert page.count("群众撤回了事项") == 1
    assert "/matter/offers/" not in page
    assert client.get(offer[1]).status_code == 409


def test_a_matter_that_has_ended_is_taken_up_again_without_filling_it_in(client: FlaskClient, session: Session) -> None:
    file(client)
    client.get(receipt(client)[2])
    assert "重新提出" not in client.get("/matter/").text
    under_way = client.get("/matter/reopen").text
    assert "现在不能重新提出" in under_way
    assert 'name="reason"' not in under_way
    offer = re.search(r'href="(/matter/offers/[^"]+)">撤回这件诉求<', client.get("/matter/").text)
    assert offer is not None
    client.post(offer[1], data={"csrf_token": token_of(client.get(offer[1]).text)})
    page = client.get("/matter/").text
    assert 'href="/matter/reopen"' in page
    asked = client.get("/matter/reopen").text
    shown = re.search(r'name="case" value="([^"]+)"', asked)
    assert shown is not None
    sent = {"csrf_token": token_of(asked), "case": shown[1], "reason": "昨晚又不亮了"}
    empty = client.post("/matter/reopen", data=sent | {"reason": ""})
    assert empty.status_code == 422
    assert "请写明原因，至少四个字" in empty.text
    for _ in range(2):  # a double click
        assert client.post("/matter/reopen", data=sent).location == "/matter/"
    assert count(session, Case) == 2
    again = client.get("/matter/").text
    assert "昨晚又不亮了" in again
    assert "原来的一件" in again
    assert "三号楼前路灯坏了两周" in again


def test_ten_wrong_pins_close_that_way_and_the_link_stays_open(client: FlaskClient, app: Flask) -> None:
    file(client)
    number, pin, link = receipt(client)
    other = app.test_client()
    token = token_of(other.get("/follow").text)
    for _ in range(10):
        other.post("/follow", data={"csrf_token": token, "number": number, "pin": "x"})
    assert other.post("/follow", data={"csrf_token": token, "number": number, "pin": pin}).status_code == 422
    assert other.get(link).location == "/matter/"


def test_the_copy_of_the_file_names_the_resident_and_is_recorded(client: FlaskClient) -> None:
    file(client)
    client.get(receipt(client)[2])
    page = client.get("/matter/copy").text
    assert "李四" in page
    assert "13800138000" in page


def test_another_matters_files_are_not_found(client: FlaskClient) -> None:
    file(client)
    client.get(receipt(client)[2])
    assert client.get("/matter/attachments/00000000-0000-0000-0000-000000000000").status_code == 404
    assert client.get("/matter/documents/00000000-0000-0000-0000-000000000000").status_code == 404


def test_finer_places_are_those_of_the_community(client: FlaskClient) -> None:
    assert client.get("/file/places?place=willow").status_code == 200
    assert "<option" not in client.get("/file/places?place=nowhere").text
