"""The report's tables about answers, and its headlines, counted a second time: see `recount`."""

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction

from accounts.models import ReportingGroup
from evaluation.models import ImprovementAction, Moderation, TrainingStandard
from evaluation.models.moderation import Theme
from tests.evaluation.raw import (
    NOTHING,
    Tally,
    change,
    count,
    day,
    gain,
    half_up,
    hours,
    keyed,
    mean,
    moved,
    number,
    rate,
    rows_of,
    share,
    words,
)
from tests.evaluation.recount import RecountOfPlaces

STATEMENTS = [f"RE{number}" for number in range(1, 9)]
USED = {"often", "sometimes", "once"}
ITEMS = {
    "SR1": "Knowledge of the subject",
    "SR2": "Confidence to act on a worry",
    "SR3": "What other agencies do and when to involve them",
}
STAGES = {"post": "after", "follow_up": "twelve weeks on", "manager": "the manager, twelve weeks on"}


class Recount(RecountOfPlaces):
    """The whole report."""

    # --- R10 to R12 -----------------------------------------------------------------------------------

    def asked(self, stage):
        return [response for response in self.responses if response["stage"] == stage]

    def said(self, stage, code, bookings=None):
        """What was answered to a question by people who could answer it."""
        return [
            answer
            for answer in self.answers
            if answer["response"]["stage"] == stage
            and answer["code"] == code
            and not answer["is_not_applicable"]
            and (bookings is None or answer["response"]["booking_id"] in bookings)
        ]

    def _by_course(self, stage, cells):
        """A row for each course of which anybody was asked, and one for all of them."""
        of_courses = keyed(self.asked(stage), lambda each: self.city.bookings[each["booking_id"]]["course"])
        table = [
            [words(self.title(course)), *cells(course, of_courses[course])]
            for course in sorted(of_courses, key=self.title)
        ]
        return [*table, [words("All courses"), *cells(None, self.asked(stage))]]

    def of(self, course):
        return {booking["id"] for booking in self.bookings if course is None or booking["course"] == course}

    def r10(self):
        def cells(course, asked):
            mine, answered = self.of(course), sum(each["state"] == "SUBMITTED" for each in asked)
            shown = [count(answered), rate(answered, len(asked))]
            for code in STATEMENTS:
                ratings = [each["rating"] for each in self.said("post", code, mine) if each["rating"] is not None]
                shown.append(rate(sum(each >= 4 for each in ratings), len(ratings)))
            return [*shown, rate(*self.recommended(mine))]

        return self._by_course("post", cells)

    def recommended(self, bookings=None):
        given = [each["choices"] for each in self.said("post", "RE9", bookings) if each["choices"]]
        return sum("yes" in each for each in given), len(given)

    def r11(self):
        planned = {event["id"] for event in self.planned}
        live = {
            pk: row
            for pk, row in self.city.observations.items()
            if row["event_id"] in planned and row["state"] != "CALLED_OFF"
        }
        shared = {pk for pk, row in live.items() if row["state"] in ("SHARED", "AGREED", "CLOSED")}
        table, blank = [], [NOTHING] * 4
        for standard in sorted(rows_of(TrainingStandard).values(), key=lambda row: row["number"]):
            rated = [
                each["rating"]
                for each in self.city.ratings
                if each["observation_id"] in shared and each["standard_id"] == standard["id"]
            ]
            counted = [*[rated.count(each) for each in ("MET", "PARTLY", "NOT_MET", "NOT_SEEN")], len(rated)]
            shown = [NOTHING] * 5 if self.is_narrowed else [count(each) for each in counted]
            table.append([words(f"{standard['number']}. {standard['words']}"), *shown])
        done = sum(row["state"] not in ("PLANNED", "CALLED_OFF") for row in live.values())
        actions = [
            each
            for each in ImprovementAction.objects.values()
            if each["state"] == "OPEN" and each["observation_id"] in live
        ]
        table.append([words("Observations planned"), *blank, count(len(live))])
        table.append([words("Observations done"), *blank, count(done)])
        table.append([words("Actions still open"), *blank, count(len(actions))])
        told = [
            each
            for each in self.city.answers
            if each["response"]["stage"] == "trainer"
            and each["response"]["state"] == "SUBMITTED"
            and each["response"]["event_id"] in planned
        ]
        problems = sum(each["code"] == "TR3" for each in told)
        concerns = sum(each["code"] == "TR5" and "yes" in each["choices"] for each in told)
        for name, times in (
            ("Trainers told of problems with room, technology or access", problems),
            ("Trainers passed a safeguarding concern on", concerns),
        ):
            table.append([words(name), *blank, NOTHING if self.is_narrowed else count(times)])
        return table

    def r12(self, today):
        rows = []
        for pk, course in self.city.courses.items():
            strands = {offer["strand"] for offer in self.city.offers.values() if offer["course_id"] == pk}
            if course["state"] != "PUBLISHED" or not strands & self.strands or (self.course and pk != self.course):
                continue
            reviewed, due = course["content_reviewed_on"], course["review_due_on"]
            if reviewed is None:
                place, state = 1, "Never reviewed"
            elif due and due < today:
                place, state = 0, "Overdue"
            elif due and due <= today + timedelta(days=91):
                place, state = 2, "Due within three months"
            else:
                place, state = 3, "Current"
            cells = [
                words(course["title"]),
                words(course["content_owner"] or "-"),
                day(reviewed),
                day(due),
                words(state),
            ]
            rows.append((place, course["title"], cells))
        return [cells for *_, cells in sorted(rows, key=lambda row: row[:2])]

    # --- R14 to R16 -----------------------------------------------------------------------------------

    def rated(self):
        """Of each person and item: what they rated before, after and at twelve weeks; by course, item and outcome."""
        times = defaultdict(dict)
        for answer in self.answers:
            if answer["code"] in (*ITEMS, "SRx") and answer["rating"] is not None:
                booking = self.city.bookings[answer["response"]["booking_id"]]
                place = (booking["course"], answer["code"], answer["outcome_id"])
                times[place, booking["id"]][answer["response"]["stage"]] = answer["rating"]
        found = defaultdict(list)
        for (place, _), ratings in times.items():
            if "pre" in ratings and "post" in ratings:
                found[place].append((ratings["pre"], ratings["post"], ratings.get("follow_up")))
        return found

    def r14(self):
        rated, in_all = self.rated(), defaultdict(list)
        for (_, code, _), people in rated.items():
            in_all[code] += people
        codes = [*ITEMS, "SRx"]
        table = [
            [
                words("All courses"),
                words(ITEMS.get(code, "Learning outcomes, taken together")),
                *self._learning(in_all[code]),
            ]
            for code in codes
            if code in in_all
        ]

        def order(place):
            course, code, outcome = place
            row = self.city.outcomes.get(outcome)
            place_of_outcome = (self.city.version_number[row["version_id"]], row["position"]) if row else (0, 0)
            return self.title(course), codes.index(code), place_of_outcome

        for place in sorted(rated, key=order):
            course, code, outcome = place
            item = ITEMS.get(code) or f"I can {self.city.outcomes[outcome]['text']}"
            table.append([words(self.title(course)), words(item), *self._learning(rated[place])])
        return table

    def _learning(self, people):
        pairs = len(people)
        before, after = sum(pre for pre, _, _ in people), sum(post for _, post, _ in people)
        again = [each for each in people if each[2] is not None]
        gained, left = sum(post - pre for pre, post, _ in again), sum(later - pre for pre, _, later in again)
        is_told = len(again) >= 10 and Fraction(gained, len(again)) >= Fraction(1, 2)
        return [
            count(pairs), mean(before, pairs), mean(after, pairs), change(after - before, pairs),
            rate(sum(post > pre for pre, post, _ in people), pairs), count(len(again)),
            mean(sum(later for *_, later in again), len(again)), rate(left, gained) if is_told else NOTHING,
        ]  # fmt: skip

    def r15(self):
        def cells(course, asked):
            mine, answered = self.of(course), sum(each["state"] == "SUBMITTED" for each in asked)
            used, said = self.used(mine)
            stopped = [each for each in self.said("follow_up", "IM5", mine) if set(each["choices"]) - {"nothing"}]
            managers = [each["rating"] for each in self.said("manager", "MG2", mine) if each["rating"] is not None]
            return [
                count(len(asked)), count(answered), rate(answered, len(asked)), rate(used, said), rate(used, len(asked)),
                count(len(stopped)), count(len(managers)), rate(sum(each >= 3 for each in managers), len(managers)),
            ]  # fmt: skip

        return [] if self.is_narrowed else self._by_course("follow_up", cells)

    def used(self, bookings=None):
        said = [each["choices"] for each in self.said("follow_up", "IM1", bookings) if each["choices"]]
        return sum(bool(USED & set(each)) for each in said), len(said)

    def r15b(self):
        offered = {code: self._choices(code) for code in ("IM2", "IM3")}

        def cells(course, asked):
            mine = self.of(course)
            ticked = {
                code: [c for each in self.said("follow_up", code, mine) for c in each["choices"]] for code in offered
            }
            shown = [count(sum(each["state"] == "SUBMITTED" for each in asked))]
            return shown + [count(ticked[code].count(each)) for code, choices in offered.items() for each in choices]

        return [] if self.is_narrowed else self._by_course("follow_up", cells)

    def _choices(self, code):
        [question] = [row for row in self.city.questions.values() if row["code"] == code]
        return question["choices"]

    def r16(self):
        latest = {row["answer_id"]: row for row in Moderation.objects.order_by("pk").values()}
        told = set()
        for answer in self.answers:
            decision = latest.get(answer["id"])
            if answer["moderation"] in ("APPROVED", "REDACTED") and decision and decision["is_for_report"]:
                booking = self.city.bookings[answer["response"]["booking_id"]]
                course, group = self.title(booking["course"]), ReportingGroup(booking["group"]).label
                whose = ("not shown", "not shown") if self.is_narrowed else (course, group)
                theme = Theme(decision["theme"]).label.capitalize()
                told.add((theme, decision["words"], *whose, STAGES[answer["response"]["stage"]]))
        return [[words(each) for each in row] for row in sorted(told)]

    # --- R1 -------------------------------------------------------------------------------------------

    def indicators(self):
        """Of each headline: what is printed, what it is exactly, and the unit of its change."""
        n, inside = Tally(self.bookings), Tally([b for b in self.bookings if b["event"]["places"] is not None])
        places, delivered = self.places(self.held), len(self.held)
        cancelled = sum(event["state"] == "CANCELLED" for event in self.planned)
        unmet, length = sum(wait["places_wanted"] for wait in self.unmet()), self.hours(self.bookings)
        pairs = [people for (_, code, _), its in self.rated().items() if code == "SR2" for people in its]
        answered = [
            (sum(each["state"] == "SUBMITTED" for each in self.asked(stage)), len(self.asked(stage)))
            for stage in ("pre", "post", "follow_up", "manager")
        ]
        return [
            number(delivered), number(places) if self.has_places else (NOTHING, None, ""), number(n.all), number(n.people),
            (hours(length), Fraction(half_up(length, 1)), ""),
            share(inside.all, places), share(n.attended, n.booked), share(n.missed, n.booked),
            share(n.late, n.late + n.booked), share(cancelled, delivered + cancelled), number(unmet),
            share(*self.recommended()),
            gain(pairs), share(*self.used()), *[share(*each) for each in answered],
        ]  # fmt: skip

    def r1(self, before, a_year_ago):
        table = []
        for (now, exact, unit), (then, exact_then, _), (year_ago, *_) in zip(
            self.indicators(), before.indicators(), a_year_ago.indicators(), strict=True
        ):
            table.append([now, then, year_ago, moved(exact, exact_then, unit)])
        return table

    def r1b(self):
        """Eight quarters; those before the first date are left out."""
        table = []
        for starts_on, ends_on in quarters_to(self.ends_on):
            quarter = self.at(starts_on, ends_on)
            if table or quarter.planned:
                printed = [shown for shown, *_ in quarter.indicators()]
                table.append(
                    [words(name_of(starts_on, ends_on)), *[printed[place] for place in (0, 2, 5, 6, 8, 11, 12)]]
                )
        return table


def quarters_to(day):
    """The eight quarters of which the last has this day, from April on."""
    months = [(day.year - back, month) for back in (3, 2, 1, 0) for month in (1, 4, 7, 10)]
    begun = [date(year, month, 1) for year, month in months if date(year, month, 1) <= day][-8:]
    return [(first, (first + timedelta(days=95)).replace(day=1) - timedelta(days=1)) for first in begun]


def name_of(starts_on, ends_on):
    return f"{starts_on:%B} to {ends_on:%B %Y}"
