"""Who may open which page: one line an address. Whoever is not named sees what they would see if it did not exist.

Everything exists twice in the town of these tests: once for A (school A, practitioner A, the events of the
trainer, the partnership's reports) and once for B. `of` names the kind of thing that the address leads to.
"""

from dataclasses import dataclass

from tests.access.people import ROLES, SIGNED_IN

Whom = dict[str, frozenset[str]]


def both(*roles: str) -> Whom:
    return {"A": frozenset(roles), "B": frozenset(roles)}


def each(a: tuple[str, ...], b: tuple[str, ...]) -> Whom:
    return {"A": frozenset(a), "B": frozenset(b)}


EVERYBODY = both(*ROLES)
MEMBERS = both(*SIGNED_IN)
THE_PERSON = each(("practitioner A",), ("practitioner B",))
THEIR_CONTACT = each(("contact of school A",), ("contact of school B",))
ITS_TRAINER = each(("trainer",), ())
ITS_CONTACT = each(("contact of school A",), ("contact of school B",))
CONTACTS = both("contact of school A", "contact of school B")
TRAINERS = both("trainer")
TEAM = both("workforce team")
FINANCE = both("finance")
# Finance reads what is decided: in the town that is B's.
FINANCE_OF_DECIDED = each((), ("finance",))
ITS_CONTACT = each(("contact of school A",), ("contact of school B",))
OWNER = both("system owner")
REPORT_READERS = both("LSCP officer", "subgroup member", "workforce team")
MODERATORS = both("LSCP officer", "workforce team")
ITS_MODERATOR = each(("LSCP officer",), ("workforce team",))
ITS_READERS = each(("LSCP officer", "subgroup member"), ("workforce team",))
OFFICERS = both("LSCP officer")
PARTNERSHIP = both("LSCP officer", "subgroup member")
OBSERVERS = both("LSCP officer", "observer")
# In the town A's observer is an observer, and B's the officer.
ITS_OBSERVER = each(("observer",), ("LSCP officer",))
# The partnership's report is the officer's to write about; the council's own is nobody's.
ITS_OFFICER = each(("LSCP officer",), ())
NOBODY = both()


@dataclass(frozen=True)
class Door:
    """Who may come in, to what, by which method, and whether opening it is noted in the records."""

    whom: tuple[Whom, ...]
    of: str = ""
    only: str = ""
    is_noted: bool = False

    @property
    def methods(self) -> tuple[str, ...]:
        return (self.only,) if self.only else ("GET", "POST")

    def opens_to(self, role: str, relation: str) -> bool:
        return relation != "absent" and any(role in whom[relation] for whom in self.whom)

    @property
    def is_public(self) -> bool:
        return self.opens_to("anonymous", "A")


def door(*whom: Whom, of: str = "", only: str = "", is_noted: bool = False) -> Door:
    return Door(whom, of, only, is_noted)


