"""The city is the same on the same day, keeps every rule, has the figures it is meant to have, and long lists that are not slow."""

import hashlib
import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.apps import apps
from django.contrib.auth import authenticate
from django.db import connection
from django.db.models import AutoField, Avg, Count, F, Max, Q, Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership, Organisation, OutboundEmail, Partnership, Practitioner, User
from bookings import charging, inactivity, invariants, money_invariants, sweeps
from bookings.actions import registers
from bookings.models import Attendance, Booking, Certificate, ChargeNotice, SelfPacedEnrolment, WaitingListEntry
from bookings.models.booking import PLACE_HOLDING_STATES
from bookings.terms import terms_for
from courses.models import Course, DiscountRule, Event, PriceBand, Session, TrainerAssignment, VatRate
from evaluation.actions import responses
from evaluation.models import Answer, Response
from workforce_portal.sample_city import PASSWORD, SAMPLE_ACCOUNTS, SECOND_FACTOR_SECRETS, city

pytestmark = pytest.mark.django_db

DELIVERED = Q(event__state__in=["DELIVERED", "LOCKED"])
CAME = Q(state__in=["ATTENDED", "PART_ATTENDED"])
STAYED_AWAY = Q(state__in=["DID_NOT_ATTEND", "TURNED_AWAY"])
WALKED_IN = Q(source="WALK_IN")


@pytest.fixture(autouse=True)
def _city(small_city):
    return small_city


@pytest.fixture
def now(small_city):
    return small_city


def fingerprint() -> str:
    rows = [
        *Booking.objects.order_by("reference").values_list(
            "reference", "state", "event__reference", "practitioner__email", "price", "booked_at", "cancelled_at"
        ),
        *Event.objects.order_by("reference").values_list("reference", "starts_at", "state", "places_taken", "venue__name"),
        *TrainerAssignment.objects.order_by("session__event__reference", "session__position", "trainer__practitioner__email")
        .values_list("session__event__reference", "trainer__practitioner__email", "part"),
        *Response.objects.order_by("booking__reference", "stage", "event__reference", "trainer")
        .values_list("stage", "state", "submitted_at"),
        Answer.objects.aggregate(Count("id"), Sum("rating")),
        *Certificate.objects.order_by("number").values_list("number", "code", "practitioner_name"),
    ]  # fmt: skip
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def test_load_gives_the_same_city_all_day_and_leaves_the_tables_as_they_were(now):
    first, things = fingerprint(), things_of_the_tables()
    city.load(now=now + timedelta(hours=9), people=600)
    assert fingerprint() == first
    assert things_of_the_tables() == things


class PowerCut(Exception):
    """What stops a loading in this test."""


def test_load_on_a_holiday_works_and_changes_nothing_when_it_fails_at_the_end():
    before = fingerprint()
    christmas = datetime(2027, 12, 25, 0, 30, tzinfo=UTC)

    def fail_at_the_end(what, share):
        if what == "Counting":
            assert invariants.breaches(now=christmas) == []
            assert Event.objects.filter(starts_at__date=christmas.date()).count() == 1
            raise PowerCut

    with pytest.raises(PowerCut):
        city.load(now=christmas, people=60, say=fail_at_the_end)
    assert fingerprint() == before


def things_of_the_tables() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " UNION ALL SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " JOIN pg_class ON pg_class.oid = indrelid AND relnamespace = 'public'::regnamespace"
            " UNION ALL SELECT tgname, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2"
        )
        return cursor.fetchall()


# --- The rules --------------------------------------------------------------------------------------


def test_every_table_counts_on_after_its_last_row():
    """Otherwise the first thing that somebody does in the city is refused by the database."""
    behind = []
    with connection.cursor() as cursor:
        for model in apps.get_models():
            # There is one partnership, and it is number 1.
            if model is Partnership or not isinstance(model._meta.pk, AutoField):
                continue
            table, column = model._meta.db_table, model._meta.pk.column
            cursor.execute(
                f'SELECT nextval(pg_get_serial_sequence(%s, %s)), (SELECT MAX("{column}") FROM "{table}")',
                [table, column],
            )
            upcoming, last = cursor.fetchone()
            if last is not None and upcoming <= last:
                behind.append(table)
    assert behind == []


