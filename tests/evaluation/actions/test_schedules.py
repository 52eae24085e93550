"""Schedules: each period's report is asked for once, and told to whoever may read it at that moment."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import OutboundEmail, Role, User
from courses.models import Strand
from evaluation.actions import quality_reports, schedules
from evaluation.actions.schedules import ScheduleRefused
from evaluation.models import QualityReport, ReportSchedule, ScheduledReport
from tests import cast
from tests.evaluation.reported import FIGURES, PAPER
from tests.makers import NOW
from tests.threads import at_once

pytestmark = pytest.mark.django_db
MULTI = (Strand.MULTI_AGENCY,)
QUARTER, YEAR = ReportSchedule.Every.QUARTER, ReportSchedule.Every.YEAR


def set_up(*recipients, by=None, strands=MULTI, every=QUARTER, now=NOW):
    recipients = recipients or (cast.lou(), cast.sal())
    return schedules.set_up(every=every, strands=strands, recipients=recipients, by=by or cast.lou(), now=now)


def day(year, month, number):
    return datetime(year, month, number, 12, tzinfo=UTC)


def asked():
    return [(f"{each.starts_on}", f"{each.report.ends_on}") for each in ScheduledReport.objects.order_by("starts_on")]


def make(scheduled):
    report = quality_reports.claim(report_id=scheduled.report_id, now=NOW)
    quality_reports.publish(report=report, figures=FIGURES, pdf=PAPER, snapshot_at=NOW)


def test_set_up_twice_alike_is_once():
    first = set_up()

    assert set_up() == first
    assert len({first, set_up(cast.sal()), set_up(every=YEAR)}) == 3
    schedules.end(schedule_id=first.pk, by=cast.lou(), now=NOW)
    assert set_up() != first


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"strands": (Strand.CORE,)}, "strands that you may read"),
        ({"strands": ()}, "strands that you may read"),
        ({"recipients": ()}, "Choose who gets"),
        ({"recipients": ("sal", "wendy")}, "Wendy .* may not read"),
        ({"recipients": ("amina",)}, "may not read"),
    ],
)
def test_set_up_asks_what_everybody_may_read(facts, words):
    people = [getattr(cast, name)() for name in facts.pop("recipients", ("sal",))]
    given = {"every": QUARTER, "strands": MULTI, "recipients": people, "by": cast.lou(), "now": NOW} | facts
    with pytest.raises(ScheduleRefused, match=words):
        schedules.set_up(**given)
    assert not ReportSchedule.objects.exists()


def test_ask_waits_until_a_quarter_is_over_and_asks_once():
    schedule = set_up(now=day(2026, 11, 21))
    seen = []
    for now in (day(2026, 11, 21), day(2026, 12, 31), day(2027, 1, 1), day(2027, 1, 2), day(2027, 7, 5)):
        schedules.ask(schedule_id=schedule.pk, now=now)
        seen.append(len(asked()))

    assert seen == [0, 0, 1, 1, 3]
    assert asked() == [
        ("2026-10-01", "2026-12-31"),
        ("2027-01-01", "2027-03-31"),
        ("2027-04-01", "2027-06-30"),
    ]
    report = QualityReport.objects.order_by("pk").first()
    assert (report.strands, report.filters, report.requested_by) == (["multi_agency"], {}, cast.lou())


def test_ask_waits_until_a_financial_year_is_over():
    schedule = set_up(every=YEAR, now=day(2026, 2, 1))
    schedules.ask(schedule_id=schedule.pk, now=day(2026, 3, 31))
    assert asked() == []
    schedules.ask(schedule_id=schedule.pk, now=day(2026, 11, 21))
    assert asked() == [("2025-04-01", "2026-03-31")]


def test_ask_goes_on_neither_after_the_end_nor_without_leave():
    ended, orphaned = set_up(), set_up(cast.sal())
    schedules.end(schedule_id=ended.pk, by=cast.lou(), now=NOW)
    schedules.ask(schedule_id=ended.pk, now=day(2027, 1, 1))
    User.objects.filter(pk=cast.lou().pk).update(roles=[])
    schedules.ask(schedule_id=orphaned.pk, now=day(2027, 1, 1))
    assert asked() == []
    User.objects.filter(pk=cast.lou().pk).update(roles=[Role.LSCP_OFFICER])
    schedules.ask(schedule_id=orphaned.pk, now=day(2027, 1, 1))
    assert len(asked()) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_ask_once():
    schedule = set_up()

    results = at_once(*[lambda: schedules.ask(schedule_id=schedule.pk, now=day(2027, 1, 1))] * 2)

    assert results == [None, None]
    assert (len(asked()), QualityReport.objects.count()) == (1, 1)


def test_the_database_refuses_a_second_report_of_a_period():
    schedule = set_up()
    schedules.ask(schedule_id=schedule.pk, now=day(2027, 1, 1))
    row = ScheduledReport.objects.get()
    row.pk = None
    with pytest.raises(IntegrityError, match="a_schedule_asks_once_a_period"), transaction.atomic():
        row.save(force_insert=True)


def test_tell_writes_to_whoever_may_read_it_at_that_moment_once():
    schedule = set_up()
    schedules.ask(schedule_id=schedule.pk, now=day(2027, 1, 1))
    scheduled = ScheduledReport.objects.get()
    schedules.tell(scheduled_id=scheduled.pk, now=day(2027, 1, 1))
    assert not OutboundEmail.objects.exists()
    make(scheduled)
    User.objects.filter(pk=cast.sal().pk).update(roles=[])

    for hours in (1, 2):
        schedules.tell(scheduled_id=scheduled.pk, now=day(2027, 1, 1) + timedelta(hours=hours))

    [letter] = OutboundEmail.objects.all()
    assert (letter.letter, letter.to) == ("evaluation/report_made", "lou@example.org")
    assert f"/lscp/reports/{scheduled.report_id}/" in letter.text
    told = {each.recipient.email: each.may_read for each in scheduled.letters.all()}
    assert told == {"lou@example.org": True, "sal@example.org": False}
    scheduled.refresh_from_db()
    assert scheduled.told_at == day(2027, 1, 1) + timedelta(hours=1)


def test_a_recipient_whose_account_is_closed_gets_nothing():
    schedule = set_up()
    schedules.ask(schedule_id=schedule.pk, now=day(2027, 1, 1))
    scheduled = ScheduledReport.objects.get()
    make(scheduled)
    User.objects.filter(pk=cast.sal().pk).update(is_active=False)
    schedules.tell(scheduled_id=scheduled.pk, now=day(2027, 1, 1))
    assert [letter.to for letter in OutboundEmail.objects.all()] == ["lou@example.org"]


def test_end_is_once():
    schedule = set_up()
    schedules.end(schedule_id=schedule.pk, by=cast.lou(), now=NOW)
    ended = schedules.end(schedule_id=schedule.pk, by=cast.lou(), now=NOW + timedelta(days=1))
    assert (ended.ended_at, ended.ended_by) == (NOW, cast.lou())
