"""People of the demonstration's district before their browsers: residents on a phone, staff at a desk."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from web.demo.district import PASSWORD

PHONE: Final = {"width": 390, "height": 844}
DESK: Final = {"width": 1280, "height": 900}
#: milliseconds until what a person looks for must be there, on a busy machine
PATIENCE: Final = 20_000
#: what a browser says of an answer that is no page, which tests that provoke one expect; and when somebody changes the
#: machine's network meanwhile, as the tests with several nodes do
_EXPECTED: Final = re.compile(r"the server responded with a status of (403|404|409|422)|net::ERR_NETWORK_CHANGED")


@dataclass(frozen=True, kw_only=True)
class Demo:
    """The running demonstration, and where its data lies, if that is on this machine."""

    url: str
    folder: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What a resident takes home."""

    number: str
    pin: str
    link: str


@dataclass
class Town:
    """Opens windows, keeps their pictures, and collects what their consoles complain of."""

    demo: Demo
    browser: Browser
    shots: Path
    complaints: list[str] = field(default_factory=list)
    _windows: list[BrowserContext] = field(default_factory=list)
    _staff: dict[str, Page] = field(default_factory=dict)

    def window(self, size: dict[str, int], **options: Any) -> Page:
        """Open a window of its own, with its own cookies."""
        on_phone = size["width"] < 600
        reader = {
            "locale": "zh-CN",
            "timezone_id": "Asia/Shanghai",
            "is_mobile": on_phone,
            "has_touch": on_phone,
            "reduced_motion": "reduce",  # a colour on its way to another one has no contrast to judge
        }
        context = self.browser.new_context(base_url=self.demo.url, viewport=size, **reader | options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self._windows.append(context)
        return context.new_page()

    def phone(self, **options: Any) -> Page:
        """Open a resident's phone."""
        return self.window(PHONE, **options)

    def staff(self, login: str) -> Page:
        """Return the desk of a member of staff, who signs in the first time."""
        if login not in self._staff:
            self._staff[login] = self.window(DESK)
            sign_in(self._staff[login], login)
        return self._staff[login]

    def designer(self) -> Page:
        """Return the desk of Tu Nan, who draws processes."""
        page = self.window(DESK)
        page.goto("/sign-in")
        give_name_and_password(page, "sheji")
        expect(page.get_by_role("link", name="流程", exact=True)).to_be_visible()
        return page

    def shot(self, page: Page, name: str) -> None:
        """Keep a picture of the whole page, from its top."""
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=self.shots / f"{name}.png", full_page=True)

    def go_home(self) -> None:
        """Close the windows of the staff, who would be signed out while time passes."""
        for page in self._staff.values():
            page.context.close()
        self._staff.clear()

    def leave(self) -> None:
        """Close every window."""
        for context in self._windows:
            context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _EXPECTED.search(message.text):
            self.complaints.append(f"{message.page.url if message.page else ''}: {message.text}")


def sign_in(page: Page, login: str) -> None:
    """Sign in with the mouse, and come to the page where one's work begins."""
    page.goto("/sign-in")
    give_name_and_password(page, login)
    expect(page).to_have_url(re.compile("/(inbox|escalations|cockpit)"))


def give_name_and_password(page: Page, login: str) -> None:
    """Fill in the sign-in page that is open, and send it."""
    page.get_by_label("账号").fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()


def file_matter(page: Page, *, title: str, text: str, category: str = "noise") -> Receipt:
    """File a matter in the community 幸福社区 and return the receipt."""
    page.goto("/file")
    fill_matter(page, title=title, text=text, category=category)
    page.get_by_role("button", name="提交").click()
    return read_receipt(page)


