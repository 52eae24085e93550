"""Certificates: promised once, built by one worker, kept with their words, replaced and revoked with a reason."""

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import AuditEntry, OutboundEmail, Partnership
from bookings.actions import certificates
from bookings.models import Attendance, Booking, Certificate, CertificateFile
from bookings.models.certificate import CLAIM_LEASE, MAX_ATTEMPTS
from courses.models import Strand
from tests import cast
from tests.certificates import attended, promised
from tests.makers import NOW, make_course
from tests.queues import waiting

pytestmark = pytest.mark.django_db


def test_release_copies_every_printed_word():
    booking = attended(course=make_course(level="Level 2", refresh_months=36))
    certificate = certificates.release(booking_id=booking.pk, now=NOW)
    printed = Certificate.objects.filter(pk=certificate.pk).values(
        "state", "version", "practitioner_name", "course_title", "dates", "hours", "level", "outcomes", "strand",
        "issuer", "refresh_by", "earned_on",
    )  # fmt: skip
    assert printed.get() == {
        "state": "PENDING",
        "version": 1,
        "practitioner_name": "Amina Yusuf",
        "course_title": "Working Together to Safeguard Children and Young People",
        "dates": "Friday 20 November 2026",
        "hours": Decimal("6.00"),
        "level": "Level 2",
        "outcomes": ["say when to share information", "name what each agency does"],
        "strand": "multi_agency",
        "issuer": "Airedon Safeguarding Children Partnership",
        "refresh_by": date(2029, 11, 1),
        "earned_on": date(2026, 11, 20),
    }


def test_release_prints_the_council_outside_the_multi_agency_strand():
    booking = attended(course=make_course(strands=[Strand.CORE]))
    assert certificates.release(booking_id=booking.pk, now=NOW).issuer == "Airedon City Council"


def test_release_names_the_days_of_several_sessions():
    booking = attended(days=3)
    certificate = certificates.release(booking_id=booking.pk, now=NOW)
    assert certificate.dates == "Wednesday 18 November 2026, Thursday 19 November 2026 and Friday 20 November 2026"
    assert (certificate.hours, certificate.hours_in_words) == (Decimal(18), "18 hours")


def test_release_prints_many_days_as_a_span():
    certificate = certificates.release(booking_id=attended(days=6).pk, now=NOW)
    assert certificate.dates == "Sunday 15 November 2026 to Friday 20 November 2026 (6 days)"


def test_release_numbers_certificates_and_gives_each_its_own_code():
    Partnership.objects.current()
    first = certificates.release(booking_id=attended().pk, now=NOW)
    second = certificates.release(booking_id=attended(cast.ben()).pk, now=NOW)
    assert first.number == f"ASCP-2026-{first.pk:06d}"
    assert second.number == f"ASCP-2026-{second.pk:06d}"
    assert first.code != second.code
    assert len(first.code) == certificates.CODE_LENGTH
    assert set(first.code) <= set(certificates.CODE_ALPHABET)


def test_codes_have_a_hundred_bits_and_do_not_repeat():
    codes = {certificates.new_code() for _ in range(10_000)}
    assert len(codes) == 10_000
    assert len(certificates.CODE_ALPHABET) ** certificates.CODE_LENGTH == 2**100
    # Every letter turns up about equally often in every place.
    for place in range(certificates.CODE_LENGTH):
        counts = [sum(code[place] == letter for code in codes) for letter in certificates.CODE_ALPHABET]
        assert min(counts) > 200


@pytest.mark.parametrize("typed", ["7k2m4-qx9pt-hj3vb-8wcd0", " 7K2M4 QX9PT HJ3UB 8WCDO ", "7K2M4QX9PTHJ3VB8WCD0"])
def test_code_as_typed_reads_what_was_meant(typed):
    assert certificates.code_as_typed(typed) == "7K2M4QX9PTHJ3VB8WCD0"


