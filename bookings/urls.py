"""Addresses of the bookings app, grouped by audience."""

from django.urls import path

from bookings.views import (
    approvals,
    baskets,
    calendar_feed,
    card_payments,
    certificates,
    changes,
    charges,
    check_ins,
    groups,
    inactive_accounts,
    invitations,
    moves,
    needs,
    orders,
    organisation,
    packages,
    practitioner,
    public,
    self_paced,
    staff,
    staff_bulk,
    staff_changes,
    staff_charges,
    staff_decisions,
    staff_letters,
    staff_organisations,
    staff_places,
    staff_registers,
    staff_self_paced,
    staff_waiting_lists,
    trainer,
    waiting_list,
)

app_name = "bookings"

urlpatterns = [
    # For everybody
    path("check/", public.certificate_find, name="certificate_find"),
    path("check/<str:code>/", public.certificate_check, name="certificate_check"),
    # For a manager who is asked, by the secret of their link
    path("approve/<str:token>/", approvals.approval_answer, name="approval_answer"),
    # For somebody who was named by a booking contact, by the secret of their letter
    path("invitation/<str:token>/", invitations.invitation, name="invitation"),
    # For somebody who has not used their account for long, by the secret of their letter
    path("keep-account/<str:token>/", inactive_accounts.keep_account, name="keep_account"),
    # For whoever holds a secret address
    path("calendar/<str:token>.ics", calendar_feed.calendar_feed, name="calendar_feed"),
    # For the person who learns
    path("courses/dates/<slug:reference>/book/", practitioner.booking_create, name="booking_create"),
    path("my/bookings/<slug:reference>/", practitioner.booking_detail, name="booking_detail"),
    path("my/bookings/<slug:reference>/cancel/", practitioner.booking_cancel, name="booking_cancel"),
    path("my/bookings/<slug:reference>/manager/", approvals.booking_manager, name="booking_manager"),
    path("my/bookings/<slug:reference>/why/", charges.charge_reason, name="charge_reason"),
    path("my/bookings/<slug:reference>/needs/", needs.booking_needs, name="booking_needs"),
    path("my/bookings/<slug:reference>/answer/", moves.booking_answer, name="booking_answer"),
    path("my/bookings/<slug:reference>/calendar.ics", practitioner.booking_calendar, name="booking_calendar"),
    path("courses/dates/<slug:reference>/wait/", waiting_list.waiting_join, name="waiting_join"),
    path("my/waiting/<slug:reference>/", waiting_list.waiting_detail, name="waiting_detail"),
    path("my/waiting/<slug:reference>/leave/", waiting_list.waiting_leave, name="waiting_leave"),
    path("my/bookings/<slug:reference>/terms/", practitioner.booking_terms, name="booking_terms"),
    path("courses/<slug:slug>/start/", self_paced.self_paced_start, name="self_paced_start"),
    path("my/self-paced/<slug:reference>/", self_paced.self_paced_detail, name="self_paced_detail"),
    path("my/self-paced/<slug:reference>/begin/", self_paced.self_paced_begin, name="self_paced_begin"),
    path("my/self-paced/<slug:reference>/finish/", self_paced.self_paced_finish, name="self_paced_finish"),
    path("my/self-paced/<slug:reference>/why/", charges.self_paced_reason, name="self_paced_reason"),
    path("check-in/", check_ins.check_in, name="check_in"),
    path("my/training-record/", practitioner.training_record, name="training_record"),
    path("my/training-record/training-record.csv", practitioner.training_record_csv, name="training_record_csv"),
    path("my/training-record/pdf/", practitioner.training_record_print, name="training_record_print"),
    path("my/training-record/pdf/<int:file_id>/", practitioner.training_record_file, name="training_record_file"),
    path(
        "my/training-record/pdf/<int:file_id>/progress/",
        practitioner.training_record_progress,
        name="training_record_progress",
    ),
    path(
        "my/training-record/pdf/<int:file_id>/training-record.pdf",
        practitioner.training_record_download,
        name="training_record_download",
    ),
    # For whoever may change a place: the person, their booking contact, the team
    path("bookings/<slug:reference>/colleague/", changes.booking_pass_on, name="booking_pass_on"),
    path("bookings/<slug:reference>/give-up/", changes.booking_give_up, name="booking_give_up"),
    path("bookings/<slug:reference>/move/", changes.booking_move, name="booking_move"),
    # For the person who earned it
    path("my/bookings/<slug:reference>/certificate/", certificates.certificate_status, name="certificate_status"),
    path("my/certificates/<slug:number>/", certificates.certificate, name="certificate"),
    path("my/certificates/<slug:number>/progress/", certificates.certificate_progress, name="certificate_progress"),
    path("my/certificates/<slug:number>/download/", certificates.certificate_download, name="certificate_download"),
    # For who speaks for an organisation
    path("organisation/charges/<int:charge_id>/", charges.organisation_charge, name="organisation_charge"),
    path("organisation/basket/", baskets.basket, name="basket"),
    path("organisation/basket/add/<slug:reference>/", baskets.basket_add, name="basket_add"),
    path("organisation/basket/places/<int:line_id>/", baskets.basket_line, name="basket_line"),
    path("organisation/basket/order/", baskets.checkout, name="checkout"),
    path("organisation/orders/", orders.order_list, name="order_list"),
    path("organisation/orders/<slug:reference>/", orders.order_detail, name="order_detail"),
    path(
        "organisation/orders/<slug:reference>/purchase-order/",
        orders.order_purchase_order,
        name="order_purchase_order",
    ),
    path("organisation/orders/<slug:reference>/payment/", orders.order_payment, name="order_payment"),
    path("organisation/packages/<slug:reference>/", packages.package_detail, name="package_detail"),
    path("organisation/packages/<slug:reference>/statement.csv", packages.package_csv, name="package_csv"),
    # For whoever books for an organisation, and for the team on its behalf
    path("organisation/book/<slug:reference>/", organisation.group_create, name="group_create"),
    path("organisation/groups/<slug:reference>/", groups.group_detail, name="group_detail"),
    path("organisation/groups/<slug:reference>/name/", groups.group_name, name="group_name"),
    path("organisation/groups/<slug:reference>/another-date/", groups.group_another_date, name="group_another_date"),
    path("organisation/groups/<slug:reference>/give-back/", groups.group_give_back, name="group_give_back"),
    path(
        "organisation/groups/<slug:reference>/invite/<slug:booking_reference>/",
        groups.group_invite,
        name="group_invite",
    ),
    path("organisation/waiting/<slug:reference>/", groups.group_waiting, name="group_waiting"),
    path("organisation/waiting/<slug:reference>/leave/", groups.group_waiting_leave, name="group_waiting_leave"),
    path("organisation/orders/<slug:reference>/pay/", card_payments.card_payment_begin, name="card_payment_begin"),
    path("pay/back/<uuid:key>/", card_payments.card_payment_return, name="card_payment_return"),
    # For GOV.UK Pay, by its signature
    path("pay/webhook/", card_payments.card_webhook, name="card_webhook"),
    # For trainers
    path("trainer/sessions/<int:session_id>/register/", trainer.register, name="register"),
    path("trainer/sessions/<int:session_id>/register/add/", trainer.walk_in_add, name="walk_in_add"),
    path("trainer/sessions/<int:session_id>/register/sheet.pdf", trainer.register_sheet, name="register_sheet"),
    path("trainer/sessions/<int:session_id>/check-in/", check_ins.check_in_code, name="check_in_code"),
    # For the Workforce Development Team and for finance
    path("staff/charges/", staff_charges.staff_charge_list, name="staff_charge_list"),
    path("staff/charges/decide/", staff_charges.staff_charge_decide, name="staff_charge_decide"),
    path("staff/charges/approved.csv", staff_charges.staff_charge_export, name="staff_charge_export"),
    path("staff/charges/<int:charge_id>/", staff_charges.staff_charge, name="staff_charge"),
    path("staff/charges/<int:charge_id>/decide/", staff_charges.staff_charge_settle, name="staff_charge_settle"),
    path("staff/charges/<int:charge_id>/reason/", staff_charges.staff_charge_reason, name="staff_charge_reason"),
    # For the Workforce Development Team
    path("staff/certificates/", certificates.staff_certificate_list, name="staff_certificate_list"),
    path("staff/certificates/<slug:number>/", certificates.staff_certificate, name="staff_certificate"),
    path("staff/bookings/", staff.staff_booking_list, name="staff_booking_list"),
    path("staff/bookings/<str:reference>/decide/", staff.request_decide, name="request_decide"),
    path(
        "staff/organisations/<int:organisation_id>/decide/",
        staff_organisations.organisation_settle,
        name="organisation_settle",
    ),
    path("staff/bookings/<slug:reference>/", staff_places.staff_booking, name="staff_booking"),
    path("staff/bookings/<slug:reference>/cancel/", staff_places.staff_booking_cancel, name="staff_booking_cancel"),
    path("staff/dates/<slug:reference>/book/", staff_places.staff_book, name="staff_book"),
    path(
        "staff/dates/<slug:reference>/book/<int:practitioner_id>/",
        staff_places.staff_book_person,
        name="staff_book_person",
    ),
    path("staff/waiting-lists/", staff_waiting_lists.waiting_list_list, name="waiting_list_list"),
    path("staff/dates/<slug:reference>/waiting/", staff_waiting_lists.staff_waiting_list, name="staff_waiting_list"),
    path("staff/waiting/<slug:reference>/urgent/", staff_waiting_lists.waiting_urgent, name="waiting_urgent"),
    path("staff/waiting/<slug:reference>/offer/", staff_waiting_lists.waiting_offer, name="waiting_offer"),
    path(
        "staff/waiting/<slug:reference>/yes/", staff_waiting_lists.waiting_answer, {"answer": "yes"}, name="waiting_yes"
    ),
    path("staff/waiting/<slug:reference>/no/", staff_waiting_lists.waiting_answer, {"answer": "no"}, name="waiting_no"),
    path(
        "staff/waiting/<slug:reference>/off/", staff_waiting_lists.waiting_answer, {"answer": "off"}, name="waiting_off"
    ),
    path("staff/self-paced/", staff_self_paced.staff_self_paced_list, name="staff_self_paced_list"),
    path("staff/self-paced/<slug:reference>/extend/", staff_self_paced.self_paced_extend, name="self_paced_extend"),
    path("staff/inactive-accounts/", inactive_accounts.inactive_account_list, name="inactive_account_list"),
    path(
        "staff/inactive-accounts/<int:practitioner_id>/keep/",
        inactive_accounts.inactive_account_keep,
        name="inactive_account_keep",
    ),
    path("staff/requests/", staff.staff_request_list, name="staff_request_list"),
    path("staff/bookings/<str:reference>/outcome/", staff_registers.booking_outcome, name="booking_outcome"),
    path("staff/dates/<str:reference>/register/", staff_registers.staff_register, name="staff_register"),
    path("staff/dates-to-decide/", staff_decisions.staff_decision_list, name="staff_decision_list"),
    path("staff/dates-together/", staff_bulk.event_bulk, name="event_bulk"),
    path("staff/changes/", staff_changes.staff_change_list, name="staff_change_list"),
    path("staff/changes/<int:change_id>/", staff_changes.change_detail, name="change_detail"),
    path("staff/changes/<int:change_id>/progress/", staff_changes.change_progress, name="change_progress"),
    path("staff/changes/<int:change_id>/try-again/", staff_changes.change_retry, name="change_retry"),
    *(
        path(
            f"staff/dates/<str:reference>/{kind}/",
            staff_changes.event_change,
            {"kind": kind},
            name=f"event_{kind.replace('-', '_')}",
        )
        for kind in staff_changes.DESKS
    ),
    path("staff/dates/<str:reference>/", staff.staff_event, name="staff_event"),
    path("staff/letters/about/<slug:kind>/<int:number>/", staff_letters.letters_about, name="letters_about"),
]
