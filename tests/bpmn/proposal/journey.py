"""The steps of a proposal as people take them, so that a test says only what is special about its case."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from engine.clock import CHINA
from engine.errors import Invalid
from engine.spiff import ServiceCall
from tests.bpmn.walk import Walk, read_package

#: A Monday morning in a week without holidays.
MONDAY = datetime(2026, 3, 9, 9, 0, tzinfo=CHINA)
PLACE = {"code": "willow-1", "name": "柳园一村", "community": "willow", "street": "east", "district": "qinghe"}
#: Carried by a council of nine, and by an owners' meeting of a hundred.
CARRIED = {"eligible": 9, "present": 8, "yes": 7, "no": 1, "abstain": 0}
FAILED = {"eligible": 9, "present": 8, "yes": 3, "no": 4, "abstain": 1}
FEW = {"eligible": 9, "present": 3, "yes": 3, "no": 0, "abstain": 0}


class ProposalWalk(Walk):
    """A walk that also knows the households that second, the objections, and the community's fund."""

    seconds: int
    objections: list[str]
    left: int
    reserved: int

    def do(self, element_id: str, **answers: Any) -> None:  # type: ignore[override]
        """Complete an open task; what breaks the rule that the diagram names for it is refused."""
        task = self.task(element_id)
        if check := self.outline(task.process_id, element_id).settings.get("check"):
            form_id = self.outline(task.process_id, element_id).form_id
            assert form_id is not None
            form = self.version.form(form_id)
            entered = form.load({**form.initial(task.data, now=self._now), **answers}, task.data, now=self._now)
            if found := self.version.decide(
                check, {**task.data, **entered}, now=self._now, functions=self.functions()
            ).value:
                raise Invalid("check-failed", "refused", fields={each["field"]: [each["en"]] for each in found})
        super().do(element_id, **answers)

    def second(self, households: int = 1) -> None:
        """Households second it, one after the other."""
        for _ in range(households):
            self.seconds += 1
            self.send("seconded")

    def object(self, text: str = "占用了消防通道") -> None:
        """Somebody objects to what was published."""
        self.objections.append(text)
        self.send("objected")

    @property
    def published(self) -> list[str]:
        """The kinds of what was published, in order."""
        return [settings["publish.kind"] for kind, settings in self.performed if kind == "publish"]

    @property
    def later(self) -> str:
        """A moment twenty days from now, as a form sends it."""
        return (self._now + timedelta(days=20)).isoformat(timespec="minutes")


def proposal(category: str = "facility", *, now: datetime = MONDAY, fund: int = 20_000_000) -> ProposalWalk:
    """A proposal that was just filed; the committee checks what becomes public."""
    case = {
        "id": "0192", "number": "YS2026-000001", "kind": "proposal", "title": "三号楼前加装路灯", "category": category,
        "channel": "portal", "filed_at": now,
    }  # fmt: skip
    people: dict[str, Any] = {}

    def fund_of(walk: ProposalWalk) -> dict[str, Any]:
        return {"account": {"granted_yuan": "0.00", "paid_yuan": "0.00", "released_yuan": "0.00"}}

    def reserve(call: ServiceCall) -> Mapping[str, Any]:
        walk: ProposalWalk = people["walk"]
        amount = int(walk._read(call.settings["fund.amount"], call.data))
        if amount > walk.left:
            raise Invalid("fund-short", "short", fields={call.settings["fund.field"]: ["short"]})
        walk.left, walk.reserved = walk.left - amount, walk.reserved + amount
        return fund_of(walk)

    def pay(call: ServiceCall) -> Mapping[str, Any]:
        walk: ProposalWalk = people["walk"]
        walk.reserved -= int(walk._read(call.settings["fund.amount"], call.data))
        return fund_of(walk)

    def release(_call: ServiceCall) -> Mapping[str, Any]:
        walk: ProposalWalk = people["walk"]
        walk.left, walk.reserved = walk.left + walk.reserved, 0
        return fund_of(walk)

    def next_objection(_call: ServiceCall) -> Mapping[str, Any]:
        objections = people["walk"].objections
        return {"objection": {"number": 1, "text": objections[0]} if objections else None}

    def answer(_call: ServiceCall) -> None:
        people["walk"].objections.pop(0)

    balance = {"year": 2026, "granted_yuan": "200,000.00", "reserved_yuan": "0.00", "paid_yuan": "0.00",
               "available_yuan": "200,000.00"}  # fmt: skip
    services = {
        "publish": lambda _call: {},
        "count-seconds": lambda _call: {"seconds": people["walk"].seconds if "walk" in people else 0},
        "convert": lambda _call: {"converted_number": "SQ2026-000009"},
        "next-objection": next_objection,
        "answer-objection": answer,
        "fund-balance": lambda _call: {"fund": balance},
        "reserve-fund": reserve,
        "pay-fund": pay,
        "release-fund": release,
    }
    walk = ProposalWalk(read_package("proposal"), case=case, place=PLACE, now=now, services=services)
    walk.seconds, walk.objections, walk.left, walk.reserved = 0, [], fund, 0
    people["walk"] = walk
    return walk


