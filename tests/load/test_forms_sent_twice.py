"""Every form of every page, sent by two processes at the same moment: what comes of it is what one of them makes.

The forms are found as people find them: by opening every address of the portal, and pressing each button. Both
processes stand before their first write when the gate opens, so each has seen the town as it was without the other.
"""

import os
import tempfile
from contextlib import ExitStack
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import reverse

from accounts.models import OutboundEmail, Practitioner, User
from bookings.actions import check_ins
from bookings.models import EventChange, TrainingRecordFile, WaitingListEntry
from bookings.models.waiting_list import WaitingState
from courses.models import Course, Event, Strand
from tests import cast
from tests.access.matrix import MATRIX
from tests.access.people import SIGNED_IN, arrive, person
from tests.access.town import build_town
from tests.browser.town_portal import more_states
from tests.frames import undone
from tests.load.forms import Forms, change_since, figures, tables
from tests.load.hands import take_away
from tests.load.live import own_database
from tests.makers import (
    NOW,
    make_booking,
    make_course,
    make_enrolment,
    make_entry,
    make_event,
    make_self_paced_course,
)
from tests.sizes import IS_SOAK

pytestmark = pytest.mark.soak

# Of several who may open a page: the first of these, but where only somebody else finds a form on it.
ROLES = (
    "practitioner A",
    "contact of school A",
    "trainer",
    "workforce team",
    "LSCP officer",
    "system owner",
    "anonymous",
)
WHO_FINDS_A_FORM = {
    "bookings:booking_create": "contact of school A",
    "bookings:training_record": "practitioner B",
    "bookings:check_in": "practitioner B",
}
DAY = {"days-0-day": "2/3/2027", "days-0-starts": "10:00", "days-0-ends": "16:00", "days-0-co_trainer": ""}
# What must be written for a form to do anything, where a field's own words are not enough.
ANSWERS = {
    "accounts:organisation_contacts": {"email": "ada@example.org"},
    "accounts:role_edit": {"roles": ["FINANCE"], "reason": "She is new"},
    "bookings:self_paced_extend": {"until": "2/3/2027"},
    "courses:course_create": {"code": "M77"},
    "courses:event_create": DAY,
    "courses:event_edit": {"days-0-co_trainer": "", "trainers-0-co_trainer": ""},
    "bookings:group_create": {"people": "Somebody New, somebody.new@example.org", "places_unnamed": "0"},
}
# Where places are taken, given up and paid for; `make soak` opens every page.
OPENED_IN_EVERY_RUN = {
    *("bookings:booking_create", "bookings:booking_cancel", "bookings:booking_pass_on", "bookings:booking_move"),
    *("bookings:waiting_detail", "bookings:group_create", "bookings:group_name", "bookings:group_give_back"),
    *("bookings:approval_answer", "bookings:walk_in_add", "bookings:register", "bookings:staff_charge"),
    *("bookings:event_cancel", "bookings:request_decide", "accounts:organisation_propose"),
}
# Buttons that only show something, and forms of which each press is meant.
SHOWS_SOMETHING = {
    ("letter_wording", "preview"),
    ("courses:event_create", "add_day"),
    ("courses:event_edit", "add_day"),
}
EACH_IS_MEANT = {
    "accounts:calendar_feed_settings": "makes a new address, and closes the one before",
    "courses:course_edit": "saves what it says; the records have a line for each time",
    "courses:event_edit": "saves what it says; the records have a line for each time",
}


def browser_of(session):
    client = Client(SERVER_NAME="localhost", raise_request_exception=False)
    if session:
        client.cookies["sessionid"] = session
    return client


def press(session, path, data):
    """Send the form, and say how it was answered."""
    answer = browser_of(session).post(path, data)
    return answer.status_code


class Town:
    """The town of tests/access with more going on, copied anew whenever a form finds nothing left to do."""

    def __init__(self, blocker):
        self.blocker, self.stack, self.copy = blocker, ExitStack(), ExitStack()
        self.name = f"forms_{os.getpid()}"

    def __enter__(self):
        self.stack.enter_context(own_database(self.blocker, f"{self.name}_town"))
        self.stack.enter_context(time_machine.travel(NOW, tick=False))
        mailbox = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.stack.enter_context(override_settings(LOCAL_MAILBOX_DIR=mailbox))
        things = build_town()
        self.things = more_states() | things
        self.answers = dict(ANSWERS)
        self.more = list(more_pages(self.things, self.answers))
        self.sessions = {role: session_of(role) for role in SIGNED_IN} | {"anonymous": ""}
        self.renew()
        return self

    def __exit__(self, *error):
        self.copy.close()
        self.stack.close()

    def renew(self):
        self.copy.close()
        self.copy = ExitStack()
        self.copy.enter_context(own_database(self.blocker, self.name, template=f"{self.name}_town"))

    def pages(self):
        """The pages of more_pages, then every address that shows a page, with who opens it."""
        yield from self.more
        for name, door in MATRIX.items():
            role = WHO_FINDS_A_FORM.get(name) or next((role for role in ROLES if door.opens_to(role, "A")), None)
            if role and door.only != "POST":
                yield role, name, reverse(name, kwargs=self.things[door.of]["A"] if door.of else {})


