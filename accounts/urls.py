"""Addresses of the accounts app, grouped by audience."""

from django.urls import path

from accounts.views import calendar_feed, local, practitioner, staff, staff_letters

app_name = "accounts"

urlpatterns = [
    # For a person about themselves
    path("my/profile/", practitioner.profile, name="profile"),
    path("my/profile/organisations/add/", practitioner.membership_add, name="membership_add"),
    path("my/profile/organisations/propose/", practitioner.organisation_propose, name="organisation_propose"),
    path("my/profile/organisations/<int:membership_id>/leave/", practitioner.membership_leave, name="membership_leave"),
    path("my/profile/calendar/", calendar_feed.calendar_feed_settings, name="calendar_feed_settings"),
    # For the Workforce Development Team
    path("staff/organisations/", staff.organisation_decisions, name="organisation_decisions"),
    path(
        "staff/organisations/<int:organisation_id>/contacts/",
        staff.organisation_contacts,
        name="organisation_contacts",
    ),
    path("staff/appointments/<int:membership_id>/end/", staff.appointment_end, name="appointment_end"),
    path("staff/letters/", staff_letters.letter_list, name="letter_list"),
    path("staff/letters/<int:letter_id>/", staff_letters.letter_detail, name="letter_detail"),
    path("staff/letters/<int:letter_id>/send-again/", staff_letters.letter_send_again, name="letter_send_again"),
    path("staff/letters/<int:letter_id>/hold-back/", staff_letters.letter_hold_back, name="letter_hold_back"),
    # For system owners
    path("staff/duties/", staff.role_list, name="role_list"),
    path("staff/duties/<int:user_id>/", staff.role_edit, name="role_edit"),
    # On a local run alone
    path("mailbox/", local.mailbox, name="mailbox"),
    path("mailbox/<str:name>/", local.mailbox_letter, name="mailbox_letter"),
    path("mailbox/<str:name>/calendar.ics", local.mailbox_calendar, name="mailbox_calendar"),
]
