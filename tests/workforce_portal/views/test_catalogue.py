"""The catalogue's pages: what they find, for whom they price it, and what nonsense does to them (nothing)."""

import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse

from courses.models import Course, DeliveryMode, Event, Strand
from tests import cast
from tests.answers import text_of
from tests.makers import NOW, make_booking, make_course, make_event, make_venue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

LIST, DATES = "/courses/", "/dates/"


def titles(answer):
    return [card.title for card in answer.context["cards"]]


def page_of(course):
    return reverse("course_detail", args=[course.slug])


# --- The list ---------------------------------------------------------------------------------------


def test_list_shows_published_courses_with_their_next_date(client):
    course = make_course("Neglect")
    make_course("Not ready", state=Course.State.DRAFT)
    make_event(course, starts_at=NOW + timedelta(days=40))
    make_event(course, starts_at=NOW + timedelta(days=30), capacity=3)
    make_event(course, starts_at=NOW - timedelta(days=5), state=Event.State.DELIVERED)
    make_event(course, starts_at=NOW + timedelta(days=2), state=Event.State.DRAFT)

    [card] = client.get(LIST).context["cards"]

    assert (card.title, card.next_date, card.places) == ("Neglect", "Monday 21 December 2026", "3 places left")


def test_list_passes_over_dates_whose_booking_has_closed(client):
    course = make_course("Neglect")
    make_event(course, starts_at=NOW + timedelta(days=2), booking_closes_at=NOW - timedelta(hours=1))
    make_event(course, starts_at=NOW + timedelta(days=30))
    [card] = client.get(LIST).context["cards"]
    assert card.next_date == "Monday 21 December 2026"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=safegarding", ["Introduction to Safeguarding"]),
        ("strand=core", ["Early Help"]),
        ("strand=core&strand=multi_agency", ["Introduction to Safeguarding", "Early Help"]),
        ("audience=health", ["Introduction to Safeguarding", "Lead the Team"]),
        ("mode=live_online", ["Introduction to Safeguarding"]),
        ("date_from=1/1/2027", ["Early Help"]),
        ("date_to=31/12/2026", ["Introduction to Safeguarding"]),
        ("date_from=2026-12-21&date_to=21/12/2026", ["Introduction to Safeguarding"]),
        ("places=on", ["Early Help"]),
        ("sort=title", ["Early Help", "Introduction to Safeguarding", "Lead the Team"]),
        ("", ["Introduction to Safeguarding", "Early Help", "Lead the Team"]),
        ("q=team&strand=core", []),
    ],
)
def test_list_filters(client, query, expected):
    intro = make_course("Introduction to Safeguarding", default_mode=DeliveryMode.LIVE_ONLINE)
    make_event(intro, capacity=1, places_taken=1)
    make_event(
        make_course("Early Help", strands=[Strand.CORE], audience_groups=["schools"]),
        starts_at=NOW + timedelta(days=60),
    )
    make_course("Lead the Team", strands=[Strand.TRADED], audience_groups=["health", "managers"])
    assert titles(client.get(f"{LIST}?{query}")) == expected


def test_list_suggests_what_the_words_find_without_the_filters(client):
    make_course("Neglect", strands=[Strand.MULTI_AGENCY])
    answer = client.get(f"{LIST}?q=neglect&strand=core")
    assert (answer.context["count"], answer.context["others"]) == (0, 1)
    assert 'href="?q=neglect"' in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("date_from=31/02/2027", "Write the day as day, month and year: 8/12/2026."),
        ("date_from=1/1/9999", "Write a year from 2020 to 2099."),
        ("date_to=0001-01-01", "Write a year from 2020 to 2099."),
        ("date_from=2/1/2027&date_to=1/1/2027", "This day is before the first."),
        ("strand=everything", "Choose an offer from the list."),
        ("audience=<script>", "Choose where you work from the list."),
        ("mode=telepathy", "Choose how it is taught from the list."),
        ("sort=drop table", "Choose how to sort from the list."),
        (f"q={'x' * 5000}", "Use fewer words: 100 characters are the most."),
        ("q=neg%00lect", "Null characters are not allowed."),
    ],
)
@pytest.mark.parametrize("path", [LIST, DATES])
def test_nonsense_in_a_filter_is_named_and_left_out(client, path, query, words):
    make_event(make_course("Neglect"))
    answer = client.get(f"{path}?{query}")
    assert (answer.status_code, titles(answer)) == (200, ["Neglect"])
    assert words in answer.content.decode()


