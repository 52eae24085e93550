"""The town that the doors belong to, on a November morning."""

import pytest
import time_machine

from tests.access.town import build_town
from tests.makers import NOW


@pytest.fixture
def town(client, settings, tmp_path):
    client.raise_request_exception = False  # an error page is an answer like another, and a wrong one
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.LOCAL_MAILBOX_DIR = tmp_path
    settings.GOVUK_PAY_URL = "http://127.0.0.1:9"  # nobody is there
    with time_machine.travel(NOW, tick=False):
        things = build_town()
        for mail in (things["mail"]["A"], things["mail"]["B"]):
            _leave_a_letter(tmp_path / f"{mail['name']}.eml")
        yield things


def _leave_a_letter(path):
    path.write_text(
        'To: ada@example.org\nSubject: Your place\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="="\n\n'
        "--=\nContent-Type: text/plain\n\nYou have a place.\n"
        "--=\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\nEND:VCALENDAR\n--=--\n"
    )