def test_release_twice_gives_the_same_certificate():
    booking = attended()
    first = certificates.release(booking_id=booking.pk, now=NOW)
    assert certificates.release(booking_id=booking.pk, now=NOW + timedelta(days=1)) == first
    assert Certificate.objects.count() == 1


@pytest.mark.parametrize("state", ["CONFIRMED", "PART_ATTENDED", "DID_NOT_ATTEND", "TURNED_AWAY"])
def test_release_refuses_who_did_not_attend_everything(state):
    booking = attended(state=state)
    assert certificates.release(booking_id=booking.pk, now=NOW) is None
    assert not Certificate.objects.exists()
    # The same booking, marked as attended, gets one.
    Booking.objects.filter(pk=booking.pk).update(state="ATTENDED")
    assert certificates.release(booking_id=booking.pk, now=NOW) is not None


def test_release_counts_the_hours_of_sessions_marked_present():
    booking = attended(days=2)
    Attendance.objects.filter(session__position=1).update(mark=Attendance.Mark.LEFT_EARLY)
    certificate = certificates.release(booking_id=booking.pk, now=NOW)
    assert (certificate.hours, certificate.dates) == (Decimal(6), "Friday 20 November 2026")


def test_issue_keeps_the_file_and_writes_one_letter():
    certificate = promised()
    claimed = certificates.claim(certificate_id=certificate.pk, now=NOW)
    assert certificates.issue(certificate=claimed, content=b"the file", now=NOW) is True
    certificate.refresh_from_db()
    assert (certificate.state, certificate.issued_at) == ("ISSUED", NOW)
    assert bytes(certificate.file.content) == b"the file"
    letter = OutboundEmail.objects.get()
    assert (letter.key, letter.to) == (f"bookings.certificate:{certificate.pk}", "amina@example.org")
    assert f"/my/certificates/{certificate.number}/" in letter.text


def test_issue_refuses_a_second_file_for_the_same_claim():
    certificate = promised()
    claimed = certificates.claim(certificate_id=certificate.pk, now=NOW)
    assert certificates.issue(certificate=claimed, content=b"first", now=NOW) is True
    assert certificates.issue(certificate=claimed, content=b"second", now=NOW) is False
    assert bytes(CertificateFile.objects.get().content) == b"first"
    assert OutboundEmail.objects.count() == 1


def test_issue_refuses_a_claim_that_another_worker_took_over():
    certificate = promised()
    slow = certificates.claim(certificate_id=certificate.pk, now=NOW)
    later = NOW + CLAIM_LEASE + timedelta(seconds=1)
    quick = certificates.claim(certificate_id=certificate.pk, now=later)
    assert certificates.issue(certificate=slow, content=b"slow", now=later) is False
    assert certificates.issue(certificate=quick, content=b"quick", now=later) is True
    assert bytes(CertificateFile.objects.get().content) == b"quick"


def test_claim_is_refused_while_another_worker_has_it():
    certificate = promised()
    assert certificates.claim(certificate_id=certificate.pk, now=NOW) is not None
    assert certificates.claim(certificate_id=certificate.pk, now=NOW + timedelta(seconds=30)) is None


def test_claim_next_takes_whoever_has_waited_longest_and_is_in_nobodys_hands():
    late, early = promised(now=NOW + timedelta(hours=1)), promised(cast.ben())
    now = NOW + timedelta(hours=2)
    first = certificates.claim_next(now=now)
    assert (first, first.attempts, first.claimed_at) == (early, 1, now)
    assert certificates.claim_next(now=now) == late
    assert certificates.claim_next(now=now) is None
    assert certificates.claim_next(now=now + CLAIM_LEASE + timedelta(seconds=1)) == early


