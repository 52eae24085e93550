"""Addresses of the bookings app, grouped by audience."""

from django.urls import path

from bookings.views import (
    certificates,
    groups,
    invitations,
    needs,
    organisation,
    practitioner,
    public,
    staff,
    staff_organisations,
    trainer,
    waiting_list,
)

app_name = "bookings"

urlpatterns = [
    # For everybody
    path("check/", public.certificate_find, name="certificate_find"),
    path("check/<str:code>/", public.certificate_check, name="certificate_check"),
    # For somebody who was named by a booking contact, by the secret of their letter
    path("invitation/<str:token>/", invitations.invitation, name="invitation"),
    # For the person who learns
    path("courses/dates/<slug:reference>/book/", practitioner.booking_create, name="booking_create"),
    path("my/bookings/<slug:reference>/", practitioner.booking_detail, name="booking_detail"),
    path("my/bookings/<slug:reference>/cancel/", practitioner.booking_cancel, name="booking_cancel"),
    path("my/bookings/<slug:reference>/needs/", needs.booking_needs, name="booking_needs"),
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
    # For whoever books for an organisation, and for the team on its behalf
    path("organisation/book/<slug:reference>/", organisation.group_create, name="group_create"),
    path("organisation/groups/<slug:reference>/", groups.group_detail, name="group_detail"),
    path("organisation/groups/<slug:reference>/name/", groups.group_name, name="group_name"),
    path("organisation/groups/<slug:reference>/give-back/", groups.group_give_back, name="group_give_back"),
    path(
        "organisation/groups/<slug:reference>/invite/<slug:booking_reference>/",
        groups.group_invite,
        name="group_invite",
    ),
    path("organisation/waiting/<slug:reference>/", groups.group_waiting, name="group_waiting"),
    path("organisation/waiting/<slug:reference>/leave/", groups.group_waiting_leave, name="group_waiting_leave"),
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
    path("staff/dates/<str:reference>/", staff.staff_event, name="staff_event"),
]