MATRIX = {
    # Anybody
    "home": door(EVERYBODY, only="GET"),
    "course_list": door(EVERYBODY, only="GET"),
    "date_list": door(EVERYBODY, only="GET"),
    "course_detail": door(EVERYBODY, of="course", only="GET"),
    "courses:event_calendar": door(EVERYBODY, of="date", only="GET"),
    "courses:enquiry_create": door(EVERYBODY),
    "courses:enquiry_sent": door(EVERYBODY, of="enquiry", only="GET"),
    "bookings:certificate_find": door(EVERYBODY),
    "bookings:certificate_check": door(EVERYBODY, of="code"),
    "bookings:approval_answer": door(EVERYBODY, of="manager's link"),
    "evaluation:respond_by_link": door(EVERYBODY, of="answer link"),
    "bookings:invitation": door(EVERYBODY, of="invitation"),
    "bookings:keep_account": door(EVERYBODY, of="keep link"),
    "bookings:calendar_feed": door(EVERYBODY, of="calendar feed", only="GET", is_noted=True),
    "accessibility_statement": door(EVERYBODY),
    "privacy": door(EVERYBODY),
    "cookies": door(EVERYBODY),
    "complaint": door(EVERYBODY),
    "contact": door(EVERYBODY),
    "theme_css": door(EVERYBODY),
    "logo": door(EVERYBODY),
    "healthz": door(EVERYBODY),
    "readyz": door(EVERYBODY),
    # Anybody, on a local run alone
    "style_guide": door(EVERYBODY),
    "style_guide_progress": door(EVERYBODY),
    "accounts:mailbox": door(EVERYBODY),
    "accounts:mailbox_letter": door(EVERYBODY, of="mail"),
    "accounts:mailbox_calendar": door(EVERYBODY, of="mail"),
    # Whoever is signed in, about themselves
    "my_learning": door(MEMBERS),
    "accounts:profile": door(MEMBERS),
    "accounts:calendar_feed_settings": door(MEMBERS),
    "accounts:membership_add": door(MEMBERS),
    "accounts:organisation_propose": door(MEMBERS),
    "accounts:membership_leave": door(THE_PERSON, of="employer"),
    "bookings:training_record": door(MEMBERS),
    "bookings:training_record_csv": door(MEMBERS),
    "bookings:training_record_print": door(MEMBERS, only="POST"),
    "bookings:training_record_file": door(THE_PERSON, of="record file", only="GET"),
    "bookings:training_record_progress": door(THE_PERSON, of="record file", only="GET"),
    "bookings:training_record_download": door(THE_PERSON, of="record file", only="GET"),
    "bookings:self_paced_start": door(MEMBERS, of="self-paced course"),
    "bookings:self_paced_detail": door(THE_PERSON, of="enrolment", only="GET"),
    "bookings:self_paced_begin": door(THE_PERSON, of="enrolment", only="POST"),
    "bookings:self_paced_finish": door(THE_PERSON, of="enrolment", only="POST"),
    "bookings:self_paced_questions": door(THE_PERSON, of="enrolment with questions"),
    "bookings:self_paced_reason": door(THE_PERSON, of="lapsed enrolment"),
    "bookings:booking_create": door(MEMBERS, of="date"),
    "bookings:booking_detail": door(THE_PERSON, of="booking"),
    "bookings:booking_manager": door(THE_PERSON, of="request to a manager"),
    "bookings:booking_cancel": door(THE_PERSON, of="booking"),
    "bookings:booking_terms": door(THE_PERSON, of="booking", only="POST"),
    "bookings:check_in": door(MEMBERS),
    "bookings:booking_needs": door(THE_PERSON, of="booking"),
    "bookings:booking_answer": door(THE_PERSON, of="booking"),
    "bookings:booking_calendar": door(THE_PERSON, of="booking"),
    "bookings:waiting_join": door(MEMBERS, of="date", only="POST"),
    "bookings:waiting_detail": door(THE_PERSON, of="waiting"),
    "bookings:waiting_leave": door(THE_PERSON, of="waiting", only="POST"),
    "bookings:charge_reason": door(THE_PERSON, of="charged booking"),
    "bookings:certificate_status": door(THE_PERSON, of="booking"),
    "bookings:certificate": door(THE_PERSON, of="certificate"),
    "bookings:certificate_progress": door(THE_PERSON, of="certificate"),
    "bookings:certificate_download": door(THE_PERSON, of="certificate"),
    "evaluation:booking_feedback": door(THE_PERSON, of="booking"),
    "evaluation:respond": door(THE_PERSON, of="questionnaire"),
    # Who speaks for an organisation
    "organisation_home": door(CONTACTS),
    "organisation_calendar": door(CONTACTS),
    "organisation_record": door(CONTACTS, only="GET"),
    "colleague_end": door(ITS_CONTACT, of="employer"),
    "bookings:basket": door(CONTACTS),
    "bookings:basket_add": door(CONTACTS, of="date", only="POST"),
    "bookings:basket_another_date": door(CONTACTS, of="date", only="GET"),
    "bookings:basket_line": door(ITS_CONTACT, of="basket place"),
    "bookings:checkout": door(CONTACTS),
    "bookings:order_list": door(CONTACTS, only="GET"),
    "bookings:order_detail": door(ITS_CONTACT, of="order", only="GET"),
    "bookings:order_purchase_order": door(ITS_CONTACT, of="order"),
    "bookings:order_payment": door(ITS_CONTACT, of="order"),
    "bookings:package_detail": door(ITS_CONTACT, of="package", only="GET"),
    "bookings:package_csv": door(ITS_CONTACT, of="package", only="GET"),
    "courses:enquiry_list": door(CONTACTS, only="GET"),
    "bookings:basket_quote": door(CONTACTS, only="POST"),
    "bookings:quote_list": door(CONTACTS, only="GET"),
    "bookings:quote_detail": door(ITS_CONTACT, of="quote", only="GET"),
    "bookings:quote_pdf": door(ITS_CONTACT, TEAM, FINANCE, OWNER, of="quote", only="GET"),
    "bookings:quote_accept": door(ITS_CONTACT, of="quote"),
    "bookings:quote_decline": door(ITS_CONTACT, of="quote"),
    "courses:enquiry_detail": door(ITS_CONTACT, of="enquiry", only="GET"),
    # Whoever may change a place
    "bookings:booking_pass_on": door(THE_PERSON, THEIR_CONTACT, TEAM, of="booking"),
    "bookings:booking_give_up": door(THE_PERSON, THEIR_CONTACT, TEAM, of="booking"),
    "bookings:booking_move": door(THE_PERSON, THEIR_CONTACT, TEAM, of="booking"),
    "bookings:organisation_charge": door(ITS_CONTACT, of="charge"),
    "bookings:group_create": door(CONTACTS, TEAM, of="date"),
    "bookings:group_detail": door(ITS_CONTACT, TEAM, OWNER, of="group", only="GET"),
    "bookings:group_another_date": door(ITS_CONTACT, TEAM, OWNER, of="group", only="GET"),
    "bookings:group_name": door(ITS_CONTACT, TEAM, OWNER, of="group"),
    "bookings:group_give_back": door(ITS_CONTACT, TEAM, OWNER, of="group"),
    "bookings:group_invite": door(ITS_CONTACT, TEAM, OWNER, of="named place", only="POST"),
    "bookings:group_waiting": door(ITS_CONTACT, TEAM, OWNER, of="waiting group"),
    "bookings:group_waiting_leave": door(ITS_CONTACT, TEAM, OWNER, of="waiting group", only="POST"),
    "bookings:card_payment_begin": door(ITS_CONTACT, of="card order"),
    "bookings:card_payment_return": door(ITS_CONTACT, of="card payment", only="GET"),
    # Anybody may knock; what is not signed by GOV.UK Pay is refused
    "bookings:card_webhook": door(EVERYBODY, only="POST"),
    "bookings:invoice_list": door(CONTACTS, only="GET"),
    "bookings:invoice_detail": door(ITS_CONTACT, of="invoice", only="GET"),
    "bookings:invoice_dispute": door(ITS_CONTACT, of="invoice"),
    "bookings:invoice_pdf": door(ITS_CONTACT, TEAM, FINANCE, OWNER, of="invoice", only="GET"),
    "bookings:credit_note_pdf": door(ITS_CONTACT, TEAM, FINANCE, OWNER, of="credit note", only="GET"),
    "bookings:statement_pdf": door(ITS_CONTACT, TEAM, FINANCE, OWNER, of="organisation", only="GET"),
    # Finance; the team reads
    "bookings:finance_desk": door(TEAM, FINANCE, only="GET"),
    "bookings:finance_order_list": door(TEAM, FINANCE, only="GET"),
    "bookings:finance_order": door(TEAM, FINANCE, of="order", only="GET"),
    "bookings:finance_order_purchase_order": door(TEAM, FINANCE, of="order"),
    "bookings:finance_order_payment": door(TEAM, FINANCE, of="order"),
    "bookings:finance_invoice_list": door(TEAM, FINANCE, only="GET"),
    "bookings:finance_invoice_approve_each": door(FINANCE, only="POST"),
    "bookings:finance_invoice": door(TEAM, FINANCE, of="any invoice", only="GET"),
    "bookings:finance_invoice_approve": door(FINANCE, of="any invoice", only="POST"),
    "bookings:finance_invoice_credit": door(FINANCE, of="any invoice", only="POST"),
    "bookings:finance_invoice_answer": door(FINANCE, of="any invoice", only="POST"),
    "bookings:finance_invoice_write_off": door(FINANCE, of="any invoice", only="POST"),
    "bookings:finance_credit_note_list": door(TEAM, FINANCE, only="GET"),
    "bookings:finance_credit_note_approve": door(FINANCE, of="drafted credit note", only="POST"),
    "bookings:finance_credit_note_discard": door(FINANCE, of="drafted credit note", only="POST"),
    "bookings:finance_payment_list": door(TEAM, FINANCE, only="GET"),
    "bookings:finance_payment": door(TEAM, FINANCE, of="payment", only="GET"),
    "bookings:finance_payment_allocate": door(FINANCE, of="payment", only="POST"),
    "bookings:finance_payment_take_off": door(FINANCE, of="what a payment pays", only="POST"),
    "bookings:finance_payment_alarm": door(FINANCE, of="alarmed payment", only="POST"),
    "bookings:finance_payment_back": door(FINANCE, of="payment", only="POST"),
    "bookings:finance_refund_again": door(FINANCE, of="refund", only="POST"),
    "bookings:finance_package_list": door(TEAM, FINANCE, only="GET"),
    "bookings:finance_package_grant": door(FINANCE),
    "bookings:finance_package": door(TEAM, FINANCE, of="package", only="GET"),
    "bookings:finance_package_adjust": door(FINANCE, of="package", only="POST"),
    "bookings:finance_export_list": door(TEAM, FINANCE, only="GET"),
    "bookings:finance_export": door(FINANCE, only="POST"),
    "bookings:finance_export_file": door(TEAM, FINANCE, of="export", only="GET", is_noted=True),
    "bookings:finance_import": door(FINANCE),
    "bookings:finance_import_confirm": door(FINANCE, only="POST"),
    "bookings:finance_import_detail": door(TEAM, FINANCE, of="import", only="GET"),
    "bookings:finance_reconciliation": door(TEAM, FINANCE, only="GET"),
    "bookings:finance_reconciliation_csv": door(TEAM, FINANCE, only="GET", is_noted=True),
    # Whoever promised an action
    "evaluation:my_actions": door(MEMBERS, only="GET"),
    "evaluation:my_action": door(THE_PERSON, of="action"),
    # Trainers
    "trainer_home": door(TRAINERS),
    "evaluation:my_return_list": door(CONTACTS, only="GET"),
    "evaluation:my_return": door(ITS_CONTACT, of="training return"),
    "evaluation:my_return_training": door(ITS_CONTACT, of="training return"),
    "evaluation:my_return_section_11": door(ITS_CONTACT, of="training return"),
    "evaluation:my_return_answer": door(ITS_CONTACT, of="question of a return"),
    "evaluation:trainer_review": door(ITS_TRAINER, of="review"),
    "bookings:register": door(ITS_TRAINER, TEAM, of="session"),
    "bookings:walk_in_add": door(ITS_TRAINER, TEAM, of="session"),
    "bookings:register_sheet": door(ITS_TRAINER, TEAM, of="session", only="GET"),
    "bookings:check_in_code": door(ITS_TRAINER, TEAM, of="session"),
    "evaluation:trainer_feedback": door(TRAINERS, only="GET"),
    "evaluation:trainer_observation": door(ITS_TRAINER, of="shared observation"),
    # The Workforce Development Team
    "staff_day": door(TEAM),
    "courses:staff_course_list": door(TEAM),
    "courses:course_create": door(TEAM),
    "courses:course_edit": door(TEAM, of="planned course"),
    "courses:course_publish": door(TEAM, of="planned course", only="POST"),
    "courses:course_pause": door(TEAM, of="planned course", only="POST"),
    "courses:course_retire": door(TEAM, of="planned course", only="POST"),
    "courses:event_create": door(TEAM, of="planned course"),
    "courses:staff_enquiry_list": door(TEAM, FINANCE, only="GET"),
    "courses:staff_enquiry_create": door(TEAM),
    "courses:staff_enquiry": door(TEAM, FINANCE, of="enquiry", only="GET"),
    "courses:staff_enquiry_step": door(TEAM, of="step of an enquiry", only="POST"),
    "bookings:staff_quote_list": door(TEAM, FINANCE, only="GET"),
    "bookings:staff_quote": door(TEAM, FINANCE, of="quote", only="GET"),
    "bookings:staff_quote_begin": door(TEAM, of="enquiry", only="POST"),
    "bookings:staff_quote_edit": door(TEAM, of="draft quote"),
    "bookings:staff_quote_accept": door(TEAM, of="quote"),
    "bookings:staff_quote_step": door(TEAM, of="step of a quote", only="POST"),
    "courses:enquiry_schedule": door(TEAM, of="enquiry"),
    "courses:event_edit": door(TEAM, of="date"),
    "courses:event_publish": door(TEAM, of="draft date", only="POST"),
    "bookings:staff_event": door(TEAM, of="date"),
    "bookings:staff_booking": door(TEAM, of="booking"),
    "bookings:staff_booking_cancel": door(TEAM, of="booking"),
    "bookings:staff_book": door(TEAM, of="date"),
    "bookings:staff_book_person": door(TEAM, of="date and person"),
    "bookings:waiting_list_list": door(TEAM),
    "bookings:staff_waiting_list": door(TEAM, of="date"),
    "bookings:waiting_urgent": door(TEAM, of="waiting"),
    "bookings:waiting_offer": door(TEAM, of="waiting", only="POST"),
    "bookings:waiting_yes": door(TEAM, of="waiting", only="POST"),
    "bookings:waiting_no": door(TEAM, of="waiting", only="POST"),
    "bookings:waiting_off": door(TEAM, of="waiting", only="POST"),
    "bookings:staff_register": door(TEAM, of="date"),
    "bookings:booking_outcome": door(TEAM, of="booking"),
    "bookings:event_move": door(TEAM, of="date"),
    "bookings:event_split": door(TEAM, of="date"),
    "bookings:event_postpone": door(TEAM, of="date"),
    "bookings:event_cancel": door(TEAM, of="date"),
    "bookings:event_capacity": door(TEAM, of="date"),
    "bookings:event_go_ahead": door(TEAM, of="date"),
    "bookings:event_bulk": door(TEAM),
    "bookings:staff_decision_list": door(TEAM, only="GET"),
    "bookings:staff_change_list": door(TEAM, only="GET"),
    "bookings:change_detail": door(TEAM, of="change", only="GET"),
    "bookings:change_progress": door(TEAM, of="change", only="GET"),
    "bookings:change_retry": door(TEAM, of="change", only="POST"),
    "bookings:staff_booking_list": door(TEAM),
    "bookings:staff_request_list": door(TEAM),
    "bookings:request_decide": door(TEAM, of="request"),
    "bookings:staff_charge_list": door(TEAM, FINANCE, only="GET"),
    "bookings:staff_charge_export": door(TEAM, FINANCE, only="GET", is_noted=True),
    "bookings:staff_charge_decide": door(TEAM, only="POST"),
    "bookings:staff_charge": door(TEAM, FINANCE_OF_DECIDED, of="charge", only="GET"),
    "bookings:staff_charge_settle": door(TEAM, of="charge", only="POST"),
    "bookings:staff_charge_reason": door(TEAM, of="charge", only="POST"),
    "bookings:staff_self_paced_list": door(TEAM, only="GET"),
    "bookings:self_paced_extend": door(TEAM, of="enrolment"),
    "bookings:inactive_account_list": door(TEAM, only="GET"),
    "bookings:inactive_account_keep": door(TEAM, of="account's person", only="POST"),
    "bookings:staff_certificate_list": door(TEAM),
    "bookings:staff_certificate": door(TEAM, of="certificate"),
    "bookings:organisation_settle": door(TEAM, of="proposed organisation"),
    "accounts:organisation_decisions": door(TEAM),
    "accounts:organisation_contacts": door(TEAM, of="organisation"),
    "accounts:appointment_end": door(TEAM, of="appointment", only="POST"),
    "accounts:letter_list": door(TEAM),
    "accounts:letter_detail": door(TEAM, of="letter", only="GET"),
    "accounts:letter_send_again": door(TEAM, of="letter", only="POST"),
    "accounts:letter_hold_back": door(TEAM, of="letter", only="POST"),
    "bookings:letters_about": door(TEAM, of="letters' booking"),
    "letter_wording_list": door(TEAM),
    "letter_wording": door(TEAM, of="kind of letter"),
    # Those who answer for the system
    "accounts:role_list": door(OWNER),
    "accounts:role_edit": door(OWNER, of="account"),
    # Observers, and the officers who plan
    "evaluation:observation_list": door(OBSERVERS, only="GET"),
    "evaluation:observation_trainers": door(OFFICERS, only="GET"),
    "evaluation:observation_plan": door(OFFICERS, of="trainer to observe"),
    "evaluation:observation_detail": door(OFFICERS, ITS_OBSERVER, of="observation", only="GET"),
    "evaluation:observation_write": door(ITS_OBSERVER, of="observation"),
    "evaluation:observation_call_off": door(OFFICERS, of="observation", only="POST"),
    "evaluation:observation_close": door(OFFICERS, of="observation", only="POST"),
    "evaluation:standards": door(OFFICERS),
    # The partnership
    "evaluation:evidence_desk": door(REPORT_READERS, only="GET"),
    "evaluation:meeting_note": door(OFFICERS, only="POST"),
    "evaluation:return_list": door(OFFICERS, only="GET"),
    "evaluation:headcount_list": door(OFFICERS, only="GET"),
    "evaluation:section_11_standards": door(OFFICERS),
    "evaluation:return_open": door(OFFICERS),
    "evaluation:return_detail": door(OFFICERS, of="training return", only="GET"),
    "evaluation:return_ask": door(OFFICERS, of="training return", only="POST"),
    "evaluation:return_concern": door(OFFICERS, of="training return", only="POST"),
    "evaluation:return_accept": door(OFFICERS, of="training return", only="POST"),
    "evaluation:report_list": door(REPORT_READERS, only="GET"),
    "evaluation:questionnaire_list": door(MODERATORS, only="GET"),
    "evaluation:questionnaire_begin": door(MODERATORS, of="stage", only="POST"),
    "evaluation:questionnaire_detail": door(MODERATORS, of="draft questionnaire", only="GET"),
    "evaluation:questionnaire_publish": door(MODERATORS, of="draft questionnaire"),
    "evaluation:question_add": door(MODERATORS, of="draft questionnaire"),
    "evaluation:question_edit": door(MODERATORS, of="item"),
    "evaluation:question_move_up": door(MODERATORS, of="item", only="POST"),
    "evaluation:question_remove": door(MODERATORS, of="item", only="POST"),
    "evaluation:action_list": door(PARTNERSHIP, only="GET"),
    "evaluation:action_add": door(OFFICERS),
    "evaluation:action_detail": door(PARTNERSHIP, of="action", only="GET"),
    "evaluation:action_end": door(OFFICERS, of="action", only="POST"),
    "evaluation:action_reopen": door(OFFICERS, of="action", only="POST"),
    "evaluation:need_list": door(REPORT_READERS, only="GET"),
    "evaluation:need_add": door(MODERATORS),
    "evaluation:need_edit": door(MODERATORS, of="need"),
    "evaluation:need_close": door(MODERATORS, of="need", only="POST"),
    "evaluation:schedule_list": door(MODERATORS, only="GET"),
    "evaluation:schedule_add": door(MODERATORS),
    "evaluation:schedule_detail": door(ITS_MODERATOR, of="schedule", only="GET"),
    "evaluation:schedule_end": door(ITS_MODERATOR, of="schedule", only="POST"),
    "evaluation:moderation_list": door(MODERATORS, only="GET"),
    "evaluation:moderation_detail": door(ITS_MODERATOR, of="words"),
    "evaluation:report_create": door(REPORT_READERS, only="POST"),
    "evaluation:report_detail": door(ITS_READERS, of="report", only="GET"),
    "evaluation:report_progress": door(ITS_READERS, of="report", only="GET"),
    "evaluation:report_words": door(ITS_OFFICER, of="report"),
    "evaluation:report_approve": door(ITS_OFFICER, of="report"),
    "evaluation:recommendation_remove": door(ITS_OFFICER, of="recommendation", only="POST"),
    "evaluation:you_said_remove": door(ITS_OFFICER, of="line of a report", only="POST"),
    "evaluation:report_csv": door(ITS_READERS, of="table", only="GET", is_noted=True),
    "evaluation:report_xlsx": door(ITS_READERS, of="report", only="GET", is_noted=True),
    "evaluation:report_pdf": door(ITS_READERS, of="report", only="GET", is_noted=True),
}

# What is not public yet, seen at addresses that are.
DRAFTS = {
    "course_detail": door(NOBODY, of="draft course"),
    "courses:event_calendar": door(NOBODY, of="draft date", only="GET"),
    "bookings:booking_create": door(NOBODY, of="draft date"),
}

# Pages whose stored copy serves everybody alike, whoever is signed in.
SHARED = {"theme_css", "logo"}

# The administration site: what each table allows the workforce team and system owners. Others see none of it.
ADMIN_EDITS = {
    "accounts.cluster", "accounts.organisation", "accounts.partnership", "courses.chargingpolicy", "courses.course",
    "courses.coursetext", "courses.courseversion", "courses.discountrule", "courses.knowledgecheck", "courses.offer",
    "courses.price", "courses.priceband", "courses.trainer", "courses.vatrate", "courses.venue", "evaluation.evaluationprofile",
    "evaluation.question", "evaluation.questionnaire",
}  # fmt: skip
ADMIN_LOOKS = {"accounts.membership", "accounts.practitioner", "courses.event", "courses.trainerassignment"}
ADMIN_OWNERS_LOOK = {"accounts.auditentry", "accounts.outboundemail"}
