"""What a person and their agency's contact see of a charge, and how they say why; never each other's words."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import MembershipRole
from bookings.actions import charges
from bookings.models import ChargeNotice
from bookings.models.booking import State
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def absence(user, *, course=None, days=2):
    event = make_event(course, starts_at=NOW - timedelta(days=days))
    booking = make_booking(event, user, state=State.DID_NOT_ATTEND, free_cancel_until=NOW - timedelta(days=20))
    return booking, charges.draft(booking=booking, kind="NON_ATTENDANCE", now=event.ends_at)


def words_of(answer):
    return " ".join(answer.content.decode().split())


def teacher():
    return cast.make_person("Tess Teacher", cast.make_organisation())


def test_person_reads_what_is_proposed_and_says_why(client):
    tess = teacher()
    booking, notice = absence(tess)
    client.force_login(tess)

    page = words_of(client.get(f"/my/bookings/{booking.reference}/"))
    assert "A charge of £50 to Beckside Primary School is proposed" in page
    assert "You never pay it yourself." in page
    assert f"/my/bookings/{booking.reference}/why/" in page
    why = words_of(client.get(f"/my/bookings/{booking.reference}/why/"))
    # The event was on Thursday 19 November; two working days on is the Monday after.
    assert (
        "by 10am on Thursday 19 November 2026 and confirms it in writing by the end of Monday 23 November 2026" in why
    )
    for _ in range(2):
        answer = client.post(f"/my/bookings/{booking.reference}/why/", {"reason_for": "SICKNESS", "words": "Flu"})
        assert answer.status_code == 302
    notice.refresh_from_db()
    assert (notice.reason_given_for, notice.reason_given, notice.reason_given_by) == ("SICKNESS", "Flu", tess)


@pytest.mark.parametrize(
    ("sent", "mistake"),
    [
        ({}, "Choose the reason that fits best."),
        ({"reason_for": "WEATHER"}, "Choose one of the reasons shown."),
        ({"reason_for": "OTHER"}, "Say in a few words what the reason was."),
        ({"reason_for": "SICKNESS", "words": "x" * 501}, "Keep it under 500 characters."),
        ({"reason_for": "SICKNESS", "words": "a\0b"}, ""),
    ],
)
def test_mistakes_stand_beside_the_question_and_keep_the_rest(client, sent, mistake):
    tess = teacher()
    booking, notice = absence(tess)
    client.force_login(tess)
    answer = client.post(f"/my/bookings/{booking.reference}/why/", sent)
    assert answer.status_code == 422
    notice.refresh_from_db()
    assert notice.reason_given_for == ""
    assert mistake in words_of(answer)


def test_decided_charge_takes_no_more_reasons(client):
    tess = teacher()
    booking, notice = absence(tess)
    client.force_login(tess)
    charges.waive(notice_id=notice.pk, by=cast.wendy(), now=NOW, waived_for="BEREAVEMENT")

    page = words_of(client.get(f"/my/bookings/{booking.reference}/"))
    assert "There is no charge" in page
    assert "there is nothing to pay" in words_of(client.get(f"/my/bookings/{booking.reference}/why/"))
    answer = client.post(f"/my/bookings/{booking.reference}/why/", {"reason_for": "SICKNESS"})
    assert answer.status_code == 422
    assert "This charge has been decided." in words_of(answer)


def test_withdrawn_charge_is_shown_to_nobody_outside_the_team(client):
    tess, carol = teacher(), cast.carol()
    booking, notice = absence(tess)
    for is_there in (True, False):
        client.force_login(tess)
        assert ("A charge of £50" in words_of(client.get(f"/my/bookings/{booking.reference}/"))) is is_there
        assert client.get(f"/my/bookings/{booking.reference}/why/").status_code == (200 if is_there else 404)
        client.force_login(carol)
        assert client.get(f"/organisation/charges/{notice.pk}/").status_code == (200 if is_there else 404)
        ChargeNotice.objects.update(state="WITHDRAWN")


def test_contact_sees_the_charge_and_not_what_the_person_said(client):
    tess, carol = teacher(), cast.carol()
    _, notice = absence(tess)
    charges.give_reason(notice_id=notice.pk, by=tess, now=NOW, reason_for="BEREAVEMENT", words="My mother has died.")
    client.force_login(carol)

    home = words_of(client.get("/organisation/"))
    assert "Tess Teacher" in home
    assert f"/organisation/charges/{notice.pk}/" in home
    page = words_of(client.get(f"/organisation/charges/{notice.pk}/"))
    assert "We have been told a reason already" in page
    assert "mother" not in home + page
    assert not any(f'value="{reason}" checked' in page for reason in ("BEREAVEMENT", "SICKNESS"))
    charges.waive(notice_id=notice.pk, by=cast.wendy(), now=NOW, waived_for="BEREAVEMENT")
    decided = words_of(client.get(f"/organisation/charges/{notice.pk}/"))
    assert "There is nothing to pay." in decided
    assert "ereavement" not in decided


def test_contact_gives_a_reason_of_their_own(client):
    carol = cast.carol()
    _, notice = absence(teacher())
    client.force_login(carol)
    answer = client.post(f"/organisation/charges/{notice.pk}/", {"reason_for": "INSPECTION", "words": "Ofsted"})
    assert answer.status_code == 302
    notice.refresh_from_db()
    assert (notice.reason_given_for, notice.reason_given_by) == ("INSPECTION", carol)
    assert "You have told us why." in words_of(client.get(f"/organisation/charges/{notice.pk}/"))


@pytest.mark.parametrize("who", [cast.zed, cast.dev, cast.wendy, cast.ben])
def test_charges_of_an_agency_open_to_its_contacts_alone(client, who):
    """Trainers never see charges, and the team has pages of its own."""
    _, notice = absence(teacher())
    client.force_login(who())
    assert client.get(f"/organisation/charges/{notice.pk}/").status_code == 404
    client.force_login(cast.carol())
    assert client.get(f"/organisation/charges/{notice.pk}/").status_code == 200


def test_contact_of_another_agency_sees_nothing(client):
    _, notice = absence(teacher())
    other = cast.make_person(
        "Otis Other", cast.make_organisation("Another School"), membership=MembershipRole.AGENCY_LEAD
    )
    client.force_login(other)
    assert client.get(f"/organisation/charges/{notice.pk}/").status_code == 404
    assert "Charges" not in words_of(client.get("/organisation/"))


def test_register_shows_no_trainer_a_price_or_a_charge(client):
    dev, tess = cast.dev(), teacher()
    event = make_event(starts_at=NOW - timedelta(hours=7), trainer=dev)
    booking = make_booking(event, tess, state=State.DID_NOT_ATTEND)
    charges.draft(booking=booking, kind="NON_ATTENDANCE", now=NOW)
    client.force_login(dev)
    for page in ("/trainer/", f"/trainer/sessions/{event.sessions.get().pk}/register/"):
        words = words_of(client.get(page))
        assert "£" not in words
        assert "harge" not in words
    assert "Tess Teacher" in words


def test_organisation_page_asks_as_often_for_one_charge_as_for_three(client):
    carol, course, counts = cast.carol(), make_course(), []
    client.force_login(carol)
    for number in (1, 2):
        for _ in range(number):
            absence(
                cast.make_person(f"Person{ChargeNotice.objects.count()} Away", cast.make_organisation()), course=course
            )
        client.get("/organisation/")
        with CaptureQueriesContext(connection) as queries:
            page = words_of(client.get("/organisation/"))
        counts.append(len(queries))
    assert page.count("/organisation/charges/") == 3
    assert counts[0] == counts[1]
