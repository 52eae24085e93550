"""Moderation pages: the queue, one text, and on to the next."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from courses.models import Strand
from evaluation.models import Moderation
from tests import cast
from tests.evaluation.words import somebodys_words

pytestmark = pytest.mark.django_db
LIST = "/lscp/words/"


def page_of(answer):
    return reverse("evaluation:moderation_detail", args=[answer.pk])


def words(name="Ada Learner", text="I ask Jayden what he thinks.", **how):
    return somebodys_words(text, strand=Strand.MULTI_AGENCY, name=name, **how)


@pytest.fixture
def lou(client):
    client.force_login(cast.lou())
    return client


def test_the_queue_shows_what_waits_and_what_to_look_at(lou):
    words()
    words("Bo Learner", "Use more case studies.", leave="no")

    page = lou.get(LIST).content.decode()

    assert page.count("<tr>") == 3
    assert "I ask Jayden what he thinks." in page
    assert "A name" in page
    assert "nothing found" in page
    assert "Ada Learner" not in page


def test_the_queue_asks_the_same_however_long_it_is(lou):
    words()
    lou.get(LIST)
    with CaptureQueriesContext(connection) as one:
        lou.get(LIST)
    for name in ("Bo Learner", "Cy Learner", "Di Learner"):
        words(name)
    with CaptureQueriesContext(connection) as four:
        lou.get(LIST)
    assert len(four) == len(one)


def test_a_decision_leads_to_the_next_text(lou):
    first, second = words(), words("Bo Learner")
    said = {"decision": "APPROVED", "theme": "PRACTICE", "is_for_report": "on", "seen": "0"}

    answer = lou.post(page_of(first), said)
    assert answer.url == page_of(second)
    answer = lou.post(page_of(second), {"decision": "WITHHELD", "seen": "0"})

    assert answer.url == LIST
    assert list(Moderation.objects.order_by("pk").values_list("decision", "is_for_report")) == [
        ("APPROVED", True),
        ("WITHHELD", False),
    ]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "Choose what may be read outside the team."),
        ({"decision": "APPROVED"}, "Choose what it is about"),
        ({"decision": "REDACTED", "theme": "PRACTICE"}, "Write the words that may be read"),
        ({"decision": "REDACTED", "theme": "PRACTICE", "words": "x" * 1001}, "at most 1000 characters"),
    ],
)
def test_what_is_missing_is_said_and_the_rest_is_kept(lou, said, why):
    answer = lou.post(page_of(words()), {"seen": "0"} | said)

    assert answer.status_code == 422
    assert why in answer.content.decode()
    if "theme" in said:
        assert '<option value="PRACTICE" selected>' in answer.content.decode()
    assert Moderation.objects.count() == 0


def test_whoever_comes_second_is_told(lou):
    text = words()
    lou.post(page_of(text), {"decision": "APPROVED", "theme": "PRACTICE", "seen": "0"})

    answer = lou.post(page_of(text), {"decision": "WITHHELD", "seen": "0"})

    assert answer.status_code == 409
    assert "Somebody else has decided meanwhile." in answer.content.decode()
    assert Moderation.objects.count() == 1


def test_words_without_leave_cannot_be_chosen_for_the_report(lou):
    page = lou.get(page_of(words(leave="no"))).content.decode()

    assert "did not give leave" in page
    assert "is_for_report" not in page


def test_reading_withheld_words_again_is_noted(lou):
    text = words()
    lou.post(page_of(text), {"decision": "WITHHELD", "seen": "0"})
    read = AuditEntry.objects.filter(verb="moderation.read_original", subject=f"answer:{text.pk}")

    assert "Jayden" not in lou.get(page_of(text)).content.decode()
    assert "Jayden" not in lou.get(LIST, {"state": "WITHHELD"}).content.decode()
    assert read.count() == 0
    assert "Jayden" in lou.get(page_of(text), {"original": ""}).content.decode()
    assert read.count() == 1


def test_markup_in_words_is_shown_as_it_was_typed(lou):
    page = lou.get(page_of(words(text="<b>Bold</b> & Jayden<script>"))).content.decode()

    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; Jayden&lt;script&gt;" in page


def test_an_empty_queue_says_so(lou):
    assert "Nothing to read" in lou.get(LIST).content.decode()
