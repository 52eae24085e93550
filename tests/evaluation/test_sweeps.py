"""The sweeps of the evaluation app: twice is harmless, one bad row keeps nobody waiting."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts import clock
from accounts.models import OutboundEmail
from bookings.models import Booking, Certificate
from courses.models import Strand
from evaluation.actions import improvements, quality_reports, responses, schedules
from evaluation.models import AgencyReturn, Answer, ImprovementAction, QualityReport, Response
from evaluation.models.questionnaire import Stage
from evaluation.sweeps import agency_returns as return_sweeps
from evaluation.sweeps import forgetting
from evaluation.sweeps import questionnaires as sweeps
from evaluation.sweeps.improvements import remind_of_actions
from evaluation.sweeps.reports import follow_schedules
from tests import cast
from tests.certificates import attended
from tests.evaluation.reported import FIGURES, PAPER
from tests.evaluation.returned import opened
from tests.evaluation.words import somebodys_words
from tests.makers import make_booking, make_event
from tests.questionnaires import import_items, make_questionnaires, make_response, sample_items

pytestmark = pytest.mark.django_db


def states():
    return dict(Response.objects.order_by("pk").values_list("stage", "state"))


def test_invite_due_makes_the_rows_and_invites_at_once():
    make_questionnaires()
    attended(now=clock.now())
    make_booking(make_event(starts_at=clock.now() + timedelta(days=3)), cast.ben(), now=clock.now())
    sweeps.invite_due()
    sweeps.invite_due()
    assert states() == {"pre": "OPEN", "post": "OPEN", "follow_up": "SCHEDULED"}
    assert sorted(OutboundEmail.objects.values_list("letter", flat=True)) == ["evaluation/after", "evaluation/before"]


def test_invite_due_asks_nobody_before_the_questionnaires_are_published():
    import_items(sample_items())
    attended(now=clock.now())
    sweeps.invite_due()
    assert states() == {}


def test_invite_due_goes_on_after_a_row_that_cannot_be_paid(settings, tmp_path):
    make_questionnaires()
    folder = tmp_path / "evaluation" / "emails"
    folder.mkdir(parents=True)
    (folder / "before.txt").write_text("{% url 'nowhere' %}")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]
    make_booking(make_event(starts_at=clock.now() + timedelta(days=3)), cast.ben(), now=clock.now() - timedelta(days=9))
    attended(now=clock.now())
    sweeps.invite_due()
    assert states() == {"pre": "SCHEDULED", "post": "OPEN", "follow_up": "SCHEDULED"}


def test_remind_outstanding_writes_each_reminder_once():
    make_response(attended(now=clock.now()), closes_at=clock.now() + timedelta(days=30))
    Response.objects.update(invited_at=clock.now() - timedelta(days=3, hours=1))
    sweeps.remind_outstanding()
    sweeps.remind_outstanding()
    assert [letter.letter for letter in OutboundEmail.objects.all()] == ["evaluation/reminder"]


def test_expire_closed_closes_what_is_over():
    make_response(attended(now=clock.now()), closes_at=clock.now() - timedelta(minutes=1))
    sweeps.expire_closed()
    assert states() == {"post": "EXPIRED"}


def test_release_earned_certificates_catches_a_register_corrected_after_the_feedback():
    booking = attended(state=Booking.State.PART_ATTENDED, now=clock.now())
    response = make_response(booking, Stage.POST, closes_at=clock.now() + timedelta(days=30))
    responses.submit(response=response, answers=[], now=clock.now())
    sweeps.release_earned_certificates()
    assert not Certificate.objects.exists()
    Booking.objects.filter(pk=booking.pk).update(state=Booking.State.ATTENDED)
    sweeps.release_earned_certificates()
    sweeps.release_earned_certificates()
    assert Certificate.objects.get().booking == booking


def test_ask_agencies_tells_new_leads_and_reminds_each_once():
    agency_return = opened(due_on=clock.now().date() + timedelta(days=40))
    cast.make_person("Nora Newlead", agency_return.organisation, membership="AGENCY_LEAD")
    return_sweeps.ask_agencies()
    AgencyReturn.objects.update(due_on=clock.now().date() + timedelta(days=10))
    return_sweeps.ask_agencies()
    return_sweeps.ask_agencies()
    assert sorted(OutboundEmail.objects.values_list("letter", "to")) == [
        ("evaluation/return_opened", "lea@example.org"),
        ("evaluation/return_opened", "nora@example.org"),
        ("evaluation/return_reminder", "lea@example.org"),
        ("evaluation/return_reminder", "nora@example.org"),
    ]


@pytest.mark.parametrize(
    ("at", "left"),
    [("2028-11-21 03:30", ["More time."]), ("2028-11-22 03:30", []), ("2028-11-22 04:30", ["More time."])],
)
def test_forget_words_by_night_once_their_time_is_over(at, left):
    somebodys_words("More time.", strand=Strand.MULTI_AGENCY)
    with time_machine.travel(f"{at}+00:00", tick=False):
        forgetting.forget_words()
    assert [
        text for texts in Answer.objects.exclude(texts=[]).values_list("texts", flat=True) for text in texts
    ] == left


def promised(days, *, agreed_days_ago=60, what="Ask every school"):
    """Something that Dev promised, due so many days from the 21st of November 2026."""
    day = datetime(2026, 11, 21, 12, tzinfo=UTC)
    return improvements.agree(
        what=what,
        source=ImprovementAction.Source.MEETING,
        owner=cast.dev(),
        due_on=(day + timedelta(days=days)).date(),
        by=cast.lou(),
        now=day - timedelta(days=agreed_days_ago),
    )


def reminders():
    letters = OutboundEmail.objects.exclude(letter="evaluation/action_agreed").order_by("pk")
    return [(letter.letter.rpartition("_")[2], letter.about) for letter in letters]


def test_remind_of_actions_before_the_day_and_once_after_it():
    action = promised(7)
    seen = []
    for day in (13, 20, 21, 28, 29, 30):
        with time_machine.travel(datetime(2026, 11, day, 12, tzinfo=UTC), tick=False):
            remind_of_actions()
        seen.append([kind for kind, _ in reminders()])
    assert seen == [[], [], ["reminder"], ["reminder"], ["reminder", "overdue"], ["reminder", "overdue"]]
    assert {about for _, about in reminders()} == {f"improvement:{action.pk}"}


def test_remind_of_actions_leaves_alone_what_needs_no_letter():
    with time_machine.travel(datetime(2026, 11, 21, 12, tzinfo=UTC), tick=False):
        coming = promised(3, what="Coming")
        promised(3, agreed_days_ago=1, what="Just written down")
        promised(30, what="Far away")
        promised(-40, what="Long ago")
        ended = promised(-2, what="Ended")
        improvements.end(action_id=ended.pk, state="DONE", outcome="Done.", by=cast.lou(), now=clock.now())
        remind_of_actions()
    assert reminders() == [("reminder", f"improvement:{coming.pk}")]


def test_follow_schedules_asks_and_tells_once():
    schedules.set_up(
        every="QUARTER",
        strands=["multi_agency"],
        recipients=[cast.sal()],
        by=cast.lou(),
        now=datetime(2026, 9, 20, 12, tzinfo=UTC),
    )
    with time_machine.travel(datetime(2026, 11, 21, 12, tzinfo=UTC), tick=False):
        follow_schedules()
        follow_schedules()
        report = quality_reports.claim(report_id=QualityReport.objects.get().pk, now=clock.now())
        quality_reports.publish(report=report, figures=FIGURES, pdf=PAPER, snapshot_at=clock.now())
        follow_schedules()
        follow_schedules()
    assert [(letter.letter, letter.to) for letter in OutboundEmail.objects.all()] == [
        ("evaluation/report_made", "sal@example.org")
    ]
