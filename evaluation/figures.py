"""The formulas of the quality report, one function each, from counts to figure.

A rate keeps both its counts, so that every page can show them beside it, and is rounded once, half up,
from the exact fraction. A rate or mean of nothing is None and prints "-". The names in capitals are the
codes that the printed list of definitions uses; change a formula only together with DEFINITIONS_VERSION.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from evaluation.models.agency_return import Rag

DEFINITIONS_VERSION = "2026-11e"

# Kept at twelve weeks is shown only where enough people answered all three times and there was a gain to keep.
KEPT_NEEDS_PEOPLE = 10
KEPT_NEEDS_GAIN = Fraction(1, 2)
# A date is mixed with people of so many groups, none of them with more than so much per cent (DOMAIN 9.4).
MIX_NEEDS_GROUPS = 3
MIX_LARGEST_SHARE = 60
# What a day that an agency's trainer gives is worth in places (DOMAIN 9.5).
PLACES_A_DAY = 10
# Section 11 scores go from 0 to 3, whole ones and means alike.
AMBER_FROM = Fraction(3, 2)
GREEN_FROM = Fraction(5, 2)


@dataclass(frozen=True)
class Rate:
    """So many of so many."""

    part: int
    whole: int

    @property
    def exact(self) -> Fraction:
        """Per cent, as the exact fraction."""
        return Fraction(100 * self.part, self.whole)

    @property
    def whole_number(self) -> int:
        """Per cent as tables print it: 231 of 280 is 83."""
        return int(half_up(self.exact, places=0))

    @property
    def tenth(self) -> Decimal:
        """Per cent as headlines and exports print it: 304 of 393 is 77.4."""
        return half_up(self.exact, places=1)


def half_up(number: Fraction | Decimal | int, *, places: int) -> Decimal:
    """Round to so many places, halves away from zero (Python's own `round` goes to the even neighbour)."""
    exact = Fraction(number)
    scaled = abs(exact) * 10**places
    whole = int(scaled + Fraction(1, 2))
    return Decimal(whole if exact >= 0 else -whole).scaleb(-places)


def rate(part: int, whole: int) -> Rate | None:
    return Rate(part, whole) if whole else None


def mean(total: int, people: int) -> Fraction | None:
    """The exact mean of so many answers that add up to a total; print it with `to_one_place`."""
    return Fraction(total, people) if people else None


def to_one_place(number: Fraction | None) -> Decimal | None:
    return None if number is None else half_up(number, places=1)


def points(now: Rate | None, before: Rate | None) -> Decimal | None:
    """How far a rate moved, in points, from the exact rates and not from the printed ones."""
    return half_up(now.exact - before.exact, places=1) if now and before else None


# --- How much did we do? ------------------------------------------------------------------------------


def booked_on_the_day(*, attended: int, missed: int) -> int:
    """BK: everybody expected who had not cancelled. People added on the day are not in it."""
    return attended + missed


def all_attendances(*, attended: int, walk_ins: int) -> int:
    """TOT: attendances, not people: those booked who came, and those added on the day."""
    return attended + walk_ins


def fill_rate(*, booked: int, places: int) -> Rate | None:
    """FILL: how much of what was offered was wanted."""
    return rate(booked, places)


def occupancy(*, attendances: int, places: int) -> Rate | None:
    """OCC: may be above 100%."""
    return rate(attendances, places)


def agency_share(*, attendances: int, all_attendances: int) -> Rate | None:
    """SH: one agency's part of everybody who came."""
    return rate(attendances, all_attendances)


def reach(*, people: int, headcount: int | None) -> Rate | None:
    """REACH: people of an agency who learned, of all its staff who work with children."""
    return rate(people, headcount or 0)


def contribution(*, days: Decimal, free_places: int) -> Decimal:
    """BAL: what an agency's trainers earned in places, less what its people had without paying."""
    return days * PLACES_A_DAY - free_places


# --- How well did we do it? ---------------------------------------------------------------------------


def attendance_rate(*, attended: int, missed: int) -> Rate | None:
    """ATR: of those still booked on the day, who came. People added on the day are in neither number."""
    return rate(attended, booked_on_the_day(attended=attended, missed=missed))


def did_not_attend_rate(*, attended: int, missed: int) -> Rate | None:
    """DNA: of those still booked on the day, who did not come or came too late to join."""
    return rate(missed, booked_on_the_day(attended=attended, missed=missed))


def late_cancellation_rate(*, late: int, booked: int) -> Rate | None:
    """LC: cancelled after the deadline, of those and everybody still booked on the day."""
    return rate(late, booked + late)


def event_cancellation_rate(*, cancelled: int, delivered: int) -> Rate | None:
    """EC: dates we cancelled, of those and the dates delivered."""
    return rate(cancelled, delivered + cancelled)


def response_rate(*, submitted: int, opened: int) -> Rate | None:
    """RR: questionnaires answered, of those opened to somebody."""
    return rate(submitted, opened)


def is_mixed(people_of_groups: Sequence[int]) -> bool:
    """Tell whether people of several groups learned together on a date, and none of the groups was most of it."""
    largest, everybody = max(people_of_groups), sum(people_of_groups)
    return len(people_of_groups) >= MIX_NEEDS_GROUPS and 100 * largest <= MIX_LARGEST_SHARE * everybody


def mix(*, mixed: int, dates: int) -> Rate | None:
    """MIX: mixed dates, of all multi-agency dates that somebody came to."""
    return rate(mixed, dates)


def mean_share(shares: Sequence[Fraction]) -> Rate | None:
    """The mean of shares, each of which counts alike however many people it is a share of."""
    whole = sum(shares, Fraction())
    return rate(whole.numerator, whole.denominator * len(shares))


def agreement(*, agree: int, answers: int) -> Rate | None:
    """AGR: agree and strongly agree, of the answers other than “not applicable”."""
    return rate(agree, answers)


def recommendation(*, yes: int, answers: int) -> Rate | None:
    """REC: would recommend the course, of yes, no and not sure."""
    return rate(yes, answers)


def co_delivered(*, together: int, sessions: int) -> Rate | None:
    """CO: sessions that two trainers or more held together, of all that the agency's trainers held."""
    return rate(together, sessions)


# --- What difference did it make? ---------------------------------------------------------------------


def change(*, total_before: int, total_after: int, pairs: int) -> Fraction | None:
    """CHG: mean after less mean before, of the same people."""
    return mean(total_after - total_before, pairs)


def improved(*, better: int, pairs: int) -> Rate | None:
    """IMP%: people who rate themselves higher afterwards, of those who rated both times."""
    return rate(better, pairs)


def kept(*, total_before: int, total_after: int, total_later: int, triples: int) -> Rate | None:
    """KEEP: how much of the gain was still there at twelve weeks, of people who rated all three times.

    Not shown for fewer than ten people, or where there was hardly a gain to keep.
    """
    if triples < KEPT_NEEDS_PEOPLE or Fraction(total_after - total_before, triples) < KEPT_NEEDS_GAIN:
        return None
    return rate(total_later - total_before, total_after - total_before)


def used_the_learning(*, used: int, answers: int) -> Rate | None:
    """USED: often, sometimes or once, of everybody who answered at twelve weeks."""
    return rate(used, answers)


def lost_share(*, lost: int, places: int) -> Rate | None:
    """LOST%: places nobody used and nobody took, of places offered."""
    return rate(lost, places)


def managers_saw_change(*, saw: int, managers: int) -> Rate | None:
    """MGR: some, clear or large change, of the managers who answered."""
    return rate(saw, managers)


# --- What next? ---------------------------------------------------------------------------------------


def trained_of_those_who_need(*, trained: int, need: int) -> Rate | None:
    """TRN: as an agency says of its own people."""
    return rate(trained, need)


def section_11_score(scores: Sequence[int]) -> Fraction | None:
    """S11: the mean of an agency's scores about training, each from 0 to 3."""
    return mean(sum(scores), len(scores))


def rag(score: Fraction | int | None) -> Rag | None:
    """RAG: of one score as of a mean of several. Nothing else decides a colour."""
    if score is None:
        return None
    if score < AMBER_FROM:
        return Rag.RED
    return Rag.AMBER if score < GREEN_FROM else Rag.GREEN


# What each code means, in the words that go out with every report.
DEFINITIONS: tuple[tuple[str, str, str], ...] = (
    ("E", "Dates delivered", "dates that took place, counted in the period in which their first day lies"),
    ("CAP", "Places offered", "places of the dates delivered, as they stood when each date started"),
    (
        "BK",
        "Booked on the day",
        "attended, attended in part, did not attend and turned away; people added on the day are not in it",
    ),
    ("AT", "Attended (booked)", "attended or attended in part, with a booking"),
    ("WI", "Added on the day", "came without a booking and took part"),
    ("TOT", "Attendances", "attended (booked) and added on the day; one person on two courses counts twice"),
    ("PPL", "People", "different people in the attendances"),
    ("LH", "Learning hours", "hours of the sessions that people were present at"),
    ("FILL", "Fill rate", "booked on the day, of places offered"),
    ("OCC", "Occupancy", "attendances, of places offered; may be above 100%"),
    ("ATR", "Attendance rate", "attended (booked), of booked on the day"),
    ("DNA", "Did not attend", "did not attend or turned away, of booked on the day"),
    ("LC", "Cancelled late", "cancelled after the deadline, of those and booked on the day"),
    ("LOST", "Places lost", "did not attend, turned away, and cancelled late without anybody taking the place"),
    ("LOST%", "Share of places lost", "places lost, of places offered"),
    ("EC", "Dates cancelled", "dates cancelled, of those and dates delivered"),
    ("WLU", "Unmet demand", "places that people waited for and did not get; a group counts each place it wanted"),
    ("SH", "Share", "attendances of the agency or group, of all attendances"),
    ("REACH", "Reach", "people of the agency, of its staff who work with children, as the agency counts them"),
    ("POOL", "Active trainers", "trainers of the pool who were active on the day the report was made"),
    (
        "DAYS",
        "Days given",
        "half a day for a session of up to four hours, a day for a longer one, for each trainer in it",
    ),
    ("CO", "Co-delivered", "sessions with two trainers or more, of the sessions that the agency’s trainers held"),
    ("T4T", "Trained as trainers", "trainers who completed their training for trainers in the period"),
    ("BAL", "Balance", "ten places for each day given, less the attendances of the agency’s people that cost nothing"),
    (
        "MIX",
        "Mixed dates",
        "multi-agency dates with people of three groups or more, none of them above 60%, of those with anybody there",
    ),
    ("OBS", "Observed", "observations that were shared with the trainer; a standard not seen was not part of the day"),
    ("RR", "Response rate", "questionnaires answered, of those opened"),
    ("AGR", "Agree", "agree or strongly agree, of answers other than not applicable"),
    ("REC", "Would recommend", "yes, of yes, no and not sure"),
    ("PRE, POST, FU", "Mean rating", "from 1 to 10, before, after and at twelve weeks, of the same people"),
    ("CHG", "Change", "mean after less mean before, of the same people"),
    ("IMP%", "Improved", "people who rate themselves higher after than before"),
    ("KEEP", "Kept", "the gain still there at twelve weeks; shown from 10 people and half a point of gain"),
    (
        "USED",
        "Used the learning",
        "often, sometimes or once, of answers at twelve weeks; beside it, of everybody whose twelve weeks were over",
    ),
    ("MGR", "Managers who saw a change", "some, clear or large change, of the managers who answered"),
    ("NEED", "Staff who need it", "as the agency counts its own people in its yearly return, level by level"),
    ("TRN", "Trained", "those of them who have had the training, as the agency says"),
    (
        "S11",
        "Section 11 score",
        "mean of the agency’s own scores about training: 0 not there yet, 1 begun, 2 in place for most, 3 seen to work; "
        "red below 1.5, amber below 2.5, green from there",
    ),
)
