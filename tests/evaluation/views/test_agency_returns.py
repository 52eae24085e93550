"""Agencies' training returns as officers see them: who has answered, and what is asked, put down and accepted."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import MembershipRole, OutboundEmail
from evaluation.models import AgencyReturn
from evaluation.models.agency_return import ReturnState
from tests import cast
from tests.evaluation.returned import DUE, accepted, filled, opened, sent
from tests.makers import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
LIST = "/lscp/returns/"


def page_of(agency_return, name="detail"):
    return reverse(f"evaluation:return_{name}", args=[agency_return.pk])


@pytest.fixture
def lou(client):
    client.force_login(cast.lou())
    return client


def school(name):
    lead = cast.make_person(f"{name} Lead", cast.make_organisation(f"{name} School"), membership="AGENCY_LEAD")
    return lead


def listed(client, query=""):
    return [each.organisation.name for each, _, _ in client.get(LIST + query).context["rows"]]


def test_the_list_shows_who_has_answered_and_who_has_not(lou):
    opened(school("Ash"))
    opened(school("Birch"), due_on=NOW.date() - timedelta(days=1))
    sent(opened(school("Cedar")))
    accepted(opened(school("Dale")))
    opened(school("Elm"), year=2024)

    assert listed(lou) == ["Birch School", "Ash School", "Cedar School", "Dale School", "Elm School"]
    assert listed(lou, "?year=2025&show=waiting") == ["Birch School", "Ash School"]
    assert listed(lou, "?show=late") == ["Birch School"]
    assert listed(lou, "?show=read") == ["Cedar School"]
    assert listed(lou, "?show=accepted") == ["Dale School"]
    assert listed(lou, "?year=2024") == ["Elm School"]
    assert len(listed(lou, "?year=nonsense%00&show=x")) == 5
    assert "Late" in lou.get(LIST + "?show=late").content.decode()
    assert [number for *_, number in lou.get(LIST).context["counts"]] == [1, 3, 1]


def test_the_list_asks_the_same_however_long_it_is(lou):
    opened(school("Ash"))
    lou.get(LIST)
    with CaptureQueriesContext(connection) as one:
        lou.get(LIST)
    for name in ("Birch", "Cedar", "Dale"):
        sent(opened(school(name)))
    with CaptureQueriesContext(connection) as four:
        lou.get(LIST)
    assert len(four) == len(one)


def test_open_offers_agencies_of_the_city_with_partners_ticked(lou):
    lea, police = cast.lea(), cast.police()
    trust = cast.make_organisation("Ridge Trust")
    service = cast.make_organisation("Ridge Academy", parent=trust)
    cast.make_organisation("Elsewhere Council", is_in_area=False)
    page = lou.get(f"{LIST}open/")
    form = page.context["form"]
    beck = lea.practitioner.memberships.get().organisation

    assert list(form.fields["organisations"].queryset) == [beck, police, service]
    assert form.fields["organisations"].initial == [police.pk]
    assert "Northern Ridings Police (no lead yet)" in page.content.decode()
    assert [value for value, _ in form.fields["year"].choices] == [2026, 2025]
    said = {"year": "2025", "due_on": "31/1/2027", "organisations": [beck.pk, police.pk]}
    assert lou.post(f"{LIST}open/", said).url == LIST
    assert lou.post(f"{LIST}open/", said).url == LIST
    assert AgencyReturn.objects.filter(year=2025).count() == 2
    assert OutboundEmail.objects.filter(letter="evaluation/return_opened").count() == 1
    assert "Nobody to ask" in lou.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("field", "typed"),
    [("year", "2019"), ("due_on", "21/11/2026"), ("due_on", ""), ("organisations", []), ("organisations", ["9" * 30])],
)
def test_open_says_what_is_wrong_beside_the_field(lou, field, typed):
    said = {"year": "2025", "due_on": "31/1/2027", "organisations": [cast.police().pk]}
    page = lou.post(f"{LIST}open/", said | {field: typed})
    assert (page.status_code, set(page.context["form"].errors)) == (422, {field})
    assert lou.post(f"{LIST}open/", said).status_code == 302


def test_what_an_agency_is_still_writing_is_not_read(lou):
    agency_return = filled()
    assert "A register of who was trained." not in lou.get(page_of(agency_return)).content.decode()
    sent(agency_return)
    page = lou.get(page_of(agency_return)).content.decode()
    assert "A register of who was trained." in page
    assert "by Lea Hartley" in page
    lou.post(page_of(agency_return, "ask"), {"question": "And nights?", "back_by": "31/1/2027"})
    assert "A register of who was trained." not in lou.get(page_of(agency_return)).content.decode()


def test_ask_send_back_and_accept(lou):
    agency_return = sent()

    def state():
        agency_return.refresh_from_db()
        return agency_return.state

    assert lou.post(page_of(agency_return, "ask"), {"question": " "}).status_code == 422
    assert lou.post(page_of(agency_return, "ask"), {"question": "And?", "back_by": "1/1/2020"}).status_code == 422
    assert lou.post(page_of(agency_return, "ask"), {"question": "And nights?"}).status_code == 302
    assert lou.post(page_of(agency_return, "accept")).status_code == 409
    assert state() == ReturnState.SUBMITTED
    assert lou.post(page_of(agency_return, "ask"), {"question": "Whom?", "back_by": "31/1/2027"}).status_code == 302
    assert state() == ReturnState.SENT_BACK
    assert lou.post(page_of(agency_return, "accept")).status_code == 409
    whole = sent(opened(school("Ash")))
    for _ in range(2):
        assert lou.post(page_of(whole, "accept")).status_code == 302
    whole.refresh_from_db()
    assert whole.state == ReturnState.ACCEPTED


def test_a_concern_stands_on_the_return_with_owner_and_day(lou):
    agency_return = sent()

    assert lou.post(page_of(agency_return, "concern"), {"owner_words": "Head"}).status_code == 422
    said = {"what": "Train the night staff", "due_on": "31/3/2027", "owner_words": ""}
    for _ in range(2):
        assert lou.post(page_of(agency_return, "concern"), said).status_code == 302
    action = agency_return.actions.get()
    assert (action.owner_name, action.due_on.isoformat()) == ("Lea Hartley", "2027-03-31")
    assert "Train the night staff" in lou.get(page_of(agency_return)).content.decode()
    lou.force_login(cast.lea())
    assert "Train the night staff" in lou.get(f"/organisation/returns/{agency_return.pk}/").content.decode()


def test_nobody_but_officers_comes_in(client):
    agency_return = sent(opened(school("Ash"), due_on=DUE))
    other_lead = cast.make_person("Lena Lawful", cast.police(), membership=MembershipRole.AGENCY_LEAD)
    for user in (cast.sal(), cast.wendy(), other_lead, cast.olive()):
        client.force_login(user)
        assert [client.get(url).status_code for url in (LIST, f"{LIST}open/", page_of(agency_return))] == [404] * 3
        assert client.post(page_of(agency_return, "accept")).status_code == 404


def counted(name, headcount, on):
    return cast.make_organisation(name, child_facing_headcount=headcount, headcount_on=on)


def test_headcounts_say_what_is_known_and_how_old_it_is(lou):
    fresh, old = counted("Ash School", 40, date(2025, 11, 21)), counted("Birch School", 50, date(2025, 11, 20))
    undated, unknown = counted("Cedar School", 60, None), counted("Dale School", None, None)
    cast.make_organisation("Elsewhere School", child_facing_headcount=10, is_in_area=False)
    trust = cast.make_organisation("Ridge Trust")
    cast.make_organisation("Ridge Academy", parent=trust, child_facing_headcount=5, headcount_on=date(2026, 1, 1))

    def shown(query=""):
        return [each.name for each, _ in lou.get(f"/lscp/headcounts/{query}").context["rows"]]

    assert shown() == [fresh.name, old.name, undated.name, unknown.name, "Ridge Academy"]
    assert shown("?show=old") == [old.name, undated.name]
    assert shown("?show=unknown") == [unknown.name]
    assert len(shown("?show=x%00")) == 5
    assert [number for *_, number in lou.get("/lscp/headcounts/").context["counts"]] == [1, 2]


def test_a_headcount_of_a_return_shows_until_it_is_accepted(lou):
    agency_return = sent(headcount=46)
    assert "Says 46 as at 1 Nov 2026, to be accepted" in lou.get("/lscp/headcounts/").content.decode()
    lou.post(page_of(agency_return, "accept"))
    page = lou.get("/lscp/headcounts/").content.decode()
    assert "to be accepted" not in page
    assert "Training return, April 2025 to March 2026" in page
    with CaptureQueriesContext(connection) as one:
        lou.get("/lscp/headcounts/")
    for name in ("Ash", "Birch", "Cedar"):
        sent(opened(school(name)))
    with CaptureQueriesContext(connection) as four:
        lou.get("/lscp/headcounts/")
    assert len(four) == len(one)
