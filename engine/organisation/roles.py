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
    #: 人民调解员
    MEDIATOR = "mediator"
    #: 调委会主任: rules on scope, recusal and time
    MEDIATION_CHAIR = "mediation_chair"
    #: 司法所: guides mediation, helps with judicial confirmation
    JUDICIAL_OFFICE = "judicial_office"
    #: 人民法院: dockets and confirms agreements
    COURT = "court"
    #: 信访代理员: acts for a resident within a mandate
    AGENT = "agent"
    #: 信访工作机构: registers, classifies and transfers
    PETITION_OFFICE = "petition_office"
    #: 复查机关
    REVIEW_BODY = "review_body"
    #: 复核机关
    REREVIEW_BODY = "rereview_body"
    #: 纪检监察机构: takes accusations, sealed
    DISCIPLINE = "discipline"
    #: 党组织: reviews topics, convenes
    PARTY_ORGANISATION = "party_organisation"
    #: 居民委员会
    RESIDENTS_COMMITTEE = "residents_committee"
    #: 居民议事会
    COUNCIL = "council"
    #: 业主委员会
    OWNERS_COMMITTEE = "owners_committee"
    #: 居务监督委员会
    SUPERVISORY_COMMITTEE = "supervisory_committee"
    #: 财务: keeps the community's fund
    FINANCE = "finance"
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
    Role.MEDIATOR: {"zh_CN": "人民调解员", "en": "Mediator"},
    Role.MEDIATION_CHAIR: {"zh_CN": "调委会主任", "en": "Mediation chair"},
    Role.JUDICIAL_OFFICE: {"zh_CN": "司法所", "en": "Judicial office"},
    Role.COURT: {"zh_CN": "人民法院", "en": "Court"},
    Role.AGENT: {"zh_CN": "信访代理员", "en": "Petition agent"},
    Role.PETITION_OFFICE: {"zh_CN": "信访工作机构", "en": "Petition office"},
    Role.REVIEW_BODY: {"zh_CN": "复查机关", "en": "Review body"},
    Role.REREVIEW_BODY: {"zh_CN": "复核机关", "en": "Re-review body"},
    Role.DISCIPLINE: {"zh_CN": "纪检监察机构", "en": "Discipline inspection"},
    Role.PARTY_ORGANISATION: {"zh_CN": "党组织", "en": "Party organisation"},
    Role.RESIDENTS_COMMITTEE: {"zh_CN": "居民委员会", "en": "Residents' committee"},
    Role.COUNCIL: {"zh_CN": "居民议事会", "en": "Residents' council"},
    Role.OWNERS_COMMITTEE: {"zh_CN": "业主委员会", "en": "Owners' committee"},
    Role.SUPERVISORY_COMMITTEE: {"zh_CN": "居务监督委员会", "en": "Supervisory committee"},
    Role.FINANCE: {"zh_CN": "财务", "en": "Finance"},
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
