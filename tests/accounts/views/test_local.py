"""Pages of a local run alone."""

import pytest
from django.core import mail

from accounts.mailbox import latest_letters
from accounts.senders.smtp import message_of
from tests import cast
from tests.accounts.test_middleware import SECRET
from tests.accounts.test_post import make_letter
from tests.makers import NOW

pytestmark = pytest.mark.django_db

PAGES = ["/mailbox/", "/mailbox/{}/", "/mailbox/{}/calendar.ics"]


@pytest.fixture(autouse=True)
def _own_mailbox(settings, tmp_path):
    settings.EMAIL_BACKEND = "accounts.mailbox.LocalMailboxBackend"
    settings.LOCAL_MAILBOX_DIR = tmp_path / "mailbox"


def send(**fields):
    number = len(latest_letters(limit=99)) + 1
    letter = make_letter(number, **fields)
    mail.get_connection().send_messages([message_of(letter, NOW)])
    return latest_letters(limit=1)[0]


def test_show_letters_newest_first_and_by_reader(client):
    send(subject="The first", to="amina@example.org")
    send(subject="The second", to="ben@example.org", copy_to="amina@example.org")
    send(subject="The third", to="carol@example.org")
    shown = client.get("/mailbox/").context["letters"]
    assert [letter.subject for letter in shown] == ["The third", "The second", "The first"]
    shown = client.get("/mailbox/?to=Amina@").context["letters"]
    assert [letter.subject for letter in shown] == ["The second", "The first"]


def test_show_a_letter_with_links_and_nothing_that_runs(client):
    letter = send(text="Hello <script>alert(1)</script>\n\nhttp://testserver/accounts/confirm-email/abc/\n")
    page = client.get(f"/mailbox/{letter.name}/").text
    assert "&lt;script&gt;" in page
    assert '<a href="http://testserver/accounts/confirm-email/abc/"' in page
    assert "portal-letter" in page


def test_give_the_calendar_file(client):
    calendar = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    letter = send(calendar=calendar, calendar_method="REQUEST")
    response = client.get(f"/mailbox/{letter.name}/calendar.ics")
    assert response["Content-Type"].startswith("text/calendar")
    assert response.text.split() == calendar.split()


def test_refuse_names_that_are_no_letters(client, tmp_path):
    (tmp_path / "secret.eml").write_text("secret")
    letter = send()
    for name in ("..%2Fsecret", "../secret", "secret", "nothing", letter.name + ".eml"):
        assert client.get(f"/mailbox/{name}/").status_code == 404
    assert client.get(f"/mailbox/{letter.name}/calendar.ics").status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_none_of_it_exists_in_production(client, settings, path):
    letter = send(calendar="BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", calendar_method="REQUEST")
    assert client.get(path.format(letter.name)).status_code == 200
    settings.PORTAL_LOCAL = False
    assert client.get(path.format(letter.name)).status_code == 404


def test_show_what_authenticator_apps_would_show(client):
    wendy = cast.wendy()
    wendy.authenticator_set.update(data={"secret": "not a secret that an app could take"})
    assert client.get("/mailbox/").context["codes"] == []
    wendy.authenticator_set.update(data={"secret": SECRET})
    ((email, code),) = client.get("/mailbox/").context["codes"]
    assert (email, len(code), code.isdigit()) == (wendy.email, 6, True)


def test_show_an_empty_mailbox(client):
    assert "No letters" in client.get("/mailbox/").text
