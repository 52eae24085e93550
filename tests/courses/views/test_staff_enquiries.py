"""The team's enquiries: the list, one of them, every button, and what finance and others may not."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import OutboundEmail, Role
from courses.models import Enquiry
from tests import cast
from tests.makers import NOW, make_course, make_enquiry, make_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

LIST = "/staff/enquiries/"


@pytest.fixture
def wendy(client):
    user = cast.wendy()
    client.force_login(user)
    return user


def page(enquiry, step=""):
    return f"{LIST}{enquiry.reference}/{step and step + '/'}"


def press(client, enquiry, step, **data):
    answer = client.post(page(enquiry, step), data)
    enquiry.refresh_from_db()
    return answer


def listed(client, query=""):
    return {enquiry.reference for enquiry in client.get(LIST + query).context["page"]}


def test_list_shows_what_is_asked_for_and_finds_by_words(client, wendy):
    new, taken = make_enquiry(), make_enquiry(owner=wendy, contact_name="Jo March")
    lost = make_enquiry(state="LOST")
    assert listed(client) == {new.reference, taken.reference}
    assert listed(client, "?show=new") == {new.reference}
    assert listed(client, "?show=to-answer") == {taken.reference}
    assert listed(client, "?show=lost") == {lost.reference}
    assert listed(client, "?show=all&q=jo+march") == {taken.reference}
    # What nobody offers is as good as nothing.
    assert listed(client, "?show=nonsense&q=%00&page=x") == {new.reference, taken.reference}


def test_list_asks_the_database_as_often_for_three_as_for_one(client, wendy):
    counts = []
    for _ in range(2):
        for _ in range(len(counts) * 2 or 1):
            enquiry = make_enquiry(
                organisation=cast.make_organisation(), course=make_course(), owner=wendy, state="SCHEDULED"
            )
            make_event(enquiry.course, enquiry=enquiry, commissioned_by=enquiry.organisation)
        client.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_team_takes_notes_asks_and_hears(client, wendy):
    enquiry = make_enquiry()
    press(client, enquiry, "take")
    press(client, enquiry, "note", note="Knows us from last year.")
    assert (enquiry.owner, enquiry.note) == (wendy, "Knows us from last year.")
    for _ in range(2):
        press(client, enquiry, "ask", question="Which day suits you?")
    assert (enquiry.state, OutboundEmail.objects.count()) == ("ASKED", 1)
    assert "Which day suits you?" in client.get(page(enquiry)).content.decode()
    press(client, enquiry, "answered")
    assert enquiry.state == "NEW"


def test_team_says_who_and_what_it_is(client, wendy):
    enquiry, school, course = make_enquiry(), cast.make_organisation(), make_course()
    press(client, enquiry, "identity", organisation=str(school.pk), course=str(course.pk))
    assert (enquiry.organisation, enquiry.course) == (school, course)
    assert "They typed “Fellside Summer Camps”." in client.get(page(enquiry)).content.decode()
    wrong = press(client, enquiry, "identity", organisation="9" * 30, course="x")
    assert wrong.status_code == 422
    assert set(wrong.context["forms"]["identity"].errors) == {"organisation", "course"}
    assert enquiry.organisation == school


def test_team_marks_it_lost_with_a_reason_and_takes_it_up_again(client, wendy):
    enquiry = make_enquiry()
    wrong = press(client, enquiry, "lose", lost_for="", lost_reason="Too dear for nine people")
    assert wrong.status_code == 422
    assert "Choose why it is not going ahead." in wrong.content.decode()
    assert "Too dear for nine people" in wrong.content.decode()
    press(client, enquiry, "lose", lost_for="PRICE", lost_reason="Too dear for nine people")
    assert (enquiry.state, enquiry.lost_for) == ("LOST", "PRICE")
    press(client, enquiry, "reopen")
    assert enquiry.state == "NEW"


def test_team_counts_who_came_once_it_was_held(client, wendy):
    held = make_enquiry(organisation=cast.make_organisation(), course=make_course(), state="DELIVERED")
    press(client, held, "count", people_counted="41")
    assert held.people_counted == 41
    for wrong in ("-1", "9" * 400, "many"):
        assert press(client, held, "count", people_counted=wrong).status_code == 422
    assert held.people_counted == 41
    new = make_enquiry()
    press(client, new, "count", people_counted="41")
    assert new.people_counted is None


@pytest.mark.parametrize(("step", "data"), [("ask", {"question": "a\x00b"}), ("ask", {"question": ""}),
                                            ("note", {"note": "x" * 5001}), ("lose", {"lost_for": "WHY"})])  # fmt: skip
def test_wrong_words_are_refused_beside_their_field(client, wendy, step, data):
    enquiry = make_enquiry()
    answer = press(client, enquiry, step, **data)
    assert answer.status_code == 422
    assert set(answer.context["forms"][step].errors) == set(data)
    assert (enquiry.state, enquiry.note, OutboundEmail.objects.count()) == ("NEW", "", 0)


def test_what_has_moved_on_says_so_and_stays(client, wendy):
    enquiry = make_enquiry(organisation=cast.make_organisation(), course=make_course(), state="SCHEDULED")
    answer = client.post(page(enquiry, "lose"), {"lost_for": "PRICE"}, follow=True)
    assert "This enquiry is scheduled by now" in answer.content.decode()
    assert Enquiry.objects.get().state == "SCHEDULED"


def test_unknown_steps_and_enquiries_are_not_found(client, wendy):
    enquiry = make_enquiry()
    assert client.post(page(enquiry, "invoice")).status_code == 404
    assert client.get(page(enquiry, "take")).status_code == 405
    assert client.get(f"{LIST}N-NOBODYS/").status_code == 404


def test_finance_reads_and_changes_nothing(client):
    enquiry = make_enquiry()
    client.force_login(cast.make_person("Fin Ledger", roles=[Role.FINANCE]))
    assert enquiry.reference in client.get(LIST).content.decode()
    assert "Answer this myself" not in client.get(page(enquiry)).content.decode()
    for step in ("take", "note", "ask", "identity", "answered", "lose", "reopen", "count", "schedule"):
        assert press(client, enquiry, step, note="x", question="x", lost_for="PRICE").status_code == 404
    assert (enquiry.state, enquiry.owner) == ("NEW", None)


@pytest.mark.parametrize("person", [cast.amina, cast.carol, cast.dev, cast.lou, cast.sal])
def test_others_find_no_such_pages(client, person):
    enquiry = make_enquiry(organisation=cast.make_organisation())
    client.force_login(person())
    assert client.get(LIST).status_code == client.get(page(enquiry)).status_code == 404
    assert press(client, enquiry, "lose", lost_for="PRICE").status_code == 404


def test_day_page_counts_what_is_new(client, wendy):
    make_enquiry()
    make_enquiry(owner=wendy)
    make_enquiry(state="LOST")
    day = client.get("/staff/")
    assert day.context["counts"]["enquiries"] == 1
    assert f"{LIST}?show=new" in day.content.decode()


def test_date_page_says_who_ordered_it(client, wendy):
    enquiry = make_enquiry(
        organisation=cast.make_organisation(), course=make_course(), state="DELIVERED", people_counted=41
    )
    event = make_event(enquiry.course, enquiry=enquiry, commissioned_by=enquiry.organisation, starts_at=NOW)
    shown = client.get(f"/staff/dates/{event.reference}/").content.decode()
    assert "Beckside Primary School, for its own people" in shown
    assert "41 people counted" in shown
    assert page(enquiry) in shown


# --- Taken down for somebody --------------------------------------------------------------------------------------

NEW = f"{LIST}new/"


def told(**changes):
    """What a caller has said, the least of it."""
    return {
        "came_by": "TELEPHONE",
        "organisation": "",
        "organisation_name": "Fellside Summer Camps",
        "contact_name": "Marta Lindqvist",
        "email": "marta@example.org",
        "subject": "Restorative practice",
        "headcount": "9",
        "idempotency_key": "5b2f7a0e-6d1b-4e2f-8a53-0c8f0e6f8b11",
        **changes,
    }


def test_team_takes_down_what_a_caller_asks_for_once_and_answers_it(client, wendy):
    answers = [client.post(NEW, told()) for _ in range(2)]

    enquiry = Enquiry.objects.get()
    assert {answer.url for answer in answers} == {page(enquiry)}
    assert (enquiry.came_by, enquiry.taken_down_by, enquiry.owner) == ("TELEPHONE", wendy, wendy)
    assert (enquiry.state, enquiry.made_by, enquiry.organisation_name) == ("NEW", None, "Fellside Summer Camps")
    letter = OutboundEmail.objects.get()
    assert (letter.to, letter.practitioner) == ("marta@example.org", None)
    assert "We have written down what you asked for by telephone." in " ".join(letter.text.split())
    told_page = " ".join(client.get(page(enquiry)).content.decode().split())
    assert "by telephone; taken down by Wendy" in told_page
    assert "Not said yet" in told_page


def test_taken_down_for_a_contact_it_is_on_their_own_pages_and_a_quote_can_follow(client, wendy):
    carol = cast.carol()
    school = carol.practitioner.memberships.get().organisation
    client.post(
        NEW, told(organisation=str(school.pk), organisation_name="", email=carol.email.upper(), came_by="EMAIL")
    )

    enquiry = Enquiry.objects.get()
    assert (enquiry.organisation, enquiry.made_by, enquiry.came_by) == (school, carol, "EMAIL")
    assert f"/organisation/enquiries/{enquiry.reference}/" in OutboundEmail.objects.get().text
    assert client.post(f"/staff/quotes/for/{enquiry.reference}/").url.endswith("/edit/")
    client.force_login(carol)
    theirs = client.get(f"/organisation/enquiries/{enquiry.reference}/")
    assert "by email" in theirs.content.decode()
    assert "taken down by" not in theirs.content.decode()


def test_somebody_who_does_not_speak_for_the_organisation_does_not_get_it_on_their_pages(client, wendy):
    amina = cast.amina()
    school = cast.make_organisation()
    client.post(NEW, told(organisation=str(school.pk), email=amina.email))
    assert Enquiry.objects.get().made_by is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"came_by": ""}, "came_by"),
        ({"came_by": "PORTAL"}, "came_by"),
        ({"organisation_name": ""}, "organisation"),
        ({"organisation": "9" * 30}, "organisation"),
        ({"organisation_name": "See www.evil.example"}, "organisation_name"),
        ({"contact_name": ""}, "contact_name"),
        ({"email": "nobody"}, "email"),
        ({"subject": ""}, "course"),
        ({"headcount": "many"}, "headcount"),
        ({"wanted_until": "1/1/2020"}, "wanted_until"),
        ({"place": "\0"}, "place"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field_and_the_rest_is_kept(client, wendy, changes, field):
    answer = client.post(NEW, told(phone="0113 496 0000", **changes))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert 'value="0113 496 0000"' in answer.content.decode()
    assert not Enquiry.objects.exists()


def test_only_the_team_takes_enquiries_down(client):
    for user in (cast.make_person("Fin Ledger", roles=[Role.FINANCE]), cast.carol()):
        client.force_login(user)
        assert client.get(NEW).status_code == 404
        assert client.post(NEW, told()).status_code == 404
    assert not Enquiry.objects.exists()


@pytest.mark.parametrize("wrong", [{"came_by": "EMAIL"}, {"came_by": "ELSEWHERE"}])
def test_database_refuses_an_enquiry_from_elsewhere_that_nobody_took_down(wrong):
    enquiry = make_enquiry()
    with pytest.raises(IntegrityError), transaction.atomic():
        Enquiry.objects.filter(pk=enquiry.pk).update(**wrong)