def session_of(role):
    client = Client(SERVER_NAME="localhost")
    arrive(client, role)
    return client.cookies["sessionid"].value


def more_pages(things, answers):
    """Situations that show other forms: what is full, offered, asked, drafted, happening today, or went wrong."""

    def page(role, name, **kwargs):
        return role, name, reverse(name, kwargs=kwargs)

    def of(kind):
        return next(iter(things[kind]["A"].values()))

    gone = cast.make_person("Ida Gone", cast.police())
    User.objects.filter(pk=gone.pk).update(joined_at=NOW - timedelta(days=2000), last_login=None)
    Practitioner.objects.filter(pk=gone.practitioner.pk).update(inactive_asked_at=NOW - timedelta(days=1))
    yield page("workforce team", "bookings:inactive_account_list")
    new = make_enrolment(make_self_paced_course("Not begun"), person("practitioner A"))
    yield page("practitioner A", "bookings:self_paced_detail", reference=new.reference)
    for name in ("register", "walk_in_add", "check_in_code"):
        yield page("trainer", f"bookings:{name}", session_id=of("session today"))
    yield page("contact of school A", "bookings:booking_create", reference=of("full date"))
    yield page("contact of school A", "bookings:group_create", reference=of("full date"))
    # A date that costs something goes into the basket; a free one is booked at once.
    free = make_event(make_course("Free of charge", strands=[Strand.CORE]))
    yield page("contact of school A", "bookings:group_create", reference=free.reference)
    yield page("practitioner A", "bookings:booking_detail", reference=of("walked in"))
    yield page("workforce team", "bookings:booking_outcome", reference=of("part"))
    yield page("workforce team", "courses:course_edit", code=Course.objects.get(slug=of("draft course")).code)
    planned = make_event(make_course("Planned"), state=Event.State.DRAFT)
    yield page("workforce team", "courses:event_edit", reference=planned.reference)
    yield page("workforce team", "courses:course_edit", code=make_course("Held no more").code)
    event = make_event(make_course("Wanted"), starts_at=NOW + timedelta(days=50))
    make_entry(event, person("practitioner A"))
    offered = {"offered_at": NOW, "offer_ends_at": NOW + timedelta(days=2)}
    other = make_entry(event, person("practitioner B"), state=WaitingState.OFFERED, **offered)
    Event.objects.filter(pk=event.pk).update(places_taken=1)
    yield page("workforce team", "bookings:staff_waiting_list", reference=event.reference)
    yield page("practitioner B", "bookings:waiting_detail", reference=other.reference)
    yield page("practitioner B", "bookings:booking_create", reference=event.reference)
    group = WaitingListEntry.objects.get(reference=of("waiting group"))
    taken = make_entry(
        make_event(make_course("Offered")), person("practitioner B"), state=WaitingState.OFFERED, **offered
    )
    WaitingListEntry.objects.filter(pk=taken.pk).update(
        practitioner=None, organisation=group.organisation, joined_by=group.joined_by, places_wanted=2
    )
    Event.objects.filter(pk=taken.event_id).update(places_taken=2)
    yield page("contact of school A", "bookings:group_waiting", reference=taken.reference)
    course = make_course("Twice a year")
    dates = [make_event(course, starts_at=NOW + timedelta(days=days)) for days in (60, 70)]
    booking = make_booking(dates[0], person("practitioner B"))
    yield page("practitioner B", "bookings:booking_move", reference=booking.reference)
    two_people = make_event(starts_at=NOW + timedelta(days=55))
    make_booking(two_people, person("practitioner B"))
    asked = make_booking(two_people, person("practitioner A"), answer_due_at=NOW + timedelta(days=2))
    answers["bookings:event_split"] = {"moved": [asked.pk]}
    yield page("workforce team", "bookings:event_split", reference=two_people.reference)
    yield page("practitioner A", "bookings:booking_answer", reference=asked.reference)
    stopped = EventChange.objects.create(
        kind="POSTPONE", event=make_event(), asked_at=NOW, asked_by=cast.wendy(), failed_at=NOW
    )
    yield page("workforce team", "bookings:change_detail", change_id=stopped.pk)
    yield page("workforce team", "accounts:letter_detail", letter_id=OutboundEmail.objects.unsent().first().pk)
    today = make_event(make_course("This morning"), starts_at=NOW, trainer=cast.make_person("Tam Trainer"))
    make_booking(today, person("practitioner B"))
    TrainingRecordFile.objects.filter(practitioner=person("practitioner B").practitioner).delete()
    code = check_ins.open_code(session=today.sessions.get(), by=cast.wendy(), now=NOW).code
    answers["bookings:check_in"] = {"code": code}


@pytest.fixture(scope="module")
def town(django_db_setup, django_db_blocker):
    with Town(django_db_blocker) as town:
        yield town


