"""The background worker and its whole timetable on one page.

Every entry is a sweep: it finds rows that are owed something and hands each one on. A sweep that
runs twice, late or not at all for an hour loses nothing, because what is owed stays a row in
Postgres. Rhythms are plain seconds, never clock times: a clock-time rhythm falls silent for an hour
when British Summer Time ends.
"""

import os

from celery import Celery
from celery.signals import beat_init
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workforce_portal.settings")

app = Celery("workforce_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(related_name="sweeps")

# Letters and heartbeats do not wait behind a thousand certificates: whoever is free takes from the first of these in
# which something waits (CELERY_BROKER_TRANSPORT_OPTIONS). In turn, each letter would wait for a portion of documents.
app.conf.task_queues = [Queue("quick", routing_key="quick"), Queue("celery", routing_key="celery")]
app.conf.task_routes = {"accounts.*": {"queue": "quick", "routing_key": "quick"}}

MINUTE = 60
HOUR = 60 * MINUTE

TIMETABLE = {
    # sweep: (rhythm in seconds, what it does in words)
    "accounts.deliver_owed_emails": (30, "send every letter that is due and unsent"),
    "accounts.read_failures": (10 * MINUTE, "ask GOV.UK Notify, where it sends, which messages did not arrive"),
    "accounts.record_heartbeat": (30, "show that beat and worker are alive, for /readyz"),
    "bookings.queue_reminders": (5 * MINUTE, "write reminder and joining-instruction letters that have fallen due"),
    "bookings.remind_approvers": (5 * MINUTE, "remind managers who have not answered a request"),
    "bookings.lapse_requests": (5 * MINUTE, "release places held for requests that nobody decided"),
    "bookings.offer_free_places": (MINUTE, "offer places that became free to those who wait"),
    "bookings.lapse_offers": (MINUTE, "let offers go that nobody answered in time"),
    "bookings.tell_first_to_answer": (5 * MINUTE, "tell those who wait that a free place goes to whoever books first"),
    "bookings.close_waiting_lists": (5 * MINUTE, "close waiting lists of dates that have begun"),
    "bookings.settle_lines": (30, "bring invoices, packages and refunds in line with what became of places"),
    "bookings.let_go_held_places": (MINUTE, "give back places kept for orders that were not placed in time"),
    "bookings.look_at_card_payments": (MINUTE, "ask about card payments, and finish what was paid"),
    "bookings.send_refunds": (MINUTE, "pay back what is owed to cards"),
    "bookings.ask_for_purchase_orders": (HOUR, "ask for purchase orders that have not come"),
    "bookings.release_without_purchase_order": (5 * MINUTE, "give back places whose purchase order did not come"),
    "bookings.look_after_packages": (
        HOUR,
        "write about packages that end, and let go what is left of those that are over",
    ),
    "bookings.follow_quotes": (
        MINUTE,
        "end quotes on their day; give ordered courses their date; bring enquiries along",
    ),
    "bookings.remind_of_quotes": (HOUR, "write about quotes that end soon and have no answer"),
    "bookings.ask_for_names": (HOUR, "ask booking contacts for the names of places that have none yet"),
    "bookings.release_unnamed": (5 * MINUTE, "give back places that nobody named in time"),
    "bookings.carry_out_changes": (MINUTE, "carry changes of dates through everybody whom they touch"),
    "bookings.tell_trainers": (5 * MINUTE, "tell trainers of the dates they train, so that their calendars follow"),
    "bookings.remind_unanswered": (HOUR, "ask people once more whether they can come on a new day"),
    "bookings.release_unanswered": (5 * MINUTE, "release places whose people did not answer about a new day"),
    "bookings.remind_self_paced": (HOUR, "remind people of a self-paced course that they have not finished"),
    "bookings.lapse_self_paced": (5 * MINUTE, "end self-paced courses that were not finished by their day"),
    "bookings.close_delivered_events": (5 * MINUTE, "mark events whose last session has ended as delivered"),
    "bookings.lock_registers": (HOUR, "lock registers five working days after the event"),
    "bookings.queue_absence_letters": (HOUR, "ask people who did not attend to tell us why"),
    "bookings.put_charges_up_for_review": (
        HOUR,
        "waive charges whose place was refilled, review those that waited for reasons",
    ),
    "bookings.queue_charge_letters": (HOUR, "tell agencies of the charges proposed for people who did not attend"),
    "bookings.build_owed_certificates": (MINUTE, "build certificates whose conditions are met"),
    "bookings.build_owed_documents": (MINUTE, "print invoices and credit notes that were issued"),
    "bookings.print_owed_training_records": (MINUTE, "print training records that were asked for"),
    "bookings.erase_training_record_files": (HOUR, "erase printed training records after a day"),
    "bookings.check_bookings": (
        HOUR,
        "at three in the night, check that everything that must be true of bookings and money is",
    ),
    "bookings.erase_expired_needs": (HOUR, "erase access and diet needs 30 days after the event"),
    "bookings.ask_inactive_accounts": (
        HOUR,
        "at three in the night, ask people who have not been here for two years whether they need their account",
    ),
    "bookings.anonymise_inactive_accounts": (
        HOUR,
        "at three in the night, make accounts anonymous whose owners did not answer",
    ),
    "bookings.forget_who_bought": (
        HOUR,
        "at three in the night, take names out of old baskets, and people's words out of old enquiries and orders",
    ),
    "evaluation.forget_words": (HOUR, "at three in the night, take people's words out of old feedback"),
    "courses.follow_commissioned_dates": (
        5 * MINUTE,
        "note that a course an organisation ordered is over, or that its date was cancelled",
    ),
    "evaluation.invite_due": (MINUTE, "invite people to the questionnaires that have opened"),
    "evaluation.remind_outstanding": (HOUR, "remind people whose questionnaire is still unanswered"),
    "evaluation.release_earned_certificates": (
        MINUTE,
        "release certificates of people marked after they gave feedback",
    ),
    "evaluation.expire_closed": (HOUR, "close questionnaires whose time has passed"),
    "evaluation.ask_agencies": (
        HOUR,
        "ask agencies for their training returns, and remind those that have not answered",
    ),
    "evaluation.remind_of_actions": (HOUR, "remind whoever promised an action that its day comes, or has passed"),
    "evaluation.follow_schedules": (
        5 * MINUTE,
        "ask for the reports that schedules want, and tell whoever may read them",
    ),
    "evaluation.build_owed_reports": (MINUTE, "compile quality reports that were asked for"),
}

app.conf.beat_schedule = {
    name: {"task": name, "schedule": rhythm, "options": {"expires": rhythm}} for name, (rhythm, _) in TIMETABLE.items()
}


@beat_init.connect
def sweep_at_once(**kwargs):
    """A start does not wait for the rhythms: what a crash left owed is found now, and /readyz hears a heartbeat."""
    for name, (rhythm, _) in TIMETABLE.items():
        app.send_task(name, expires=rhythm)
