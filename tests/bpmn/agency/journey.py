"""The steps of an agency case as people take them, so that a test says only what is special about its case."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from engine.clock import CHINA
from engine.deadlines.clocks import Due, exclude, extend, stood_still
from engine.deadlines.ladder import moment_of
from engine.deadlines.years import national_calendar
from engine.spiff import ServiceCall, WaitingTimer
from tests.bpmn.walk import Running, Walk, read_package

#: A Monday morning in a week without holidays.
MONDAY = datetime(2026, 3, 9, 9, 0, tzinfo=CHINA)
PLACE = {"code": "willow-1", "name": "柳园一村", "community": "willow", "street": "east", "district": "qinghe"}
_NEVER = datetime(9000, 1, 1, tzinfo=CHINA)


class AgencyWalk(Walk):
    """A walk whose clocks move: extensions are added, a hearing lets one stand still."""

    def __init__(self, *, now: datetime = MONDAY) -> None:
        self.still: dict[str, datetime] = {}
        case = {
            "id": "0190", "number": "DL2026-000001", "kind": "agency", "title": "拆迁补偿未到位",
            "category": "property", "channel": "portal", "filed_at": now,
        }  # fmt: skip
        services = {"convert": self._convert, "suspend": self._suspend, "resume": self._resume}
        super().__init__(read_package("agency"), case=case, place=PLACE, now=now, services=services)

    def perform(self, call: ServiceCall) -> Mapping[str, Any] | None:
        done = super().perform(call)
        if call.type == "extend":
            said = self.extended[-1]
            clock = self._clock(str(said["extend"]).partition(";")[0])  # its statutory clock is that of the handling
            more = int(said["extend.amount"])
            self._move(clock, extend(_due(clock), more, said["extend.unit"], calendar=_calendar(), roll="none"))
        return done

    def owner(self, element_id: str) -> Any:
        """Whom an open task is given to by name."""
        task = self.task(element_id)
        return self._read(self.outline(task.process_id, element_id).assignment["assignee"], task.data)

    def _convert(self, call: ServiceCall) -> Mapping[str, Any]:
        return {"converted_number": "JB2026-000001"}

    def _suspend(self, call: ServiceCall) -> None:
        self.still[call.settings["suspend"]] = self._now

    def _resume(self, call: ServiceCall) -> None:
        clock = self._clock(call.settings["resume"])
        amount, unit = stood_still(self.still.pop(clock.name), self._now, "calendar-days", _calendar())
        self._move(clock, exclude(_due(clock), amount, unit, calendar=_calendar(), roll="none"))

    def _clock(self, name: str) -> Running:
        return next(clock for clock in self.clocks.values() if clock.name == name)

    def _move(self, clock: Running, after: Due) -> None:
        clock.due_at = after.due_at
        clock.ladder = [
            type(rung)(
                name=rung.name, position=rung.position, rule=rung.rule,
                due_at=moment_of(rung.rule["when"], clock.started_at, after.due_at, _calendar()),
            )
            for rung in clock.ladder
        ]  # fmt: skip

    def _due(self, timer: WaitingTimer) -> datetime:
        return _NEVER if timer.clock in self.still else super()._due(timer)


def _due(clock: Running) -> Due:
    return Due(due_at=clock.due_at, trace=(), provisional=False)


def _calendar() -> Any:
    return national_calendar(2025, 2026)


def days(walk: Walk, number: int) -> None:
    """Let days pass in which nobody looks at a timer."""
    walk.pass_time(walk.now() + timedelta(days=number))


def accepted_by_agent(walk: AgencyWalk, *, second: bool = False) -> AgencyWalk:
    """One or two agents take it on."""
    walk.do("accept", by="agent-one", conflict_checked=True, second_wanted="yes" if second else "no")
    if second:
        walk.do("second", by="agent-two", conflict_checked=True)
    return walk


def signed(walk: AgencyWalk, **more: Any) -> AgencyWalk:
    """The resident gives the mandate in writing."""
    accepted_by_agent(walk, **more)
    walk.do("sign", mandate_scope=["draft", "follow"], mandate_signed=True)
    return walk


def drafted(walk: AgencyWalk, **more: Any) -> AgencyWalk:
    """The agent has drafted; the resident has the draft."""
    signed(walk, **more)
    walk.do("draft", by="agent-one", draft_request="请求按协议支付补偿", draft_facts="协议签订已满两年，补偿仍未支付。")
    return walk


def entrusted(walk: AgencyWalk, **more: Any) -> AgencyWalk:
    """The draft is approved; the petition office has it."""
    drafted(walk, **more)
    walk.do("approve", draft_approved="yes")
    return walk


def recorded(walk: AgencyWalk, **answers: Any) -> AgencyWalk:
    """The office registers it as an appeal of item six unless the answers say otherwise."""
    entrusted(walk)
    walk.do("record", **({"nature": "appeal", "refusal": "none", "statute_kind": "other"} | answers))
    return walk


def transferred(walk: AgencyWalk, unit: str = "housing", **answers: Any) -> AgencyWalk:
    """The competent unit has it."""
    recorded(walk, **answers)
    walk.do("choose", competent_unit=unit, transfer_demand="请依法处理并答复")
    return walk


def accepted(walk: AgencyWalk, **answers: Any) -> AgencyWalk:
    """The competent unit has accepted it."""
    transferred(walk, **answers)
    walk.do("receive", receive_decision="accept")
    return walk


def concluded(walk: AgencyWalk, result: str = "explained", **answers: Any) -> AgencyWalk:
    """The opinion is signed; it has to be served."""
    accepted(walk, **answers)
    walk.do("investigate", heard="yes", facts_found="协议真实有效，补偿款因账户变更未能支付。")
    walk.do(
        "draft",
        opinion_result=result,
        opinion_text="补偿款将在三十日内支付到新账户。",
        opinion_reason="依据补偿协议第五条的约定。",
    )
    walk.do("sign_off", sign_off_decision="approve")
    return walk


def served(walk: AgencyWalk, result: str = "explained", **answers: Any) -> AgencyWalk:
    """The resident has the opinion in hand, and may ask for a review."""
    concluded(walk, result, **answers)
    walk.do("serve", served_at=walk.now().isoformat(), served_how="person", served_note="本人当面签收")
    return walk


def reviewed(walk: AgencyWalk, result: str = "explained") -> AgencyWalk:
    """The review opinion is served; the resident may ask for a re-review."""
    served(walk)
    walk.take("ask_review", review_grounds="补偿标准算错")
    walk.do(
        "decide", review_ruling="uphold", review_result=result, review_text="维持原处理意见，补偿标准无误。",
        review_reason="依据补偿协议和评估报告。",
    )  # fmt: skip
    walk.do(
        "serve", review_served_at=walk.now().isoformat(), review_served_how="post", review_served_note="邮寄签收"
    )  # fmt: skip
    return walk


def examined(walk: AgencyWalk, *, hearing: str = "no") -> AgencyWalk:
    """A re-review was asked for; whether there is a hearing is decided."""
    reviewed(walk)
    walk.take("ask_rereview", rereview_grounds="评估报告有误")
    walk.do("examine", examination_note="材料齐全，争议在评估报告", hearing_wanted=hearing)
    return walk


def final(walk: AgencyWalk, result: str = "explained") -> AgencyWalk:
    """The re-review opinion is made and served."""
    walk.do(
        "decide", rereview_ruling="change", rereview_result=result, rereview_text="补偿标准按复核结果执行。",
        rereview_reason="评估报告经复核有误，予以更正。",
    )  # fmt: skip
    walk.do(
        "serve", rereview_served_at=walk.now().isoformat(), rereview_served_how="person",
        rereview_served_note="本人签收",
    )  # fmt: skip
    return walk
