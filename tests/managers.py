"""Requests that wait for a manager, and the link in the manager's letter."""

import re
from datetime import timedelta

from accounts.models import OutboundEmail
from bookings.actions import places
from bookings.eligibility import Answers, bookable_events
from courses.models import ApprovalMode, Strand
from tests.makers import NOW, make_course, make_event

LINK = re.compile(r"/approve/([^/\s]+)/")
MANAGER, DEPUTY = "head@example.org", "deputy@example.org"
HOLD_ENDS = NOW + timedelta(days=6, hours=13, minutes=59)


def explicit_event(**fields):
    """A date of the core offer, whose places need the manager's agreement."""
    course = make_course(strands=[fields.pop("strand", Strand.CORE)], approval_mode=ApprovalMode.EXPLICIT)
    return make_event(course, **fields)


def ask_for_place(user, event=None, *, now=NOW, organisation=None, manager_email=MANAGER):
    """Ask as the person does, on NOW, Saturday 21 November: the place is held until the end of Friday 27."""
    event = bookable_events().get(pk=(event or explicit_event()).pk)
    membership = user.practitioner.memberships.select_related("organisation").first()
    return places.book(
        event=event,
        practitioner=user.practitioner,
        organisation=organisation or membership.organisation,
        by=user,
        now=now,
        answers=Answers(
            manager_email=manager_email, has_no_manager=not manager_email, prerequisite_declared="March 2025"
        ),
    )


def link_to(address):
    """The secret in the latest letter to this address."""
    return _latest_link(to=address)


def link_about(subject):
    """The secret in the latest letter about this booking, whomever it asks."""
    return _latest_link(about=subject)


def _latest_link(**facts):
    letters = OutboundEmail.objects.filter(letter__startswith="bookings/approval_re", **facts)
    return LINK.search(letters.order_by("-pk")[0].text)[1]
