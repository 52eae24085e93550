"""Odd input at every address, as several people: no error page, and nothing is written but by a form that was taken.

A form that was taken answers with a redirect. Every request begins from the same city, so each stands alone, and
the same seed (PORTAL_SOAK_SEED) makes the same requests.
"""

import logging
import os
import random
import time
import traceback
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.test import Client

from accounts import clock
from accounts.models import Cluster, Membership, Organisation, OutboundEmail, Practitioner, Role, User
from bookings.actions import charges
from bookings.models import Booking, ChargeNotice
from bookings.models.booking import State
from courses.models import Course, Event, Session, Strand
from evaluation.actions import quality_reports
from evaluation.models import QualityReport, Response
from tests import cast
from tests.certificates import promised
from tests.fuzz.odd_input import METHODS, QUESTIONS, Fields, Oddities, every_pattern
from tests.makers import make_booking, make_course, make_event
from tests.questionnaires import make_response
from tests.sizes import size

pytestmark = [pytest.mark.soak, pytest.mark.django_db]

SEED = int(os.environ.get("PORTAL_SOAK_SEED", "20261121"))
REQUESTS = size(600, 10_000)
FAILURES_SHOWN = 12
# Answers 503 by design: no worker runs here.
LEFT_OUT = {"readyz"}
# What is written without any form being taken: sessions, and the record of passwords and codes that were wrong.
WRITTEN_BY_VISITS = {"django_session", "usersessions_usersession", "accounts_auditentry"}


def make_city():
    """One of everything that an address can name."""
    now, amina = clock.now(), cast.amina()
    Cluster.objects.create(name="Beckside")
    course = make_course()
    event = make_event(course, starts_at=now + timedelta(days=30))
    make_event(course, starts_at=now + timedelta(days=40), capacity=1, state=Event.State.DRAFT)
    today = make_event(make_course("Today"), starts_at=now - timedelta(hours=1))
    cast.dev()
    for session in today.sessions.all():
        session.trainer_assignments.create(trainer=cast.dev().practitioner.trainer)
    make_booking(event, amina, now=now)
    make_booking(event, cast.ben(), state=State.REQUESTED, now=now)
    make_booking(today, amina, now=now - timedelta(days=9))
    make_response(make_booking(event, cast.carol(), now=now), opens_at=now, closes_at=now + timedelta(days=9))
    promised(amina, course=course, now=now)
    past = make_event(make_course("Last week"), starts_at=now - timedelta(days=7))
    absence = make_booking(past, cast.carol(), state=State.DID_NOT_ATTEND, now=now - timedelta(days=20))
    charges.draft(booking=absence, kind=ChargeNotice.Kind.NON_ATTENDANCE, now=now - timedelta(days=6))
    quality_reports.request_report(
        starts_on=now.date() - timedelta(days=90), ends_on=now.date(), strands=[Strand.MULTI_AGENCY], filters={},
        by=cast.lou(), now=now,
    )  # fmt: skip


def people():
    """Who asks; None is a stranger."""
    owner = cast.make_person("Olga Owner", roles=[Role.SYSTEM_OWNER])
    return [None, cast.amina(), cast.ben(), cast.carol(), cast.dev(), cast.wendy(), cast.lou(), cast.sal(), owner]


def real_values():
    """What an address may name, by the name of its part."""
    numbers = {
        "session_id": Session, "response_id": Response, "report_id": QualityReport, "membership_id": Membership,
        "letter_id": OutboundEmail, "user_id": User, "organisation_id": Organisation, "practitioner_id": Practitioner,
        "charge_id": ChargeNotice,
    }  # fmt: skip
    values = {name: [str(pk) for pk in model.objects.values_list("pk", flat=True)] for name, model in numbers.items()}
    certificates = list(Booking.objects.get(certificates__isnull=False).certificates.all())
    values["slug"] = [course.slug for course in Course.objects.all()]
    values["number"] = [certificate.number for certificate in certificates]
    values["code"] = [certificate.code for certificate in certificates] + [
        course.code for course in Course.objects.all()
    ]
    values["code"] += ["r1", "R1", "r10"]
    references = [*Event.objects.values_list("reference"), *Booking.objects.values_list("reference")]
    values["reference"] = [reference for (reference,) in references]
    values["object_id"] = sorted({pk for pks in values.values() for pk in pks if pk.isdigit()})
    return {name: pool or ["1"] for name, pool in values.items()}


def cookies_of(user):
    """Signed in a moment ago, by password, so that no page asks for it again."""
    client = Client()
    if user:
        client.force_login(user)
        session = client.session
        session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
    return client.cookies.output(header="", sep=";")


