"""Ways to an addressee. The only place that knows Apprise."""

from engine.notices.channels.courier import Courier
from engine.notices.channels.mail import EmailChannel, message_id
from engine.notices.channels.port import (
    AddressRefused,
    AppChannel,
    Channel,
    ChannelDown,
    Outgoing,
    PermanentFailure,
    TemporaryFailure,
)
from engine.notices.channels.robots import ROBOTS, RobotChannel, robot_address
from engine.notices.channels.sms import Expected, GatewayChannel, ServiceChannel, apprise_service
from engine.notices.channels.webhook import WebhookChannel, new_secret, read_secret, sign, webhook_id

__all__ = [
    "ROBOTS",
    "AddressRefused",
    "AppChannel",
    "Channel",
    "ChannelDown",
    "Courier",
    "EmailChannel",
    "Expected",
    "GatewayChannel",
    "Outgoing",
    "PermanentFailure",
    "RobotChannel",
    "ServiceChannel",
    "TemporaryFailure",
    "WebhookChannel",
    "apprise_service",
    "message_id",
    "new_secret",
    "read_secret",
    "robot_address",
    "sign",
    "webhook_id",
]
