"""The browsers in which somebody is signed in, named so that they recognise their own."""

from typing import Final

#: what a browser says of itself, and its name; the first that fits counts, for most claim to be another one too
_BROWSERS: Final = (
    ("MicroMessenger", "微信"), ("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS: Final = (
    ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS X", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def device(user_agent: str) -> str:
    """Return the browser and the system of a `User-Agent` header, `Chrome · Windows`; what is not known is left out."""
    found = (next((name for mark, name in marks if mark in user_agent), "") for marks in (_BROWSERS, _SYSTEMS))
    return " · ".join(name for name in found if name)
