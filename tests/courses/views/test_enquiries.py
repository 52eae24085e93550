"""Asking for a course of one's own: with an account and without, what is refused beside its field, whose is shown to whom."""

import re
from html import unescape

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import OutboundEmail
from courses.models import Course, DeliveryMode, Enquiry, LearningFormat, Price, Strand
from tests import cast
from tests.makers import NOW, make_course, make_enquiry, make_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

ASK = "/ask-for-a-course/"
OWN = "/organisation/enquiries/"
KEY = re.compile(r'name="idempotency_key" value="([^"]+)"')


@pytest.fixture(autouse=True)
def _nobody_has_asked_yet():
    cache.clear()


def said(**changes):
    return {
        "organisation_name": "Fellside Summer Camps",
        "contact_name": "Marta Lindqvist",
        "email": "marta@example.org",
        "phone": "0113 496 0000",
        "course": "",
        "subject": "Restorative practice",
        "audience": "Volunteers",
        "headcount": "9",
        "outcomes": "Settle a quarrel without taking sides.",
        "wanted_from": "",
        "wanted_until": "",
        "dates_wanted": "In June",
        "place": "The camp",
        "travel": "By train",
        "budget_holder": "The treasurer",
        **changes,
    }


def words_of(answer):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def test_visitor_asks_and_gets_the_reference_on_the_page_and_by_letter(client):
    answer = client.post(ASK, said())
    enquiry = Enquiry.objects.get()
    assert answer.url == reverse("courses:enquiry_sent", args=[enquiry.reference])
    assert (enquiry.organisation, enquiry.organisation_name, enquiry.made_by) == (None, "Fellside Summer Camps", None)
    assert (enquiry.headcount, enquiry.dates_wanted, enquiry.state) == (9, "In June", Enquiry.State.NEW)
    page = client.get(answer.url)
    assert enquiry.reference in words_of(page)
    # The address of this page may be passed on: it tells nothing of what was said.
    assert "Marta" not in words_of(page)
    assert "quarrel" not in words_of(page)
    letter = OutboundEmail.objects.get()
    assert (letter.to, "enquiries/" in letter.text) == ("marta@example.org", False)


def test_same_form_sent_twice_is_one_enquiry(client):
    key = KEY.search(client.get(ASK).content.decode())[1]
    urls = {client.post(ASK, said(idempotency_key=key)).url for _ in range(2)}
    assert (len(urls), Enquiry.objects.count(), OutboundEmail.objects.count()) == (1, 1, 1)


def test_contact_asks_in_the_name_of_their_organisation(client):
    client.force_login(cast.carol())
    course = make_course("Whole-School Safeguarding")
    page = client.get(f"{ASK}?course={course.slug}")
    assert "For Beckside Primary School" in words_of(page)
    assert page.context["form"]["course"].value() == str(course.pk)
    assert page.context["form"]["email"].value() == "carol@example.org"
    answer = client.post(ASK, said(organisation_name="Somebody else's school", course=str(course.pk), subject=""))
    enquiry = Enquiry.objects.get()
    assert (enquiry.organisation, enquiry.organisation_name) == (cast.make_organisation(), "")
    assert (enquiry.course, enquiry.made_by) == (course, cast.carol())
    assert "See what you sent" in words_of(client.get(answer.url))
    assert f"/organisation/enquiries/{enquiry.reference}/" in OutboundEmail.objects.get().text


def test_contact_of_two_says_for_which_and_of_no_third(client):
    carol, second = cast.carol(), cast.make_organisation("Second School")
    cast.join(carol.practitioner, second, "BOOKING_CONTACT")
    client.force_login(carol)
    assert client.get(f"{ASK}?organisation={second.pk}").context["form"]["organisation"].value() == str(second.pk)
    for wrong in ("", str(cast.police().pk), "9" * 30, "x"):
        assert "organisation" in client.post(ASK, said(organisation=wrong)).context["form"].errors
    client.post(ASK, said(organisation=str(second.pk)))
    assert Enquiry.objects.get().organisation == second


def test_practitioner_who_speaks_for_nobody_types_the_name(client):
    client.force_login(cast.amina())
    client.post(ASK, said())
    enquiry = Enquiry.objects.get()
    assert (enquiry.organisation, enquiry.made_by) == (None, cast.amina())


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("organisation_name", "", "Enter the name of your organisation."),
        ("organisation_name", "win.example.com", "web or email address"),
        ("contact_name", "x" * 201, "200"),
        ("contact_name", "Mar\x00ta", "Null"),
        ("contact_name", "see www.example.com", "web or email address"),
        ("email", "nobody", "email"),
        ("course", "999999999999999999999999", ""),
        ("subject", "", "Choose a course"),
        ("audience", "", "Say who the people are."),
        ("headcount", "0", ""),
        ("headcount", "-3", ""),
        ("headcount", "5001", "more people than one course"),
        ("headcount", "9" * 400, "more people than one course"),
        ("headcount", "9" * 5000, "in figures"),
        ("headcount", "forty", "in figures"),
        ("outcomes", "x" * 2001, "2000"),
        ("wanted_from", "yesterday", "day, month and year"),
        ("wanted_from", "1/1/99999", "day, month and year"),
        ("wanted_until", "20/11/2026", "past"),
        ("dates_wanted", "", "roughly when"),
        ("place", "", "where it should take place"),
    ],
)
def test_mistake_stands_beside_its_field_and_the_rest_is_kept(client, field, value, words):
    answer = client.post(ASK, said(**{field: value}))
    form = answer.context["form"]
    where = "course" if field == "subject" else field
    assert answer.status_code == 422
    assert list(form.errors) == [where]
    assert words in " ".join(form.errors[where])
    assert form["travel"].value() == "By train"
    assert not Enquiry.objects.exists()
    assert client.post(ASK, said()).status_code == 302


