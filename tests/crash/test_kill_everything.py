"""Kill -9 of every process in the middle of bookings and certificates, and a start like any other.

Whatever a page has promised stands, and what is owed arrives without anybody's help.
"""

import hashlib
from collections import Counter

import pytest

from accounts import clock
from accounts.models import OutboundEmail
from bookings import invariants
from bookings.models import Booking, Certificate, CertificateFile
from tests.certificates import promised
from tests.crash.crowd import Crowd, bookings_of, make_date, make_people
from tests.load.live import Visitor
from tests.local_run import wait_for
from tests.makers import make_course
from tests.sizes import IS_SOAK, size

pytestmark = pytest.mark.soak

PEOPLE, CERTIFICATES, KILLS = size(30, 600), size(30, 1200), size(1, 25)
PATIENCE_SECONDS = size(120, 900)
TRIES = 5


def promise_certificates(count):
    course = make_course("Working Together")
    return [promised(person, course=course, now=clock.now()) for person in make_people("Attending", count)]


def files_of(owed):
    return CertificateFile.objects.filter(certificate__in=[certificate.pk for certificate in owed])


def test_kill_everything_in_the_middle_of_bookings_and_certificates(portal, post_office, figures):
    event = make_date()
    owed = promise_certificates(CERTIFICATES)
    crowd = Crowd(portal, make_people("Booking", PEOPLE), event)
    with crowd:
        for kill in range(1, KILLS + 1):
            booked, built = kill * PEOPLE // (KILLS + 1), kill * CERTIFICATES // (KILLS + 1)
            wait_for(lambda n=booked: len(crowd.acknowledged) >= n, portal.story)
            if IS_SOAK:
                wait_for(lambda n=built: files_of(owed).count() >= n, portal.story, PATIENCE_SECONDS)
            portal.kill_everything()
            portal.start()

    assert {answer.status for answer in crowd.answers.values()} == {302}
    references, counted = bookings_of(event.pk)
    assert (references, counted) == (sorted(crowd.acknowledged), PEOPLE)
    assert invariants.breaches(now=clock.now()) == []

    files = files_of(owed)
    wait_for(lambda: post_office.has_everything() and files.count() == CERTIFICATES, portal.story, PATIENCE_SECONDS)
    states = Certificate.objects.filter(pk__in=[one.pk for one in owed]).values_list("state", flat=True)
    assert set(states) == {Certificate.State.ISSUED}
    assert Certificate.objects.filter(booking__in=[one.booking_id for one in owed]).count() == CERTIFICATES
    assert all(hashlib.sha256(file.content).hexdigest() == file.sha256 for file in files.iterator())
    letters = OutboundEmail.objects.filter(to__regex="^(booking|attending)[0-9]")
    assert Counter(letters.values_list("letter", flat=True)) == {
        "bookings/confirmation": PEOPLE,
        "bookings/certificate": CERTIFICATES,
    }
    assert post_office.invented() == set()
    assert post_office.extras() <= KILLS
    figures(
        f"{KILLS} kills; {PEOPLE} bookings, 0 lost, 0 doubled, {len(crowd.errors)} requests unanswered and pressed "
        f"again; {CERTIFICATES} certificates and {len(post_office.received())} letters, 0 missing, "
        f"{post_office.extras()} letters twice under one Message-ID"
    )


def test_certificates_are_the_same_file_at_every_download(portal):
    certificate = promised(make_people("Downloading", 1)[0], course=make_course("Neglect again"), now=clock.now())
    portal.send_task("bookings.build_certificate", certificate_id=certificate.pk)
    wait_for(lambda: files_of([certificate]).exists(), portal.story)
    visitor = Visitor(portal.port, certificate.booking.practitioner.user)
    one, other = (visitor.get(f"/my/certificates/{certificate.number}/download/") for _ in range(2))
    assert one.content == other.content == bytes(certificate.file.content)


@pytest.fixture
def commits_that_do_not_wait(portal):
    """Until the test ends, Postgres writes its log of changes down every ten seconds, and nobody waits for it."""
    lazy = {"synchronous_commit": "off", "wal_writer_delay": "10s"}
    change_settings(portal, [f"ALTER SYSTEM SET {name} = '{value}'" for name, value in lazy.items()])
    yield
    change_settings(portal, [f"ALTER SYSTEM RESET {name}" for name in lazy])


def change_settings(portal, statements):
    with portal.database("postgres") as server:
        for statement in [*statements, "SELECT pg_reload_conf()"]:
            server.execute(statement)


def test_the_same_kill_loses_promised_bookings_when_postgres_need_not_write_them_down(portal, commits_that_do_not_wait):
    """The control: commits that do not wait for the log are lost, and this storm sees it.

    The log may be written just before a kill, so there are several.
    """
    lost = set()
    for number in range(TRIES):
        event = make_date(f"Domestic Abuse {number}")
        with Crowd(portal, make_people(f"Forgotten{number}", 5), event) as crowd:
            wait_for(lambda: len(crowd.acknowledged) == 5, portal.story)
        portal.kill_everything()
        portal.start()
        lost = set(crowd.acknowledged) - set(Booking.objects.filter(event=event).values_list("reference", flat=True))
        if lost:
            break
    assert lost