@pytest.mark.parametrize("page", ["0", "-1", "two", "9223372036854775808", "9" * 5000, "%00", "1.5", ""])
@pytest.mark.parametrize("path", [LIST, DATES])
def test_a_page_that_does_not_exist_shows_one_that_does(client, path, page):
    make_event(make_course("Neglect"))
    assert titles(client.get(f"{path}?page={page}")) == ["Neglect"]


def test_unknown_parameters_are_ignored_and_odd_words_escaped(client):
    make_course("Neglect")
    answer = client.get(LIST, {"q": "neglect <script>alert(1)</script>", "utm": "'; --", "page[]": "1"})
    assert answer.status_code == 200
    assert "<script>alert(1)" not in answer.content.decode()


def test_list_pages_keep_the_filters(client):
    for number in range(27):
        make_course(f"Course {number:02}", code=f"C{number}")
    answer = client.get(f"{LIST}?sort=title&page=2")
    assert titles(answer) == ["Course 25", "Course 26"]
    assert 'href="?sort=title&amp;page=1"' in answer.content.decode()


def test_chips_take_one_filter_away_each(client):
    make_course("Neglect")
    answer = client.get(f"{LIST}?q=neglect&strand=core&strand=multi_agency&places=on&page=3")
    assert answer.context["chips"] == [
        ("“neglect”", "?strand=core&strand=multi_agency&places=on"),
        ("Core offer", "?q=neglect&strand=multi_agency&places=on"),
        ("Multi-agency safeguarding", "?q=neglect&strand=core&places=on"),
        ("With places left", "?q=neglect&strand=core&strand=multi_agency"),
    ]


# --- Prices for whoever asks -------------------------------------------------------------------------


def price_shown(client, path=LIST):
    return client.get(path).context["cards"][0].price


def test_list_gives_strangers_the_span_and_members_their_own_price(client):
    make_course("Neglect", strands=[Strand.CORE, Strand.TRADED])
    assert price_shown(client) == "Free or up to £95"
    client.force_login(cast.amina())
    assert price_shown(client) == "Free"
    client.force_login(cast.carol())
    assert price_shown(client) == "£95"


def test_somebody_whose_employer_is_not_placed_yet_sees_the_span(client):
    make_course("Neglect", strands=[Strand.TRADED])
    user = cast.make_person("New Person", cast.make_organisation("Unplaced Ltd", charging_category=""))
    client.force_login(user)
    assert price_shown(client) == "Free or up to £95"


def test_free_to_me_needs_a_price_of_ones_own(client):
    make_course("Free to all", strands=[Strand.CORE])
    make_course("Sold", strands=[Strand.TRADED])
    assert titles(client.get(f"{LIST}?free=on&sort=title")) == ["Free to all", "Sold"]
    client.force_login(cast.carol())
    assert titles(client.get(f"{LIST}?free=on&sort=title")) == ["Free to all"]
    client.force_login(cast.amina())
    assert titles(client.get(f"{LIST}?free=on&sort=title")) == ["Free to all", "Sold"]


# --- Dates ------------------------------------------------------------------------------------------


def test_dates_come_in_order_of_time_under_their_month(client):
    late = make_event(make_course("Later"), starts_at=NOW + timedelta(days=60), days=2)
    make_event(make_course("Sooner"), mode=DeliveryMode.LIVE_ONLINE)
    make_event(late.course, state=Event.State.CANCELLED, cancelled_at=NOW, cancelled_by=cast.wendy())
    answer = client.get(DATES)
    assert [(card.month, card.day, card.title, card.where) for card in answer.context["cards"]] == [
        ("December 2026", "Monday 21 December", "Sooner", "Live online"),
        ("January 2027", "Wednesday 20 January to Thursday 21 January", "Later", "Weavers Hall"),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=early", ["Early Help"]),
        ("strand=core", ["Early Help"]),
        ("mode=live_online", ["Neglect"]),
        ("places=on", ["Early Help"]),
    ],
)
def test_dates_filter(client, query, expected):
    make_event(make_course("Neglect"), mode=DeliveryMode.LIVE_ONLINE, capacity=1, places_taken=1)
    make_event(make_course("Early Help", strands=[Strand.CORE]))
    assert titles(client.get(f"{DATES}?{query}")) == expected


