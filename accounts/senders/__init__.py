"""How letters leave the portal: one sender a channel, named in the settings, and the three ways in which sending fails."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.models import OutboundEmail


class LetterRefused(Exception):
    """The server, or the letter itself, says that it can never be sent."""


class LetterPutOff(Exception):
    """Not now. The server may take this letter later."""


class ServerAway(Exception):
    """The server takes no letters at all just now, whichever they are."""


@dataclass(frozen=True)
class Return:
    """One letter that some mail server or service could not deliver for good."""

    message_id: str
    recipient: str
    reason: str


class Sender(Protocol):
    """Takes letters of one channel, one after the other, until it is closed."""

    def send(self, email: OutboundEmail, now: datetime) -> str:
        """Hand the letter over; return what is worth noting about it. Raises one of the three failures."""

    def close(self) -> None: ...


class Reporter(Protocol):
    """Knows which of its messages did not arrive, the newest first, a page at a time."""

    def failures(self) -> Iterator[list[Return]]: ...


def has_sender(channel: str) -> bool:
    """Text messages go only where somebody has named who sends them."""
    return bool(settings.LETTER_SENDERS.get(channel))


def reporter() -> Reporter | None:
    """Make the sender that is asked what it could not deliver, because nothing comes back by mail; None without one.

    One service answers for all its channels together.
    """
    kinds = [import_string(path) for path in settings.LETTER_SENDERS.values() if path]
    return next((kind() for kind in kinds if hasattr(kind, "failures")), None)


def sender_for(channel: str) -> Sender:
    """Make the sender that the settings name. Raises LetterRefused for a channel that has none."""
    path = settings.LETTER_SENDERS.get(channel)
    if not path:
        raise LetterRefused(f"The portal has no way to send a letter by {OutboundEmail.Channel(channel).label}.")
    return import_string(path)()
