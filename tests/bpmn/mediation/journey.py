"""The steps of a mediation as people take them, so that a test says only what is special about its case."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from engine.clock import CHINA
from engine.spiff import ServiceCall
from tests.bpmn.walk import Walk, read_package

#: A Monday morning in a week without holidays.
MONDAY = datetime(2026, 3, 9, 9, 0, tzinfo=CHINA)
PLACE = {"code": "willow-1", "name": "柳园一村", "community": "willow", "street": "east", "district": "qinghe"}
APPLICANT = {"key": "p1", "role": "applicant", "label": "申请人"}
RESPONDENT = {"key": "p2", "role": "respondent", "label": "被申请人"}
THIRD = {"key": "p3", "role": "third", "label": "第三人"}
MEDIATORS = [
    {"value": "m1", "label": "调解员甲（柳园社区）", "unit": "willow"},
    {"value": "m2", "label": "调解员乙（东街道）", "unit": "east"},
]
#: What the two sides owe each other, in the order of the dates.
DUTIES = [{"due": "2026-04-10", "what": "拆除阳台外挑部分"}]


def mediation(
    *, parties: Sequence[dict[str, str]] = (APPLICANT, RESPONDENT), now: datetime = MONDAY, **data: Any
) -> Walk:
    """An application that was just filed; the desk has it."""
    known = list(parties)
    case = {
        "id": "0191", "number": "TJ2026-000001", "kind": "mediation", "title": "阳台外挑影响采光",
        "category": "neighbour", "channel": "portal", "filed_at": now,
    }  # fmt: skip
    services = {
        "parties": lambda _call: {"parties": list(known)},
        "members": lambda _call: {"members": [dict(each) for each in MEDIATORS]},
        "convert": _converted,
    }
    walk = Walk(read_package("mediation"), case={**case, **data}, place=PLACE, now=now, services=services)
    walk.parties = known  # type: ignore[attr-defined]  # a test adds a party as the desk does, on the case's page
    return walk


def _converted(_call: ServiceCall) -> dict[str, str]:
    return {"converted_number": "SQ2026-000009"}


def registered(walk: Walk, **answers: Any) -> Walk:
    """The desk registers it; unless something is out of scope, it is accepted."""
    given = {"dispute_facts": "对方阳台外挑一米，遮挡采光", "request": "拆除外挑部分", "source": "applied"}
    walk.do("record", **{**given, **answers})
    return walk


def consented(walk: Walk) -> Walk:
    """Every party that is asked consents."""
    if "record" in walk.open:
        registered(walk)
    while "agree" in walk.open:
        asked = next(task for task in walk.workflow.open_tasks() if task.element_id == "agree")
        walk.do("agree", party=asked.data["party"]["key"], agree="yes")
    return walk


def appointed(walk: Walk, mediator: str = "m1") -> Walk:
    """The parties leave the choice to the committee, and a mediator is appointed and accepts."""
    if "wish" not in walk.open:
        consented(walk)
    left_open(walk)
    walk.do("appoint", mediator=mediator)
    walk.do("accept", by=mediator, accept_decision="accept")
    return walk


def left_open(walk: Walk) -> Walk:
    """No party has a wish as to the mediator."""
    while "wish" in walk.open:
        asked = next(task for task in walk.workflow.open_tasks() if task.element_id == "wish")
        walk.do("wish", party=asked.data["party"]["key"])
    return walk


def planned(walk: Walk, invitees: str = "none") -> Walk:
    """A session is arranged."""
    if "plan" not in walk.open:
        appointed(walk)
    consent = {} if invitees == "none" else {"invitees_agreed": True}
    walk.do(
        "plan", session_at="2026-03-18T15:00+08:00", session_place="社区调解室", session_open="closed",
        invitees=invitees, **consent,
    )  # fmt: skip
    return walk


def talked(walk: Walk, result: str = "agreed", **answers: Any) -> Walk:
    """A session takes place and ends with `result`."""
    if "hold" not in walk.open:
        planned(walk)
    walk.do("hold", minutes_text="双方陈述，调解员提出分期拆除的方案", session_result=result, **answers)
    return walk


def drafted(walk: Walk, *, form: str = "written", matter: str = "property", duties: Any = DUTIES) -> Walk:
    """The mediator writes the agreement, or what was agreed orally."""
    if "draft" not in walk.open:
        talked(walk)
    walk.do(
        "draft", agreement_form=form, agreement_matter=matter, agreement_text="被申请人一个月内拆除外挑部分",
        duties=duties,
    )  # fmt: skip
    return walk


def signed(walk: Walk) -> Walk:
    """Every party signs, and the chair seals: the agreement is in effect."""
    if "sign" not in walk.open:
        drafted(walk)
    while "sign" in walk.open:
        asked = next(task for task in walk.workflow.open_tasks() if task.element_id == "sign")
        walk.do("sign", party=asked.data["party"]["key"], sign="yes")
    walk.do("seal", seal_decision="seal")
    return walk


def unconfirmed(walk: Walk) -> Walk:
    """A party does not want the court's confirmation."""
    walk.do("apply_jointly", party="p1", confirmation_wish="no")
    return walk


def confirmed(walk: Walk, ruling: str = "confirmed") -> Walk:
    """All want it, the judicial office files it, the court rules."""
    for party in ("p1", "p2"):
        walk.do("apply_jointly", party=party, confirmation_wish="yes")
    walk.do("prepare", confirmation_court="清河区人民法院", confirmation_checked=True)
    walk.do("docket", docketed="yes", court_number="（2026）清0101民特12号")
    walk.do("decide", ruling=ruling, court_reason="协议自愿、合法、内容明确")
    return walk


def visited(walk: Walk, performed: str = "yes") -> Walk:
    """A date of performance comes, and the mediator looks."""
    if "look" not in walk.open:
        walk.until("due")
    walk.do("look", visit_performed=performed, visit_note="上门查看")
    return walk


def filed_away(walk: Walk) -> Walk:
    """The records are complete."""
    walk.do("file", archive_number="TJ-2026-1", archive_complete=True)
    return walk


def terminated(walk: Walk, *, go_on: str = "no") -> Walk:
    """The chair writes the notice, and the applicant says whether it goes on as a petition."""
    walk.do("write", termination_reason="未能达成一致", remedies=["court", "arbitration"])
    walk.do("ask", go_on=go_on)
    return filed_away(walk)
