"""The command that a mail server pipes returned letters into."""

import io
import sys
from types import SimpleNamespace

import pytest
from django.core.management import call_command

from accounts.models import OutboundEmail
from tests.accounts.test_bounces import notification
from tests.accounts.test_post import make_letter
from tests.makers import NOW

pytestmark = pytest.mark.django_db


def said(monkeypatch, raw):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    out = io.StringIO()
    call_command("read_bounces", stdout=out)
    return out.getvalue().strip()


def test_read_bounces_marks_the_letter_and_says_so(monkeypatch):
    make_letter(1, sent_at=NOW)
    assert said(monkeypatch, notification()) == "Marked as returned."
    assert said(monkeypatch, notification()) == "Known already, or not one of our letters."
    assert said(monkeypatch, b"Subject: Buy now\n\n") == "No letter of ours came back with this message."
    assert OutboundEmail.objects.came_back().count() == 1
