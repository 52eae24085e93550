"""Enquiry: what the database refuses whoever writes, and who finds what."""

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import InternalError, ProgrammingError

from accounts.models import Role
from courses.models import Enquiry
from courses.models.enquiry import ENQUIRY_TRANSITIONS
from tests import cast
from tests.makers import NOW, make_course, make_enquiry, make_event

pytestmark = pytest.mark.django_db

State = Enquiry.State


def refused(what):
    with pytest.raises((IntegrityError, InternalError, ProgrammingError)), transaction.atomic():
        what()


def whole(state, **fields):
    return make_enquiry(organisation=cast.make_organisation(), course=make_course(), state=state, **fields)


@pytest.mark.parametrize("before", State.values)
def test_state_moves_by_the_table_and_no_other_way(before):
    for after in State.values:
        enquiry = whole(before)
        lost = {"lost_for": "PRICE" if after == State.LOST else ""}
        move = lambda pk=enquiry.pk, after=after, lost=lost: Enquiry.objects.filter(pk=pk).update(state=after, **lost)  # noqa: E731
        if after == before or after in ENQUIRY_TRANSITIONS[before]:
            assert move() == 1
        else:
            refused(move)


@pytest.mark.parametrize(
    "fields",
    [
        {"organisation_name": ""},
        {"subject": ""},
        {"headcount": 0},
        {"wanted_from": "2027-02-02", "wanted_until": "2027-02-01"},
        {"question": "When?"},
        {"lost_for": "PRICE"},
        {"lost_reason": "Too dear."},
        {"people_counted": 3},
        {"state": "QUOTED"},
        {"state": "MADE_UP"},
    ],
)
def test_enquiry_of_nobody_about_nothing_or_out_of_order_is_refused(fields):
    assert make_enquiry().pk
    refused(lambda: make_enquiry(**fields))


def test_lost_enquiry_says_why_and_a_scheduled_one_has_a_course():
    assert whole(State.LOST).lost_for == "PRICE"
    refused(lambda: whole(State.LOST, lost_for=""))
    assert whole(State.SCHEDULED).pk
    refused(lambda: make_enquiry(organisation=cast.make_organisation(), state=State.SCHEDULED))


def test_date_of_an_enquiry_is_commissioned_and_its_only_one():
    enquiry = whole(State.SCHEDULED)
    refused(lambda: make_event(enquiry=enquiry))
    assert make_event(enquiry=enquiry, commissioned_by=enquiry.organisation).commissioned_by == enquiry.organisation
    refused(lambda: make_event(enquiry=enquiry, commissioned_by=enquiry.organisation))


def test_visible_to_shows_contacts_their_own_and_the_team_and_finance_all():
    own = make_enquiry(organisation=cast.make_organisation())
    other = make_enquiry(organisation=cast.police())
    visitors = make_enquiry()
    finance = cast.make_person("Fin Ledger", roles=[Role.FINANCE])
    seen = lambda user: set(Enquiry.objects.visible_to(user))  # noqa: E731
    assert seen(cast.carol()) == {own}
    assert seen(cast.wendy()) == seen(finance) == {own, other, visitors}
    assert seen(cast.amina()) == seen(cast.zed()) == seen(cast.dev()) == set()


def test_lists_of_the_team_share_the_enquiries_out():
    wendy = cast.wendy()
    rows = {
        "new": make_enquiry(),
        "to_answer": make_enquiry(owner=wendy),
        "waiting_for_them": make_enquiry(state=State.ASKED, question="When?", asked_at=NOW),
        "to_schedule": whole(State.ACCEPTED),
        "scheduled": whole(State.SCHEDULED),
        "held": whole(State.DELIVERED),
        "lost": whole(State.LOST),
    }
    for name, enquiry in rows.items():
        assert list(getattr(Enquiry.objects, name)()) == [enquiry]
    assert set(Enquiry.objects.open()) == set(rows.values()) - {rows["held"], rows["lost"]}


def test_words_find_reference_organisation_person_and_course():
    one = make_enquiry(course=make_course("Whole-School Safeguarding"), contact_name="Marta Lindqvist")
    make_enquiry(contact_name="Jo March", organisation_name="Elsewhere")
    for words in (one.reference.lower(), "summer camp", "lindq", "whole-school"):
        assert list(Enquiry.objects.with_words(words)) == [one]


def test_history_keeps_the_states_and_nothing_that_was_typed():
    enquiry = make_enquiry()
    Enquiry.objects.filter(pk=enquiry.pk).update(state=State.ASKED, question="When?", asked_at=NOW)
    kept = list(enquiry.history.order_by("pgh_id").values())
    assert [row["state"] for row in kept] == [State.NEW, State.ASKED]
    assert not {"contact_name", "email", "outcomes", "note"} & set(kept[0])