def opened(walk: ProposalWalk) -> ProposalWalk:
    """The committee finds nothing personal in it; it is public."""
    walk.do("screen", public_as="written")
    return walk


def reviewed(walk: ProposalWalk, decision: str = "accept", matter: str = "everyday", **more: Any) -> ProposalWalk:
    """Enough households second it, and the party organisation reviews it."""
    if "screen" in walk.open:
        opened(walk)
    while "examine" not in walk.open:
        walk.second()
    answers = {"matter": matter} if decision == "accept" else {}
    walk.do("examine", review_decision=decision, review_reason="属于居民自治范围", **{**answers, **more})
    return walk


def convened(walk: ProposalWalk, cost: int = 12_000) -> ProposalWalk:
    """Notice is given, and the day of the meeting comes."""
    walk.do(
        "convene",
        plan="在三号楼前加装两盏路灯，居委会负责",
        cost=cost,
        meeting_at=walk.later,
        meeting_where="社区会议室",
    )
    walk.until("day")
    return walk


def voted(walk: ProposalWalk, votes: Mapping[str, Any] = CARRIED, cost: int = 12_000, **areas: Any) -> ProposalWalk:
    """One deliberation, from its notice to its votes."""
    convened(walk, cost)
    present = {name: votes[name] for name in ("eligible", "present")}
    walk.do("sign_in", **present, **{name: areas[name] for name in ("area_total", "area_present") if name in areas},
            **({"counted_by": "persons"} if walk.task("sign_in").data["stage"]["households"] else {}))  # fmt: skip
    walk.do("deliberate", opinions="多数赞成，有人担心夜间刺眼", plan="在三号楼前加装两盏路灯，加遮光罩", cost=cost)
    walk.do("vote", **votes, counted_by_whom="监督委员会两名成员", **areas)
    return walk


def decided(walk: ProposalWalk, cost: int = 12_000) -> ProposalWalk:
    """Reviewed, deliberated, passed."""
    return voted(reviewed(walk), cost=cost)


def funded(walk: ProposalWalk, yuan: int = 12_000) -> ProposalWalk:
    """Lawful, and its money is reserved."""
    decided(walk, yuan)
    walk.do("lawful", lawful="yes", lawful_reason="程序和内容合法")
    if yuan:
        walk.do("budget", budget_decision="reserve", budget_yuan=yuan, budget_reason="属于专项经费范围")
    return walk


def published(walk: ProposalWalk, yuan: int = 12_000) -> ProposalWalk:
    """Published for seven days, and nobody objects."""
    funded(walk, yuan)
    walk.until("expired")
    return walk


def planned(walk: ProposalWalk, *milestones: tuple[str, int], days: int = 10) -> ProposalWalk:
    """The committee plans the milestones."""
    due = (walk.now() + timedelta(days=days)).date().isoformat()
    rows = [{"title": title, "due": due, "yuan": yuan} for title, yuan in milestones]
    walk.do("plan", plan_milestones=rows)
    return walk


def built(walk: ProposalWalk, yuan: int = 12_000) -> ProposalWalk:
    """One milestone, carried out, verified, paid."""
    planned(published(walk, yuan), ("安装路灯", yuan))
    walk.do("carry_out", carried_out="两盏路灯已装好通电", vouchers="发票 0012")
    walk.do("verify", verify_result="good", verify_finding="数量、质量相符")
    if yuan:
        walk.do("approve", paid_yuan=yuan, pay_voucher="付 0012")
    return walk


def accepted(walk: ProposalWalk) -> ProposalWalk:
    """The supervisory committee accepts it."""
    walk.do("accept", accept_result="good", accept_finding="与决议一致，账目清楚")
    return walk
