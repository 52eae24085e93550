"""The worker's code for certificates: builds once, survives a fault, gives up where the team can see it."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings

from accounts import clock
from accounts.models import OutboundEmail
from bookings import pdfs
from bookings.actions import training_records
from bookings.models import Certificate, CertificateFile, TrainingRecordFile
from bookings.models.certificate import CLAIM_LEASE, MAX_ATTEMPTS
from bookings.tasks import build_certificate, build_certificates, print_training_record
from tests import cast
from tests.certificates import promised
from tests.queues import waiting

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


@pytest.fixture
def three_owed():
    """Promised one after the other; the third person waits longest."""
    people = (cast.carol(), cast.ben(), cast.amina())
    return [promised(person, now=clock.now() - timedelta(minutes=place)) for place, person in enumerate(people)]


def issued():
    return set(Certificate.objects.filter(state="ISSUED"))


def test_build_certificates_makes_a_portion_in_turn_and_calls_a_worker_for_the_rest(
    three_owed, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr("bookings.tasks.PORTION", 2)
    waiting("bookings.build_certificates")
    with django_capture_on_commit_callbacks(execute=True):
        build_certificates(colour="green")
    assert issued() == {three_owed[2], three_owed[1]}
    assert waiting("bookings.build_certificates") == [{}]

    with django_capture_on_commit_callbacks(execute=True):
        build_certificates()
    assert issued() == set(three_owed)
    assert waiting("bookings.build_certificates") == []


def test_build_certificates_has_the_letters_sent_together(three_owed, django_capture_on_commit_callbacks):
    waiting("accounts.deliver_emails", queue="quick")
    with django_capture_on_commit_callbacks(execute=True):
        build_certificates()
    letters = OutboundEmail.objects.order_by("pk").values_list("pk", flat=True)
    assert waiting("accounts.deliver_emails", queue="quick") == [{"email_ids": list(letters)}]
    assert len(letters) == 3


def test_build_certificates_goes_on_after_one_that_cannot_be_printed(three_owed, monkeypatch):
    def refuse_the_first(certificate, print_it=pdfs.certificate):
        if certificate == three_owed[2]:
            raise ValueError("a fault")
        return print_it(certificate)

    monkeypatch.setattr(pdfs, "certificate", refuse_the_first)
    build_certificates()
    assert issued() == {three_owed[0], three_owed[1]}
    three_owed[2].refresh_from_db()
    assert (three_owed[2].state, three_owed[2].attempts) == ("PENDING", 1)


DIES_AFTER_CLAIMING = """
certificates.claim(certificate_id={pk}, now=clock.now())
os.kill(os.getpid(), signal.SIGKILL)
"""
DIES_BEFORE_THE_COMMIT = """
claimed = certificates.claim(certificate_id={pk}, now=clock.now())
with transaction.atomic():
    certificates.issue(certificate=claimed, content=pdfs.certificate(claimed), now=clock.now())
    os.kill(os.getpid(), signal.SIGKILL)
"""
SET_UP = """
import os, signal, django
django.setup()
from django.db import transaction
from accounts import clock
from bookings import pdfs
from bookings.actions import certificates
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("death", [DIES_AFTER_CLAIMING, DIES_BEFORE_THE_COMMIT])
def test_build_certificate_once_after_a_worker_was_killed_in_the_middle(death):
    certificate = promised(now=clock.now())
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    killed = subprocess.run(
        [sys.executable, "-c", SET_UP + death.format(pk=certificate.pk)],
        env=os.environ | {"DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "workforce_portal.settings"},
        cwd=settings.BASE_DIR,
    )
    assert killed.returncode == -signal.SIGKILL
    certificate.refresh_from_db()
    assert (certificate.state, certificate.attempts) == ("PENDING", 1)
    assert not CertificateFile.objects.exists()
    assert not OutboundEmail.objects.exists()

    build_certificate(certificate_id=certificate.pk)
    assert not CertificateFile.objects.exists()  # the dead worker's claim has not lapsed yet
    lapse(certificate)
    build_certificate(certificate_id=certificate.pk)
    build_certificate(certificate_id=certificate.pk)
    assert (CertificateFile.objects.count(), OutboundEmail.objects.count()) == (1, 1)


# --- print_training_record ----------------------------------------------------------------------------


@pytest.fixture
def asked_for():
    return training_records.ask_for_file(practitioner=cast.amina().practitioner, now=clock.now())


def test_print_training_record_keeps_the_document_and_twice_is_once(asked_for):
    print_training_record(file_id=asked_for.pk)
    first = TrainingRecordFile.objects.get()
    print_training_record(file_id=asked_for.pk, colour="green")
    assert bytes(first.content).startswith(b"%PDF-")
    assert TrainingRecordFile.objects.get().made_at == first.made_at


def test_print_training_record_of_a_row_that_is_gone_is_no_error():
    print_training_record(file_id=999_999)


def test_print_training_record_gives_up_calmly(asked_for, settings, tmp_path, caplog):
    folder = tmp_path / "bookings" / "pdfs"
    folder.mkdir(parents=True)
    (folder / "training_record.html").write_text("{% url 'nowhere' %}")
    templates = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]
    with override_settings(TEMPLATES=templates):
        for _ in range(4):
            print_training_record(file_id=asked_for.pk)
    file = TrainingRecordFile.objects.get()
    assert (file.attempts, file.is_given_up(clock.now())) == (3, True)
    assert "NoReverseMatch" in caplog.text
    assert "Amina" not in caplog.text
