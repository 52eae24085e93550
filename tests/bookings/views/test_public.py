"""The public check page: says what DOMAIN 8 allows and no more, and cannot be guessed at."""

import pytest
from django.urls import reverse

from bookings.actions import certificates
from bookings.models import Certificate
from bookings.views.public import CHECKS_PER_MINUTE
from tests import cast
from tests.certificates import promised
from tests.makers import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued():
    certificate = promised()
    claimed = certificates.claim(certificate_id=certificate.pk, now=NOW)
    certificates.issue(certificate=claimed, content=b"%PDF-the file", now=NOW)
    certificate.refresh_from_db()
    return certificate


def check(client, code):
    answer = client.get(reverse("bookings:certificate_check", args=[code]))
    return answer, answer.content.decode()


def test_check_shows_course_date_initials_and_validity_alone(client, issued):
    answer, page = check(client, issued.code)
    assert answer.status_code == 200
    assert "This certificate is valid" in page
    for shown in (issued.course_title, issued.dates, "A. Y."):
        assert shown in page
    for hidden in (
        "Amina",
        "Yusuf",
        "amina@",
        issued.booking.reference,
        issued.number,
        "Social Work",
        issued.outcomes[0],
    ):
        assert hidden not in page


def test_check_says_replaced(client, issued):
    newer = certificates.reissue(certificate=issued, by=cast.wendy(), now=NOW, reason="Name corrected")
    answer, page = check(client, issued.code)
    assert (answer.status_code, "This certificate was replaced" in page) == (200, True)
    assert newer.code not in page
    assert "Name corrected" not in page


def test_check_says_revoked(client, issued):
    certificates.revoke(certificate=issued, by=cast.wendy(), now=NOW, reason="Register was wrong")
    answer, page = check(client, issued.code)
    assert (answer.status_code, "This certificate was revoked" in page) == (200, True)
    assert "Register was wrong" not in page


def test_check_of_an_unknown_code_says_so(client, issued):
    answer, page = check(client, "0" * 20)
    assert (answer.status_code, "We have no certificate with this code" in page) == (404, True)
    assert issued.course_title not in page


def test_check_of_a_certificate_that_is_not_built_yet_is_unknown(client):
    assert check(client, promised().code)[0].status_code == 404


@pytest.mark.parametrize("code", ["x", "%00", "%F0%9F%99%82", "a" * 2000, "..%2F..%2Fetc", "'--", "%3Cscript%3E"])
def test_check_of_odd_codes_is_unknown_and_no_fault(client, code):
    assert client.get(f"/check/{code}/").status_code == 404


def test_check_reads_a_code_however_it_was_typed(client, issued):
    assert check(client, f"{issued.code[:5].lower()}-{issued.code[5:]}")[0].status_code == 200


def test_check_is_neither_indexed_nor_stored(client, issued):
    answer, page = check(client, issued.code)
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert answer["Cache-Control"] == "no-store"
    assert '<meta name="robots" content="noindex, nofollow">' in page


def test_check_is_throttled_by_address(client, issued):
    statuses = [check(client, issued.code)[0].status_code for _ in range(CHECKS_PER_MINUTE + 1)]
    assert statuses == [200] * CHECKS_PER_MINUTE + [429]
    # A forged header does not open a new account of tries.
    answer = client.get(
        reverse("bookings:certificate_check", args=[issued.code]), headers={"X-Forwarded-For": "10.9.8.7"}
    )
    assert answer.status_code == 429
    # Somebody at another address is not kept waiting.
    elsewhere = client.get(reverse("bookings:certificate_check", args=[issued.code]), REMOTE_ADDR="10.1.2.3")
    assert elsewhere.status_code == 200


def test_check_goes_on_without_a_cache(client, issued, settings):
    settings.CACHES = {
        "default": {
            **settings.CACHES["default"],
            "LOCATION": "redis://127.0.0.1:1/0",
            "OPTIONS": {"socket_timeout": 0.2},
        }
    }
    assert check(client, issued.code)[0].status_code == 200


def test_find_leads_to_the_check_page(client, issued):
    typed = f" {issued.code[:5].lower()} {issued.code[5:10]}-{issued.code[10:]} "
    answer = client.get(reverse("bookings:certificate_find"), {"code": typed})
    assert answer.url == reverse("bookings:certificate_check", args=[issued.code])


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Type the code that is printed on the certificate."),
        ("7K2M4", "What you typed has 5"),
        ("x" * 61, "at most 60 characters"),
        ("\x00" * 20, "Null characters are not allowed."),
    ],
)
def test_find_says_what_is_wrong_with_a_code(client, typed, words):
    answer = client.get(reverse("bookings:certificate_find"), {"code": typed})
    assert (answer.status_code, words in answer.content.decode()) == (200, True)


def test_find_shows_the_form(client):
    page = client.get(reverse("bookings:certificate_find")).content.decode()
    assert "Check a certificate" in page
    assert "There is a problem" not in page


def test_check_escapes_what_a_name_or_title_contains(client, issued):
    Certificate.objects.filter(pk=issued.pk).update(
        course_title="<script>alert(1)</script>", practitioner_name='"><img src=x onerror=alert(1)>'
    )
    page = check(client, issued.code)[1]
    assert "<script>alert" not in page
    assert "<img src=x" not in page