def test_counters_equal_the_bookings(now):
    assert invariants.breaches(now=now) == []
    assert money_invariants.breaches(now=now) == []


def test_nobody_is_in_two_places_at_once():
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH busy AS (
                SELECT practitioner_id AS person, session.id AS session, session.starts_at, session.ends_at
                FROM bookings_booking booking JOIN courses_session session USING (event_id)
                WHERE booking.state = ANY(%s)
                UNION ALL
                SELECT trainer.practitioner_id, session.id, session.starts_at, session.ends_at
                FROM courses_trainerassignment assignment
                JOIN courses_trainer trainer ON trainer.id = assignment.trainer_id
                JOIN courses_session session ON session.id = assignment.session_id
            )
            SELECT count(*), (SELECT count(*) FROM busy) FROM busy one JOIN busy other
            ON one.person = other.person AND one.session < other.session
            AND one.starts_at < other.ends_at AND other.starts_at < one.ends_at
            """,
            [list(PLACE_HOLDING_STATES)],
        )
        clashes, sittings = cursor.fetchone()
    assert clashes == 0
    assert sittings > 500


def test_nothing_has_happened_that_is_still_to_come(now):
    outcomes = CAME | STAYED_AWAY
    assert Booking.objects.filter(outcomes, event__ends_at__gt=now).count() == 0
    assert Attendance.objects.filter(Q(session__ends_at__gt=now) | Q(marked_at__gt=now)).count() == 0
    for model, fields in {
        Booking: ("booked_at", "confirmed_at", "decided_at", "cancelled_at", "terms_accepted_at"),
        Response: ("submitted_at", "invited_at"),
        Certificate: ("issued_at", "requested_at"),
        OutboundEmail: ("sent_at",),
        Event: ("register_locked_at", "cancelled_at", "created_at"),
        Practitioner: ("created_at",),
    }.items():
        latest = model.objects.aggregate(**{field: Max(field) for field in fields if field != "created_at"})
        assert {name for name, moment in latest.items() if moment and moment > now} == set(), model


def test_things_happened_in_their_order():
    assert Booking.objects.filter(confirmed_at__lt=F("booked_at")).count() == 0
    assert Booking.objects.filter(cancelled_at__lt=F("booked_at")).count() == 0
    assert Booking.objects.filter(booked_at__lt=F("event__created_at")).count() == 0
    assert Booking.objects.filter(~WALKED_IN, booked_at__gt=F("event__booking_closes_at")).count() == 0
    assert Booking.objects.filter(state="CANCELLED", cancelled_at__gt=F("free_cancel_until")).count() == 0
    assert Booking.objects.filter(state="CANCELLED_LATE", cancelled_at__lt=F("free_cancel_until")).count() == 0
    assert Response.objects.filter(submitted_at__lt=F("opens_at")).count() == 0
    assert Response.objects.filter(submitted_at__gt=F("closes_at")).count() == 0


def test_bookings_carry_the_terms_that_the_portal_gives(now):
    partnership = Partnership.objects.current()
    bookings = Booking.objects.filter(price__isnull=False).with_event_facts().order_by("reference")[:60]
    for booking in bookings:
        terms = terms_for(organisation=booking.organisation, event=booking.event, now=now, partnership=partnership)
        assert (booking.offer, booking.price, booking.policy) == (terms.offer, terms.quote.amount, terms.policy)
        if booking.free_cancel_until:
            assert booking.free_cancel_until == terms.free_cancel_until


def test_registers_say_what_the_bookings_say():
    marks: dict[int, list[str]] = {}
    for booking_id, mark in Attendance.objects.order_by("session__position").values_list("booking_id", "mark"):
        marks.setdefault(booking_id, []).append(mark)
    settled = Booking.objects.filter(CAME | STAYED_AWAY)
    assert settled.count() > 300
    assert [b.reference for b in settled if registers.outcome(marks[b.pk]) != b.state] == []


def test_working_days_and_hours_are_kept(now):
    """Of all the sessions only those of the stories of today and of carers' Saturdays are on a weekend."""
    weekends = Event.objects.filter(sessions__starts_at__week_day__in=[1, 7]).order_by("reference")
    assert {event.reference[:4] for event in weekends} <= {"M05-", "ST11"}
    first = timezone.localtime(Event.objects.get(reference="M02-0001").starts_at)
    assert (first.hour, first.minute) == (9, 30)


