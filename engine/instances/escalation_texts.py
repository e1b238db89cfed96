"""What people read when a rung waits for them: a signature, or what nobody acknowledged. Any process: no package has
these texts. They name the number and the step; what the matter is about stays inside."""

from types import MappingProxyType
from typing import Final

from engine.notices import NoticeTexts

_SOURCES: Final = {
    "slip_to_sign": (
        (
            "请签发：{{ case.number }} {{ element }}（{{ rung }}）",
            "{{ unit }}办理的“{{ element }}”应于{{ due }}前完成，至今未办结，须由人签发督办。"
            "您签发之后才会编号、送达；签发之前不会发给任何人。",
        ),
        (
            "Please sign: {{ case.number }} {{ element }} ({{ rung }})",
            "“{{ element }}” with {{ unit }} was due by {{ due }} and is not done. Its supervision is to be signed by "
            "a person. It is numbered and served when you have signed it; before that it goes to nobody.",
        ),
    ),
    "slip_unsigned": (
        (
            "仍待签发：{{ case.number }} {{ element }}（{{ rung }}）",
            "“{{ element }}”的督办自{{ asked_at }}起等待签发，至今无人签发，因此没有送达任何人。",
        ),
        (
            "Still to be signed: {{ case.number }} {{ element }} ({{ rung }})",
            "The supervision of “{{ element }}” has waited for a signature since {{ asked_at }}. As nobody has signed "
            "it, it was served on nobody.",
        ),
    ),
    "rung_raised": (
        (
            "无人知悉，报给您：{{ case.number }} {{ element }}（{{ rung }}）",
            "“{{ element }}”的提醒已发给{{ told }}，在规定时间内无人确认知悉，现报给您。原定完成时间：{{ due }}。",
        ),
        (
            "Nobody acknowledged it: {{ case.number }} {{ element }} ({{ rung }})",
            "The reminder of “{{ element }}” went to {{ told }}. Nobody acknowledged it in time, so it comes to you. "
            "It was due by {{ due }}.",
        ),
    ),
}
_TAIL: Final = "{% if link %}\n\n{{ link }}{% endif %}\n"


def _texts(key: str) -> NoticeTexts:
    chinese, english = (f"Subject: {subject}\n\n{body}{_TAIL}" for subject, body in _SOURCES[key])
    return NoticeTexts(key=key, sources={"zh_CN": chinese, "en": english})


#: by the name of the template
TEXTS: Final = MappingProxyType({key: _texts(key) for key in _SOURCES})
