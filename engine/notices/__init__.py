"""Notices: written from templates, kept in an outbox, sent at least once, each with a stable key."""

from engine.notices.channels import (
    AppChannel,
    Channel,
    ChannelDown,
    EmailChannel,
    Outgoing,
    PermanentFailure,
    TemporaryFailure,
    message_id,
)
from engine.notices.dispatch import send_due
from engine.notices.models import Notice, NoticeState
from engine.notices.outbox import Recipient, notify
from engine.notices.service import (
    NoticePage,
    counts,
    mark_read,
    of_case,
    open_notice,
    page_of,
    recent,
    resend,
    undelivered,
    unread,
    unread_count,
)
from engine.notices.texts import NoticeTexts, Written

__all__ = [
    "AppChannel",
    "Channel",
    "ChannelDown",
    "EmailChannel",
    "Notice",
    "NoticePage",
    "NoticeState",
    "NoticeTexts",
    "Outgoing",
    "PermanentFailure",
    "Recipient",
    "TemporaryFailure",
    "Written",
    "counts",
    "mark_read",
    "message_id",
    "notify",
    "of_case",
    "open_notice",
    "page_of",
    "recent",
    "resend",
    "send_due",
    "undelivered",
    "unread",
    "unread_count",
]
