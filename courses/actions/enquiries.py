"""Enquiries: made, answered, given a date, followed until the course has been held, or lost.

A quote, an order and an invoice live in the app above; they bring an enquiry on by `follow`, in their own transaction.
Locks: the enquiry first, then whatever it leads to, its date last.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.actions import letters, people
from accounts.locking import locked
from accounts.models import Organisation, OutboundEmail, User
from accounts.models.practitioner import FORMER_MEMBER, REMOVED_ADDRESS
from courses import emails
from courses.actions import events
from courses.models import Course, Enquiry, Event
from courses.models.enquiry import ENQUIRY_STATE_FIELDS, ENQUIRY_TRANSITIONS, EnquiryState
from courses.references import new_reference


class EnquiryHasMovedOn(Exception):
    """The enquiry is no longer where this can be done; the words say where it is."""


class NotKnownYet(Exception):
    """Something must be known before the next step; the words say what."""


def enquire(
    *,
    facts: Mapping[str, Any],
    organisation: Organisation | None,
    organisation_name: str = "",
    by: User | None,
    now: datetime,
    idempotency_key: UUID,
) -> Enquiry:
    """Keep an enquiry and write to whoever made it. The same key gives the same enquiry however often it is sent.

    `facts` are the fields of Enquiry that people fill in. Somebody without an account has no organisation but a name.
    """
    asked = {"organisation": organisation, "organisation_name": organisation_name, "made_by": by, **facts}
    return _keep(asked, by, now, idempotency_key)


def take_down(
    *,
    facts: Mapping[str, Any],
    organisation: Organisation | None,
    organisation_name: str = "",
    came_by: str,
    by: User,
    now: datetime,
    idempotency_key: UUID,
) -> Enquiry:
    """Keep what somebody has asked on the telephone or in a letter, and confirm it to them; once for one key.

    Whoever takes it down answers it. Where they speak for the organisation, they find it on their own pages too.
    """
    asked = {"organisation": organisation, "organisation_name": organisation_name, **facts}
    taken = {
        "came_by": came_by,
        "taken_down_by": by,
        "owner": by,
        "made_by": _contact_with(facts["email"], organisation),
    }
    return _keep(asked | taken, by, now, idempotency_key)


def _contact_with(email: str, organisation: Organisation | None) -> User | None:
    if organisation is None:
        return None
    contacts = User.objects.filter(practitioner__memberships__in=organisation.memberships.as_contact())
    return contacts.filter(email__iexact=email, is_active=True).first()


def _keep(asked: Mapping[str, Any], by: User | None, now: datetime, idempotency_key: UUID) -> Enquiry:
    earlier = Enquiry.objects.filter(idempotency_key=idempotency_key).first()
    if earlier:
        return earlier
    try:
        with transaction.atomic():
            enquiry = Enquiry.objects.create(
                reference=new_reference("N"),
                made_at=now,
                state_since=now,
                state_set_by=by,
                idempotency_key=idempotency_key,
                **asked,
            )
            emails.enquiry_received(enquiry=enquiry, now=now)
            audit.record(by=by, verb="enquiry.make", subject=f"enquiry:{enquiry.pk}", now=now)
    except IntegrityError:
        # The same form sent twice at once.
        return Enquiry.objects.get(idempotency_key=idempotency_key)
    return enquiry


def forget_asker(*, found: QuerySet[Enquiry]) -> None:
    """Take away who asked, how to reach them, and what was said about people; what was asked for stays."""
    found.update(
        contact_name=FORMER_MEMBER, email=REMOVED_ADDRESS, phone="",
        **people.without_words("audience", "budget_holder", "travel", "note", "question", "lost_reason"),
    )  # fmt: skip


@transaction.atomic
def forget(*, enquiry_id: int, now: datetime) -> bool:
    """Take away every word that was typed in an enquiry, and its letters; tell whether there was any.

    Course, numbers, days and how it ended stay, so that what was asked for can be counted. Harmless twice.
    """
    enquiry = _lock(enquiry_id)
    if enquiry.email == REMOVED_ADDRESS:
        return False
    found = Enquiry.objects.filter(pk=enquiry.pk)
    forget_asker(found=found)
    found.update(**people.without_words("organisation_name", "subject", "outcomes", "dates_wanted", "place"))
    letters.forget(emails=OutboundEmail.objects.about(f"enquiry:{enquiry.pk}"))
    _record(enquiry, "forget", None, now)
    return True


@transaction.atomic
def take(*, enquiry_id: int, by: User, now: datetime) -> Enquiry:
    """Make somebody of the team the one who answers; a colleague may take it over."""
    enquiry = _lock(enquiry_id)
    if enquiry.owner_id != by.pk:
        enquiry.owner = by
        enquiry.save(update_fields=["owner"])
        _record(enquiry, "take", by, now)
    return enquiry


@transaction.atomic
def write_note(*, enquiry_id: int, note: str, by: User, now: datetime) -> Enquiry:
    """Keep what only the team reads."""
    enquiry = _lock(enquiry_id)
    enquiry.note = note
    enquiry.save(update_fields=["note"])
    _record(enquiry, "note", by, now)
    return enquiry


@transaction.atomic
def say_what_it_is(
    *, enquiry_id: int, organisation: Organisation | None, course: Course | None, by: User, now: datetime
) -> Enquiry:
    """Say which organisation of the list asks, and which course is meant; the words they typed stay beside it.

    Until it has a date. Whoever has a quote stays who they are.
    """
    enquiry = _lock(enquiry_id)
    if not enquiry.may_be_named:
        raise EnquiryHasMovedOn(_where(enquiry))
    if enquiry.state in (EnquiryState.QUOTED, EnquiryState.ACCEPTED) and organisation != enquiry.organisation:
        raise EnquiryHasMovedOn("They have a quote, so the organisation stays.")
    if (organisation is None and not enquiry.organisation_name) or (course is None and not enquiry.subject):
        raise NotKnownYet("An enquiry is somebody's and about something: choose another, not none.")
    enquiry.organisation, enquiry.course = organisation, course
    enquiry.save(update_fields=["organisation", "course"])
    _record(enquiry, "say_what_it_is", by, now)
    return enquiry


@transaction.atomic
def ask_back(*, enquiry_id: int, question: str, by: User, now: datetime) -> Enquiry:
    """Ask them something by letter; whoever asks is the one who answers. Sent twice, it is one letter."""
    enquiry = _lock(enquiry_id)
    if enquiry.state == EnquiryState.ASKED and enquiry.question == question:
        return enquiry
    if enquiry.state not in (EnquiryState.NEW, EnquiryState.ASKED):
        raise EnquiryHasMovedOn(_where(enquiry))
    enquiry.move_to(EnquiryState.ASKED, by=by, now=now)
    enquiry.question, enquiry.asked_at, enquiry.owner = question, now, by
    enquiry.save(update_fields=[*ENQUIRY_STATE_FIELDS, "question", "asked_at", "owner"])
    emails.enquiry_question(enquiry=enquiry, now=now)
    _record(enquiry, "ask_back", by, now)
    return enquiry


@transaction.atomic
def note_answer(*, enquiry_id: int, by: User, now: datetime) -> Enquiry:
    """They have answered our question: it is ours to answer again."""
    enquiry = _lock(enquiry_id)
    if enquiry.state == EnquiryState.NEW:
        return enquiry
    if enquiry.state != EnquiryState.ASKED:
        raise EnquiryHasMovedOn(_where(enquiry))
    return _move(enquiry, EnquiryState.NEW, by, now)


@transaction.atomic
def lose(*, enquiry_id: int, lost_for: str, reason: str = "", by: User | None, now: datetime) -> Enquiry:
    """Nothing comes of it, and why; until it has a date."""
    enquiry = _lock(enquiry_id)
    if enquiry.state == EnquiryState.LOST:
        return enquiry
    if not enquiry.may_be_lost:
        raise EnquiryHasMovedOn(_where(enquiry))
    enquiry.lost_for, enquiry.lost_reason = lost_for, reason
    return _move(enquiry, EnquiryState.LOST, by, now, "lost_for", "lost_reason")


@transaction.atomic
def reopen(*, enquiry_id: int, by: User, now: datetime) -> Enquiry:
    """Take up again what was lost."""
    enquiry = _lock(enquiry_id)
    if enquiry.state != EnquiryState.LOST:
        return enquiry
    enquiry.lost_for = enquiry.lost_reason = ""
    return _move(enquiry, EnquiryState.NEW, by, now, "lost_for", "lost_reason")


@transaction.atomic
def follow(*, enquiry_id: int, state: EnquiryState, by: User | None, now: datetime) -> Enquiry:
    """Bring an enquiry where a quote, an order or an invoice has brought it; harmless twice.

    QUOTED when a quote is sent (a second one changes nothing), NEW when the quote lapsed or was taken back, ACCEPTED
    when it was, INVOICED when the invoice is issued, DELIVERED again when that is credited. Raises EnquiryHasMovedOn
    where the rules know no such way, and NotKnownYet where no organisation of the list is named.
    """
    enquiry = _lock(enquiry_id)
    if enquiry.state == state:
        return enquiry
    here = EnquiryState(enquiry.state)
    follows_its_date = EnquiryState.SCHEDULED in (here, state)
    if follows_its_date or EnquiryState.LOST in (here, state) or state not in ENQUIRY_TRANSITIONS[here]:
        raise EnquiryHasMovedOn(_where(enquiry))
    if state == EnquiryState.QUOTED and enquiry.organisation is None:
        raise NotKnownYet("Say first which organisation of the list it is.")
    return _move(enquiry, state, by, now)


@transaction.atomic
def schedule(*, enquiry_id: int, by: User, now: datetime, **plan: Any) -> Event:
    """Make the date that was agreed and open it for the organisation that ordered it; `plan` is that of events.schedule.

    Raises EnquiryHasMovedOn unless the quote is accepted, NotKnownYet, and whatever events.schedule and events.publish
    refuse.
    """
    enquiry = _lock(enquiry_id)
    if enquiry.state != EnquiryState.ACCEPTED:
        raise EnquiryHasMovedOn(_where(enquiry))
    if enquiry.course is None or enquiry.organisation is None:
        raise NotKnownYet("Say first which course and which organisation it is.")
    version = enquiry.course.versions.latest("number")
    draft = events.schedule(
        version=version, by=by, now=now, commissioned_by=enquiry.organisation, enquiry=enquiry, **plan
    )
    event = events.publish(event=draft, by=by, now=now)
    _move(enquiry, EnquiryState.SCHEDULED, by, now)
    emails.enquiry_scheduled(enquiry=enquiry, event=event, now=now)
    return event


@transaction.atomic
def count_people(*, enquiry_id: int, people: int | None, by: User, now: datetime) -> Enquiry:
    """Keep how many came where nobody named them; none given takes the count away."""
    enquiry = _lock(enquiry_id)
    if not enquiry.is_held:
        raise EnquiryHasMovedOn("People are counted once the course has been held.")
    enquiry.people_counted = people
    enquiry.save(update_fields=["people_counted"])
    _record(enquiry, "count_people", by, now)
    return enquiry


@transaction.atomic
def follow_date(*, enquiry_id: int, now: datetime) -> None:
    """Bring a scheduled enquiry in line with its date: held once that is over, to be scheduled anew once it is off."""
    enquiry = _lock(enquiry_id)
    one = Enquiry.objects.filter(pk=enquiry_id)
    if one.over(now).exists():
        _move(enquiry, EnquiryState.DELIVERED, None, now)
    elif one.without_their_date().exists():
        _move(enquiry, EnquiryState.ACCEPTED, None, now)
        # The date that is off stays the organisation's; the enquiry is free for another.
        Event.objects.filter(enquiry=enquiry_id).update(enquiry=None)


def _lock(enquiry_id: int) -> Enquiry:
    return locked(Enquiry.objects.select_related("organisation", "course").filter(pk=enquiry_id)).get()


def _move(enquiry: Enquiry, state: EnquiryState, by: User | None, now: datetime, *fields: str) -> Enquiry:
    enquiry.move_to(state, by=by, now=now)
    enquiry.save(update_fields=[*ENQUIRY_STATE_FIELDS, *fields])
    _record(enquiry, state.lower(), by, now)
    return enquiry


def _record(enquiry: Enquiry, verb: str, by: User | None, now: datetime) -> None:
    audit.record(by=by, verb=f"enquiry.{verb}", subject=f"enquiry:{enquiry.pk}", now=now)


def _where(enquiry: Enquiry) -> str:
    return f"This enquiry is {enquiry.get_state_display()} by now, so this cannot be done."
