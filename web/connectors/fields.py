"""The form of a connector, as components of the same kind as every other form."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _

from engine.notices.connector_setup import LEAST
from engine.organisation.models import OrgUnit


def setup_fields(kind: str, units: Iterable[OrgUnit], *, known: bool) -> list[dict[str, Any]]:
    """Return the components that ask for a connector of a kind.

    Args:
        known: it is set up already; what is secret of it stays where the form says nothing.
    """
    keep = _("不填就保持原样。") if known else ""
    fields = [
        _field("name", "textfield", _("名称"), required=True, help=_("只给管理的人看，例如：水务局企业微信群。")),
        _field("url", "textfield", _("地址"), required=not known, help=f"{_address_help(kind)} {keep}".strip()),
    ]
    if kind in ("dingtalk", "feishu", "lark"):
        fields.append(_field("secret", "textfield", _("加签密钥"), help=_("机器人开启了加签才填。") + keep))
    if kind == "sms":
        fields += _gateway_fields(keep)
    else:
        rungs = [{"value": each, "label": each} for each in LEAST if each]
        every = _("不选：每条通知都发。只发编号、级别和链接，从不发事项内容；密件一概不发。")
        places = [{"value": each.code, "label": f"{each.name}（{each.code}）"} for each in units]
        fields += [
            _field("unit", "select", _("哪个单位的通知"), values=places, help=_("含下级单位。不选：全部单位。")),
            _field("least", "select", _("从哪一级提醒起"), values=rungs, help=every),
        ]
    allowed = _("每行一个，如 10.20.0.0/16。地址在内网时才填；不填只能发到公网。")
    return [*fields, _field("allowed", "textarea", _("放行的内网网段"), help=allowed) | {"rows": 3}]


def labels(fields: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return what each field is called in a list of mistakes."""
    return {each["key"]: each["label"] for each in fields}


def _address_help(kind: str) -> str:
    if kind == "webhook":
        return str(_("接收方给的 https:// 地址。按 Standard Webhooks 签名，保存后给出密钥。"))
    if kind == "sms":
        return str(_("短信网关的地址；或 Apprise 认识的短信服务，号码处写 {to}。"))
    return str(_("从机器人设置里完整复制的 Webhook 地址。"))


def _gateway_fields(keep: str) -> list[dict[str, Any]]:
    example = _("JSON 对象，{to} 处填号码，{text} 处填内容，{key} 处填防重编号。")
    return [
        _field("body", "textarea", _("请求内容"), help=f"{example} {keep}".strip()) | {"rows": 4},
        _field("form", "checkbox", _("按表单提交，不用 JSON")),
        _field("headers", "textarea", _("请求头"), help=_("每行一个，如 Authorization: Bearer …。") + keep)
        | {"rows": 2},
        _field("accepted", "textfield", _("表示成功的答复"), help=_("如 code=0,OK。不填：答复 2xx 即成功。")),
        _field(
            "nobody",
            "textfield",
            _("表示号码不存在的答复"),
            help=_("如 code=1016。收到后标记号码不可用，改用别的方式。"),
        ),
    ]


def _field(
    key: str, kind: str, label: str, *, required: bool = False, help: str = "",
    values: list[dict[str, str]] | None = None,
) -> dict[str, Any]:  # fmt: skip
    component: dict[str, Any] = {"id": key, "key": key, "type": kind, "label": label}
    if required:
        component["validate"] = {"required": True}
    if help:
        component["description"] = help
    if values is not None:
        component["values"] = values
    return component
