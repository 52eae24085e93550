"""Addresses of the evaluation app, grouped by audience."""

from django.urls import path

from evaluation.views import lscp, moderation, practitioner, public, trainer

app_name = "evaluation"

urlpatterns = [
    # For whoever has the link of a letter
    path("feedback/<str:token>/", public.respond_by_link, name="respond_by_link"),
    # For whoever took part
    path("my/feedback/<int:response_id>/", practitioner.respond, name="respond"),
    path("my/bookings/<slug:reference>/feedback/", practitioner.booking_feedback, name="booking_feedback"),
    # For trainers
    path("trainer/reviews/<int:response_id>/", trainer.trainer_review, name="trainer_review"),
    # For the partnership's officers, its subgroup and the Workforce Development Team
    path("lscp/", lscp.report_list, name="report_list"),
    path("lscp/words/", moderation.moderation_list, name="moderation_list"),
    path("lscp/words/<int:answer_id>/", moderation.moderation_detail, name="moderation_detail"),
    path("lscp/reports/", lscp.report_create, name="report_create"),
    path("lscp/reports/<int:report_id>/", lscp.report_detail, name="report_detail"),
    path("lscp/reports/<int:report_id>/progress/", lscp.report_progress, name="report_progress"),
    path("lscp/reports/<int:report_id>/tables/<slug:code>.csv", lscp.report_csv, name="report_csv"),
    path("lscp/reports/<int:report_id>/workbook.xlsx", lscp.report_xlsx, name="report_xlsx"),
    path("lscp/reports/<int:report_id>/report.pdf", lscp.report_pdf, name="report_pdf"),
]
