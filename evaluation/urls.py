"""Addresses of the evaluation app, grouped by audience."""

from django.urls import path

from evaluation.views import (
    agency,
    agency_returns,
    commentary,
    desk,
    editors,
    improvements,
    lscp,
    moderation,
    my_actions,
    needs,
    observations,
    practitioner,
    public,
    review,
    schedules,
    standards,
    trainer,
)

app_name = "evaluation"

urlpatterns = [
    # For whoever has the link of a letter
    path("feedback/<str:token>/", public.respond_by_link, name="respond_by_link"),
    # For whoever took part
    path("my/feedback/<int:response_id>/", practitioner.respond, name="respond"),
    path("my/bookings/<slug:reference>/feedback/", practitioner.booking_feedback, name="booking_feedback"),
    # For whoever promised an action
    path("my/actions/", my_actions.my_actions, name="my_actions"),
    path("my/actions/<int:action_id>/", my_actions.my_action, name="my_action"),
    # For the lead of an agency
    path("organisation/returns/", agency.my_return_list, name="my_return_list"),
    path("organisation/returns/<int:return_id>/", agency.my_return, name="my_return"),
    path("organisation/returns/<int:return_id>/training/", agency.my_return_training, name="my_return_training"),
    path("organisation/returns/<int:return_id>/section-11/", agency.my_return_section_11, name="my_return_section_11"),
    path("organisation/returns/questions/<int:question_id>/", agency.my_return_answer, name="my_return_answer"),
    # For trainers
    path("trainer/reviews/<int:response_id>/", review.trainer_review, name="trainer_review"),
    path("trainer/feedback/", trainer.trainer_feedback, name="trainer_feedback"),
    path("trainer/observations/<int:observation_id>/", trainer.trainer_observation, name="trainer_observation"),
    # For observers, and the officers who plan
    path("lscp/observations/", observations.observation_list, name="observation_list"),
    path("lscp/observations/trainers/", observations.trainer_list, name="observation_trainers"),
    path("lscp/observations/trainers/<int:trainer_id>/", observations.observation_plan, name="observation_plan"),
    path("lscp/observations/standards/", standards.training_standards, name="standards"),
    path("lscp/observations/<int:observation_id>/", observations.observation_detail, name="observation_detail"),
    path("lscp/observations/<int:observation_id>/write/", observations.observation_write, name="observation_write"),
    path(
        "lscp/observations/<int:observation_id>/call-off/",
        observations.observation_call_off,
        name="observation_call_off",
    ),
    path("lscp/observations/<int:observation_id>/close/", observations.observation_close, name="observation_close"),
    # For the officers who ask agencies about their own training
    path("lscp/returns/", agency_returns.return_list, name="return_list"),
    path("lscp/headcounts/", agency_returns.headcount_list, name="headcount_list"),
    path("lscp/returns/open/", agency_returns.return_open, name="return_open"),
    path("lscp/returns/standards/", standards.section_11_standards, name="section_11_standards"),
    path("lscp/returns/<int:return_id>/", agency_returns.return_detail, name="return_detail"),
    path("lscp/returns/<int:return_id>/ask/", agency_returns.return_ask, name="return_ask"),
    path("lscp/returns/<int:return_id>/concern/", agency_returns.return_concern, name="return_concern"),
    path("lscp/returns/<int:return_id>/accept/", agency_returns.return_accept, name="return_accept"),
    # For whoever writes the questionnaires
    path("staff/questionnaires/", editors.questionnaire_list, name="questionnaire_list"),
    path("staff/questionnaires/begin/<slug:stage>/", editors.questionnaire_begin, name="questionnaire_begin"),
    path("staff/questionnaires/<int:questionnaire_id>/", editors.questionnaire_detail, name="questionnaire_detail"),
    path(
        "staff/questionnaires/<int:questionnaire_id>/publish/",
        editors.questionnaire_publish,
        name="questionnaire_publish",
    ),
    path("staff/questionnaires/<int:questionnaire_id>/add/", editors.question_add, name="question_add"),
    path("staff/questions/<int:question_id>/", editors.question_edit, name="question_edit"),
    path("staff/questions/<int:question_id>/up/", editors.question_move_up, name="question_move_up"),
    path("staff/questions/<int:question_id>/remove/", editors.question_remove, name="question_remove"),
    # For the partnership's officers, its subgroup and the Workforce Development Team
    path("lscp/", desk.evidence_desk, name="evidence_desk"),
    path("lscp/meetings/", desk.meeting_note, name="meeting_note"),
    path("lscp/actions/", improvements.action_list, name="action_list"),
    path("lscp/actions/new/", improvements.action_add, name="action_add"),
    path("lscp/actions/<int:action_id>/", improvements.action_detail, name="action_detail"),
    path("lscp/actions/<int:action_id>/end/", improvements.action_end, name="action_end"),
    path("lscp/actions/<int:action_id>/reopen/", improvements.action_reopen, name="action_reopen"),
    path("lscp/needs/", needs.need_list, name="need_list"),
    path("lscp/needs/new/", needs.need_add, name="need_add"),
    path("lscp/needs/<int:need_id>/", needs.need_edit, name="need_edit"),
    path("lscp/needs/<int:need_id>/close/", needs.need_close, name="need_close"),
    path("lscp/schedules/", schedules.schedule_list, name="schedule_list"),
    path("lscp/schedules/new/", schedules.schedule_add, name="schedule_add"),
    path("lscp/schedules/<int:schedule_id>/", schedules.schedule_detail, name="schedule_detail"),
    path("lscp/schedules/<int:schedule_id>/end/", schedules.schedule_end, name="schedule_end"),
    path("lscp/words/", moderation.moderation_list, name="moderation_list"),
    path("lscp/words/<int:answer_id>/", moderation.moderation_detail, name="moderation_detail"),
    path("lscp/reports/", lscp.report_list, name="report_list"),
    path("lscp/reports/make/", lscp.report_create, name="report_create"),
    path("lscp/reports/<int:report_id>/", lscp.report_detail, name="report_detail"),
    path("lscp/reports/<int:report_id>/words/", commentary.report_words, name="report_words"),
    path("lscp/reports/<int:report_id>/approve/", commentary.report_approve, name="report_approve"),
    path(
        "lscp/recommendations/<int:recommendation_id>/remove/",
        commentary.recommendation_remove,
        name="recommendation_remove",
    ),
    path("lscp/you-said/<int:line_id>/remove/", commentary.you_said_remove, name="you_said_remove"),
    path("lscp/reports/<int:report_id>/progress/", lscp.report_progress, name="report_progress"),
    path("lscp/reports/<int:report_id>/tables/<slug:code>.csv", lscp.report_csv, name="report_csv"),
    path("lscp/reports/<int:report_id>/workbook.xlsx", lscp.report_xlsx, name="report_xlsx"),
    path("lscp/reports/<int:report_id>/report.pdf", lscp.report_pdf, name="report_pdf"),
]