class Person:
    """Somebody at one page, who looks what a button would do before they press it."""

    def __init__(self, town, role, path):
        self.session, self.path, self.answers = town.sessions[role], path, town.answers

    def forms(self):
        cache.clear()  # how often one may look is another test's matter
        with undone():
            answer = browser_of(self.session).get(self.path)
        is_page = answer.status_code == 200 and "html" in answer["Content-Type"]
        return (
            [form for form in Forms(answer.content.decode(), self.path).forms if form.name in MATRIX] if is_page else []
        )

    def buttons(self):
        return [(form.name, button) for form in self.forms() for button in form.buttons or [("", "")]]

    def what_one_press_makes(self, name, button):
        """Where the button leads, with what, and what is different afterwards; a page that asks again is answered."""
        form = next(
            (form for form in self.forms() if form.name == name and button in (form.buttons or [("", "")])), None
        )
        change, data, path = {}, {}, ""
        while form and not change:
            path, data = form.action, form.sends(button, self.answers.get(name, {}))
            with undone():
                before = figures()
                answer = browser_of(self.session).post(path, data)
                change = change_since(before)
            asked = Forms(answer.content.decode(), path).forms if answer.status_code == 200 else []
            again = [one for one in asked if one.name == name and one.values.keys() - form.values.keys()]
            form, button = (again[-1], again[-1].buttons[0]) if again else (None, button)
        return path, data, change


def what_two_presses_make(town, hands, visit, name, button, **options):
    """Send a form twice at once; return what one press would have made, what these did, and how to press once more."""
    path, data, one = visit.what_one_press_makes(name, button)
    if not one:
        town.renew()
        path, data, one = visit.what_one_press_makes(name, button)
    if not one:
        return {}, {}, lambda: None
    before = figures()
    work = (press, visit.session, path, data)
    said = hands.race(work, work, gate=tables(), moment=NOW, **options)
    assert max(said) < 500, (name, said)
    return one, change_since(before), lambda: press(visit.session, path, data)


def test_every_form_sent_twice_at_once_has_one_effect(town, hands):
    found = [
        (Person(town, role, path), page, path)
        for role, page, path in town.pages()
        if IS_SOAK or page in OPENED_IN_EVERY_RUN
    ]
    found = [(visit, page, *one) for visit, page, path in found for one in visit.buttons()]
    done, different, late = set(), {}, {}
    for visit, page, name, button in found:
        key = (name, *button) if button[0] else (name, page)
        if key in done or (name, button[0]) in SHOWS_SOMETHING:
            continue
        one, both, once_more = what_two_presses_make(town, hands, visit, name, button)
        if one:
            done.add(key)
        if both != one:
            different[name] = (one, both)
            continue
        before = figures()
        once_more()
        if change := change_since(before):
            late[name] = change

    forms = {name for _, _, name, _ in found}
    if IS_SOAK:
        forms |= {name for name, door in MATRIX.items() if door.only == "POST"}
    assert forms == {name for name, *_ in done}
    assert (different.keys(), late) == (EACH_IS_MEANT.keys() & forms, {})


# Without the locks, the keys of the forms and the rules about states: what is there twice then.
KEY, LIVE = "bookings_booking_idempotency_key_key", "one_live_booking_per_practitioner_per_event"
TWICE = {
    "bookings:booking_create": ("bookings:booking_create", "bookings_booking", [KEY, LIVE]),
    "bookings:group_create": (
        "bookings:group_create",
        "bookings_groupbooking",
        ["bookings_groupbooking_idempotency_key_key", LIVE],
    ),
    "bookings:waiting_join": (
        "bookings:booking_create",
        "bookings_waitinglistentry",
        ["bookings_waitinglistentry_idempotency_key_key", "one_live_entry_per_practitioner_per_event"],
    ),
    "bookings:staff_charge_settle": (
        "bookings:staff_charge",
        "bookings_chargenoticehistory",
        ["charges_move_by_the_rules"],
    ),
    "bookings:walk_in_add": ("bookings:walk_in_add", "bookings_booking", [KEY, LIVE]),
    "bookings:booking_pass_on": (
        "bookings:booking_pass_on",
        "bookings_booking",
        [KEY, LIVE, "bookings_booking_replaces_id_key", "booking_moves_by_the_rules"],
    ),
}


@pytest.mark.parametrize("name", TWICE)
def test_a_form_sent_twice_at_once_has_two_effects_without_the_locks_and_the_constraints(town, hands, name):
    page_of_form, table, rules = TWICE[name]
    town.renew()
    take_away(*rules)
    visits = [Person(town, role, path) for role, page, path in town.pages() if page == page_of_form]
    pressed = [(visit, button) for visit in visits for form, button in visit.buttons() if form == name]
    visit, button = next(
        (visit, button) for visit, button in pressed if table in visit.what_one_press_makes(name, button)[2]
    )

    one, both, _ = what_two_presses_make(town, hands, visit, name, button, is_guarded=False)

    assert (one[table], both[table]) == (1, 2), (one, both)