def test_days_in_the_wrong_order_are_refused_and_days_alone_are_enough(client):
    wrong = client.post(ASK, said(wanted_from="2/2/2027", wanted_until="1/2/2027"))
    assert wrong.context["form"].errors == {"wanted_until": ["The last day is before the first."]}
    client.post(ASK, said(wanted_from="1/2/2027", wanted_until="2/2/2027", dates_wanted=""))
    assert Enquiry.objects.get().dates_wanted == ""


def test_course_that_the_public_does_not_see_cannot_be_asked_for(client):
    drafts = make_course("Draft", state=Course.State.DRAFT)
    self_paced = make_course("Own time", learning_format=LearningFormat.SELF_PACED)
    for course in (drafts, self_paced):
        assert "course" in client.post(ASK, said(course=str(course.pk))).context["form"].errors
        assert client.get(f"{ASK}?course={course.slug}").status_code == 200
    assert client.get(f"{ASK}?course=%00&organisation=x").status_code == 200


def test_markup_is_shown_as_it_was_typed(client):
    evil = "<script>alert(1)</script>"
    make_enquiry(
        organisation=cast.make_organisation(), subject=evil, audience=evil, outcomes=evil, place=evil, travel=evil,
        budget_holder=evil, contact_name=evil, dates_wanted=evil, note=evil,
    )  # fmt: skip
    for user, address in ((cast.carol(), f"{OWN}N-00000001/"), (cast.wendy(), "/staff/enquiries/N-00000001/")):
        client.force_login(user)
        page = client.get(address).content.decode()
        assert "&lt;script&gt;alert(1)" in page
        assert evil not in page


def test_one_address_cannot_be_written_to_again_and_again(client):
    codes = [client.post(ASK, said()).status_code for _ in range(7)]
    assert codes == [302] * 6 + [429]
    assert client.post(ASK, said(email="other@example.org")).status_code == 302
    assert OutboundEmail.objects.filter(to="marta@example.org").count() == 6


def test_own_enquiries_are_shown_and_others_are_not_found(client):
    school = cast.make_organisation()
    own = make_enquiry(organisation=school, subject="Ours", note="Ask for more money", state="ASKED",
                       question="Which day?", asked_at=NOW)  # fmt: skip
    other = make_enquiry(organisation=cast.police(), subject="Theirs")
    visitors = make_enquiry(subject="A visitor's")
    client.force_login(cast.carol())
    listed = words_of(client.get(OWN))
    assert ("Ours" in listed, "Theirs" in listed, "visitor" in listed) == (True, False, False)
    page = words_of(client.get(f"{OWN}{own.reference}/"))
    assert "Which day?" in page
    # What the team writes for itself is no business of theirs.
    assert "more money" not in page
    for reference in (other.reference, visitors.reference, "N-NOBODYS"):
        assert client.get(f"{OWN}{reference}/").status_code == 404
    client.force_login(cast.amina())
    assert client.get(OWN).status_code == client.get(f"{OWN}{own.reference}/").status_code == 404
    client.force_login(cast.wendy())
    assert client.get(f"{OWN}{own.reference}/").status_code == 404


def test_scheduled_enquiry_leads_to_naming_people_until_it_begins(client):
    enquiry = make_enquiry(organisation=cast.make_organisation(), course=make_course(), state="SCHEDULED")
    event = make_event(enquiry.course, enquiry=enquiry, commissioned_by=enquiry.organisation, capacity=46)
    client.force_login(cast.carol())
    page = client.get(f"{OWN}{enquiry.reference}/")
    assert "0 of 46" in words_of(page)
    assert reverse("bookings:group_create", args=[event.reference]) in page.content.decode()
    event.booking_closes_at = NOW
    event.save()
    assert "Name your people" not in words_of(client.get(f"{OWN}{enquiry.reference}/"))


def test_own_list_asks_the_database_as_often_for_three_as_for_one(client):
    client.force_login(cast.carol())
    counts = []
    for _ in range(2):
        for _ in range(len(counts) * 2 or 1):
            enquiry = make_enquiry(organisation=cast.make_organisation(), course=make_course(), state="SCHEDULED")
            make_event(enquiry.course, enquiry=enquiry, commissioned_by=enquiry.organisation)
        client.get(OWN)
        with CaptureQueriesContext(connection) as queries:
            client.get(OWN)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("strand", "mode", "terms", "leads"),
    [
        (Strand.TRADED, DeliveryMode.IN_PERSON, "FIXED", False),
        (Strand.TRADED, DeliveryMode.AT_YOUR_SETTING, "FIXED", True),
        (Strand.TRADED, DeliveryMode.IN_PERSON, "ON_QUOTE", True),
    ],
)
def test_course_pages_lead_here_where_a_whole_course_is_sold(client, strand, mode, terms, leads):
    course = make_course(strands=[strand], default_mode=mode)
    if terms == "ON_QUOTE":
        Price.objects.update(terms=terms, amount=None)
    for user in (None, cast.carol()):
        if user:
            client.force_login(user)
        page = client.get(f"/courses/{course.slug}/").content.decode()
        assert (f"{ASK}?course={course.slug}" in page) is leads


def test_catalogue_and_the_organisations_home_lead_here(client):
    assert ASK in client.get("/courses/?strand=traded").content.decode()
    assert ASK not in client.get("/courses/?strand=core").content.decode()
    client.force_login(cast.carol())
    page = client.get("/organisation/").content.decode()
    assert ASK in page
    assert OWN in page
