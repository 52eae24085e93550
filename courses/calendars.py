"""A date as a calendar file: one entry a session, in British time with its rules for summer and winter."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from icalendar import Calendar, Event, Timezone, vCalAddress, vText

from accounts import clock
from courses.models import Session
from courses.working_days import BRITISH_TIME

PUBLISH, REQUEST, CANCEL = "PUBLISH", "REQUEST", "CANCEL"
FEED_READ_EVERY = "PT1H"
PRODUCT = "-//Workforce portal//Course dates//EN"
# The rule in force since 1996, as calendar programs write it: the library's own list of every change
# since 1970 is ten times as long, takes ten times as long to make, and ends in 2038.
BRITISH_TIME_RULES = Timezone.from_ical(
    """BEGIN:VTIMEZONE
TZID:Europe/London
BEGIN:DAYLIGHT
DTSTART:19960331T010000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:BST
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T020000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:GMT
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
END:STANDARD
END:VTIMEZONE
"""
)


def calendar_text(
    *,
    uid: str,
    sequence: int,
    method: str,
    summary: str,
    description: str,
    location: str,
    url: str,
    sessions: Iterable[Session],
    organiser_email: str,
    organiser_name: str,
    attendee_email: str = "",
    now: datetime | None = None,
) -> str:
    """Return the text of an .ics file.

    A calendar program finds its earlier entry by the uid and replaces it when the sequence is higher, so
    `uid` stays the same for one booking (or one public date) and `sequence` rises with each change. A
    session held elsewhere than `location` names its own venue; load sessions with it.
    """
    calendar = _begun()
    calendar.add("method", method)
    for session in sessions:
        entry = _entry(session, uid=uid, sequence=sequence, stamped_at=now or clock.now())
        entry.add("summary", summary)
        entry.add("description", description)
        entry.add("location", _place(session, location))
        entry.add("url", url)
        entry.add("status", "CANCELLED" if method == CANCEL else "CONFIRMED")
        entry.add("organizer", _address(organiser_email, organiser_name), encode=0)
        if attendee_email:
            entry.add("attendee", _attendee(attendee_email), encode=0)
        calendar.add_component(entry)
    return calendar.to_ical().decode()


@dataclass(frozen=True, kw_only=True)
class FeedEntry:
    """One date in somebody's private feed: its title and place, and nothing else."""

    uid: str
    sequence: int
    summary: str
    location: str
    sessions: Iterable[Session]


def feed_text(entries: Iterable[FeedEntry], *, name: str, now: datetime) -> str:
    """Return a calendar that a program reads again and again: all that stands, so what is missing is gone.

    It asks for nothing, so it has no method, and it names nobody, because people share their calendars.
    """
    calendar = _begun()
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval;value=duration", FEED_READ_EVERY)
    calendar.add("x-published-ttl", FEED_READ_EVERY)
    for facts in entries:
        for session in facts.sessions:
            entry = _entry(session, uid=facts.uid, sequence=facts.sequence, stamped_at=now)
            entry.add("summary", facts.summary)
            entry.add("location", _place(session, facts.location))
            entry.add("status", "CONFIRMED")
            calendar.add_component(entry)
    return calendar.to_ical().decode()


def _begun() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add_component(BRITISH_TIME_RULES)
    return calendar


def _entry(session: Session, *, uid: str, sequence: int, stamped_at: datetime) -> Event:
    entry = Event()
    entry.add("uid", _uid_of_session(uid, session.position))
    entry.add("sequence", sequence)
    entry.add("dtstamp", stamped_at)
    entry.add("dtstart", session.starts_at.astimezone(BRITISH_TIME))
    entry.add("dtend", session.ends_at.astimezone(BRITISH_TIME))
    return entry


def _uid_of_session(uid: str, position: int) -> str:
    """The position goes before the @, where the part that makes an entry unique belongs."""
    name, at, host = uid.partition("@")
    return f"{name}-{position}{at}{host}"


def _place(session: Session, location: str) -> str:
    if session.venue is None:
        return location
    return ", ".join([session.venue.name, *session.venue.address.splitlines(), session.venue.postcode]).strip(", ")


def _attendee(email: str) -> vCalAddress:
    """Somebody who has said yes already, in the portal: their calendar program need not ask them again."""
    attendee = _address(email)
    attendee.params.update({"role": vText("REQ-PARTICIPANT"), "partstat": vText("ACCEPTED"), "rsvp": vText("FALSE")})
    return attendee


def _address(email: str, name: str = "") -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    if name:
        address.params["cn"] = vText(name)
    return address
