"""The style guide in a real browser: phone and desk, light and dark, by keyboard, under the pages' policy."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from tests.browser import violations
from tests.web.styleguide import styleguide_app

pytestmark = pytest.mark.browser


@dataclass
class Served:
    """The style guide on a port of its own."""

    app: Flask
    address: str
    complaints: list[str] = field(default_factory=list)

    def open(self, browser: Browser, width: int = 1280, scheme: str = "light", query: str = "") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
            has_touch=width < 500,
            locale="en-GB" if "language=en" in query else "zh-CN",
        )
        page = context.new_page()
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(f"{self.address}/?{query}")
        expect(page.locator(".token-badge").first).to_be_visible()
        return page


@pytest.fixture
def served() -> Iterator[Served]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = styleguide_app()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Served(app, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()


@pytest.mark.parametrize(
    ("width", "scheme", "query"),
    [
        (1280, "light", ""),
        (1280, "dark", ""),
        (390, "light", ""),
        (390, "dark", ""),
        (390, "dark", "language=en"),  # English words are longer
        (390, "light", "shell=portal"),  # a resident: bigger letters, no account
    ],
)
def test_every_component_is_accessible_and_fits_the_screen(
    browser: Browser, served: Served, width: int, scheme: str, query: str
) -> None:
    page = served.open(browser, width, scheme, query)
    assert page.locator("html").get_attribute("data-bs-theme") == scheme
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert violations(page) == []
    assert served.complaints == []  # among others: nothing that the policy refused


def test_inputs_have_edges_of_three_to_one(browser: Browser, served: Served) -> None:
    contrast = """() => {
      const channel = (each) => { const part = each / 255; return part <= .03928 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4; };
      const light = (colour) => { const [r, g, b] = colour.match(/[\\d.]+/g).map(Number); return .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b); };
      return [...document.querySelectorAll('.form-control, .form-select, .choice, .chip')].map((each) => {
        const style = getComputedStyle(each);
        const [one, two] = [light(style.borderTopColor), light(getComputedStyle(each.closest('.panel, main')).backgroundColor)];
        return (Math.max(one, two) + .05) / (Math.min(one, two) + .05);
      }).filter((ratio) => ratio < 3);
    }"""  # noqa: E501
    for scheme in ("light", "dark"):
        assert served.open(browser, scheme=scheme).evaluate(contrast) == []


def test_the_chosen_theme_is_remembered(browser: Browser, served: Served) -> None:
    page = served.open(browser)
    page.locator("[data-theme-toggle]").click()
    page.reload()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    assert [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "theme"] == ["dark"]


def test_the_inbox_works_by_keyboard(browser: Browser, served: Served) -> None:
    page = served.open(browser)
    page.locator("h1").click()
    for key in "jjj":
        page.keyboard.press(key)
    page.keyboard.press("k")
    assert page.locator("[data-row].is-here [data-open]").inner_text() == "夜间施工噪声"
    page.keyboard.press("x")
    expect(page.locator("[data-bulk-bar]")).to_be_visible()
    assert page.locator("[data-selected-count]").inner_text() == "已选 1 件"
    with page.expect_request(lambda request: request.method == "POST") as claimed:
        page.keyboard.press("c")
    assert "claim=2" in (claimed.value.post_data or "")
    page.keyboard.press("?")
    expect(page.locator("#keys-help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys-help")).to_be_hidden()


def test_a_renewed_list_keeps_the_place_and_says_so(browser: Browser, served: Served) -> None:
    page = served.open(browser)
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.evaluate("document.getElementById('inbox-list').dispatchEvent(new Event('renew'))")
    expect(page.locator("#item-9.moved")).to_have_count(1)
    expect(page.locator("#item-2.is-here")).to_be_focused()
    expect(page.locator("#item-1.moved")).to_have_count(0)
    expect(page.locator("#live")).to_have_text("待办列表已更新")


def test_a_question_opens_inside_the_window(browser: Browser, served: Served) -> None:
    for width in (390, 1280):
        page = served.open(browser, width)
        page.locator(".confirm summary").click()
        box = page.locator(".confirm-panel").bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_typing_saves_a_draft_and_says_when(browser: Browser, served: Served) -> None:
    page = served.open(browser)
    page.get_by_label("地址").fill("河东路 14 号")
    expect(page.locator("[data-draft-status]")).to_contain_text("已保存")
    (saved,) = served.app.extensions["drafts"]
    assert saved["place.address"] == ["河东路 14 号"]
    assert "csrf_token" not in saved


def test_words_outlive_a_lost_connection(browser: Browser, served: Served) -> None:
    page = served.open(browser)
    page.get_by_role("group", name="物品清单").get_by_role("button", name="添加一行").click()
    served.app.extensions["refuse_drafts"] = True
    page.locator("[name='rows.2.x']").fill("木板")
    expect(page.locator("[data-draft-status]")).to_contain_text("已存在本机")
    page.reload()
    expect(page.locator("[data-draft-status]")).to_contain_text("已恢复")
    assert page.locator("[name='rows.2.x']").input_value() == "木板"
    served.app.extensions["refuse_drafts"] = False
    page.locator("[name='rows.2.y']").fill("2")
    expect(page.locator("[data-draft-status]")).to_contain_text("已保存")
    assert served.app.extensions["drafts"][-1]["rows.2.x"] == ["木板"]


def test_rows_are_renumbered_when_one_goes(browser: Browser, served: Served) -> None:
    page = served.open(browser)
    page.locator("[data-remove-row]").first.click()
    assert page.locator("[name='rows.0.x']").input_value() == "旧沙发"
    assert page.locator("[name='rows.1.x']").count() == 0
    assert page.locator("[value='rows.0']").count() == 1
    assert page.locator("label[for='field-rows-0-x']").count() == 1


def test_photos_are_counted_shown_and_taken_back(browser: Browser, served: Served) -> None:
    page = served.open(browser)
    photo = {"mimeType": "image/png", "buffer": b"\x89PNG\r\n" + bytes(2048)}
    page.locator("input[name='photos']").set_input_files([{"name": f"{n}.png", **photo} for n in range(8)])  # type: ignore[list-item]
    expect(page.locator(".file-preview")).to_have_count(6)
    expect(page.locator("[data-file-count]")).to_contain_text("最多 6 个文件")
    page.get_by_role("button", name="移除 0.png").click()
    assert page.locator("input[name='photos']").evaluate("input => input.files.length") == 5


def test_a_double_click_submits_once(browser: Browser, served: Served) -> None:
    page = served.open(browser)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.get_by_role("button", name="提交", exact=True).dblclick()
    page.wait_for_timeout(300)
    assert len([url for url in sent if url.endswith("/inbox")]) == 1


def test_the_diagram_shows_tokens_and_opens_the_called_page(browser: Browser, served: Served) -> None:
    page = served.open(browser)
    expect(page.locator("[data-element-id='whistle'].token-open")).to_have_count(1)
    expect(page.locator("[data-element-id='notify'].token-failed")).to_have_count(1)
    expect(page.locator("[data-element-id='f_start_register'].token-done")).to_have_count(1)
    page.locator(".diagram-page", has_text="吹哨与报到").click()
    expect(page.locator("[data-element-id='assign'].token-waiting")).to_have_count(1)
    page.get_by_role("button", name="返回上一页").click()
    expect(page.locator("[data-element-id='whistle'].token-open")).to_have_count(1)
    assert page.locator(".bjs-powered-by").is_visible()


def test_the_diagram_moves_by_keyboard(browser: Browser, served: Served) -> None:
    page = served.open(browser)
    place = "document.querySelector('.diagram .viewport').transform.baseVal.consolidate().matrix"
    page.locator(".diagram svg[role=img]").focus()
    before = page.evaluate(f"{place}.e")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(f"{place}.e") == pytest.approx(before - 60)
    scale = page.evaluate(f"{place}.a")
    page.keyboard.press("+")
    assert page.evaluate(f"{place}.a") == pytest.approx(scale * 1.25)


def test_a_diagram_that_cannot_be_loaded_says_where_to_look(browser: Browser, served: Served) -> None:
    page = served.open(browser)
    page.route("**/drawing*", lambda route: route.fulfill(status=503))
    page.locator(".diagram-page", has_text="吹哨与报到").click()
    expect(page.locator(".diagram-message")).to_contain_text("步骤见旁边的表")
    page.unroute("**/drawing*")
    page.get_by_role("button", name="再试一次").click()
    expect(page.locator("[data-element-id='assign'].token-waiting")).to_have_count(1)


def test_a_lost_request_is_said_where_the_reader_looks(browser: Browser, served: Served) -> None:
    page = served.open(browser)
    page.route("**/news", lambda route: route.abort())
    page.evaluate("document.getElementById('inbox-list').dispatchEvent(new Event('renew'))")
    expect(page.locator("#flashes [role=alert]")).to_contain_text("没有成功")