def test_certificates_were_earned():
    with_feedback = Response.objects.filter(stage="post").submitted().values("booking")
    earned = Booking.objects.filter(state="ATTENDED", pk__in=with_feedback)
    assert earned.count() > 200
    assert Certificate.objects.count() == earned.count()
    assert Certificate.objects.filter(booking__in=earned).count() == earned.count()


def test_every_unused_place_was_asked_about_and_old_ones_are_decided(now):
    assert list(Booking.objects.lacking_a_charge()) == []
    of_places = ChargeNotice.objects.filter(booking__isnull=False)
    assert of_places.count() == Booking.objects.chargeable().count() > 40
    assert set(ChargeNotice.objects.values_list("state", flat=True)) == {"DRAFT", "TO_REVIEW", "WAIVED", "APPROVED"}
    assert ChargeNotice.objects.open().filter(drafted_at__lt=now - timedelta(days=30)).count() == 0
    assert ChargeNotice.objects.filter(Q(decided_at__gt=now) | Q(reason_given_at__gt=now)).count() == 0
    assert (
        ChargeNotice.objects.filter(Q(decided_at__lt=F("drafted_at")) | Q(review_from__lt=F("drafted_at"))).count() == 0
    )
    for notice in of_places.with_facts().select_related("booking__policy").order_by("pk")[:60]:
        assert (notice.kind, notice.amount) == (charging.kind_of(notice.booking), charging.late_charge(notice.booking))


def test_the_self_paced_course_has_somebody_in_every_state_and_a_few_accounts_are_asked_about(now):
    assert set(SelfPacedEnrolment.objects.values_list("state", flat=True)) == {
        "ENROLLED", "IN_PROGRESS", "PASSED", "LAPSED",
    }  # fmt: skip
    assert SelfPacedEnrolment.objects.overdue(now).count() == 0
    partnership = Partnership.objects.current()
    assert inactivity.asked(now, partnership).count() <= 3
    assert inactivity.to_be_anonymised(now, partnership).count() == 0
    assert inactivity.to_be_asked(now, partnership).count() < Practitioner.objects.count() / 50


def test_sweeps_find_no_backlog(now):
    """The first run of the timetable must not write hundreds of letters about the past."""
    before = OutboundEmail.objects.count()
    midnight = timezone.localtime(now).replace(hour=0, minute=1)
    assert list(sweeps.letters.reminders_owed(now=midnight, days=14)) == []
    assert list(sweeps.letters.joining_instructions_owed(now=midnight, working_days=5)) == []
    sweeps.registers.queue_absence_letters()
    sweeps.charges.queue_charge_letters()
    sweeps.charges.put_charges_up_for_review()
    assert registers.close_delivered(now=midnight) == 0
    delivered = Event.objects.filter(state="DELIVERED").ended(midnight)
    assert [event.reference for event in delivered if registers.lock(event=event, now=midnight)] == []
    assert responses.follow_bookings(now=midnight) == responses.schedule(now=midnight) == 0
    assert responses.due_to_remind(now=midnight) == responses.earned_without_certificate(now=midnight) == []
    assert Response.objects.due_to_invite(midnight).count() == 0
    assert Response.objects.past_closing(midnight).count() == 0
    assert Certificate.objects.owed(midnight).count() == 0
    assert list(sweeps.trainers.trainers_owed(midnight)) == []
    assert (
        list(
            OutboundEmail.objects.order_by("-pk").values_list("letter", flat=True)[
                : OutboundEmail.objects.count() - before
            ]
        )
        == []
    )