def test_a_date_of_one_strand_is_not_found_under_the_others(client):
    course = make_course("Both", strands=[Strand.CORE, Strand.TRADED])
    make_event(course).offers.set(course.offers.filter(strand=Strand.CORE))
    assert titles(client.get(f"{DATES}?strand=traded")) == []
    assert titles(client.get(f"{DATES}?strand=core")) == ["Both"]


@pytest.mark.parametrize(("path", "queries"), [(LIST, 6), (DATES, 5)])
@pytest.mark.parametrize("number", [1, 3])
def test_lists_ask_the_same_however_long_they_are(client, django_assert_num_queries, path, queries, number):
    for each in range(number):
        make_event(make_course(f"Course {each}"), days=2)
    client.get(path)
    with django_assert_num_queries(queries):
        client.get(path)


# --- One course -------------------------------------------------------------------------------------


def test_course_page_answers_the_questions_in_order(client):
    intro = make_course("Introduction", code="M01")
    course = make_course(
        "Working Together",
        strands=[Strand.MULTI_AGENCY],
        level="Level 3",
        refresh_months=36,
        prerequisite_mode=Course.PrerequisiteMode.DECLARED,
        prerequisites="Introduction, or equivalent",
    )
    course.required_courses.add(intro)
    make_event(course)
    headings = re.findall(r"<h2[^>]*id=\"(\w[\w-]*)\"", client.get(page_of(course)).content.decode())
    assert headings == ["who", "outcomes", "facts-title", "cost", "dates", "cancel", "access"]
    text = text_of(client.get(page_of(course)))
    for words in [
        "Anyone who works with children",
        "say when to share information",
        "1 day",
        "Level 3",
        "Introduction, or equivalent",
        "Every 3 years.",
        "Free or up to £50",
        "20 places left",
        "until 5 working days before the first day",
        "is asked for £50 for a place that was free, and otherwise the price of the place",
        "Weavers Hall",
    ]:
        assert words in text, words


def test_course_page_tells_members_their_price_and_why(client):
    course = make_course("Working Together")
    make_event(course)
    client.force_login(cast.dev())
    text = text_of(client.get(page_of(course)))
    assert "Free to you because your agency lends trainers (Northern Ridings Police)." in text
    assert "your organisation is asked for £50." in text


def test_course_page_says_what_can_be_booked(client):
    course = make_course("Working Together")
    bookable = make_event(course)
    make_event(course, starts_at=NOW + timedelta(days=31), capacity=1, places_taken=1)
    make_event(course, starts_at=NOW + timedelta(days=32), booking_closes_at=NOW - timedelta(days=1))
    make_event(course, starts_at=NOW + timedelta(days=33), booking_opens_at=NOW + timedelta(days=2))
    make_event(course, starts_at=NOW + timedelta(days=34), state=Event.State.POSTPONED)
    make_event(course, starts_at=NOW + timedelta(days=35), capacity=None)
    dates = client.get(page_of(course)).context["dates"]
    assert [(date.places, bool(date.book_url)) for date in dates] == [
        ("20 places left", True),
        ("Full", False),
        ("Booking closed", False),
        ("Booking opens on Monday 23 November 2026", False),
        ("Put off: a new day will be named", False),
        ("Places available", True),
    ]
    assert dates[0].book_url == reverse("bookings:booking_create", args=[bookable.reference])
    assert dates[0].free_cancel_until == "Monday 14 December 2026"


def test_course_page_lists_each_day_and_each_venue(client):
    course = make_course("Working Together")
    event = make_event(course, days=2)
    elsewhere = make_venue("Mill House")
    event.sessions.filter(position=2).update(venue=elsewhere)
    answer = client.get(page_of(course))
    assert answer.context["dates"][0].days == (
        "Monday 21 December 2026, 10am to 4pm",
        "Tuesday 22 December 2026, 10am to 4pm",
    )
    assert [venue.name for venue in answer.context["venues"]] == ["Weavers Hall", "Mill House"]


def test_course_page_never_shows_the_link_to_the_room(client):
    course = make_course("Working Together")
    make_event(course, mode=DeliveryMode.LIVE_ONLINE)
    assert "meet.example.org" not in client.get(page_of(course)).content.decode()


