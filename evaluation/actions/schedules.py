"""Schedules of reports: set one up, ask for what has fallen due, tell whoever may still read it, end it."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from accounts.locking import locked
from accounts.models import User
from bookings.reports import name_of
from evaluation import emails
from evaluation.actions import quality_reports
from evaluation.models import QualityReport, ReportSchedule, ScheduledLetter, ScheduledReport
from evaluation.models.quality_report import strands_open_to
from evaluation.reports.periods import FINANCIAL_YEAR_MONTH, QUARTER_MONTHS, Period, later, latest_start, months_from

Every = ReportSchedule.Every
# The months in which a period begins, and how many it has.
RHYTHMS = {Every.QUARTER: (QUARTER_MONTHS, 3), Every.YEAR: ((FINANCIAL_YEAR_MONTH,), 12)}


class ScheduleRefused(Exception):
    """It cannot be set up so; the words say why."""


@transaction.atomic
def set_up(
    *, every: str, strands: Iterable[str], recipients: Iterable[User], by: User, now: datetime
) -> ReportSchedule:
    """Have a report made each time such a period is over, from the one we are in. Set up twice alike is once."""
    strands, recipients = sorted(strands), sorted(recipients, key=lambda each: each.pk)
    if not strands or not set(strands) <= set(strands_open_to(by)):
        raise ScheduleRefused("Choose strands that you may read.")
    if not recipients:
        raise ScheduleRefused("Choose who gets a letter.")
    for each in recipients:
        if not set(strands) <= set(strands_open_to(each)):
            raise ScheduleRefused(f"{name_of(each)} may not read reports of these strands. Choose somebody else.")
    # Whoever presses twice at once waits here, and then finds what they set up.
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    for same in ReportSchedule.objects.live().filter(every=every, strands=strands, made_by=by):
        if set(same.recipients.all()) == set(recipients):
            return same
    schedule = ReportSchedule.objects.create(every=every, strands=strands, made_at=now, made_by=by)
    schedule.recipients.set(recipients)
    told = [each.pk for each in recipients]
    record(by=by, verb="schedule.set_up", subject=f"schedule:{schedule.pk}", now=now, recipients=told)
    return schedule


@transaction.atomic
def end(*, schedule_id: int, by: User, now: datetime) -> ReportSchedule:
    """Ask for no further reports. Ended twice is once."""
    schedule = locked(ReportSchedule.objects.filter(pk=schedule_id)).get()
    if schedule.ended_at is None:
        schedule.ended_at, schedule.ended_by = now, by
        schedule.save(update_fields=["ended_at", "ended_by"])
        record(by=by, verb="schedule.end", subject=f"schedule:{schedule.pk}", now=now)
    return schedule


def periods_over(*, schedule: ReportSchedule, today: date) -> Iterator[Period]:
    """Every period that is over, from the one in which the schedule was set up."""
    months, length = RHYTHMS[Every(schedule.every)]
    start = latest_start(timezone.localtime(schedule.made_at).date(), months)
    while (period := months_from(start, length)).ends_on < today:
        yield period
        start = later(start, length)


@transaction.atomic
def ask(*, schedule_id: int, now: datetime) -> None:
    """Ask for the reports of the periods that are over, each once, in the name of whoever set it up.

    Nothing is asked for once they may no longer read these strands; the schedule's page says so.
    """
    schedules = ReportSchedule.objects.live().select_related("made_by")
    schedule = locked(schedules.filter(pk=schedule_id)).first()
    if schedule is None or not schedule.may_still_ask:
        return
    asked = set(schedule.reports.values_list("starts_on", flat=True))
    for period in periods_over(schedule=schedule, today=timezone.localtime(now).date()):
        if period.starts_on in asked:
            continue
        report = quality_reports.request_report(
            starts_on=period.starts_on,
            ends_on=period.ends_on,
            strands=schedule.strands,
            filters={},
            by=schedule.made_by,
            now=now,
        )
        ScheduledReport.objects.create(schedule=schedule, starts_on=period.starts_on, report=report, asked_at=now)


@transaction.atomic
def tell(*, scheduled_id: int, now: datetime) -> None:
    """Write to each recipient who may read the report at this moment; who may not gets nothing. Told once."""
    rows = ScheduledReport.objects.to_tell().select_related("schedule", "report")
    scheduled = locked(rows.filter(pk=scheduled_id)).first()
    if scheduled is None:
        return
    report = scheduled.report
    for recipient in scheduled.schedule.recipients.select_related("practitioner").order_by("pk"):
        may_read = QualityReport.objects.visible_to(recipient).filter(pk=report.pk).exists()
        ScheduledLetter.objects.create(scheduled=scheduled, recipient=recipient, may_read=may_read)
        if may_read:
            emails.report_made(report=report, to=recipient, now=now)
    scheduled.told_at = now
    scheduled.save(update_fields=["told_at"])
