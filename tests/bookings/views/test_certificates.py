"""One's own certificates, hidden from everybody else; the team's page to replace and revoke."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import clock
from bookings.actions import certificates
from bookings.models import Booking, Certificate
from bookings.models.certificate import MAX_ATTEMPTS
from tests import cast
from tests.certificates import attended, promised
from tests.makers import NOW, make_booking, make_event

pytestmark = pytest.mark.django_db

OTHERS = [cast.ben, cast.carol, cast.dev, cast.wendy, cast.lou, cast.sal, cast.zed]
PAGES = ["certificate", "certificate_progress", "certificate_download"]


@pytest.fixture
def issued():
    certificate = promised(now=clock.now())
    claimed = certificates.claim(certificate_id=certificate.pk, now=clock.now())
    certificates.issue(certificate=claimed, content=b"%PDF-the file", now=clock.now())
    certificate.refresh_from_db()
    return certificate


def address(name, certificate):
    return reverse(f"bookings:{name}", args=[certificate.number])


def page_of(client, certificate):
    return client.get(address("certificate", certificate)).content.decode()


def test_certificate_page_shows_all_that_is_printed(client, issued):
    client.force_login(cast.amina())
    page = page_of(client, issued)
    for words in (issued.practitioner_name, issued.course_title, issued.dates, issued.number, *issued.outcomes):
        assert words in page
    assert address("certificate_download", issued) in page


def test_certificate_downloads_for_its_owner(client, issued):
    client.force_login(cast.amina())
    answer = client.get(address("certificate_download", issued))
    assert (answer.status_code, answer.content) == (200, b"%PDF-the file")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="certificate-{issued.number}.pdf"'
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("person", OTHERS)
def test_certificate_is_hidden_from_others(client, issued, person, name):
    client.force_login(person())
    assert client.get(address(name, issued)).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_certificate_sends_strangers_to_sign_in(client, issued, name):
    answer = client.get(address(name, issued))
    assert answer.url.startswith(reverse("account_login"))


def test_certificate_that_is_being_made_shows_progress(client):
    owed = promised(now=clock.now())
    client.force_login(cast.amina())
    page = page_of(client, owed)
    assert address("certificate_progress", owed) in page
    assert "Check again" in page
    assert owed.code not in page
    assert client.get(address("certificate_progress", owed)).json() == {
        "state": "working",
        "message": "Your certificate is being made. This takes less than a minute.",
    }
    assert client.get(address("certificate_download", owed)).status_code == 404


def test_certificate_progress_ends_with_the_link(client, issued):
    client.force_login(cast.amina())
    assert client.get(address("certificate_progress", issued)).json() == {
        "state": "done",
        "message": "Your certificate is ready.",
        "url": address("certificate_download", issued),
        "link": "Download your certificate",
    }


def test_certificate_that_could_not_be_made_says_what_to_do(client):
    owed = promised(now=clock.now())
    Certificate.objects.filter(pk=owed.pk).update(attempts=MAX_ATTEMPTS)
    client.force_login(cast.amina())
    assert "Your certificate is late" in page_of(client, owed)
    assert client.get(address("certificate_progress", owed)).json()["state"] == "failed"


def test_certificate_without_its_file_is_made_again(client):
    certificate = promised(now=clock.now())
    Certificate.objects.filter(pk=certificate.pk).update(state="ISSUED", issued_at=NOW)
    client.force_login(cast.amina())
    assert "Your certificate is being made" in page_of(client, certificate)


def test_certificate_that_was_replaced_leads_to_the_newer_one(client, issued):
    newer = certificates.reissue(certificate=issued, by=cast.wendy(), now=clock.now(), reason="Name corrected")
    client.force_login(cast.amina())
    page = page_of(client, issued)
    assert "This certificate was replaced" in page
    assert address("certificate", newer) in page
    assert client.get(address("certificate_download", issued)).status_code == 404


def test_certificate_that_was_revoked_says_so(client, issued):
    certificates.revoke(certificate=issued, by=cast.wendy(), now=clock.now(), reason="Register was wrong")
    client.force_login(cast.amina())
    assert "This certificate was revoked" in page_of(client, issued)
    assert client.get(address("certificate_download", issued)).status_code == 404


def test_certificate_page_escapes_names(client, issued):
    Certificate.objects.filter(pk=issued.pk).update(practitioner_name="<script>alert(1)</script>")
    client.force_login(cast.amina())
    page = page_of(client, issued)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("number", ["x", "0" * 200, "ASCP-2026-999999"])
def test_certificate_with_an_unknown_number_is_not_found(client, issued, number):
    client.force_login(cast.amina())
    assert client.get(reverse("bookings:certificate", args=[number])).status_code == 404


def status_url(booking):
    return reverse("bookings:certificate_status", args=[booking.reference])


def test_status_leads_to_the_certificate(client, issued):
    client.force_login(cast.amina())
    assert client.get(status_url(issued.booking)).url == address("certificate", issued)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (Booking.State.ATTENDED, "One thing left: your feedback"),
        (Booking.State.CONFIRMED, "its register is not complete yet"),
        (Booking.State.PART_ATTENDED, "a certificate is for the whole course"),
        (Booking.State.DID_NOT_ATTEND, "a certificate is for the whole course"),
    ],
)
def test_status_says_what_is_missing(client, state, words):
    booking = attended(state=state, now=clock.now())
    client.force_login(cast.amina())
    assert words in client.get(status_url(booking)).content.decode()


def test_status_before_the_course_says_how_one_gets_a_certificate(client):
    booking = make_booking(make_event(starts_at=clock.now() + timedelta(days=3)), cast.amina(), now=clock.now())
    client.force_login(cast.amina())
    assert "you attend every session" in client.get(status_url(booking)).content.decode()


@pytest.mark.parametrize("person", OTHERS)
def test_status_is_hidden_from_others(client, issued, person):
    client.force_login(person())
    assert client.get(status_url(issued.booking)).status_code == 404


def staff_url(certificate):
    return address("staff_certificate", certificate)


def decide(client, certificate, decision, reason=""):
    return client.post(staff_url(certificate), {"decision": decision, "reason": reason}, follow=True)


def test_staff_replaces_a_certificate(client, issued):
    client.force_login(cast.wendy())
    answer = decide(client, issued, "reissue", "Name corrected")
    issued.refresh_from_db()
    newer = Certificate.objects.get(version=2)
    assert (issued.state, newer.state) == ("REPLACED", "PENDING")
    assert f"Certificate {issued.number} is replaced by {newer.number}." in answer.content.decode()


def test_staff_revokes_a_certificate(client, issued):
    client.force_login(cast.wendy())
    decide(client, issued, "revoke", "Register was wrong")
    issued.refresh_from_db()
    assert (issued.state, issued.withdrawn_reason) == ("REVOKED", "Register was wrong")


def test_staff_has_a_certificate_made_again(client):
    owed = promised(now=clock.now())
    Certificate.objects.filter(pk=owed.pk).update(attempts=MAX_ATTEMPTS)
    client.force_login(cast.wendy())
    assert owed.number in client.get(reverse("bookings:staff_certificate_list")).content.decode()
    decide(client, owed, "retry")
    owed.refresh_from_db()
    assert owed.attempts == 0


@pytest.mark.parametrize("decision", ["reissue", "revoke"])
def test_staff_needs_a_reason(client, issued, decision):
    client.force_login(cast.wendy())
    answer = decide(client, issued, decision)
    issued.refresh_from_db()
    assert (answer.status_code, issued.state) == (422, "ISSUED")
    assert "Write why." in answer.content.decode()


def test_staff_is_told_when_it_cannot_be_done(client, issued):
    certificates.revoke(certificate=issued, by=cast.wendy(), now=clock.now(), reason="Register was wrong")
    client.force_login(cast.wendy())
    answer = decide(client, issued, "reissue", "Name corrected")
    assert (answer.status_code, "is revoked already" in answer.content.decode()) == (422, True)


@pytest.mark.parametrize("person", [cast.amina, cast.ben, cast.carol, cast.dev, cast.lou, cast.sal, cast.zed])
def test_staff_pages_are_hidden_from_others(client, issued, person):
    client.force_login(person())
    assert client.get(reverse("bookings:staff_certificate_list")).status_code == 404
    assert client.get(staff_url(issued)).status_code == 404
    assert decide(client, issued, "revoke", "Mischief").status_code == 404
    issued.refresh_from_db()
    assert issued.state == "ISSUED"


def test_staff_finds_certificates_by_number_and_name(client, issued):
    client.force_login(cast.wendy())
    url = reverse("bookings:staff_certificate_list")
    for term in (issued.number, "yusuf"):
        assert issued.number in client.get(url, {"q": term}).content.decode()
    assert "No certificate found" in client.get(url, {"q": "nobody"}).content.decode()


def test_staff_list_asks_as_much_for_three_as_for_one(client, issued, django_assert_num_queries):
    client.force_login(cast.wendy())
    url = reverse("bookings:staff_certificate_list")
    with CaptureQueriesContext(connection) as one:
        client.get(url, {"q": "a"})
    for person in (cast.ben, cast.carol):
        promised(person(), now=clock.now())
    with django_assert_num_queries(len(one)):
        client.get(url, {"q": "a"})
