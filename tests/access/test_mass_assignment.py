"""Fields that a form does not have change nothing, however they are named."""

from decimal import Decimal

import pytest

from accounts.models import ChargingCategory, Membership, MembershipRole, Organisation, Practitioner, User
from bookings.models import Booking
from bookings.models.booking import State
from evaluation.models import Answer, Response
from tests import cast
from tests.makers import NOW, make_booking, make_event
from tests.questionnaires import make_response

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

FORGED_ACCOUNT = {
    "is_staff": "true", "is_superuser": "on", "is_active": "true", "roles": ["WORKFORCE_TEAM", "SYSTEM_OWNER"],
    "role": "BOOKING_CONTACT", "verified": "true", "email_verified": "1", "user": "1", "user_id": "1", "id": "1",
    "pk": "1", "practitioner": "1", "anonymised_at": "2026-01-01", "charging_category": "internal", "sector": "police",
    "state": "LISTED", "verified_at": "2026-01-01", "groups": "1", "user_permissions": "1",
}  # fmt: skip


def row(thing):
    """The whole row as the database has it."""
    return type(thing).objects.filter(pk=thing.pk).values().get()


def test_profile_saves_its_own_fields_and_no_other(client):
    amina, zed = cast.amina(), cast.zed()
    client.force_login(amina)
    rows = [
        row(thing) for thing in (amina, zed, zed.practitioner, *Organisation.objects.all(), *Membership.objects.all())
    ]
    forged = FORGED_ACCOUNT | {"email": "boss@example.org", "user": zed.pk, "id": zed.practitioner.pk}
    client.post("/my/profile/", {"full_name": "Amina Yusuf-Khan", "job_role": "Social worker", **forged})

    practitioner = Practitioner.objects.get(user=amina)
    assert (practitioner.full_name, practitioner.email) == ("Amina Yusuf-Khan", "amina@example.org")
    things = (amina, zed, zed.practitioner, *Organisation.objects.all(), *Membership.objects.all())
    assert [row(thing) for thing in things] == rows


def test_sign_up_makes_an_account_without_duties_or_rights(client):
    school = cast.make_organisation()
    answers = {
        "full_name": "Mal Lory", "email": "mal@example.org", "organisation": school.pk, "job_role": "Teacher",
        "password1": "three quiet herons", "password2": "three quiet herons", **FORGED_ACCOUNT,
    }  # fmt: skip
    client.post("/accounts/signup/", answers)
    user = User.objects.get(email="mal@example.org")
    membership = Membership.objects.get(practitioner=user.practitioner)
    assert (user.roles, user.is_staff, user.is_superuser) == ([], False, False)
    assert not user.emailaddress_set.filter(verified=True).exists()
    assert (membership.role, membership.verified_at) == (MembershipRole.MEMBER, None)
    school.refresh_from_db()
    assert school.charging_category == ChargingCategory.EDUCATION


def test_a_new_employer_is_proposed_without_a_price_or_a_post(client):
    amina = cast.amina()
    client.force_login(amina)
    named = {"organisation": "not-listed", "organisation_name": "Heron House"}
    client.post("/my/profile/organisations/add/", named | FORGED_ACCOUNT)
    proposed = Organisation.objects.get(name="Heron House")
    assert (proposed.state, proposed.sector, proposed.charging_category) == (Organisation.State.PROPOSED, "", "")
    assert set(amina.practitioner.memberships.values_list("role", flat=True)) == {MembershipRole.MEMBER}


def forged_booking(event):
    return {
        "price": "0", "state": "ATTENDED", "practitioner": cast.zed().practitioner.pk, "booked_by": cast.wendy().pk,
        "charging_category": "internal", "sector": "police", "free_cancel_until": "2030-01-01", "offer": "999",
        "reference": "B-FORGED", "source": "STAFF", "is_walk_in": "on", "places_taken": "0", "event": event.pk,
        "event_id": event.pk, "confirmed_at": "2020-01-01", "organisation": cast.police().pk, "policy": "1",
        "has_managers_agreement": "on", "has_accepted_terms": "on",
    }  # fmt: skip


def test_a_booking_takes_its_facts_from_the_portal(client):
    event, other = make_event(), make_event()
    carol = cast.carol()
    client.force_login(carol)
    page = f"/courses/dates/{event.reference}/book/"
    shown = client.get(page).context["form"]
    key, price = client.get(page).context["key"], client.get(page).context["decision"].price
    assert shown is not None
    client.post(page, forged_booking(other) | {"idempotency_key": key, "price_shown": price})

    booking = Booking.objects.get()
    assert (booking.event, booking.practitioner, booking.organisation) == (
        event, carol.practitioner, cast.make_organisation(),
    )  # fmt: skip
    assert (booking.price, booking.state, booking.booked_by) == (Decimal("50"), State.CONFIRMED, carol)
    assert (booking.charging_category, booking.is_walk_in, booking.reference) == ("education", False, booking.reference)
    assert booking.reference != "B-FORGED"
    assert booking.free_cancel_until < event.starts_at


def test_cancelling_ends_one_booking_and_changes_nothing_else(client):
    carol = cast.carol()
    mine, others = make_booking(make_event(), carol, price=Decimal("50")), make_booking(make_event(), cast.amina())
    client.force_login(carol)
    before = row(others)
    client.post(f"/my/bookings/{mine.reference}/cancel/", forged_booking(others.event) | {"booking_id": others.pk})
    mine.refresh_from_db()
    assert (mine.state, mine.price, mine.practitioner) == (State.CANCELLED, Decimal("50"), carol.practitioner)
    assert row(others) == before


def test_feedback_is_given_for_ones_own_booking_alone(client):
    carol, amina = cast.carol(), cast.amina()
    event = make_event(starts_at=NOW.replace(day=19))
    mine = make_response(make_booking(event, carol, state=State.ATTENDED))
    others = make_response(make_booking(event, amina, state=State.ATTENDED))
    client.force_login(carol)
    page = f"/my/feedback/{mine.pk}/"
    fields = client.get(page).context["form"].fields
    answers = {name: field.choices[-1][0] if hasattr(field, "choices") else "Text" for name, field in fields.items()}
    forged = {
        "response": others.pk, "response_id": others.pk, "booking": others.booking_id, "state": "EXPIRED",
        "stage": "PRE", "submitted_at": "2020-01-01", "question": "1", "moderation": "APPROVED",
    }  # fmt: skip
    assert client.post(page, answers | forged).status_code == 302
    mine.refresh_from_db()
    assert (mine.state, mine.stage, mine.submitted_at) == (Response.State.SUBMITTED, "post", NOW)
    assert not Answer.objects.filter(response=others).exists()
    assert not Answer.objects.filter(response=mine, moderation="APPROVED").exists()
    assert row(others)["state"] == Response.State.OPEN
