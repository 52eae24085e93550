"""The facts at the head of a report: what it covers, who asked for it and when, and how it was made."""

from datetime import datetime

from django.utils import timezone

from accounts.models import Cluster, ReportingGroup, Sector
from bookings.reports import name_of
from courses.models import Course, DeliveryMode, Strand
from evaluation.models import QualityReport
from evaluation.reports.periods import Period, day_in_words
from evaluation.reports.selection import GROUP_PREFIX


def period_of(report: QualityReport) -> Period:
    return Period(report.starts_on, report.ends_on)


def title_of(report: QualityReport) -> str:
    return f"Quality report: {period_of(report).name}"


def strands_in_words(strands: list[str]) -> str:
    names = [Strand(strand).label for strand in Strand.values if strand in strands]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def filters_in_words(filters: dict) -> str:
    """What narrows the report, in words; empty when nothing does."""
    words = []
    if course := filters.get("course"):
        words.append(f"course {Course.objects.get(pk=course).title}")
    if mode := filters.get("mode"):
        words.append(f"way of taking part {DeliveryMode(mode).label}")
    if sector := filters.get("sector"):
        words.append(f"sector {_sector_in_words(sector)}")
    if cluster := filters.get("cluster"):
        words.append(f"cluster {Cluster.objects.get(pk=cluster).name}")
    return "; ".join(words)


def _sector_in_words(sector: str) -> str:
    if sector.startswith(GROUP_PREFIX):
        return f"{ReportingGroup(sector.removeprefix(GROUP_PREFIX)).label} (all)"
    return Sector(sector).label


def moment_in_words(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{day_in_words(local.date())}, {local:%H:%M}"


def facts_of(report: QualityReport) -> list[tuple[str, str]]:
    """The facts as pairs of name and words, in the order they are printed."""
    facts = [
        ("Period", f"{day_in_words(report.starts_on)} to {day_in_words(report.ends_on)}"),
        ("Strands", strands_in_words(report.strands)),
    ]
    if narrowed := filters_in_words(report.filters):
        facts.append(("Only", narrowed))
    practitioner = getattr(report.requested_by, "practitioner", None)
    facts.append(("Asked for by", practitioner.full_name if practitioner else report.requested_by.email))
    if report.snapshot_at:
        facts.append(("Counted", moment_in_words(report.snapshot_at)))
        facts.append(("Cells hidden", f"{report.suppressed_cells:,}"))
    if report.approved_at:
        facts.append(("Approved", f"{moment_in_words(report.approved_at)}, by {name_of(report.approved_by)}"))
    facts.append(("Definitions", report.definitions_version))
    return facts
