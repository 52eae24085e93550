"""Every address of the portal, grouped by audience."""

from django.contrib import admin
from django.urls import include, path

from accounts.access import local_only
from workforce_portal.views import (
    catalogue,
    health,
    home,
    information,
    letter_wording,
    my_learning,
    organisation,
    organisation_calendar,
    partner,
    staff_day,
    style_guide,
    trainer,
)

handler400 = "workforce_portal.views.errors.bad_request"
handler403 = "workforce_portal.views.errors.permission_denied"
handler404 = "workforce_portal.views.errors.page_not_found"
handler429 = "workforce_portal.views.errors.rate_limited"
handler500 = "workforce_portal.views.errors.server_error"

urlpatterns = [
    # For what watches the portal
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    # For everybody
    path("", home.home, name="home"),
    path("courses/", catalogue.course_list, name="course_list"),
    path("courses/<slug:slug>/", catalogue.course_detail, name="course_detail"),
    path("dates/", catalogue.date_list, name="date_list"),
    path("my/", my_learning.my_learning, name="my_learning"),
    path("organisation/", organisation.organisation_home, name="organisation_home"),
    path("organisation/calendar/", organisation_calendar.organisation_calendar, name="organisation_calendar"),
    path("organisation/training-record.csv", partner.organisation_record, name="organisation_record"),
    path("organisation/people/<int:membership_id>/end/", partner.colleague_end, name="colleague_end"),
    path("theme.css", information.theme_css, name="theme_css"),
    path("logo.svg", information.logo, name="logo"),
    path("accessibility-statement/", information.accessibility_statement, name="accessibility_statement"),
    path("privacy/", information.privacy, name="privacy"),
    path("cookies/", information.cookies, name="cookies"),
    path("complaint/", information.complaint, name="complaint"),
    path("contact/", information.contact, name="contact"),
    path("style-guide/", local_only(style_guide.style_guide), name="style_guide"),
    path("style-guide/progress/", local_only(style_guide.style_guide_progress), name="style_guide_progress"),
    # For trainers
    path("trainer/", trainer.trainer_home, name="trainer_home"),
    # For the Workforce Development Team
    path("staff/", staff_day.staff_day, name="staff_day"),
    path("staff/letters/wording/", letter_wording.letter_wording_list, name="letter_wording_list"),
    path("staff/letters/wording/<slug:app>/<slug:name>/", letter_wording.letter_wording, name="letter_wording"),
    path("", include("courses.urls")),
    path("", include("bookings.urls")),
    path("", include("evaluation.urls")),
    path("", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
