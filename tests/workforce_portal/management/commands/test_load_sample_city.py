"""The command asks nothing on an empty portal, leaves a filled one alone when told so, and never runs in production."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from bookings.models import Booking
from courses.models import Course
from tests.makers import make_course
from workforce_portal.management.commands.load_sample_city import Progress

pytestmark = pytest.mark.django_db


def test_load_if_empty_leaves_courses_alone():
    course = make_course()
    call_command("load_sample_city", "--if-empty", stdout=StringIO(), stderr=StringIO())
    assert list(Course.objects.all()) == [course]


def test_load_refuses_in_production(settings):
    course = make_course()
    settings.PORTAL_LOCAL = False
    with pytest.raises(CommandError, match="own computer only"):
        call_command("load_sample_city", stdout=StringIO())
    assert list(Course.objects.all()) == [course]


def test_load_refuses_a_scale_of_nothing():
    with pytest.raises(CommandError, match="scale of 1 or more"):
        call_command("load_sample_city", "--scale=0", stdout=StringIO())


def test_progress_is_a_line_for_every_tenth_where_there_is_no_terminal():
    stream = StringIO()
    progress = Progress(stream, title="City", quiet=False)
    for percent in range(35):
        progress("People", percent / 100)
    assert [line.split(": ")[1].split("%")[0] for line in stream.getvalue().split("City")[1:]] == [
        "0",
        "10",
        "20",
        "30",
    ]


def test_progress_says_nothing_when_quiet():
    stream = StringIO()
    Progress(stream, title="City", quiet=True)("People", 0.5)
    assert stream.getvalue() == ""


def test_load_fills_an_empty_portal():
    said = StringIO()
    call_command("load_sample_city", "--if-empty", "--quiet", "--people=60", stdout=said, stderr=said)
    assert (Course.objects.count(), said.getvalue()) == (71, "")
    assert Booking.objects.exists()
