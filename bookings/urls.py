"""Addresses of the bookings app, grouped by audience."""

from django.urls import path

from bookings.views import (
    certificates,
    moves,
    practitioner,
    public,
    staff,
    staff_bulk,
    staff_changes,
    staff_decisions,
    staff_organisations,
    trainer,
    waiting_list,
)

app_name = "bookings"

urlpatterns = [
    # For everybody
    path("check/", public.certificate_find, name="certificate_find"),
    path("check/<str:code>/", public.certificate_check, name="certificate_check"),
    # For the person who learns
    path("courses/dates/<slug:reference>/book/", practitioner.booking_create, name="booking_create"),
    path("my/bookings/<slug:reference>/", practitioner.booking_detail, name="booking_detail"),
    path("my/bookings/<slug:reference>/cancel/", practitioner.booking_cancel, name="booking_cancel"),
    path("my/bookings/<slug:reference>/answer/", moves.booking_answer, name="booking_answer"),
    path("my/bookings/<slug:reference>/calendar.ics", practitioner.booking_calendar, name="booking_calendar"),
    path("courses/dates/<slug:reference>/wait/", waiting_list.waiting_join, name="waiting_join"),
    path("my/waiting/<slug:reference>/", waiting_list.waiting_detail, name="waiting_detail"),
    path("my/waiting/<slug:reference>/leave/", waiting_list.waiting_leave, name="waiting_leave"),
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
    # For the person who earned it
    path("my/bookings/<slug:reference>/certificate/", certificates.certificate_status, name="certificate_status"),
    path("my/certificates/<slug:number>/", certificates.certificate, name="certificate"),
    path("my/certificates/<slug:number>/progress/", certificates.certificate_progress, name="certificate_progress"),
    path("my/certificates/<slug:number>/download/", certificates.certificate_download, name="certificate_download"),
    # For trainers
    path("trainer/sessions/<int:session_id>/register/", trainer.register, name="register"),
    path("trainer/sessions/<int:session_id>/register/add/", trainer.walk_in_add, name="walk_in_add"),
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
    path("staff/requests/", staff.staff_request_list, name="staff_request_list"),
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
]
