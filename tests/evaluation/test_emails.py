"""Nobody is asked for answers that they have given, or can no longer give."""

from datetime import timedelta

import pytest

from accounts import post
from accounts.models import OutboundEmail, User
from evaluation import emails
from evaluation.actions import agency_returns, improvements
from evaluation.models import Response
from evaluation.models.questionnaire import Stage
from tests import cast
from tests.accounts.smtp_sink import smtp_sink
from tests.evaluation import returned
from tests.evaluation.reported import ready_report
from tests.evaluation.views.test_review import make_review
from tests.makers import NOW, make_booking, make_event
from tests.questionnaires import make_response

pytestmark = pytest.mark.django_db


@pytest.fixture
def letters(settings):
    booking = make_booking(make_event(starts_at=NOW - timedelta(days=2)), cast.amina(), state="ATTENDED")
    response = make_response(booking, Stage.POST, closes_at=NOW + timedelta(days=20))
    emails.invitation(response=response, now=NOW)
    emails.reminder(response=response, number=1, now=NOW)
    with smtp_sink(settings):
        yield OutboundEmail.objects.order_by("pk")


def deliver(letters, now=NOW):
    post.deliver(letters.values_list("pk", flat=True), now=now)
    return [(letter.state, letter.withheld_reason) for letter in letters.all()]


def test_an_open_questionnaire_is_asked_for(letters):
    assert deliver(letters) == [("sent", "")] * 2


def test_an_answered_questionnaire_is_not_asked_for(letters):
    Response.objects.update(state="SUBMITTED", submitted_at=NOW)
    assert deliver(letters) == [("held back", "The questionnaire is answered.")] * 2


def test_a_closed_questionnaire_is_not_asked_for(letters):
    assert deliver(letters, NOW + timedelta(days=20)) == [("held back", "The time to answer is over.")] * 2


def test_a_questionnaire_that_is_gone_is_not_asked_for(letters):
    Response.objects.all().delete()
    assert deliver(letters) == [("held back", "The questionnaire is no longer asked.")] * 2


def test_a_review_that_is_written_is_not_asked_for(letters):
    review = make_review(closes_at=NOW + timedelta(days=5))
    emails.invitation(response=review, now=NOW)
    emails.reminder(response=review, number=1, now=NOW)
    Response.objects.filter(pk=review.pk).update(state="SUBMITTED", submitted_at=NOW)
    assert deliver(letters)[2:] == [("held back", "The questionnaire is answered.")] * 2
    assert deliver(letters)[:2] == [("sent", "")] * 2


def test_letters_about_a_return_stand_until_it_is_sent_and_answered(settings):
    agency_return = returned.opened(due_on=NOW.date() + timedelta(days=20))
    agency_returns.remind(return_id=agency_return.pk, now=NOW + timedelta(days=7))
    returned.sent(agency_return)
    question = agency_returns.ask(return_id=agency_return.pk, question="And nights?", by=cast.lou(), now=NOW)
    letters = OutboundEmail.objects.order_by("pk")
    with smtp_sink(settings):
        sent = "The return is sent."
        assert deliver(letters, NOW + timedelta(days=8)) == [("held back", sent)] * 2 + [("sent", "")]
        agency_returns.answer(question_id=question.pk, answer="At seven.", by=cast.lea(), now=NOW)
        later = agency_returns.ask(return_id=agency_return.pk, question="Whom?", by=cast.lou(), now=NOW)
        agency_returns.answer(question_id=later.pk, answer="All.", by=cast.lea(), now=NOW)
        assert deliver(letters.filter(key__contains=f":{later.pk}:")) == [("held back", "The question is answered.")]


def test_an_action_that_has_ended_is_not_asked_for(settings):
    promise = {"source": "MEETING", "owner": cast.dev(), "due_on": NOW.date(), "by": cast.lou(), "now": NOW}
    ended, _ = (improvements.agree(what=what, **promise) for what in ("Ask every school", "Ask every nursery"))
    improvements.end(action_id=ended.pk, state="DONE", outcome="Done.", by=cast.lou(), now=NOW)
    with smtp_sink(settings):
        assert deliver(OutboundEmail.objects.order_by("pk")) == [("held back", "The action has ended."), ("sent", "")]


def test_a_report_is_not_announced_to_who_may_no_longer_read_it(settings):
    report = ready_report()
    for reader in (cast.lou(), cast.sal()):
        emails.report_made(report=report, to=reader, now=NOW)
    User.objects.filter(pk=cast.sal().pk).update(roles=[])
    with smtp_sink(settings):
        assert deliver(OutboundEmail.objects.order_by("pk")) == [
            ("sent", ""),
            ("held back", "They may not read this report any more."),
        ]
