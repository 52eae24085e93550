"""Planning pages: who gets in, what they save, what they refuse, and how many questions they ask."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from courses.models import ApprovalMode, Course, DeliveryMode, Event, Offer, Strand, Trainer, TrainerAssignment
from tests import cast
from tests.makers import NOW, assign_trainer, make_band, make_booking, make_course, make_enquiry, make_event, make_venue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

LIST = "/staff/courses/"
NEW_COURSE = "/staff/courses/new/"


@pytest.fixture
def wendy(client):
    user = cast.wendy()
    client.force_login(user)
    return user


def course_data(**changes):
    return {
        "code": "C16",
        "title": "Life Story Work",
        "summary": "Help a child in care to know their own story.",
        "audience": "Social workers and carers",
        "audience_groups": ["social_care", "carers"],
        "topics": "life story, permanence",
        "learning_format": "course",
        "default_mode": "in_person",
        "duration_hours": "3.5",
        "days": "0.5",
        "prerequisite_mode": "none",
        "default_capacity": "20",
        "default_min_numbers": "",
        "outcome_1": "plan a life story book",
        "outcome_2": "",
        "outcome_3": "talk about a hard memory",
        "core-is_offered": "on",
        "core-approval_mode": "explicit",
        "core-price_band": str(make_band("P0").pk),
        **changes,
    }


def errors_of(answer):
    assert answer.status_code == 422
    context = answer.context
    found = {name: list(errors) for name, errors in context["form"].errors.items()}
    for form in context.get("offer_forms") or []:
        found |= {f"{form.strand}-{name}": list(errors) for name, errors in form.errors.items()}
    days = context.get("days")
    if hasattr(days, "non_form_errors"):
        found |= {"days": list(days.non_form_errors())} if days.non_form_errors() else {}
        for number, form in enumerate(days):
            found |= {f"days-{number}-{name}": list(errors) for name, errors in form.errors.items()}
    return found


# --- Who gets in ------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", [cast.amina, cast.carol, cast.dev, cast.lou, cast.sal, cast.zed])
def test_planning_is_for_the_team_alone(client, person):
    event = make_event()
    code = event.course.code
    paths = {
        "get": [
            LIST,
            NEW_COURSE,
            f"/staff/courses/{code}/",
            f"/staff/courses/{code}/dates/new/",
            f"/staff/dates/{event.reference}/edit/",
        ],
        "post": [
            f"/staff/courses/{code}/pause/",
            f"/staff/courses/{code}/retire/",
            f"/staff/dates/{event.reference}/publish/",
            NEW_COURSE,
        ],
    }
    client.force_login(cast.wendy())
    assert {client.get(path).status_code for path in paths["get"]} == {200}
    client.force_login(person())
    assert {client.get(path).status_code for path in paths["get"]} == {404}
    assert {client.post(path).status_code for path in paths["post"]} == {404}
    assert Course.objects.get().state == Course.State.PUBLISHED


def test_moves_need_a_button(client, wendy):
    course = make_course(code="C02")
    assert client.get("/staff/courses/C02/retire/").status_code == 405
    assert Course.objects.get() == course


@pytest.mark.parametrize(
    "path", ["/staff/courses/X99/", "/staff/courses/X99/dates/new/", "/staff/dates/X99-0001/edit/"]
)
def test_unknown_things_are_not_found(client, wendy, path):
    assert client.get(path).status_code == 404


# --- Courses ----------------------------------------------------------------------------------------


def test_course_list_shows_drafts_too_and_counts_coming_dates(client, wendy):
    published = make_course("Neglect", code="M05")
    make_course("Not ready", code="M06", state=Course.State.DRAFT)
    make_event(published)
    make_event(published, starts_at=NOW - timedelta(days=9), state=Event.State.DELIVERED)
    page = client.get(LIST).context["page"]
    assert [(course.code, course.coming_dates) for course in page] == [("M05", 1), ("M06", 0)]


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("q=neg", ["M05"]),
        ("q=m06", ["M06"]),
        ("state=DRAFT", ["M06"]),
        ("state=NONSENSE", ["M05", "M06"]),
        ("q=%00", ["M05", "M06"]),
    ],
)
def test_course_list_filters(client, wendy, query, codes):
    make_course("Neglect", code="M05")
    make_course("Recording", code="M06", state=Course.State.DRAFT)
    assert [course.code for course in client.get(f"{LIST}?{query}").context["page"]] == codes


@pytest.mark.parametrize("number", [1, 3])
def test_course_list_asks_the_same_however_long_it_is(client, wendy, django_assert_num_queries, number):
    for each in range(number):
        make_event(make_course(f"Course {each}"))
    client.get(LIST)
    with django_assert_num_queries(8):
        client.get(LIST)


def test_create_saves_a_draft_with_outcomes_and_offers(client, wendy):
    make_course("Introduction", code="M01")
    answer = client.post(NEW_COURSE, course_data(required_courses="m01"))
    assert answer.url == "/staff/courses/C16/"
    course = Course.objects.get(code="C16")
    assert (course.state, course.topics, course.audience_groups) == (
        Course.State.DRAFT,
        ["life story", "permanence"],
        ["social_care", "carers"],
    )
    assert [outcome.text for outcome in course.versions.get().outcomes.order_by("position")] == [
        "plan a life story book",
        "talk about a hard memory",
    ]
    assert [(offer.strand, offer.approval_mode) for offer in course.offers.all()] == [("core", "explicit")]
    assert [each.code for each in course.required_courses.all()] == ["M01"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"title": ""}, {"title": ["This field is required."]}),
        ({"code": "life story"}, {"code": ["Write the code as letters and a number: M24."]}),
        ({"code": "T001"}, {"code": ["Another course has this code."]}),
        ({"duration_hours": "0"}, {"duration_hours": ["Ensure this value is greater than or equal to 0.25."]}),
        (
            {"default_capacity": "9223372036854775808"},
            {"default_capacity": ["Ensure this value is less than or equal to 5000."]},
        ),
        ({"core-price_band": ""}, {"core-price_band": ["Choose a price band for Core offer."]}),
        (
            {"core-price_band": "999"},
            {"core-price_band": ["Select a valid choice. That choice is not one of the available choices."]},
        ),
        (
            {"required_courses": "M01, X99"},
            {"required_courses": ["There is no course M01 or X99. Write codes such as M01, M02."]},
        ),
        (
            {"prerequisite_mode": "declared"},
            {"prerequisites": ["Say what is needed first, or choose that nothing is."]},
        ),
        ({"outcome_1": "x" * 201}, {"outcome_1": ["Ensure this value has at most 200 characters (it has 201)."]}),
        ({"summary": "x\0y"}, {"summary": ["Null characters are not allowed."]}),
        ({"review_due_on": "31/2/2027"}, {"review_due_on": ["Write the day as day, month and year: 8/12/2026."]}),
    ],
)
def test_create_names_each_mistake_and_writes_nothing(client, wendy, changes, expected):
    make_course("Another", code="T001")
    answer = client.post(NEW_COURSE, course_data(**changes))
    assert errors_of(answer) == expected
    assert Course.objects.count() == 1
    assert "Social workers and carers" in answer.content.decode()


def test_edit_changes_the_course_and_its_offers(client, wendy):
    course = make_course("Life Story", code="C16", strands=[Strand.CORE, Strand.TRADED])
    data = course_data(
        title="Life Story Work with Care",
        **{"core-approval_mode": "notify", "outcome_1": "say when to share information"},
    )
    client.post("/staff/courses/C16/", data | {"outcome_3": "", "outcome_2": "name what each agency does"})
    course.refresh_from_db()
    assert (course.title, course.versions.count()) == ("Life Story Work with Care", 1)
    assert [(offer.strand, offer.is_active, offer.approval_mode) for offer in course.offers.order_by("strand")] == [
        ("core", True, ApprovalMode.NOTIFY),
        ("traded", False, ApprovalMode.ATTEST),
    ]


def test_edit_shows_what_is_there(client, wendy):
    course = make_course("Life Story", code="C16", topics=["life story", "care"])
    course.required_courses.add(make_course("Introduction", code="M01"))
    form = client.get("/staff/courses/C16/").context["form"]
    assert (form["topics"].value(), form["required_courses"].value()) == ("life story, care", "M01")
    assert form["outcome_2"].value() == "name what each agency does"


def test_edit_says_when_changed_outcomes_make_a_new_version(client, wendy):
    course = make_course("Life Story", code="C16")
    make_event(course, starts_at=NOW - timedelta(days=9), state=Event.State.DELIVERED)
    answer = client.post("/staff/courses/C16/", course_data(), follow=True)
    assert course.versions.count() == 2
    assert "this is a new version" in answer.content.decode()


def test_publish_pause_and_retire_say_what_they_did_or_why_not(client, wendy):
    client.post(NEW_COURSE, course_data(outcome_1="", outcome_3=""))
    refused = client.post("/staff/courses/C16/publish/", follow=True)
    assert "Write at least one learning outcome." in refused.content.decode()
    client.post("/staff/courses/C16/", course_data())
    assert "The course is published." in client.post("/staff/courses/C16/publish/", follow=True).content.decode()
    course = Course.objects.get()
    make_event(course)
    assert "a coming date" in client.post("/staff/courses/C16/retire/", follow=True).content.decode()
    client.post("/staff/courses/C16/pause/")
    course.refresh_from_db()
    assert course.state == Course.State.PAUSED


# --- Dates ------------------------------------------------------------------------------------------


def day(number=0, **fields):
    given = {
        "day": "9/2/2027",
        "starts": "9:30am",
        "ends": "4:30pm",
        "venue": "",
        "lead": "",
        "co_trainer": "",
        **fields,
    }
    return {f"days-{number}-{name}": value for name, value in given.items()}


def date_data(course, days=1, **changes):
    return {
        "days-TOTAL_FORMS": str(days),
        "days-INITIAL_FORMS": "0",
        "offers": [str(offer.pk) for offer in course.offers.all()],
        "mode": "in_person",
        "venue": str(make_venue().pk),
        "capacity": "20",
        "min_numbers": "8",
        **day(),
        **changes,
    }


def trainer_of(user):
    return Trainer.objects.get(practitioner__user=user)


def test_schedule_saves_a_draft_with_its_days(client, wendy):
    course, dev = make_course(code="M02"), trainer_of(cast.dev())
    elsewhere = make_venue("Mill House")
    days = day(0, lead=str(dev.pk)) | day(1, day="16/2/2027", ends="12:30pm", venue=str(elsewhere.pk))
    data = date_data(course, 3, **days, booking_opens_on="1/12/2026", booking_closes_on="8/2/2027")
    answer = client.post("/staff/courses/M02/dates/new/", data)
    assert answer.url == "/staff/dates/M02-0001/edit/"
    event = Event.objects.get()
    assert (event.state, event.capacity, event.min_numbers) == (Event.State.DRAFT, 20, 8)
    assert event.starts_at == datetime(2027, 2, 9, 9, 30, tzinfo=UTC)
    assert event.ends_at == datetime(2027, 2, 16, 12, 30, tzinfo=UTC)
    assert event.booking_closes_at == datetime(2027, 2, 8, 23, 59, tzinfo=UTC)
    assert [session.venue for session in event.sessions.order_by("position")] == [None, elsewhere]
    assert TrainerAssignment.objects.get().trainer == dev


def test_schedule_starts_from_what_is_usual_for_the_course(client, wendy):
    make_course(code="C02", days=2, default_capacity=18, default_min_numbers=10, default_mode=DeliveryMode.LIVE_ONLINE)
    context = client.get("/staff/courses/C02/dates/new/").context
    assert len(context["days"].forms) == 2
    form = context["form"]
    assert (form["capacity"].value(), form["min_numbers"].value(), form["mode"].value()) == (18, 10, "live_online")


def test_another_day_is_added_without_script_and_nothing_typed_is_lost(client, wendy):
    course = make_course(code="M02")
    data = date_data(course, 1, add_day="1", notes_for_staff="Ask the caretaker.", **day(starts="1pm", ends="oops"))
    answer = client.post("/staff/courses/M02/dates/new/", data)
    assert answer.status_code == 200
    days = answer.context["days"].forms
    assert [(each["day"].value(), each["starts"].value(), each["ends"].value()) for each in days] == [
        ("9/2/2027", "1pm", "oops"),
        ("", "1pm", "oops"),
    ]
    assert answer.context["form"]["notes_for_staff"].value() == "Ask the caretaker."
    assert Event.objects.count() == 0


@pytest.mark.parametrize("total", ["", "-1", "99999999", "two", "٣", "15"])
def test_another_day_takes_any_count(client, wendy, total):
    course = make_course(code="M02")
    data = date_data(course, 1, add_day="1") | {"days-TOTAL_FORMS": total}
    assert client.post("/staff/courses/M02/dates/new/", data).status_code == 200


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (day(day="", starts="", ends=""), {"days": ["Give at least one day, with its times."]}),
        (day(day="31/2/2027"), {"days-0-day": ["Write the day as day, month and year: 8/12/2026."]}),
        (day(starts="soon"), {"days-0-starts": ["Write the time as 9:30am or 14:00."]}),
        (day(starts=""), {"days-0-starts": ["Say when it starts."]}),
        (day(ends="9am"), {"days-0-ends": ["The day ends before it starts. Mind morning and afternoon."]}),
        ({"offers": []}, {"offers": ["Choose at least one strand."]}),
        ({"mode": "telepathy"}, {"mode": ["Select a valid choice. telepathy is not one of the available choices."]}),
        ({"venue": "99999"}, {"venue": ["Select a valid choice. 99999 is not one of the available choices."]}),
        (
            {"mode": "live_online"},
            {"venue": ["A live online date has no venue. Choose “No venue”, or another way of teaching."]},
        ),
        ({"capacity": "0"}, {"capacity": ["Ensure this value is greater than or equal to 1."]}),
        ({"capacity": "500"}, {"capacity": ["The largest room at Weavers Hall holds 40 people."]}),
        ({"online_link": "javascript:alert(1)"}, {"online_link": ["Write the whole address, beginning with https://"]}),
        (
            {"booking_opens_on": "2/1/2027", "booking_closes_on": "1/1/2027"},
            {"booking_closes_on": ["Booking closes before it opens."]},
        ),
    ],
)
def test_schedule_names_each_mistake_and_writes_nothing(client, wendy, changes, expected):
    course, venue = make_course(code="M02"), make_venue()
    venue.capacity = 40
    venue.save()
    answer = client.post("/staff/courses/M02/dates/new/", date_data(course, **changes))
    assert errors_of(answer) == expected
    assert Event.objects.count() == 0


def test_schedule_refuses_overlapping_days_and_busy_trainers_in_a_sentence(client, wendy):
    course, dev = make_course(code="M02"), cast.dev()
    make_event(course, starts_at=datetime(2027, 2, 9, 13, 0, tzinfo=UTC), trainer=dev)
    path = "/staff/courses/M02/dates/new/"
    overlapping = client.post(path, date_data(course, 2, **day(1, starts="3pm", ends="5pm")))
    assert errors_of(overlapping) == {"__all__": ["Day 2 starts before day 1 has ended."]}
    busy = client.post(path, date_data(course, **day(lead=str(trainer_of(dev).pk))))
    assert "Dev Patel is already training" in errors_of(busy)["__all__"][0]
    twice = client.post(
        path, date_data(course, **day(lead=str(trainer_of(dev).pk), co_trainer=str(trainer_of(dev).pk)))
    )
    assert errors_of(twice) == {"days-0-co_trainer": ["Choose somebody else as the second trainer."]}
    assert Event.objects.count() == 1


def test_publish_opens_a_draft_or_says_what_is_missing(client, wendy):
    course = make_course(code="M02")
    client.post("/staff/courses/M02/dates/new/", date_data(course, venue=""))
    refused = client.post("/staff/dates/M02-0001/publish/", follow=True)
    assert "Choose a venue, or one for each day." in refused.content.decode()
    saved = client.post("/staff/dates/M02-0001/edit/", date_data(course))
    assert saved.status_code == 302, errors_of(saved)
    answer = client.post("/staff/dates/M02-0001/publish/")
    assert answer.url == reverse("bookings:staff_event", args=["M02-0001"])
    assert Event.objects.get().state == Event.State.OPEN


def test_edit_moves_a_date_that_nobody_booked(client, wendy):
    event = make_event(make_course(code="M02"), days=2)
    client.post(f"/staff/dates/{event.reference}/edit/", date_data(event.course))
    event.refresh_from_db()
    assert (event.starts_at, event.sessions.count()) == (datetime(2027, 2, 9, 9, 30, tzinfo=UTC), 1)


def test_edit_shows_what_is_there_in_british_time(client, wendy):
    event = make_event(starts_at=datetime(2027, 6, 8, 8, 30, tzinfo=UTC), trainer=cast.dev())
    context = client.get(f"/staff/dates/{event.reference}/edit/").context
    [row] = context["days"].forms
    assert (str(row["day"].value()), str(row["starts"].value())) == ("2027-06-08", "09:30")
    assert row["lead"].value() == trainer_of(cast.dev()).pk


def details(event, **changes):
    return {
        "capacity": "20",
        "min_numbers": "",
        "trainers-TOTAL_FORMS": "1",
        "trainers-INITIAL_FORMS": "1",
        "trainers-0-lead": "",
        "trainers-0-co_trainer": "",
        **changes,
    }


def test_edit_of_a_booked_date_changes_window_notes_and_trainers_alone(client, wendy):
    event = make_event()
    before = event.starts_at
    make_booking(event, cast.amina())
    dev = trainer_of(cast.dev())
    path = f"/staff/dates/{event.reference}/edit/"
    assert "The days and the venue stay" in client.get(path).content.decode()
    assert f"/staff/dates/{event.reference}/capacity/" in client.get(path).content.decode()
    data = details(event, capacity="12", notes_for_staff="Two wheelchairs.", **{"trainers-0-lead": str(dev.pk)})
    client.post(path, data | day(day="1/3/2027"))
    event.refresh_from_db()
    assert (event.capacity, event.notes_for_staff, event.starts_at) == (20, "Two wheelchairs.", before)
    assert TrainerAssignment.objects.get().trainer == dev


def test_edit_of_a_booked_date_refuses_a_busy_trainer(client, wendy):
    dev = cast.dev()
    make_event(trainer=dev)
    event = make_event()
    make_booking(event, cast.amina())
    data = details(event, notes_for_staff="New.", **{"trainers-0-lead": str(trainer_of(dev).pk)})
    answer = client.post(f"/staff/dates/{event.reference}/edit/", data)
    assert "Dev Patel is already training" in errors_of(answer)["__all__"][0]
    event.refresh_from_db()
    assert event.notes_for_staff == ""


def test_a_place_taken_while_the_form_was_open_stops_the_move(client, wendy):
    event = make_event(make_course(code="M02"))
    data = date_data(event.course)
    make_booking(event, cast.amina())
    before = event.starts_at
    answer = client.post(f"/staff/dates/{event.reference}/edit/", data)
    assert "The days and the venue stay" in answer.content.decode()
    event.refresh_from_db()
    assert event.starts_at == before


@pytest.mark.parametrize("state", [Event.State.DELIVERED, Event.State.LOCKED, Event.State.POSTPONED])
def test_edit_of_a_date_that_is_over_leads_to_its_page(client, wendy, state):
    event = make_event(state=state)
    answer = client.get(f"/staff/dates/{event.reference}/edit/")
    assert answer.url == reverse("bookings:staff_event", args=[event.reference])


@pytest.mark.parametrize("number", [1, 3])
def test_planning_a_date_asks_the_same_however_many_days_and_trainers_there_are(
    client, wendy, django_assert_num_queries, number
):
    event = make_event(make_course(code="M02"), days=number)
    for each in range(number):
        person = cast.make_person(f"Trainer{each} Person", cast.police())
        Trainer.objects.create(practitioner=person.practitioner, organisation=cast.police())
        assign_trainer(event.sessions.get(position=each + 1), person)
    path = f"/staff/dates/{event.reference}/edit/"
    client.get(path)
    with django_assert_num_queries(12):
        client.get(path)


def test_an_offer_that_was_withdrawn_is_not_offered_for_a_new_date(client, wendy):
    course = make_course(code="M02", strands=[Strand.CORE, Strand.TRADED])
    Offer.objects.filter(strand=Strand.TRADED).update(is_active=False)
    choices = client.get("/staff/courses/M02/dates/new/").context["form"].fields["offers"].choices
    assert [words for _, words in choices] == ["Core offer"]
    assert course.offers.count() == 2


# --- A date that somebody has ordered ---------------------------------------------------------------


def order(**fields):
    course = make_course("Whole-School Safeguarding", code="TR03", strands=[Strand.TRADED])
    given = {"organisation": cast.make_organisation(), "course": course, "state": "ACCEPTED"} | fields
    return make_enquiry(**given)


def day_of(enquiry, **changes):
    return {
        "offers": [str(offer.pk) for offer in enquiry.course.offers.all()] if enquiry.course else [],
        "mode": "at_your_setting",
        "capacity": "46",
        "days-TOTAL_FORMS": "1",
        "days-INITIAL_FORMS": "1",
        "days-0-day": "12/1/2027",
        "days-0-starts": "1pm",
        "days-0-ends": "3:30pm",
    } | changes


def test_accepted_enquiry_gets_its_date_open_to_its_organisation_alone(client, wendy):
    enquiry = order()
    address = f"/staff/enquiries/{enquiry.reference}/schedule/"
    shown = client.get(address)
    assert shown.context["form"]["capacity"].value() == 46
    answer = client.post(address, day_of(enquiry))
    event = Event.objects.get()
    assert answer.url == f"/staff/enquiries/{enquiry.reference}/"
    assert (event.state, event.commissioned_by, event.enquiry) == (Event.State.OPEN, enquiry.organisation, enquiry)
    assert client.post(address, day_of(enquiry)).status_code == 302
    assert Event.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"days-0-day": "x"}, "days-0-day"),
        ({"days-0-ends": "12:30"}, "days-0-ends"),
        ({"capacity": "9" * 30}, "capacity"),
        ({"mode": "in_person"}, "__all__"),
        ({"days-0-day": "1/1/2024"}, "__all__"),
    ],
)
def test_date_that_cannot_be_is_refused_and_the_enquiry_stays(client, wendy, changes, where):
    enquiry = order()
    answer = client.post(f"/staff/enquiries/{enquiry.reference}/schedule/", day_of(enquiry, **changes))
    assert where in errors_of(answer)
    enquiry.refresh_from_db()
    assert (enquiry.state, Event.objects.count()) == ("ACCEPTED", 0)


@pytest.mark.parametrize("fields", [{"state": "NEW"}, {"state": "QUOTED"}, {"course": None, "subject": "Camp"}])
def test_enquiry_without_accepted_quote_or_course_gets_no_date(client, wendy, fields):
    enquiry = order(**fields)
    address = f"/staff/enquiries/{enquiry.reference}/schedule/"
    assert client.get(address).status_code == 302
    assert client.post(address, day_of(enquiry)).status_code == 302
    assert not Event.objects.exists()
