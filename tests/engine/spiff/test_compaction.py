"""Finished history is dropped, and what joins need of it is not."""

from tests.engine.spiff.drawing import boundary, end, flows, gateways, node, refers, start, users
from tests.engine.spiff.running import Persisted

MESSAGE = refers("message", "mg")


def rounds_with_a_reminder() -> str:
    """A loop over `a`, on which a message starts `r`, which ends by itself."""
    xor = gateways("m", tag="exclusiveGateway") + gateways("x", tag="exclusiveGateway", default="out")
    body = start() + xor + users("a", "r") + boundary("b", "a", MESSAGE, interrupting=False) + end("e", "er")
    return body + flows("s>m>a>x; b>r>er; x>m [again]; x>e #out")


def test_reminders_of_a_hundred_rounds_leave_no_trace_but_their_data() -> None:
    r = Persisted(rounds_with_a_reminder(), {"total": 0})
    sizes = []
    for number in range(60):
        r.send()
        r.do("r", reminded=number, log={**r.data().get("log", {}), f"round {number % 3}": number})
        r.do("a", again=True, total=number)
        sizes.append(len(r.workflow.snapshot()))
    assert max(sizes[30:]) < max(sizes[:10]) + 60
    r.do("a", again=False)
    assert r.done()
    assert r.data() == {
        "total": 59,
        "reminded": 59,
        "again": False,
        "log": {"round 0": 57, "round 1": 58, "round 2": 59},
    }


def test_an_open_reminder_keeps_its_own_data_while_the_loop_goes_on() -> None:
    r = Persisted(rounds_with_a_reminder(), {"k": 0})
    r.send()
    for number in range(20):
        r.do("a", again=True, k=number)
    assert r.task("r").data == {"k": 0}
    r.do("a", again=False)
    r.do("r", said=True)
    assert r.data() == {"k": 19, "again": False, "said": True}


def test_a_finished_branch_waits_for_the_join_without_its_history() -> None:
    xor = gateways("m", tag="exclusiveGateway") + gateways("x", tag="exclusiveGateway", default="out")
    body = start() + gateways("g", "j") + xor + users("a", "b", "c") + end()
    r = Persisted(body + flows("s>g>m>a>x; x>m [again]; x>j #out; g>b>j; j>c>e"), {"k": 0, "n": 0})
    sizes = []
    for number in range(40):
        r.do("a", again=True, n=number)
        sizes.append(len(r.workflow.snapshot()))
    assert max(sizes[20:]) < max(sizes[:5]) + 60
    r.do("a", again=False)
    r.do("b", k=1)
    assert r.task("c").data == {"k": 1, "n": 39, "again": False}


def test_a_cancelled_sub_process_is_forgotten() -> None:
    inside = node("subProcess", "sp", start("is") + users("iu", "iv") + end("ie") + flows("is>iu>iv>ie"))
    body = start() + inside + users("h") + end() + boundary("b", "sp", MESSAGE)
    r = Persisted(body + flows("s>sp>e; b>h>e"))
    r.do("iu", found="inside")
    r.send()
    assert r.task("h").data == {"found": "inside"}
    assert len(r.workflow.active_scopes()) == 1
    r.do("h")
    assert r.done()