def test_claim_next_knows_what_is_printed_and_whom_the_letter_goes_to(django_assert_num_queries):
    promised()
    certificate = certificates.claim_next(now=NOW)
    with django_assert_num_queries(0):
        certificate.booking.practitioner.email, certificate.booking.practitioner.full_name, certificate.outcomes  # noqa: B018
    stored = Certificate.objects.get()
    fields = [field.attname for field in Certificate._meta.concrete_fields]
    assert [getattr(certificate, name) for name in fields] == [getattr(stored, name) for name in fields]
    assert certificate.booking.practitioner == stored.booking.practitioner


def test_claim_next_passes_over_what_was_tried_too_often():
    certificate = promised()
    Certificate.objects.update(attempts=MAX_ATTEMPTS)
    assert certificates.claim_next(now=NOW) is None
    Certificate.objects.update(attempts=MAX_ATTEMPTS - 1)
    assert certificates.claim_next(now=NOW) == certificate


def test_claim_next_may_be_issued(working_role):
    certificate = promised()
    claimed = certificates.claim_next(now=NOW)
    assert certificates.issue(certificate=claimed, content=b"the file", now=NOW) is True
    assert certificates.issue(certificate=claimed, content=b"the file", now=NOW) is False
    assert OutboundEmail.objects.get().key == f"bookings.certificate:{certificate.pk}"


def test_release_calls_one_worker_until_it_has_come(django_capture_on_commit_callbacks):
    def called():
        for user in (cast.amina(), cast.ben()):
            with django_capture_on_commit_callbacks(execute=True):
                promised(user, course=make_course())
        return len(waiting("bookings.build_certificates"))

    waiting("bookings.build_certificates")
    assert [called(), called()] == [1, 0]
    certificates.worker_has_come()
    assert called() == 1


def test_claim_gives_up_after_the_last_attempt():
    certificate = promised()
    for attempt in range(MAX_ATTEMPTS):
        now = NOW + attempt * (CLAIM_LEASE + timedelta(seconds=1))
        assert certificates.claim(certificate_id=certificate.pk, now=now) is not None
    after = now + CLAIM_LEASE + timedelta(seconds=1)
    assert certificates.claim(certificate_id=certificate.pk, now=after) is None
    assert list(Certificate.objects.given_up()) == [certificate]
    assert certificates.retry(certificate=certificate, by=cast.wendy(), now=after) is True
    assert certificates.claim(certificate_id=certificate.pk, now=after) is not None


def test_claim_of_what_is_gone_or_done_is_no_error():
    assert certificates.claim(certificate_id=999_999, now=NOW) is None
    certificate = promised()
    certificates.issue(
        certificate=certificates.claim(certificate_id=certificate.pk, now=NOW), content=b"the file", now=NOW
    )
    assert certificates.claim(certificate_id=certificate.pk, now=NOW + timedelta(days=1)) is None


def test_claim_takes_an_issued_certificate_whose_file_is_missing_and_writes_no_second_letter():
    certificate = promised()
    Certificate.objects.filter(pk=certificate.pk).update(state="ISSUED", issued_at=NOW)
    later = NOW + timedelta(days=30)
    claimed = certificates.claim(certificate_id=certificate.pk, now=later)
    assert certificates.issue(certificate=claimed, content=b"the file", now=later) is True
    certificate.refresh_from_db()
    assert (certificate.issued_at, certificate.claimed_at) == (NOW, None)
    assert not OutboundEmail.objects.exists()


def test_reissue_replaces_with_todays_facts_and_keeps_the_old_one():
    certificate = promised()
    practitioner = certificate.booking.practitioner
    practitioner.full_name = "Amina Yusuf-Clarke"
    practitioner.save(update_fields=["full_name"])
    newer = certificates.reissue(certificate=certificate, by=cast.wendy(), now=NOW, reason="Name corrected")
    certificate.refresh_from_db()
    assert (certificate.state, certificate.withdrawn_reason, certificate.practitioner_name) == (
        "REPLACED", "Name corrected", "Amina Yusuf",
    )  # fmt: skip
    assert (newer.state, newer.version, newer.practitioner_name) == ("PENDING", 2, "Amina Yusuf-Clarke")
    assert newer.code != certificate.code
    assert AuditEntry.objects.get(verb="certificate.replace").detail == {"reason": "Name corrected"}