# --- The figures (DOMAIN 9.7) -------------------------------------------------------------------------


def share(part: int, whole: int) -> float:
    return 100 * part / whole


def test_attendance_is_as_in_real_reports():
    bookings = Booking.objects.filter(DELIVERED)
    places_offered = Event.objects.filter(state__in=["DELIVERED", "LOCKED"]).aggregate(n=Sum("capacity"))["n"]
    counts = bookings.aggregate(
        came=Count("id", CAME),
        walked_in=Count("id", WALKED_IN),
        away=Count("id", STAYED_AWAY),
        booked=Count("id", (CAME | STAYED_AWAY) & ~WALKED_IN),
        late=Count("id", Q(state="CANCELLED_LATE")),
        cancelled=Count("id", Q(state__in=["CANCELLED", "CANCELLED_LATE"])),
        confirmed=Count("id", Q(confirmed_at__isnull=False)),
    )
    # So small a city scatters.
    assert share(counts["came"], places_offered) == pytest.approx(80, abs=6)
    assert share(counts["away"], counts["booked"]) == pytest.approx(9, abs=2)
    assert share(counts["late"], counts["booked"] + counts["late"]) == pytest.approx(6, abs=2)
    assert share(counts["cancelled"], counts["confirmed"]) == pytest.approx(9, abs=2)
    assert share(counts["walked_in"], counts["came"]) == pytest.approx(3, abs=1)


def test_feedback_is_as_in_real_reports(now):
    closed = Response.objects.filter(closes_at__lt=now, state__in=["SUBMITTED", "EXPIRED"])
    answered = {
        row["stage"]: share(row["answered"], row["asked"])
        for row in closed.values("stage").annotate(asked=Count("id"), answered=Count("id", Q(state="SUBMITTED")))
    }
    assert answered["post"] == pytest.approx(92, abs=3)
    assert answered["follow_up"] == pytest.approx(31, abs=5)


def test_confidence_rises_and_mostly_stays():
    """SR2, of people who answered both before and after: 5.6, then 8.1, and 7.7 twelve weeks on."""
    both = Response.objects.filter(stage="post").submitted().values("booking")
    ratings = Answer.objects.filter(question__code="SR2", response__booking__in=both)
    pairs = ratings.filter(response__stage="pre").values("response__booking")
    means = dict(
        ratings.filter(response__booking__in=pairs).values_list("response__stage").annotate(Avg("rating")).order_by()
    )
    assert means["pre"] == pytest.approx(5.6, abs=0.25)
    assert means["post"] == pytest.approx(8.1, abs=0.2)
    assert means["follow_up"] == pytest.approx(7.7, abs=0.25)


def test_most_people_agree():
    ratings = Answer.objects.filter(question__code="RE1")
    assert share(ratings.filter(rating__gte=4).count(), ratings.count()) == pytest.approx(88, abs=4)


def test_every_course_with_dates_has_a_coming_one(now):
    without = Course.objects.exclude(versions__events__starts_at__gt=now)
    codes = {"M20", "M21", "ST19", "TR03", "TR11", "TR12", "TR13"}
    assert set(without.values_list("code", flat=True)) <= codes


# --- Accounts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("account", SAMPLE_ACCOUNTS, ids=lambda account: account.role)
def test_sample_account_signs_in(account, client):
    answer = client.post("/accounts/login/", {"login": account.email, "password": PASSWORD})
    assert answer.status_code == 302
    user = User.objects.get(email=account.email)
    assert ("2fa" in answer.url) == user.needs_second_factor
    assert user.practitioner.memberships.exists()


def test_second_factors_work_and_belong_to_those_who_need_them():
    wanted = {user.email for user in User.objects.all() if user.needs_second_factor}
    assert wanted == set(SECOND_FACTOR_SECRETS)
    for email, secret in SECOND_FACTOR_SECRETS.items():
        user = User.objects.get(email=email)
        code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
        assert TOTP(Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)).validate_code(code)
        assert Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).count() == 1


