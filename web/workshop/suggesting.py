"""What a setting can be set to: the roles there are, and what the package has."""

from collections.abc import Iterable, Mapping
from typing import Final

from flask_babel import gettext

from engine.definitions import Package
from engine.definitions.wording_labels import UNITS
from engine.organisation.roles import Role
from web.languages import choose_locale
from web.words import role_label

#: setting → folder and suffix of the files whose keys it names
_FILES: Final[Mapping[str, tuple[str, str]]] = {
    "form_id": ("forms", ".form"),
    "offer.form": ("forms", ".form"),
    "decision_id": ("decisions", ".dmn"),
    "ladder": ("decisions", ".dmn"),
    "document": ("documents", ".html"),
}


def suggestions(package: Package, settings: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return setting → {what it can be set to: what that is called} for those of which it is known."""
    roles = {role.value: role_label(role.value) for role in Role}
    units = {unit: several for unit, (_, several) in UNITS[str(choose_locale())].items()}
    found: dict[str, dict[str, str]] = {
        "role": roles, "exclude.else": roles, "clock.unit": units, "extend.unit": units,
        "clock.roll": {"forward": gettext("顺延到下一个工作日"), "none": gettext("不顺延")},
        "clock.kind": {"statutory": gettext("法定期限"), "internal": gettext("内部时限")},
    }  # fmt: skip
    for name, (folder, suffix) in _FILES.items():
        found[name] = dict.fromkeys(sorted(package.below(folder, suffix)), "")
    found["notice"] = dict.fromkeys(sorted({each.partition(".")[0] for each in package.below("notices", ".txt")}), "")
    return {name: found[name] for name in settings if found.get(name)}