def test_reissue_refuses_when_the_register_says_otherwise_and_changes_nothing():
    certificate = promised()
    Booking.objects.filter(pk=certificate.booking_id).update(state="DID_NOT_ATTEND")
    with pytest.raises(certificates.CannotWithdraw, match="no longer says"):
        certificates.reissue(certificate=certificate, by=cast.wendy(), now=NOW, reason="Name corrected")
    certificate.refresh_from_db()
    assert certificate.state == "PENDING"


def test_revoke_keeps_the_certificate_and_makes_no_other():
    certificate = promised()
    certificates.revoke(certificate=certificate, by=cast.wendy(), now=NOW, reason="Register was wrong")
    certificate.refresh_from_db()
    assert (certificate.state, certificate.withdrawn_at) == ("REVOKED", NOW)
    assert certificates.release(booking_id=certificate.booking_id, now=NOW) is None
    assert certificates.claim(certificate_id=certificate.pk, now=NOW) is None


def test_revoke_twice_is_refused():
    certificate = promised()
    certificates.revoke(certificate=certificate, by=cast.wendy(), now=NOW, reason="Register was wrong")
    with pytest.raises(certificates.CannotWithdraw, match="revoked already"):
        certificates.revoke(certificate=certificate, by=cast.wendy(), now=NOW, reason="Again")


def test_issue_loses_against_a_revocation():
    certificate = promised()
    claimed = certificates.claim(certificate_id=certificate.pk, now=NOW)
    certificates.revoke(certificate=certificate, by=cast.wendy(), now=NOW, reason="Register was wrong")
    assert certificates.issue(certificate=claimed, content=b"the file", now=NOW) is False
    assert not CertificateFile.objects.exists()


def test_database_refuses_a_second_valid_certificate():
    certificate = promised()
    fields = {field.attname: getattr(certificate, field.attname) for field in Certificate._meta.concrete_fields}
    fields |= {"id": None, "version": 2, "number": "X-1", "code": "X" * 20}
    with pytest.raises(IntegrityError, match="one_valid_certificate_per_booking"), transaction.atomic():
        Certificate.objects.create(**fields)


def test_the_working_role_may_release_and_issue(working_role):
    certificate = promised()
    claimed = certificates.claim(certificate_id=certificate.pk, now=NOW)
    assert certificates.issue(certificate=claimed, content=b"the file", now=NOW) is True


@pytest.mark.django_db(transaction=True)
def test_claim_gives_a_certificate_to_one_of_eight_workers():
    certificate = promised()
    at_once, claimed = threading.Barrier(8), []

    def work():
        at_once.wait()
        try:
            claimed.append(certificates.claim(certificate_id=certificate.pk, now=NOW))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker for worker in claimed if worker] == [certificate]
    certificate.refresh_from_db()
    assert certificate.attempts == 1


@pytest.mark.django_db(transaction=True)
def test_claim_next_gives_each_of_four_workers_another_certificate():
    people = [cast.amina(), cast.ben(), cast.carol(), cast.dev()]
    waiting = {promised(person).pk for person in people}
    at_once, claimed = threading.Barrier(4), []

    def work():
        at_once.wait()
        try:
            claimed.append(certificates.claim_next(now=NOW).pk)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (len(claimed), set(claimed)) == (4, waiting)


@pytest.mark.django_db(transaction=True)
def test_release_promises_one_certificate_to_eight_at_once():
    booking = attended()
    Partnership.objects.current()
    at_once, released = threading.Barrier(8), []

    def work():
        at_once.wait()
        try:
            released.append(certificates.release(booking_id=booking.pk, now=NOW).pk)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(released) == 8
    assert set(released) == {Certificate.objects.get().pk}
