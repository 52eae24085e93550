"""The quality report, counted a second time: from the rows themselves, with plain Python.

Nothing here is taken from `evaluation.reports` or `evaluation.figures`, and the database adds nothing up: every row is
read as it stands (`raw`). What the words mean is written in docs/quality-report.md and DOMAIN 9.4.
"""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from accounts.models import ReportingGroup
from accounts.models.organisation import GROUP_OF_SECTOR
from bookings.models import CancelReason, ChargeNotice, Invoice, InvoiceLine
from courses.models import DeliveryMode
from tests.evaluation.raw import (
    AWAY,
    CAME,
    LONDON,
    NOTHING,
    Tally,
    count,
    half_up,
    hours,
    keyed,
    mean,
    money,
    rate,
    rows_of,
    words,
)

HELD = ("DELIVERED", "LOCKED")
ASKED = ("OPEN", "SUBMITTED", "EXPIRED")


class RecountOfPlaces:
    """One report: a period, strands and filters."""

    def __init__(self, city, starts_on, ends_on, strands, course=None, mode="", sector="", cluster=None):
        self.city, self.starts_on, self.ends_on, self.strands = city, starts_on, ends_on, set(strands)
        self.filters = {"course": course, "mode": mode, "sector": sector, "cluster": cluster}
        self.course, self.mode, self.sector, self.cluster = course, mode, sector, cluster
        self.is_narrowed = any(self.filters.values())
        self.has_places = not (sector or cluster)
        self.planned = [
            event
            for event in city.events.values()
            if event["state"] != "DRAFT" and event["strands"] & self.strands and self._is_mine(event)
        ]
        self.held = [event for event in self.planned if event["state"] in HELD]
        self.bookings = [
            booking
            for booking in city.bookings.values()
            if booking["event"]["state"] in HELD
            and self._is_mine(booking["event"])
            and city.offers[booking["offer_id"]]["strand"] in self.strands
            and self._is_of_agency(booking["sector"], booking["organisation_id"])
        ]
        mine = {booking["id"] for booking in self.bookings}
        self.responses = [
            response
            for response in city.responses.values()
            if response["booking_id"] in mine and response["state"] in ASKED
        ]
        self.answers = [
            answer
            for answer in city.answers
            if answer["response"]["booking_id"] in mine and answer["response"]["state"] == "SUBMITTED"
        ]

    def at(self, starts_on, ends_on):
        return type(self)(self.city, starts_on, ends_on, self.strands, **self.filters)

    def _is_mine(self, event):
        return (
            event["day"] is not None
            and self.starts_on <= event["day"] <= self.ends_on
            and (not self.course or event["course"] == self.course)
            and (not self.mode or event["mode"] == self.mode)
        )

    def _is_of_agency(self, sector, organisation):
        if self.sector.startswith("group:"):
            is_sector = str(GROUP_OF_SECTOR.get(sector, "")) == self.sector.removeprefix("group:")
        else:
            is_sector = not self.sector or sector == self.sector
        return is_sector and (not self.cluster or self.city.organisations[organisation]["cluster_id"] == self.cluster)

    def title(self, course):
        return self.city.courses[course]["title"]

    # --- R2, R3, R5 -----------------------------------------------------------------------------------

    def r2(self):
        waits = keyed(self.unmet(), lambda wait: self.city.events[wait["event_id"]]["course"])
        planned, bookings = (
            keyed(self.planned, lambda each: each["course"]),
            keyed(self.bookings, lambda b: b["course"]),
        )
        courses = sorted({*planned, *bookings, *waits}, key=self.title)
        table = [
            [words(self.title(course)), *self._delivery(planned[course], bookings[course], waits[course])]
            for course in courses
        ]
        return [*table, [words("All courses"), *self._delivery(self.planned, self.bookings, self.unmet())]]

    def _delivery(self, planned, bookings, waits):
        held = [event for event in planned if event["state"] in HELD]
        n, inside = Tally(bookings), Tally([b for b in bookings if b["event"]["places"] is not None])
        places = self.places(held)
        return [
            count(len(planned)), count(len(held)), count(sum(event["state"] == "CANCELLED" for event in planned)),
            count(places) if places else NOTHING,
            count(n.booked), count(n.attended), count(n.walk_ins), count(n.all),
            rate(inside.booked, places), rate(inside.all, places), rate(n.attended, n.booked),
            count(n.missed), rate(n.missed, n.booked), count(n.late), rate(n.late, n.late + n.booked),
            count(sum(wait["places_wanted"] for wait in waits)), hours(self.hours(bookings)),
        ]  # fmt: skip

    def places(self, held):
        return sum(event["places"] or 0 for event in held) if self.has_places else 0

    def hours(self, bookings):
        came = {booking["id"] for booking in bookings if booking["state"] in CAME}
        seconds = 0
        for mark in self.city.marks:
            if mark["booking_id"] in came and mark["mark"] in ("PRESENT", "LEFT_EARLY"):
                session = self.city.sessions[mark["session_id"]]
                seconds += int((session["ends_at"] - session["starts_at"]).total_seconds())
        return Fraction(seconds, 3600)

    def unmet(self):
        return [
            wait
            for wait in self.city.waits
            if wait["state"] == "CLOSED"
            and self._is_mine(self.city.events[wait["event_id"]])
            and self.city.offers[wait["offer_id"]]["strand"] in self.strands
            and self._is_of_agency(self.city.organisations[wait["organisation_id"]]["sector"], wait["organisation_id"])
        ]

    def r3(self):
        of_groups, table = keyed(self.bookings, lambda booking: booking["group"]), []
        for group in ReportingGroup:
            if str(group) not in of_groups:
                continue
            agencies = keyed(of_groups[str(group)], lambda booking: booking["organisation_id"])
            staff = [self.city.organisations[agency]["child_facing_headcount"] for agency in agencies]
            known = None if None in staff else sum(staff)
            table.append(
                [words(group.label), words(f"{group.label}: all"), *self._took_part(of_groups[str(group)], known)]
            )
            for agency in sorted(agencies, key=lambda pk: self.city.organisations[pk]["name"]):
                row = self.city.organisations[agency]
                cells = self._took_part(agencies[agency], row["child_facing_headcount"])
                table.append([words(group.label), words(row["name"]), *cells])
        return [*table, [words("All"), words("All groups"), *self._took_part(self.bookings, None)]]

    def _took_part(self, bookings, headcount):
        n = Tally(bookings)
        return [
            count(n.booked), count(n.attended), count(n.walk_ins), count(n.cancelled), count(n.late), count(n.missed),
            rate(n.missed, n.booked), rate(n.all, Tally(self.bookings).all), count(n.people),
            count(headcount) if headcount is not None else NOTHING, rate(n.people, headcount),
        ]  # fmt: skip

    def r4(self):
        came = [b for b in self.bookings if b["state"] in CAME and b["source"] != "WALK_IN"]
        groups = [str(group) for group in ReportingGroup if any(b["group"] == group for b in self.bookings)]
        of_courses = keyed(came, lambda booking: booking["course"])

        def line(name, bookings):
            return [
                words(name),
                *[count(sum(b["group"] == group for b in bookings)) for group in groups],
                count(len(bookings)),
            ]

        courses = sorted({booking["course"] for booking in self.bookings}, key=self.title)
        return [*[line(self.title(course), of_courses[course]) for course in courses], line("All courses", came)]

    def r5(self):
        planned, bookings = (
            keyed(self.planned, lambda each: each["mode"]),
            keyed(self.bookings, lambda b: b["event"]["mode"]),
        )
        modes = [mode for mode in DeliveryMode if str(mode) in {*planned, *bookings}]
        rows = [(mode.label, planned[str(mode)], bookings[str(mode)]) for mode in modes]
        return [[words(name), *self._mode(*its)] for name, *its in [*rows, ("All", self.planned, self.bookings)]]

    def _mode(self, planned, bookings):
        held = [event for event in planned if event["state"] in HELD]
        n, inside = Tally(bookings), Tally([b for b in bookings if b["event"]["places"] is not None])
        places, mine = self.places(held), {booking["id"] for booking in bookings}
        return [
            count(len(held)), count(places) if places else NOTHING, count(n.all), rate(inside.all, places),
            rate(n.missed, n.booked), NOTHING if self.is_narrowed else rate(*self.recommended(mine)),
        ]  # fmt: skip

    def r8(self):
        """Of multi-agency places alone: how many groups were on a date, and how large the largest of them was."""
        dates = defaultdict(lambda: defaultdict(int))
        for booking in self.bookings:
            if booking["state"] in CAME and self.city.offers[booking["offer_id"]]["strand"] == "multi_agency":
                dates[booking["event_id"]][booking["group"]] += 1
        if self.is_narrowed:
            return []
        of_courses = keyed(dates.items(), lambda date: self.city.events[date[0]]["course"])
        rows = [(self.title(course), its) for course, its in of_courses.items()]
        rows = [*sorted(rows), ("All courses", list(dates.items()))]
        return [[words(name), *self._mixed([list(groups.values()) for _, groups in its])] for name, its in rows]

    @staticmethod
    def _mixed(dates):
        if not dates:
            return [count(0), *[NOTHING] * 4]
        mixed = sum(len(groups) >= 3 and max(groups) * 100 <= 60 * sum(groups) for groups in dates)
        mean_of_groups = Fraction(sum(map(len, dates)), len(dates))
        share = half_up(100 * sum((Fraction(max(groups), sum(groups)) for groups in dates), Fraction()) / len(dates))
        return [
            count(len(dates)),
            mean(mean_of_groups, 1) if len(dates) >= 5 else words(f"about {half_up(mean_of_groups)}"),
            (f"{share}%", int(share)),
            count(mixed),
            rate(mixed, len(dates)),
        ]

    # --- R6, R7 ---------------------------------------------------------------------------------------

    def r6(self):
        if self.is_narrowed:
            return []
        mine = [
            row
            for row in self.city.enrolments.values()
            if self.starts_on <= row["enrolled_at"].astimezone(LONDON).date() <= self.ends_on
            and self.city.offers[row["offer_id"]]["strand"] in self.strands
        ]
        of_courses = keyed(mine, lambda row: row["course_id"])
        # One person on a course is never told alone.
        few = [course for course, rows in of_courses.items() if len(rows) == 1]
        if len(few) == 1:
            few += sorted(of_courses.keys() - few, key=lambda course: (len(of_courses[course]), course))[:1]
        table = [
            [words(self.title(course)), *self._self_paced(of_courses[course])]
            for course in sorted(of_courses.keys() - few, key=self.title)
        ]
        if few:
            together = [row for course in few for row in of_courses[course]]
            table.append([words("Courses with too few answers to show alone"), *self._self_paced(together)])
        return [*table, [words("All courses"), *self._self_paced(mine)[:-1], count(self._charged(mine))]]

    def _charged(self, rows):
        ids = {row["id"] for row in rows}
        return sum(each["enrolment_id"] in ids and each["state"] != "WITHDRAWN" for each in self.city.notices)

    def _self_paced(self, rows):
        days = sorted((row["passed_at"] - row["enrolled_at"]).days for row in rows if row["passed_at"])
        return [
            count(len(rows)),
            count(sum(row["begun_at"] is not None for row in rows)),
            count(sum(row["state"] == "PASSED" for row in rows)),
            count(sum(row["state"] == "LAPSED" for row in rows)),
            count(days[len(days) // 2]) if days else NOTHING,
            NOTHING,
        ]

    def r7(self):
        city, held = self.city, {event["id"] for event in self.held}
        given = [each for each in city.assignments if city.sessions[each["session_id"]]["event_id"] in held]
        of_agencies = keyed(given, lambda each: city.trainers[each["trainer_id"]]["organisation_id"])
        counted = [row for row in city.trainers.values() if self._is_active(row) or self._is_newly_trained(row)]
        trainers = keyed(counted, lambda row: row["organisation_id"])
        table = []
        for agency in sorted({*of_agencies, *trainers}, key=lambda pk: city.organisations[pk]["name"]):
            free = [
                b for b in self.bookings if b["organisation_id"] == agency and b["state"] in CAME and not b["price"]
            ]
            balance = hours(10 * self._days(of_agencies[agency]) - len(free))
            cells = self._pool(trainers[agency], of_agencies[agency], given)
            name = city.organisations[agency]["name"]
            table.append([words(name), *cells, NOTHING if self.is_narrowed else balance])
        return [*table, [words("All agencies"), *self._pool(counted, given, given), NOTHING]]

    def _pool(self, trainers, given, everybody):
        times = keyed(everybody, lambda each: each["session_id"])
        sessions = {each["session_id"] for each in given}
        together = sum(len(times[session]) > 1 for session in sessions)
        return [
            count(sum(map(self._is_active, trainers))),
            hours(self._days(given)),
            rate(together, len(sessions)),
            count(sum(map(self._is_newly_trained, trainers))),
        ]

    @staticmethod
    def _is_active(trainer):
        return trainer["pool_state"] == "ACTIVE"

    def _is_newly_trained(self, trainer):
        return trainer["trained_on"] is not None and self.starts_on <= trainer["trained_on"] <= self.ends_on

    def _days(self, given):
        sessions = [self.city.sessions[each["session_id"]] for each in given]
        return sum(
            (
                Fraction(1, 2) if each["ends_at"] - each["starts_at"] <= timedelta(hours=4) else Fraction(1)
                for each in sessions
            ),
            Fraction(),
        )

    # --- R9 -------------------------------------------------------------------------------------------

    def r9(self):
        if self.is_narrowed:
            return []
        lost = defaultdict(list)
        for booking in self.bookings:
            is_late = booking["state"] == "CANCELLED_LATE"
            if is_late or (booking["state"] in AWAY and booking["source"] != "WALK_IN"):
                lost[self._reason(booking)].append((is_late, booking["id"] in self.taken))
        everything = [each for some in lost.values() for each in some]
        rows = [(CancelReason(reason).label.capitalize(), lost[reason]) for reason in CancelReason.values]
        rows += [("Not known", lost[""]), ("All reasons", everything)]
        return [
            [
                words(name),
                count(sum(is_late for is_late, _ in its)),
                count(sum(not is_late for is_late, _ in its)),
                count(len(its)),
                rate(len(its), len(everything)),
                count(sum(is_taken for _, is_taken in its)),
            ]
            for name, its in rows
        ]

    def _reason(self, booking):
        said = [
            each["reason_given_for"]
            for each in self.city.notices
            if each["booking_id"] == booking["id"] and each["state"] != "WITHDRAWN" and each["reason_given_for"]
        ]
        return booking["cancelled_for"] or (said[-1] if said else "")

    @property
    def taken(self):
        """Places given up late that somebody else has: the earliest first, as many as are not free again."""
        taken = set()
        for event, everybody in keyed(self.city.bookings.values(), lambda booking: booking["event_id"]).items():
            row = self.city.events[event]
            if row["capacity"] is None:
                continue
            free = max(0, row["capacity"] + row["overbooked_by"] - row["places_taken"])
            given_up = [b for b in everybody if b["state"] == "CANCELLED_LATE" and b["cancelled_at"]]
            holding = ("REQUESTED", "CONFIRMED", *CAME, *AWAY)
            arrivals = sorted(b["confirmed_at"] for b in everybody if b["state"] in holding and b["confirmed_at"])
            needed = len(given_up) - free
            for place in sorted(given_up, key=lambda b: (b["cancelled_at"], b["id"])):
                later = [at for at in arrivals if at > place["cancelled_at"]]
                if needed > 0 and later:
                    arrivals.remove(later[0])
                    needed -= 1
                    taken.add(place["id"])
        return taken

    def r9b(self):
        if self.is_narrowed:
            return []
        mine, found = {booking["id"]: booking for booking in self.bookings}, defaultdict(list)
        paid = {pk for pk, invoice in rows_of(Invoice).items() if invoice["state"] == "PAID"}
        lines = [line for line in rows_of(InvoiceLine).values() if line["is_live"] and line["invoice_id"] in paid]
        for notice in self.city.notices:
            if notice["booking_id"] not in mine or notice["state"] == "WITHDRAWN":
                continue
            sold = mine[notice["booking_id"]]["order_line_id"]
            is_paid = any(
                each["charge_id"] == notice["id"] or (sold and each["order_line_id"] == sold) for each in lines
            )
            end = {"WAIVED": notice["waived_for"], "APPROVED": "paid" if is_paid else "raised"}.get(
                notice["state"], "open"
            )
            found[end].append(notice["amount"])
        names = {value: f"Waived: {label}" for value, label in ChargeNotice.WaivedFor.choices}
        names |= {"paid": "Raised, and paid", "raised": "Raised, not paid yet", "open": "Not decided yet"}
        rows = [(name, found[end]) for end, name in names.items()]
        rows.append(("All charges", [amount for some in list(found.values()) for amount in some]))
        return [[words(name), count(len(amounts)), money(sum(amounts, Decimal()))] for name, amounts in rows]
