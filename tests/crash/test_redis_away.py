"""Redis is dead, hangs, or forgets everything: people notice nothing, and every letter arrives.

A page that waited for Redis would meet the visitors' time limit; a broker that hangs would hold it for good.
"""

import pytest

from accounts import clock
from accounts.models import Heartbeat, OutboundEmail
from bookings.actions import capacity
from bookings.models import CertificateFile
from tests import cast
from tests.certificates import promised
from tests.crash.crowd import ANSWERS, bookings_of, make_date, make_people
from tests.load.live import Visitor, path_of
from tests.local_run import BEAT, REDIS, WORKER, Portal, wait_for
from tests.makers import make_course
from tests.sizes import size

pytestmark = pytest.mark.soak

PEOPLE, RESTARTS = size(6, 100), size(1, 5)
ARRIVED_WITHIN_SECONDS = 90
RESUMED_WITHIN_SECONDS = 60


class Hurried(Visitor):
    patience = 10


def book_page(event):
    return f"/courses/dates/{event.reference}/book/"


def book_each(portal, people, event):
    """Each in turn; return the addresses of their bookings."""
    visitors = [Hurried(portal.port, person) for person in people]
    answers = [visitor.post(book_page(event), visitor.open_form(book_page(event)) | ANSWERS) for visitor in visitors]
    assert {answer.status for answer in answers} == {302}
    return [path_of(answer.leads_to) for answer in answers]


def try_to_sign_in(portal, user, password):
    visitor = Hurried(portal.port)
    form = visitor.open_form("/accounts/login/")
    return visitor.post("/accounts/login/", form | {"login": user.email, "password": password})


def make_learner(portal, kind):
    """Somebody with a password, and a certificate that is made already."""
    (person,) = make_people(kind, 1)
    person.set_password(cast.PASSWORD)
    person.save(update_fields=["password"])
    certificate = promised(person, course=make_course("Before the outage"), now=clock.now())
    portal.send_task("bookings.build_certificate", certificate_id=certificate.pk)
    wait_for(lambda: CertificateFile.objects.filter(certificate=certificate).exists(), portal.story)
    return person, certificate


def confirmations(event):
    bookings = event.bookings.values_list("pk", flat=True)
    return OutboundEmail.objects.filter(letter="bookings/confirmation", about__in=[f"booking:{pk}" for pk in bookings])


def test_letters_arrive_though_redis_forgets_that_they_are_owed(portal, post_office):
    event = make_date("Attachment")
    with portal.hung(BEAT, WORKER):
        book_each(portal, make_people("Forgotten", PEOPLE), event)
        assert portal.waiting_tasks() > 0
        portal.broker().flushall()
        assert portal.waiting_tasks() == 0
        assert confirmations(event).filter(sent_at__isnull=True).count() == PEOPLE

    wait_for(post_office.has_everything, portal.story, ARRIVED_WITHIN_SECONDS)
    references, counted = bookings_of(event.pk)
    assert len(references) == counted == PEOPLE


def work_through(portal, outage):
    """What people do all day, in the middle of an outage; return the date that they booked."""
    learner, certificate = make_learner(portal, f"{outage.__name__}learner")
    people, event = make_people(f"{outage.__name__}booker", PEOPLE), make_date("Neglect")
    wendy = cast.wendy()
    with outage(portal, REDIS):
        bookings = book_each(portal, people, event)
        canceller = Hurried(portal.port, people[0])
        cancelled = canceller.post(f"{bookings[0]}cancel/", canceller.open_form(f"{bookings[0]}cancel/"))
        signed_in = try_to_sign_in(portal, learner, cast.PASSWORD)
        pages = ("/", "/courses/", "/courses/?q=neglct", "/my/", f"/my/certificates/{certificate.number}/download/")
        statuses = [Hurried(portal.port, learner).get(path).status for path in pages]
        statuses += [Hurried(portal.port, wendy).get(path).status for path in ("/staff/", "/admin/")]
        refusals = [try_to_sign_in(portal, people[1], "wrong") for _ in range(12)]

    assert (cancelled.status, signed_in.status) == (302, 302)
    assert statuses == [200] * len(statuses)
    assert any(refusal.says("too many tries") for refusal in refusals)
    return event


def test_everything_works_while_redis_is_dead_or_hangs_and_letters_arrive_afterwards(portal, post_office):
    events = [work_through(portal, outage) for outage in (Portal.dead, Portal.hung)]

    wait_for(post_office.has_everything, portal.story, ARRIVED_WITHIN_SECONDS)
    assert [capacity.count_places(event_id=event.pk) for event in events] == [PEOPLE - 1] * 2
    assert [confirmations(event).count() for event in events] == [PEOPLE] * 2


def test_the_worker_goes_on_by_itself_after_redis_restarts(portal):
    for _ in range(RESTARTS):
        worker, before = portal.main_process(WORKER), portal.main_process(REDIS)
        portal.kill(REDIS)
        wait_for(
            lambda old=before: portal.main_process(REDIS) not in (old, None) and portal.redis_answers(), portal.story
        )
        asked_at = clock.now()
        portal.send_task("accounts.answer_heartbeat")
        heard = Heartbeat.objects.filter(part="worker", beat_at__gt=asked_at)
        wait_for(heard.exists, portal.story, RESUMED_WITHIN_SECONDS)
        assert portal.main_process(WORKER) == worker