def test_course_page_lets_people_leave_quickly_where_it_is_about_safeguarding(client):
    multi_agency, core = make_course("Neglect"), make_course("Recording", strands=[Strand.CORE])
    assert "Leave this page quickly" in client.get(page_of(multi_agency)).content.decode()
    assert "Leave this page quickly" not in client.get(page_of(core)).content.decode()


def test_course_page_says_when_a_course_rests_and_hides_what_is_not_out(client):
    course = make_course("Neglect", state=Course.State.PAUSED)
    assert "This course is resting" in client.get(page_of(course)).content.decode()
    for state in (Course.State.DRAFT, Course.State.ARCHIVED):
        Course.objects.update(state=state)
        assert client.get(page_of(course)).status_code == 404


def test_an_unknown_course_leads_back_to_the_search(client):
    answer = client.get("/courses/no-such-course/")
    assert answer.status_code == 404
    assert 'action="/courses/"' in answer.content.decode()


def structured(answer):
    [block] = re.findall(
        r'<script type="application/ld\+json">(.*?)</script>', answer.content.decode(), flags=re.DOTALL
    )
    return json.loads(block)


def test_structured_data_describes_course_and_dates(client):
    course = make_course("Working Together", code="M02")
    event = make_event(course)
    make_booking(event, cast.amina())
    data = structured(client.get(page_of(course)))
    assert (data["@type"], data["name"], data["courseCode"]) == ("Course", "Working Together", "M02")
    [instance] = data["hasCourseInstance"]
    assert instance["@type"] == "CourseInstance"
    assert (instance["courseMode"], instance["startDate"]) == ("onsite", "2026-12-21T10:00:00+00:00")
    assert (instance["maximumAttendeeCapacity"], instance["remainingAttendeeCapacity"]) == (20, 19)
    assert instance["location"]["name"] == "Weavers Hall"


def test_structured_data_cannot_end_its_block(client):
    title = "</script><script>alert(1)</script>&amp;"
    data = structured(client.get(page_of(make_course(title))))
    assert data["name"] == title


@pytest.mark.parametrize("number", [1, 3])
def test_course_page_asks_the_same_however_many_dates_there_are(client, django_assert_num_queries, number):
    course = make_course("Working Together")
    for each in range(number):
        make_event(course, starts_at=NOW + timedelta(days=30 + 3 * each), days=2)
    client.get(page_of(course))
    with django_assert_num_queries(10):
        client.get(page_of(course))


def test_a_long_list_of_dates_leads_on(client):
    course = make_course("Working Together", code="M02")
    for each in range(21):
        make_event(course, starts_at=NOW + timedelta(days=30 + each))
    answer = client.get(page_of(course))
    assert (len(answer.context["dates"]), answer.context["has_more_dates"]) == (20, True)
    assert "/dates/?q=M02" in answer.content.decode()


# --- Unchanged --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", LIST, DATES, "/courses/neglect-t001/"])
def test_an_unchanged_page_is_not_sent_again(client, path):
    make_event(make_course("Neglect", code="T001"))
    first = client.get(path)
    assert first["Cache-Control"] == "private, no-cache"
    again = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["Cache-Control"] == "private, no-cache"
    assert client.get(path).content == first.content


@pytest.mark.parametrize("path", ["/", LIST, DATES, "/courses/neglect-t001/"])
def test_a_place_taken_changes_the_page_at_once(client, path):
    event = make_event(make_course("Neglect", code="T001"))
    first = client.get(path)
    make_booking(event, cast.amina())
    again = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 200
    assert "19 places left" in again.content.decode()


@pytest.mark.parametrize("path", ["/", LIST, DATES, "/courses/neglect-t001/"])
def test_the_page_of_somebody_signed_in_is_kept_nowhere(client, path):
    make_event(make_course("Neglect", code="T001"))
    strangers = client.get(path)
    client.force_login(cast.amina())
    own = client.get(path, headers={"If-None-Match": strangers["ETag"]})
    assert (own.status_code, own["Cache-Control"], own.has_header("ETag")) == (200, "no-store", False)
    assert "Sign out" in own.content.decode()
    client.logout()
    assert "Sign out" not in client.get(path).content.decode()


def test_a_message_is_shown_once_and_not_kept_for_others(client):
    make_course("Neglect")
    client.force_login(cast.amina())
    client.post(reverse("account_logout"))
    answer = client.get(LIST)
    assert "signed out" in answer.content.decode().lower()
    assert not answer.has_header("ETag")
    assert "signed out" not in client.get(LIST).content.decode().lower()
