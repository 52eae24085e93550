"""The page on which the team puts letters in its own words."""

import pytest
from django.urls import reverse

from accounts.models import AuditEntry, LetterWording
from bookings import emails
from tests import cast
from tests.makers import NOW, make_booking, make_event
from workforce_portal.views.letter_wording import CATALOGUE

pytestmark = pytest.mark.django_db

PAGE = "/staff/letters/wording/bookings/confirmation/"
WORDS = {"subject": "Your place on {course}", "opening": "Good that you come, {name}.", "closing": "See you on {date}."}


@pytest.fixture
def wendy(client):
    user = cast.wendy()
    client.force_login(user)
    return user


def confirmation():
    return emails.confirmation(booking=make_booking(make_event(), cast.amina()), now=NOW)


def test_list_shows_every_letter_and_whose_words_it_has(client, wendy):
    client.post(PAGE, WORDS)
    page = client.get("/staff/letters/wording/")
    assert [kind for kind, _ in page.context["rows"]] == CATALOGUE
    assert [kind.name for kind, words in page.context["rows"] if words] == ["bookings/confirmation"]
    assert "Wendy Marsh" in page.text


def test_saved_words_stand_in_letters_from_now_on(client, wendy):
    client.post(PAGE, WORDS)
    letter = confirmation()
    assert letter.subject == "Your place on Working Together to Safeguard Children and Young People"
    assert "Good that you come, Amina Yusuf." in letter.text
    assert "See you on Monday 21 December 2026." in letter.html
    assert "Your place is booked." not in letter.text
    assert AuditEntry.objects.filter(verb="letter.reword").count() == 1


def test_preview_shows_the_letter_and_saves_nothing(client, wendy):
    page = client.post(PAGE, WORDS | {"preview": "1"})
    assert page.status_code == 200
    assert page.context["letter"].subject == "Your place on Working Together to Safeguard Children"
    assert page.text.count("Good that you come, Amina Yusuf.") == 2  # as people see it, and as plain text
    assert "not saved yet" in page.text
    assert "Good that you come, {name}." in page.text  # still in its box
    assert not LetterWording.objects.exists()


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.name)
def test_page_of_every_letter_shows_it_without_styles_and_links_of_its_own(client, wendy, kind):
    page = client.get(reverse("letter_wording", args=[kind.app, kind.short_name]))
    assert page.status_code == 200
    assert len(page.context["sheet"]) > 200
    assert [mark for mark in ("<h1", "style", "<a ", "<script") if mark in page.context["sheet"]] == []
    assert page.context["own_opening"]


@pytest.mark.parametrize(
    ("part", "typed"),
    [
        ("subject", "{secret}"),
        ("opening", "<b>x</b>"),
        ("closing", "see www.evil.example"),
        ("subject", "x\0y"),
        ("opening", "y" * 1501),
    ],
)
def test_refusal_stands_beside_the_field_and_keeps_the_rest(client, wendy, part, typed):
    page = client.post(PAGE, WORDS | {part: typed})
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [part]
    kept = next(value for name, value in WORDS.items() if name != part)
    assert kept in page.text
    assert not LetterWording.objects.exists()
    assert client.post(PAGE, WORDS).status_code == 302


def test_going_back_brings_the_portals_own_words_and_keeps_the_history(client, wendy):
    client.post(PAGE, WORDS)
    client.post(PAGE, WORDS | {"closing": "Until then."})
    client.post(PAGE, {"own": "1"})
    page = client.get(PAGE)
    assert [change.closing for change in page.context["history"]] == ["", "Until then.", "See you on {date}."]
    assert {change.changed_by for change in page.context["history"]} == {wendy}
    assert "Your place is booked." in confirmation().text


def test_saving_the_same_twice_is_one_change(client, wendy):
    for _ in range(2):
        client.post(PAGE, WORDS)
    assert len(client.get(PAGE).context["history"]) == 1


@pytest.mark.parametrize("path", ["bookings/no_such_letter", "nothing/confirmation", "bookings/text_reminder"])
def test_unknown_letters_have_no_page(client, wendy, path):
    assert client.get(f"/staff/letters/wording/{path}/").status_code == 404