def rows_written():
    """How many rows this transaction has written so far, table by table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables")
        return dict(cursor.fetchall())


def contents(tables):
    with connection.cursor() as cursor:
        found = {}
        for table in tables:
            cursor.execute(
                f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {connection.ops.quote_name(table)} t"
            )
            found[table] = cursor.fetchone()[0]
        return found


class Storm:
    """Draws requests, sends each to the same city, and notes what should not have happened."""

    def __init__(self):
        self.chance = random.Random(SEED)
        self.odd = Oddities(self.chance)
        self.patterns = sorted({(name, tuple(parts)) for name, parts in every_pattern() if name not in LEFT_OUT})
        self.real = real_values()
        self.people = [(user.email if user else "a stranger", cookies_of(user)) for user in people()]
        self.forms, self.failures, self.statuses = {}, {}, {}

    def send(self, number):
        name, parts = self.chance.choice(self.patterns)
        path = self.odd.path(name, parts, self.real)
        if path is None:
            return
        who, cookies = self.chance.choice(self.people)
        method = self.chance.choices(["get", "post", self.chance.choice(METHODS)], [9, 10, 1])[0]
        arguments = {"QUERY_STRING": self.odd.query(QUESTIONS)}
        if method == "post" and self.chance.random() < 0.1:
            arguments["content_type"], arguments["data"] = self.odd.wrong_body()
        elif method == "post":
            arguments["data"] = self.odd.answers(self.form_of(who, cookies, path, (who, name)))
        self.judge(
            f"{number}: {method} {path[:200]}?{arguments['QUERY_STRING'][:200]} as {who}",
            method,
            path,
            cookies,
            arguments,
        )

    def form_of(self, who, cookies, path, key):
        if key not in self.forms:
            with self.same_city():
                answer = self.ask("get", path, cookies, {})
            is_page = answer.status_code == 200 and "text/html" in answer.headers.get("Content-Type", "")
            self.forms[key] = Fields(answer.content.decode() if is_page else "")
        return self.forms[key]

    def ask(self, method, path, cookies, arguments):
        client = Client(raise_request_exception=False)
        client.cookies = SimpleCookie(cookies)
        answer = getattr(client, method)(path, **arguments)
        if answer.streaming:  # a file is read to its end, as browsers do
            b"".join(answer)
        return answer

    def same_city(self):
        return SameCity()

    def judge(self, words, method, path, cookies, arguments):
        with self.same_city() as city:
            answer = self.ask(method, path, cookies, arguments)
            # Generic form views take a form by either method.
            city.look(is_taken=method in ("post", "put") and answer.status_code == 302)
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        if answer.status_code >= 500:
            error = answer.exc_info and answer.exc_info[1]
            self.note(f"{answer.status_code} {fault_of(answer)}", f"{words}\n  {error}", arguments)
        elif city.changed:
            self.note(f"{answer.status_code}, and yet it wrote {city.changed}", words, arguments)

    def note(self, fault, words, arguments):
        """The first of each kind is told, with how often it came."""
        example, count = self.failures.get(fault, (f"{words}\n  {str(arguments.get('data'))[:600]}", 0))
        self.failures[fault] = (example, count + 1)

    def told(self):
        kinds = sorted(self.failures.items(), key=lambda item: -item[1][1])[:FAILURES_SHOWN]
        return "\n\n".join([f"{count} x {fault}\n  first: {example}" for fault, (example, count) in kinds])


def fault_of(answer):
    """Where it broke; the same fault breaks in the same place, whatever was sent."""
    if not answer.exc_info:
        return ""
    kind, _, trace = answer.exc_info
    steps = traceback.extract_tb(trace)[-6:]
    return "".join([f"{kind.__name__}\n", *(f"    {step.filename}:{step.lineno} {step.name}\n" for step in steps)])


class SameCity:
    """Everything that happens in the block is undone, so that the next request meets the same city."""

    def __enter__(self):
        self.savepoint = transaction.savepoint()
        self.before = rows_written()
        self.suspects, self.after, self.changed = [], {}, []
        return self

    def look(self, is_taken):
        """Which tables hold something else than before, unless a form was taken."""
        if is_taken:
            return
        try:
            written = rows_written()
            self.suspects = [table for table, count in written.items() if count != self.before.get(table, 0)]
            self.suspects = sorted(set(self.suspects) - WRITTEN_BY_VISITS)
            self.after = contents(self.suspects)
        except DatabaseError:
            self.suspects = []  # the request's transaction failed, so nothing of it stands

    def __exit__(self, *_):
        transaction.savepoint_rollback(self.savepoint)
        connection.needs_rollback = False
        self.changed = [table for table in self.suspects if contents([table])[table] != self.after[table]]


def test_odd_input_meets_a_sentence_and_writes_nothing(settings, figures, monkeypatch):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    make_city()
    storm = Storm()
    # What fails is told in full below; the log of thousands of refusals would bury it.
    monkeypatch.setattr(logging.root.manager, "disable", logging.CRITICAL)
    for number in range(REQUESTS):
        if number % 50 == 0:
            cache.clear()
        storm.send(number)

    figures(f"seed {SEED}, {REQUESTS} requests to {len(storm.patterns)} addresses: {sorted(storm.statuses.items())}")
    assert not storm.failures, storm.told()
