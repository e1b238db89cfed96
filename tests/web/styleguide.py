"""A small application that shows every component with invented data, under the content security policy of the pages."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, render_template, request
from flask_login import LoginManager

from web import presentation
from web.guard import POLICY
from web.languages import init_languages

DATA_FILES = Path(__file__).parent / "data"
WEB = Path(presentation.__file__).parents[1]
NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)

FORM: dict[str, Any] = json.loads((DATA_FILES / "styleguide.form").read_text(encoding="utf-8"))
DATA: dict[str, Any] = {
    "applicant": {"name": "", "phone": "1380000"},
    "category": "noise",
    "urgent": "urgent",
    "channels": ["sms", "visit"],
    "units": ["d2"],
    "place": {"address": "河东路 12 号"},
    "rows": [{"x": "纸箱", "y": 3}, {"x": "旧沙发"}],
    "story": "三楼楼道堆满纸箱。",
    "nearby": [{"number": "SQ2026-000101", "title": "楼道灯不亮"}],
}
OPTIONS = {
    "tg": [
        {"label": f"{name}局", "value": f"d{index}"}
        for index, name in enumerate(["公安", "城管", "住建", "环保", "市场", "民政", "消防", "水务", "交通", "卫健"])
    ]
}
ERRORS = {
    "applicant": {"name": ["此项必填。"], "phone": ["电话号码不正确。"]},
    "urgent": ["请选择列表中的一项。"],
    "rows": {1: {"y": ["请输入数字。"]}},
}
LABELS = {"applicant.name": "姓名", "applicant.phone": "手机", "urgent": "紧急程度", "rows.1.y": "物品清单第 2 行数量"}


def _row(title: str, due_in: timedelta, state: str, who: str = "", clock: str = "running") -> dict[str, Any]:
    return {
        "title": title,
        "number": "SQ2026-000123",
        "place": "河东社区 3 号楼",
        "due_at": NOW + due_in,
        "started_at": NOW - timedelta(days=3),
        "note": "按工作日计，遇周末顺延",
        "clock": clock,
        "state": state,
        "who": who,
        "unit": "河东街道中心",
        "role": "处理员" if who else "",
    }


ROWS = [
    _row("楼道长期堆放纸箱和旧沙发，消防通道不通", timedelta(hours=-5), "claimed", "王敏"),
    _row("夜间施工噪声", timedelta(hours=6), "open"),
    _row("小区东门积水", timedelta(days=1, hours=4), "open"),
    _row("路灯不亮", timedelta(days=6), "waiting", "李建国"),
    _row("电梯困人整改", timedelta(days=2), "suspended", "赵丽", clock="suspended"),
]
EVENTS = [
    {
        "at": NOW - timedelta(days=1),
        "title": "居民提交",
        "actor": "居民（手机）",
        "icon": "send",
        "tone": "accent",
        "text": "三楼楼道堆满纸箱。",
        "files": [{"name": "照片 1.jpg", "href": "#"}],
    },
    {
        "at": NOW - timedelta(hours=20),
        "title": "社区吹哨",
        "actor": "河东社区 刘洋",
        "icon": "megaphone",
        "tone": "warn",
    },
    {
        "at": NOW - timedelta(hours=2),
        "title": "城管局报到",
        "actor": "城管局 陈刚",
        "icon": "hand-index-thumb",
        "tone": "good",
    },
]
STEPS = [
    {
        "name": "登记",
        "state": "completed",
        "who": "刘洋",
        "unit": "河东社区",
        "since": NOW - timedelta(days=1),
        "until": NOW - timedelta(hours=20),
        "element": "register",
    },
    {
        "name": "核实",
        "state": "open",
        "unit": "河东社区",
        "since": NOW - timedelta(hours=20),
        "until": NOW + timedelta(hours=6),
        "element": "verify",
        "note": "核实后决定是否吹哨",
    },
    {"name": "回访", "state": "next", "element": "callback"},
]
STATES = [
    "filed",
    "running",
    "solved",
    "explained",
    "diverted",
    "merged",
    "raised",
    "open",
    "claimed",
    "completed",
    "withdrawn",
    "suspended",
    "incident",
    "sent",
    "dead",
    "overdue",
]
#: page → what the diagram's tokens answer; the page without a name is the first.
TOKENS: dict[str, dict[str, Any]] = {
    "": {
        "page": "petition",
        "tokens": [
            {"element": "whistle", "count": 2, "state": "open", "label": "吹哨与报到"},
            {"element": "notify", "count": 1, "state": "failed", "label": "书面答复居民"},
        ],
        "done": ["start", "register", "verify"],
        "pages": [{"id": "petition-whistle", "name": "吹哨与报到", "element": "whistle", "tokens": 2}],
    },
    "petition-whistle": {
        "page": "petition-whistle",
        "tokens": [
            {"element": "assign", "count": 1, "state": "waiting", "label": "街道交办"},
            {"element": "report", "count": 1, "state": "open", "label": "部门报到"},
        ],
        "done": ["called"],
        "pages": [],
    },
}


class Clerk:
    """The signed-in person of the style guide."""

    is_authenticated = True
    name = "王敏"


def styleguide_app() -> Flask:
    """Return the application that shows the style guide at `/`, to staff or with `?shell=portal` to a resident."""
    app = Flask("web", root_path=str(WEB), template_folder="templates", static_folder="static")
    app.config["SECRET_KEY"] = "styleguide"
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    LoginManager(app).user_loader(lambda _: None)
    init_languages(app, "Asia/Shanghai")
    presentation.register(app)
    app.jinja_env.globals["csrf_token"] = lambda: "token-of-the-style-guide"
    app.extensions["drafts"] = []

    @app.get("/")
    def index() -> str:
        nav = [
            {"label": "待办", "href": "/", "active": True, "count": 46, "icon": "inbox"},
            {"label": "升级", "href": "/?a", "active": False, "count": 2, "late": True, "icon": "arrow-up-circle"},
            {"label": "事项", "href": "/?b", "active": False, "icon": "files"},
            {"label": "统计", "href": "/?c", "active": False, "icon": "bar-chart"},
        ]
        filters = [
            {"label": "全部", "href": "/", "active": True, "count": 46},
            {"label": "今天到期", "href": "/?due", "active": False, "count": 5},
        ]
        return render_template(
            "styleguide.html",
            nav=nav,
            filters=filters,
            rows=ROWS,
            events=EVENTS,
            steps=STEPS,
            states=STATES,
            now=NOW,
            form=FORM,
            data=DATA,
            errors=ERRORS,
            labels=LABELS,
            options=OPTIONS,
            sign_out_url="/sign-out",
            **({"sign_in_url": "/sign-in"} if request.args.get("shell") == "portal" else {"current_user": Clerk()}),
        )

    @app.post("/inbox")
    def inbox() -> tuple[str, int]:
        return "", 204

    @app.get("/news")
    def news() -> str:
        rows = "".join(f"<tr data-row id='item-{each}'><td>{each}</td></tr>" for each in (1, 2, 9))
        return f"<div id='inbox-list'><table class='table' data-keys><tbody>{rows}</tbody></table></div>"

    @app.post("/draft")
    def draft() -> tuple[str, int]:
        if app.extensions.get("refuse_drafts"):
            return "", 503
        app.extensions["drafts"].append(request.form.to_dict(flat=False))
        return "", 204

    @app.get("/drawing")
    def drawing() -> Response:
        page = {"": "petition", "petition-whistle": "petition-whistle"}[request.args.get("page", "")]
        return Response((DATA_FILES / f"{page}.bpmn").read_bytes(), mimetype="application/xml")

    @app.get("/tokens")
    def tokens() -> Response:
        return jsonify(TOKENS[request.args.get("page", "")])

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return app