def test_everybody_with_an_account_has_the_same_password():
    anybody = User.objects.exclude(email__endswith="@example.org").order_by("pk")[20]
    assert authenticate(None, email=anybody.email, password=PASSWORD) == anybody


def test_there_is_one_system_owner():
    assert [user.email for user in User.objects.filter(is_superuser=True)] == ["owner@example.org"]


def test_agencies_have_people_by_their_size():
    counts = dict(
        Membership.objects.values_list("organisation__code")
        .annotate(n=Count("practitioner", distinct=True))
        .order_by("-n")
        .filter(organisation__code__startswith="A")
    )
    assert counts["A40"] == 3
    assert counts["A12"] > counts["A22"] > counts["A40"]
    assert Organisation.objects.listed().filter(code__startswith="A").count() == 52


# --- Its lists ------------------------------------------------------------------------------------------

# A page may ask the same of several things that it is made of, but not of every row.
MOST_ALIKE = 4
VALUES = re.compile(r"'(?:[^']|'')*'|\b\d+\b")
LISTS = {
    "wendy": [
        "/staff/", "/staff/courses/", "/staff/bookings/", "/staff/requests/", "/staff/requests/?waiting=managers",
        "/staff/waiting-lists/", "/staff/certificates/", "/staff/charges/", "/staff/charges/?state=APPROVED",
        "/staff/letters/?what=all", "/staff/letters/wording/", "/staff/changes/", "/staff/dates-to-decide/",
        "/staff/dates-together/", "/staff/self-paced/", "/staff/inactive-accounts/",
        "/staff/organisations/", "/staff/dates/{fullest}/", "/staff/dates/{fullest}/register/",
        "/staff/dates/{waited for}/waiting/", "/admin/courses/event/", "/admin/accounts/organisation/",
    ],
    "lou": ["/lscp/", "/lscp/reports/"],
    "owner": ["/staff/duties/"],
    "dev": ["/trainer/", "/trainer/sessions/{longest register}/register/"],
    "carol": ["/organisation/", "/organisation/book/{open}/"],
    "amina": ["/my/", "/my/training-record/", "/courses/", "/dates/", "/courses/{course}/"],
}  # fmt: skip


@pytest.fixture
def places(small_city):
    """The longest of each kind."""
    fullest = Event.objects.order_by("-places_taken", "pk").first()
    own = Session.objects.filter(trainer_assignments__trainer__practitioner__email="dev@example.org")
    own = own.filter(starts_at__lt=small_city).annotate(people=Count("event__bookings"))
    coming = Event.objects.coming(small_city).filter(capacity__isnull=False, version__course__code="M02")
    waited_for = WaitingListEntry.objects.values("event__reference").annotate(count=Count("pk")).order_by("-count")
    return {
        "fullest": fullest.reference,
        "waited for": waited_for[0]["event__reference"],
        "longest register": own.order_by("-people", "pk").first().pk,
        "open": coming.order_by("starts_at").first().reference,
        "course": fullest.course.slug,
    }


@pytest.mark.parametrize(("who", "path"), [(who, path) for who, paths in LISTS.items() for path in paths])
def test_no_question_is_asked_again_for_each_row(client, places, small_city, time_machine, who, path):
    time_machine.move_to(small_city)
    client.force_login(User.objects.get(email=f"{who}@example.org"))
    client.get("/")
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path.format(**places))

    assert answer.status_code == 200
    asked = Counter(VALUES.sub("?", query["sql"]) for query in queries)
    assert {sql: times for sql, times in asked.items() if times > MOST_ALIKE} == {}


def test_places_can_be_sold(now):
    """What emptying the portal took away is there again: the rate; and a service case bears it."""
    assert VatRate.objects.in_force(now.date()).first().percent == 20
    assert list(PriceBand.objects.filter(vat_treatment="STANDARD").values_list("code", flat=True)) == ["W5"]
    assert DiscountRule.objects.get().sentence == (
        "10% off each place for city schools, academies and colleges, from 5 places on one date, in the traded offer"
    )
