"""The roles that somebody can hold in a unit."""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What somebody does in a unit. A diagram's lane and a ladder's addressee name these keys."""

    #: 居民: who filed the matter; never a membership
    RESIDENT = "resident"
    #: 网格员 of a community
    GRID_WORKER = "grid_worker"
    #: 社区: community staff, who may whistle
    COMMUNITY = "community"
    #: 街道中心: assigns, rules on returns
    STREET_CENTRE = "street_centre"
    #: 街道领导: decides what the centre may not
    STREET_LEADER = "street_leader"
    #: 承办人 of a department
    HANDLER = "handler"
    #: 部门负责人, the leader in charge of a handler's work
    DEPARTMENT_LEAD = "department_lead"
    #: 督办
    SUPERVISION = "supervision"
    #: 回访员
    CALLBACK = "callback"
    #: 值班长: takes emergencies at the counter and hotline
    SHIFT_LEAD = "shift_lead"
    #: 主要负责人 of a department, street or district
    MAIN_LEADER = "main_leader"
    #: 流程设计员
    DESIGNER = "designer"
    #: 运维员: sees incidents, retries
    OPERATOR = "operator"
    #: 系统管理员: units, staff, calendars
    ADMIN = "admin"


#: How pages call a role. Chinese is the source text that translators start from; English is its translation.
LABELS: Final[dict[Role, dict[str, str]]] = {
    Role.RESIDENT: {"zh_CN": "居民", "en": "Resident"},
    Role.GRID_WORKER: {"zh_CN": "网格员", "en": "Grid worker"},
    Role.COMMUNITY: {"zh_CN": "社区工作人员", "en": "Community staff"},
    Role.STREET_CENTRE: {"zh_CN": "街道中心", "en": "Street centre"},
    Role.STREET_LEADER: {"zh_CN": "街道领导", "en": "Street leader"},
    Role.HANDLER: {"zh_CN": "承办人", "en": "Handler"},
    Role.DEPARTMENT_LEAD: {"zh_CN": "部门负责人", "en": "Department lead"},
    Role.SUPERVISION: {"zh_CN": "督办员", "en": "Supervision office"},
    Role.CALLBACK: {"zh_CN": "回访员", "en": "Call-back officer"},
    Role.SHIFT_LEAD: {"zh_CN": "值班长", "en": "Shift lead"},
    Role.MAIN_LEADER: {"zh_CN": "主要负责人", "en": "Main leader"},
    Role.DESIGNER: {"zh_CN": "流程设计员", "en": "Process designer"},
    Role.OPERATOR: {"zh_CN": "运维员", "en": "Operator"},
    Role.ADMIN: {"zh_CN": "系统管理员", "en": "Administrator"},
}

#: They keep the engine running and have no part in any matter.
TECHNICAL: Final = frozenset({Role.DESIGNER, Role.OPERATOR, Role.ADMIN})


def label(role: str, locale: str = "zh_CN") -> str:
    """Return how `role` is called in `locale`; the key itself when it is not one of ours."""
    try:
        labels = LABELS[Role(role)]
    except ValueError:
        return role
    return labels["zh_CN"] if locale.startswith("zh") else labels["en"]
