"""Every list, as long as a city makes it: no question is put to the database again for each row."""

import re
from collections import Counter

import pytest
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from bookings.models import WaitingListEntry
from courses.models import Event, Session

pytestmark = pytest.mark.django_db

# A page may ask the same of several things that it is made of, but not of every row.
MOST_ALIKE = 4
VALUES = re.compile(r"'(?:[^']|'')*'|\b\d+\b")
LISTS = {
    "wendy": [
        "/staff/", "/staff/courses/", "/staff/bookings/", "/staff/requests/", "/staff/requests/?waiting=managers",
        "/staff/waiting-lists/", "/staff/certificates/", "/staff/charges/", "/staff/charges/?state=APPROVED",
        "/staff/letters/?what=all", "/staff/letters/wording/", "/staff/changes/", "/staff/dates-to-decide/",
        "/staff/dates-together/", "/staff/self-paced/", "/staff/inactive-accounts/",
        "/staff/organisations/", "/staff/dates/{fullest}/", "/staff/dates/{fullest}/register/",
        "/staff/dates/{waited for}/waiting/", "/admin/courses/event/", "/admin/accounts/organisation/",
    ],
    "lou": ["/lscp/"],
    "owner": ["/staff/duties/"],
    "dev": ["/trainer/", "/trainer/sessions/{longest register}/register/"],
    "carol": ["/organisation/", "/organisation/book/{open}/"],
    "amina": ["/my/", "/my/training-record/", "/courses/", "/dates/", "/courses/{course}/"],
}  # fmt: skip


@pytest.fixture
def places(small_city):
    """The longest of each kind."""
    fullest = Event.objects.order_by("-places_taken", "pk").first()
    own = Session.objects.filter(trainer_assignments__trainer__practitioner__email="dev@example.org")
    own = own.filter(starts_at__lt=small_city).annotate(people=Count("event__bookings"))
    coming = Event.objects.coming(small_city).filter(capacity__isnull=False, version__course__code="M02")
    waited_for = WaitingListEntry.objects.values("event__reference").annotate(count=Count("pk")).order_by("-count")
    return {
        "fullest": fullest.reference,
        "waited for": waited_for[0]["event__reference"],
        "longest register": own.order_by("-people", "pk").first().pk,
        "open": coming.order_by("starts_at").first().reference,
        "course": fullest.course.slug,
    }


@pytest.mark.parametrize(("who", "path"), [(who, path) for who, paths in LISTS.items() for path in paths])
def test_no_question_is_asked_again_for_each_row(client, places, small_city, time_machine, who, path):
    time_machine.move_to(small_city)
    client.force_login(User.objects.get(email=f"{who}@example.org"))
    client.get("/")
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path.format(**places))

    assert answer.status_code == 200
    asked = Counter(VALUES.sub("?", query["sql"]) for query in queries)
    assert {sql: times for sql, times in asked.items() if times > MOST_ALIKE} == {}
