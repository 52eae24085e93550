"""Questionnaire: what is asked at one stage. A published one is frozen; changing it makes the next version."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models

# Stands in a wording for the words of each learning outcome.
OUTCOME_PLACEHOLDER = "{learning outcome}"


class Stage(models.TextChoices):
    """DOMAIN 9.2."""

    PRE = "pre", "before"
    POST = "post", "after"
    FOLLOW_UP = "follow_up", "twelve weeks on"
    MANAGER = "manager", "manager's view"
    TRAINER = "trainer", "trainer's own review"
    OBSERVER = "observer", "observation"


# Answered by whoever took part, about themselves; they see these, and no others, in their account.
PERSONS_STAGES = (Stage.PRE, Stage.POST, Stage.FOLLOW_UP)


class QuestionnaireQuerySet(models.QuerySet):
    def in_force(self, stage):
        """Published versions of a stage, newest first."""
        return self.filter(stage=stage, published_at__isnull=False).order_by("-version")

    def drafts(self, stage):
        """Versions of a stage that may still be changed."""
        return self.filter(stage=stage, published_at__isnull=True)


# Answers were given to these very words, so nothing about them may change any more.
REFUSE_CHANGE_OF_PUBLISHED = """
    RAISE EXCEPTION 'questionnaire % is published and frozen: make its next version', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
"""
REFUSE_QUESTION_OF_PUBLISHED = """
    IF EXISTS (
        SELECT 1 FROM evaluation_questionnaire
        WHERE published_at IS NOT NULL
          AND id IN (
            CASE WHEN TG_OP = 'INSERT' THEN NEW.questionnaire_id ELSE OLD.questionnaire_id END,
            CASE WHEN TG_OP = 'DELETE' THEN OLD.questionnaire_id ELSE NEW.questionnaire_id END
          )
    ) THEN
        RAISE EXCEPTION 'the questions of a published questionnaire are frozen: make its next version'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
"""


class Questionnaire(models.Model):
    """One version for one stage. Which items a format leaves out stands in EvaluationProfile."""

    stage = models.CharField(max_length=10, choices=Stage)
    version = models.PositiveSmallIntegerField(default=1)
    published_at = models.DateTimeField(null=True, blank=True)

    objects = QuestionnaireQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stage", "version"], name="one_questionnaire_per_stage_and_version"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="a_published_questionnaire_is_frozen",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__published_at__isnull=False),
                func=REFUSE_CHANGE_OF_PUBLISHED,
            ),
        ]

    def __str__(self):
        return f"{self.get_stage_display()}, version {self.version}"


class AnswerKind(models.TextChoices):
    SCALE_10 = "scale_1_10", "rating from 1 to 10"
    AGREE_5 = "agree_5", "five degrees of agreement"
    SCALE_5 = "scale_5", "rating from 1 to 5"
    CHOICE = "choice", "one of several"
    MULTIPLE = "multiple", "any of several"
    TEXT = "text", "words"


class Required(models.TextChoices):
    YES = "yes", "always"
    NO = "no", "never"
    MULTI_AGENCY = "multi_agency", "in the multi-agency strand"


class Question(models.Model):
    """One item. `SRx` stands for one rating per learning outcome of the course version.

    Degrees of agreement are stored as ratings from 1 (strongly disagree) to 5 (strongly agree).
    """

    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=6)
    wording = models.CharField(max_length=300)
    hint = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=12, choices=AnswerKind)
    choices = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    low_label = models.CharField(max_length=40, blank=True)
    high_label = models.CharField(max_length=40, blank=True)
    has_not_applicable = models.BooleanField(default=False)
    max_length = models.PositiveSmallIntegerField(default=500)
    max_texts = models.PositiveSmallIntegerField(default=1, help_text="How many separate texts may be given.")
    required = models.CharField(max_length=12, choices=Required, default=Required.NO)
    unless_code = models.CharField(
        "not required when this item",
        max_length=6,
        blank=True,
        help_text="The code of an item of the same questionnaire.",
    )
    unless_choice = models.CharField("is answered with", max_length=120, blank=True)
    is_per_outcome = models.BooleanField("asked once for each learning outcome", default=False)
    is_per_action = models.BooleanField("asked once for each action named in AC1", default=False)
    kirkpatrick = models.CharField(max_length=10, blank=True)
    report_table = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["questionnaire", "code"], name="one_question_per_code"),
            # Checked at the end of a transaction, so that items may change places within one.
            models.UniqueConstraint(
                fields=["questionnaire", "position"],
                name="one_question_per_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="questions_of_a_published_one_are_frozen",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=REFUSE_QUESTION_OF_PUBLISHED,
            ),
        ]

    def __str__(self):
        return f"{self.code}: {self.wording}"
