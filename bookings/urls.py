"""Addresses of the bookings app, grouped by audience."""

from django.urls import path

from bookings.views import (
    certificates,
    charges,
    practitioner,
    public,
    staff,
    staff_charges,
    staff_organisations,
    trainer,
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
    path("my/bookings/<slug:reference>/why/", charges.charge_reason, name="charge_reason"),
    path("my/bookings/<slug:reference>/calendar.ics", practitioner.booking_calendar, name="booking_calendar"),
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
    # For who speaks for an organisation
    path("organisation/charges/<int:charge_id>/", charges.organisation_charge, name="organisation_charge"),
    # For trainers
    path("trainer/sessions/<int:session_id>/register/", trainer.register, name="register"),
    path("trainer/sessions/<int:session_id>/register/add/", trainer.walk_in_add, name="walk_in_add"),
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
    path("staff/requests/", staff.staff_request_list, name="staff_request_list"),
    path("staff/dates/<str:reference>/", staff.staff_event, name="staff_event"),
]
