"""The form by which a matter is filed, as components of the same kind as every other form."""

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import gettext as _
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from engine.cases.filing import Filing
from engine.cases.filing_schema import FilingSchema
from engine.cases.photos import MAX_BYTES, MAX_PHOTOS

#: What of the submitted form is a text field; the rest are photos and the form's own token.
TEXTS: Final = ("title", "text", "category", "place", "finer_place", "address", "name", "phone", "email", "reach")


def matter_fields(categories: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Return the components that ask what the matter is."""
    return [
        _field("title", "textfield", _("一句话说清什么事"), required=True, help=_("例如：幸福小区3号楼前路灯不亮")),
        _field("text", "textarea", _("详细情况"), required=True, help=_("什么时候开始、影响了谁、您希望怎样解决。")),
        _field("category", "select", _("属于哪一类"), values=categories, help=_("拿不准可以不选，由社区判断。")),
    ]


def photo_fields() -> list[dict[str, Any]]:
    """Return the component that takes photos."""
    size = MAX_BYTES >> 20
    description = _("最多%(n)d张，每张不超过%(size)dMB。照片里的拍摄地点等信息会自动去掉。", n=MAX_PHOTOS, size=size)
    photos = _field("photos", "filepicker", _("照片（可不传）"), help=description)
    return [photos | {"accept": "image/*", "multiple": True, "maxFiles": MAX_PHOTOS, "maxBytes": MAX_BYTES}]


def person_fields(*, sms: bool = False) -> list[dict[str, Any]]:
    """Return the components that ask who is to be answered, and how.

    Args:
        sms: short messages can be sent.
    """
    return [_field("name", "textfield", _("您的称呼"), required=True), *contact_fields(sms=sms)]


def contact_fields(*, sms: bool) -> list[dict[str, Any]]:
    """Return the components that ask how somebody is reached, and what they want to be told by.

    Args:
        sms: short messages can be sent.
    """
    ways = [
        ("email", _("发邮件到上面的邮箱")),
        ("sms", _("发短信到上面的电话")),
        ("none", _("不用通知，我自己凭编号和 PIN 查")),
    ]
    values = [{"value": value, "label": label} for value, label in ways if value != "sms" or sms]
    without = _("不选：留了邮箱就发邮件。只留电话的收不到系统通知，请凭编号和 PIN 查进度。")
    unsaid = _("不选：留了邮箱就发邮件，没留就发短信。") if sms else without
    return [
        _field("phone", "textfield", _("电话"), help=_("电话和邮箱至少留一个，用来答复您。")),
        _field("email", "textfield", _("电子邮箱")),
        _field("reach", "radio", _("有进展时怎样通知您"), values=values, help=unsaid),
    ]


def channel_fields(channels: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the component that asks how a matter came in; none where there is no choice."""
    names = {"visit": _("当面"), "hotline": _("电话"), "letter": _("来信"), "grid": _("网格走访")}
    values = [{"value": each, "label": names[each]} for each in channels]
    return [_field("channel", "radio", _("怎样提出的"), required=True, values=values)] if values else []


def place_labels() -> dict[str, str]:
    """Return what the place's fields are called in a list of mistakes."""
    return {"place": _("社区"), "address": _("具体位置")}


def _field(
    key: str,
    kind: str,
    label: str,
    *,
    required: bool = False,
    help: str = "",
    values: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    component: dict[str, Any] = {"id": key, "key": key, "type": kind, "label": label}
    if required:
        component["validate"] = {"required": True}
    if help:
        component["description"] = help
    if values is not None:
        component["values"] = values
    return component


def read_filing(
    form: MultiDict[str, str], locale: str, *, kind: str, start: Mapping[str, Any], channels: tuple[str, ...] = ()
) -> tuple[Filing | None, dict[str, list[str]]]:
    """Read a submitted form.

    Args:
        channels: what staff choose from; a resident's own form came by the portal whatever it says.

    Returns:
        The filing, or None with the messages per field in the reader's language.
    """
    given: dict[str, Any] = {name: form.get(name, "") for name in TEXTS}
    given["place"] = given.pop("finer_place") or given["place"]
    given["name_hidden"] = "name_hidden" in form
    given["known"] = "known" in form
    given |= {"locale": locale, "kind": kind, "start": dict(start)}
    if channels:
        given["channel"] = form.get("channel", "")
        if given["channel"] not in channels:
            return None, {"channel": [_("请选一项。")]}
    try:
        filing: Filing = FilingSchema().load(given)
    except ValidationError as error:
        messages = error.normalized_messages()  # type: ignore[no-untyped-call]
        return None, {name: [_(str(text)) for text in texts] for name, texts in messages.items()}
    return filing, {}
