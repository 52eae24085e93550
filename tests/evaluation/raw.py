"""The rows of the portal as they stand, what became of some bookings, and how figures are printed: for `recount`."""

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from accounts.models import Organisation, ReportingGroup
from accounts.models.organisation import GROUP_OF_SECTOR
from bookings.models import Attendance, Booking, ChargeNotice, SelfPacedEnrolment, WaitingListEntry
from courses.models import Course, CourseVersion, Event, LearningOutcome, Offer, Session, Trainer, TrainerAssignment
from evaluation.models import Answer, Observation, ObservationRating, Question, Response

LONDON = ZoneInfo("Europe/London")
NOTHING = ("-", None)
CAME = ("ATTENDED", "PART_ATTENDED")
AWAY = ("DID_NOT_ATTEND", "TURNED_AWAY")


# --- How figures are printed --------------------------------------------------------------------------


def half_up(number, places=0):
    """Round halves away from nought."""
    number = Fraction(number)
    whole = int(abs(number) * 10**places + Fraction(1, 2))
    return Decimal(whole if number >= 0 else -whole).scaleb(-places)


def words(text):
    return (text, None)


def count(number):
    return (f"{number:,}", number)


def rate(part, whole, tenth=False):
    if not whole:
        return NOTHING
    percent = Fraction(100) * part / whole
    return (f"{half_up(percent, 1 if tenth else 0):.{int(tenth)}f}%", float(half_up(percent, 1)))


def mean(total, people):
    if not people:
        return NOTHING
    shown = half_up(Fraction(total) / people, 1)
    return (f"{shown:.1f}", float(shown))


def change(total, people):
    """A mean with its sign."""
    text, value = mean(total, people)
    return (f"+{text}", value) if value and Fraction(total) / people > 0 else (text, value)


def hours(number):
    shown = half_up(number, 1)
    return (f"{shown:,.1f}".removesuffix(".0"), float(shown))


def money(pounds):
    return (f"£{pounds:,.2f}", float(pounds))


def day(value):
    return words(f"{value.day} {value:%B %Y}" if value else "-")


def number(value):
    return count(value), Fraction(value), ""


def share(part, whole):
    return rate(part, whole, tenth=True), Fraction(100 * part, whole) if whole else None, " points"


def gain(pairs):
    """How far the ratings of these people rose, each before and after."""
    if not pairs:
        return NOTHING, None, ""
    exact = Fraction(sum(after - before for before, after, _ in pairs), len(pairs))
    return signed(half_up(exact, 1)), exact, ""


def moved(now, then, unit):
    """A change of a headline; whole where it is a whole number."""
    if now is None or then is None:
        return NOTHING
    by = half_up(now - then, 1)
    return signed(int(by) if by == int(by) else by, unit)


def signed(value, unit=""):
    return ("no change", 0.0) if not value else (f"{'+' if value > 0 else ''}{value:,}{unit}", float(value))


# --- The rows -----------------------------------------------------------------------------------------


def rows_of(model):
    return {row["id"]: row for row in model.objects.order_by("pk").values()}


def keyed(rows, key):
    found = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


class City:
    """Every row that a report may be about."""

    def __init__(self):
        self.courses, self.organisations = rows_of(Course), rows_of(Organisation)
        versions, self.offers, self.outcomes = rows_of(CourseVersion), rows_of(Offer), rows_of(LearningOutcome)
        self.version_number = {pk: row["number"] for pk, row in versions.items()}
        self.events = rows_of(Event)
        strands = defaultdict(set)
        for event, offer in Event.offers.through.objects.values_list("event_id", "offer_id"):
            strands[event].add(self.offers[offer]["strand"])
        for pk, event in self.events.items():
            event["course"] = versions[event["version_id"]]["course_id"]
            event["strands"] = strands[pk]
            event["day"] = event["starts_at"].astimezone(LONDON).date()
            event["places"] = event["capacity"] if event["capacity_at_start"] is None else event["capacity_at_start"]
        self.sessions, self.bookings = rows_of(Session), rows_of(Booking)
        for booking in self.bookings.values():
            booking["group"] = str(GROUP_OF_SECTOR.get(booking["sector"], ReportingGroup.PRIVATE_AND_OTHER))
            booking["event"] = self.events[booking["event_id"]]
            booking["course"] = booking["event"]["course"]
        self.marks = list(rows_of(Attendance).values())
        self.waits = list(rows_of(WaitingListEntry).values())
        self.notices = list(rows_of(ChargeNotice).values())
        self.enrolments = rows_of(SelfPacedEnrolment)
        self.responses, self.questions = rows_of(Response), rows_of(Question)
        self.answers = list(rows_of(Answer).values())
        for answer in self.answers:
            answer["code"] = self.questions[answer["question_id"]]["code"]
            answer["response"] = self.responses[answer["response_id"]]
        self.trainers, self.assignments = rows_of(Trainer), list(rows_of(TrainerAssignment).values())
        self.observations, self.ratings = rows_of(Observation), list(rows_of(ObservationRating).values())


class Tally:
    """What became of some bookings."""

    def __init__(self, bookings):
        came = [booking for booking in bookings if booking["state"] in CAME]
        self.attended = sum(booking["source"] != "WALK_IN" for booking in came)
        self.walk_ins = len(came) - self.attended
        self.missed = sum(booking["state"] in AWAY and booking["source"] != "WALK_IN" for booking in bookings)
        self.late = sum(booking["state"] == "CANCELLED_LATE" for booking in bookings)
        self.cancelled = sum(
            booking["state"] == "CANCELLED" and booking["confirmed_at"] is not None for booking in bookings
        )
        self.people = len({booking["practitioner_id"] for booking in came})
        self.booked, self.all = self.attended + self.missed, len(came)
