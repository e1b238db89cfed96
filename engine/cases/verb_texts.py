"""What people read when somebody does something with their task. Any process, so no package has these texts."""

from types import MappingProxyType
from typing import Final

from engine.notices import NoticeTexts

_SOURCES: Final = {
    "task_transferred": (
        ("转办给您：{{ task }}（{{ number }}）", "{{ who }}把“{{ task }}”转给您办理，原时限不变。"),
        (
            "Transferred to you: {{ task }} ({{ number }})",
            "{{ who }} gave “{{ task }}” to you. Its due date is as it was.",
        ),
    ),
    "task_assigned": (
        ("指派给您：{{ task }}（{{ number }}）", "{{ who }}指派您办理“{{ task }}”，原时限不变。"),
        (
            "Assigned to you: {{ task }} ({{ number }})",
            "{{ who }} assigned “{{ task }}” to you. Its due date is as it was.",
        ),
    ),
    "task_delegated": (
        ("委派给您：{{ task }}（{{ number }}）", "{{ who }}委派您代为办理“{{ task }}”。办好后请交回，由其确认。"),
        (
            "Delegated to you: {{ task }} ({{ number }})",
            "{{ who }} asks you to do “{{ task }}”. Hand it back when it is done; they confirm it.",
        ),
    ),
    "task_handed_back": (
        ("已交回，请确认：{{ task }}（{{ number }}）", "{{ who }}已办好您委派的“{{ task }}”。请核对后办结。"),
        (
            "Handed back for you to confirm: {{ task }} ({{ number }})",
            "{{ who }} has done “{{ task }}” for you. Check it, then complete it.",
        ),
    ),
    "task_recalled": (
        ("已收回：{{ task }}（{{ number }}）", "{{ who }}收回了“{{ task }}”，您不用再办。"),
        ("Taken back: {{ task }} ({{ number }})", "{{ who }} took “{{ task }}” back. You need not do it any more."),
    ),
    "task_urged": (
        ("催办：{{ task }}（{{ number }}）", "{{ who }}催办“{{ task }}”，请尽快办理。"),
        ("Urged: {{ task }} ({{ number }})", "{{ who }} urges “{{ task }}”. Please do it soon."),
    ),
    "co_handler_asked": (
        ("请您会办：{{ task }}（{{ number }}）", "{{ who }}办理“{{ task }}”，请您答复："),
        ("Your answer is asked for: {{ task }} ({{ number }})", "{{ who }} works on “{{ task }}” and asks you:"),
    ),
    "co_handler_answered": (
        ("会办已答复：{{ task }}（{{ number }}）", "{{ who }}就“{{ task }}”答复："),
        ("Answered: {{ task }} ({{ number }})", "{{ who }} answers on “{{ task }}”:"),
    ),
    "case_copied": (
        ("抄送给您：{{ number }}", "{{ who }}把事项 {{ number }} 抄送给您，供阅知，不用办理。"),
        (
            "For your information: {{ number }}",
            "{{ who }} lets you read along in {{ number }}. There is nothing to do.",
        ),
    ),
    "task_returned": (
        ("退回给您：{{ task }}（{{ number }}）", "{{ who }}把事项退回到“{{ task }}”。"),
        ("Returned to you: {{ task }} ({{ number }})", "{{ who }} sent the matter back to “{{ task }}”."),
    ),
    "case_merged": (
        (
            "您反映的事项已合并办理：{{ number }}",
            "您反映的事项 {{ number }} 与更早的 {{ original }} 是同一件事，已合并办理。"
            "办理结果会同样答复您，原来的编号和 PIN 继续有效。",
        ),
        (
            "Your matter is handled together with an earlier one: {{ number }}",
            "Your matter {{ number }} is the same as the earlier {{ original }} and is handled with it. You will get "
            "the same answer, and your tracking code goes on working.",
        ),
    ),
}
_TAIL: Final = (
    "{{% if note %}}\n\n{{{{ note }}}}{{% elif held_back %}}\n\n{held_back}{{% endif %}}"
    "{{% if link %}}\n\n{{{{ link }}}}{{% endif %}}\n"
)
#: In place of a note on a sealed matter.
_HELD_BACK: Final = ("附言请登录后在系统里看。", "There is a note. Sign in to read it.")


def _texts(key: str) -> NoticeTexts:
    chinese, english = (
        f"Subject: {subject}\n\n{body}{_TAIL.format(held_back=instead)}"
        for (subject, body), instead in zip(_SOURCES[key], _HELD_BACK, strict=True)
    )
    return NoticeTexts(key=key, sources={"zh_CN": chinese, "en": english})


#: by the name of the template
TEXTS: Final = MappingProxyType({key: _texts(key) for key in _SOURCES})
