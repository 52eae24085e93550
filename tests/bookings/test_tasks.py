"""The worker's code for certificates: builds once, survives a fault, gives up where the team can see it."""

from datetime import timedelta

import pytest
from django.test import override_settings

from accounts import clock
from accounts.models import OutboundEmail
from bookings.models import Certificate, CertificateFile
from bookings.models.certificate import CLAIM_LEASE, MAX_ATTEMPTS
from bookings.tasks import build_certificate
from tests.certificates import promised

pytestmark = pytest.mark.django_db


@pytest.fixture
def owed():
    return promised(now=clock.now())


@pytest.fixture
def broken_template(settings, tmp_path):
    """The printed sheet cannot be rendered: the fault lies in the template, not in the row."""
    folder = tmp_path / "bookings" / "pdfs"
    folder.mkdir(parents=True)
    (folder / "certificate.html").write_text("{% url 'nowhere' %}")
    templates = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]
    return override_settings(TEMPLATES=templates)


def lapse(certificate):
    """As if the time of the claim had passed."""
    Certificate.objects.filter(pk=certificate.pk).update(claimed_at=clock.now() - CLAIM_LEASE - timedelta(seconds=1))


def test_build_certificate_issues_it_with_file_and_letter(owed):
    build_certificate(certificate_id=owed.pk)
    owed.refresh_from_db()
    assert (owed.state, owed.attempts) == ("ISSUED", 1)
    assert bytes(owed.file.content).startswith(b"%PDF-")
    assert OutboundEmail.objects.get().key == f"bookings.certificate:{owed.pk}"


def test_build_certificate_twice_makes_one(owed):
    build_certificate(certificate_id=owed.pk)
    before = CertificateFile.objects.get()
    build_certificate(certificate_id=owed.pk)
    assert CertificateFile.objects.get().sha256 == before.sha256
    assert OutboundEmail.objects.count() == 1


def test_build_certificate_of_a_row_that_is_gone_is_no_error():
    build_certificate(certificate_id=999_999)


def test_build_certificate_takes_words_of_a_newer_caller(owed):
    build_certificate(certificate_id=owed.pk, colour="green")
    assert Certificate.objects.get().state == "ISSUED"


def test_build_certificate_survives_a_fault_and_succeeds_when_it_is_mended(owed, broken_template):
    with broken_template:
        build_certificate(certificate_id=owed.pk)
    owed.refresh_from_db()
    assert (owed.state, owed.attempts) == ("PENDING", 1)
    assert not CertificateFile.objects.exists()

    lapse(owed)
    build_certificate(certificate_id=owed.pk)
    assert Certificate.objects.get().state == "ISSUED"


def test_build_certificate_gives_up_visibly(owed, broken_template):
    with broken_template:
        for _ in range(MAX_ATTEMPTS + 2):
            build_certificate(certificate_id=owed.pk)
            lapse(owed)
    owed.refresh_from_db()
    assert owed.attempts == MAX_ATTEMPTS
    assert list(Certificate.objects.given_up()) == [owed]


def test_build_certificate_says_nothing_personal_in_the_log(owed, broken_template, caplog):
    with broken_template:
        build_certificate(certificate_id=owed.pk)
    assert "NoReverseMatch" in caplog.text
    assert owed.practitioner_name not in caplog.text