def fill_matter(page: Page, *, title: str, text: str, category: str = "noise") -> None:
    """Fill in the form for filing a matter, without sending it."""
    page.get_by_label("一句话说清什么事").fill(title)
    page.get_by_label("详细情况").fill(text)
    page.get_by_label("属于哪一类").select_option(category)
    page.get_by_role("combobox", name=re.compile("^社区")).select_option(label="幸福社区")
    page.get_by_label("您的称呼").fill("陈阿姨")
    page.get_by_label("电话").fill("13900001234")


def read_receipt(page: Page) -> Receipt:
    """Read number, PIN and link off the receipt's page."""
    receipt = page.get_by_role("region", name="回执")
    expect(receipt).to_be_visible()
    link = page.locator(".receipt-link a").get_attribute("href") or ""
    pin = receipt.locator(".receipt-pin").inner_text().replace(" ", "")
    return Receipt(number=receipt.locator(".case-number").inner_text(), pin=pin, link=link)


def follow(page: Page, receipt: Receipt) -> None:
    """Open the matter by number and PIN."""
    page.goto("/follow")
    page.get_by_label("编号").fill(receipt.number)
    page.get_by_label("PIN").fill(receipt.pin)
    page.get_by_role("button", name="查询").click()
    expect(page).to_have_url(re.compile("/matter/$"))


def task_in_inbox(page: Page, number: str, task: str) -> Locator:
    """Return the row of a matter's task in the inbox, found by the matter's number."""
    page.goto(f"/inbox?q={number}")
    return page.locator("[data-row]").filter(has=page.get_by_role("link", name=task, exact=True))


def take(page: Page, number: str, task: str) -> None:
    """Find the task in the inbox, open it and claim it."""
    task_in_inbox(page, number, task).get_by_role("link", name=task, exact=True).click()
    expect(page).to_have_url(re.compile("/tasks/"))
    claim_if_free(page)
    expect(page.get_by_role("heading", name="办理", exact=True)).to_be_visible()


def claim_if_free(page: Page) -> None:
    """Claim the task whose page is open, unless somebody has."""
    claim = page.get_by_role("button", name="认领", exact=True)
    expect(claim.or_(page.get_by_role("heading", name="办理", exact=True))).to_be_visible()
    if claim.is_visible():
        claim.click()


def fill(page: Page, **entered: Any) -> None:
    """Enter values by the form's keys: texts, a choice's value, a list of choices, or True for a tick."""
    for key, value in entered.items():
        field = page.locator(f'[name="{key}"]')
        kind = field.first.evaluate("e => e.tagName === 'SELECT' ? 'select' : e.type || 'text'")
        if kind == "select":
            field.select_option(value)
        elif kind in ("radio", "checkbox"):
            for each in [value] if isinstance(value, str) else value if isinstance(value, list) else [None]:
                box = field.first if each is None else page.locator(f'[name="{key}"][value="{each}"]')
                page.locator(f'label[for="{box.get_attribute("id")}"]').click()  # as a person does
                expect(box).to_be_checked()
        else:
            field.fill(str(value))


def assign(page: Page, lead: str, *others: str, demand: str) -> None:
    """Fill in who leads, which other departments come, and what they are asked for."""
    fill(page, lead_unit=lead)
    expect(page.locator(f'[name="co_units"][value="{lead}"]')).to_have_count(0)  # the lead is not its own helper
    untick(page, "co_units")
    fill(page, **({"co_units": list(others)} if others else {}), assign_demand=demand)


def untick(page: Page, key: str) -> None:
    """Take back every choice of a list."""
    chosen = page.locator(f'[name="{key}"]:checked')
    for left in reversed(range(chosen.count())):
        page.locator(f'label[for="{chosen.first.get_attribute("id")}"]').click()
        expect(chosen).to_have_count(left)


def send(page: Page) -> None:
    """Complete the task whose form is open."""
    page.get_by_role("button", name="办结这一步").click()
    expect(page).to_have_url(re.compile("/cases/"))


def do(page: Page, number: str, task: str, **entered: Any) -> None:
    """Take a task, fill it in and complete it."""
    take(page, number, task)
    fill(page, **entered)
    send(page)
