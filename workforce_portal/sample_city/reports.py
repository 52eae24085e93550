"""A report that is circulated, with what the officer wrote beside its figures, and a schedule for the next ones."""

from datetime import datetime, timedelta

from accounts.models import Partnership, User
from courses.models import Strand
from evaluation.actions import commentary, quality_reports, schedules
from evaluation.models import ReportSchedule
from evaluation.reports import pictures
from evaluation.reports.compiling import compile_figures
from evaluation.reports.periods import Period, quarters
from evaluation.reports.selection import Selection

STRANDS = (Strand.MULTI_AGENCY,)
# The schedule was set up in the quarter before this one, and so its first report is owed today.
SET_UP_DAYS_AGO = 70
COMMENTARY = (
    "People say that they are surer of what to do, and most of them have used it twelve weeks later.\n\n"
    "Places are still lost late, most of them to workload. The agencies whose staff cancel late are the ones "
    "that book last; we will talk with them before the spring programme opens."
)
RECOMMENDATIONS = (
    ("Agree with each large agency who books for its teams, and by when", "Business unit of the partnership", 75),
    ("Hold one course in three in the evening or on a Saturday", "", 0),
)
YOU_SAID = (
    ("More time to practise difficult conversations", "The course on neglect has half an hour more for it."),
    ("The links for online courses come too late", "They are in the letter a week before, and on “My learning”."),
)


def circulate(*, as_of: datetime, officer: int) -> None:
    """Have the last quarter but one counted, written about and approved; a worker prints it."""
    lou, yesterday = User.objects.get(pk=officer), as_of - timedelta(days=1)
    period = quarters(as_of.date())[2]
    asked = quality_reports.request_report(
        starts_on=period.starts_on, ends_on=period.ends_on, strands=STRANDS, filters={}, by=lou, now=yesterday
    )
    report = quality_reports.claim(report_id=asked.pk, now=yesterday)
    if report is None:
        return
    quality_reports.publish(report=report, figures=_figures(period, yesterday), pdf=b"", snapshot_at=yesterday)
    who = {"report_id": report.pk, "by": lou, "now": yesterday}
    commentary.write(commentary=COMMENTARY, **who)
    for what, owner, days in RECOMMENDATIONS:
        due_on = (as_of + timedelta(days=days)).date() if owner else None
        commentary.recommend(what=what, owner_words=owner, due_on=due_on, **who)
    for said, did in YOU_SAID:
        commentary.answer(said=said, did=did, **who)
    commentary.approve(**who)


def _figures(period: Period, moment: datetime) -> dict:
    threshold = Partnership.objects.current().small_number_threshold
    figures = compile_figures(Selection(period, STRANDS), threshold=threshold, now=moment)
    pictures.illustrate(figures)
    return figures


def schedule(*, as_of: datetime, officer: int, reader: int) -> None:
    """Every quarter, to the officer and a member of the subgroup."""
    people = User.objects.in_bulk([officer, reader])
    schedules.set_up(
        every=ReportSchedule.Every.QUARTER,
        strands=STRANDS,
        recipients=people.values(),
        by=people[officer],
        now=as_of - timedelta(days=SET_UP_DAYS_AGO),
    )
