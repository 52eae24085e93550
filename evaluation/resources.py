"""The spreadsheet of questionnaires: one row an item, as in evaluation_items.csv."""

import re

from import_export.fields import Field

from accounts.spreadsheets import ChoiceColumn, PortalResource, TextColumn
from accounts.spreadsheets.columns import text_of
from evaluation.actions import questionnaires
from evaluation.models import Question, Questionnaire
from evaluation.models.questionnaire import OUTCOME_PLACEHOLDER, AnswerKind, Required, Stage

BETWEEN_CHOICES = " / "
NO_ENDS = ("not at all", "completely")
SCALE_ENDS = re.compile(r"scale_1_10 \(1 (?P<low>.+), 10 (?P<high>.+)\)")
TEXTS = re.compile(r"(?:(?P<count>\d+) x )?text (?P<length>\d+)")
UNLESS = re.compile(r"yes unless (?P<code>\w+) is (?P<choice>.+)")
PER_ACTION = "choice per action from AC1"
# Everything of an item that the spreadsheet decides.
DECIDED = (
    "wording", "kind", "choices", "low_label", "high_label", "has_not_applicable", "max_length", "max_texts", "required",
    "unless_code", "unless_choice", "is_per_outcome", "is_per_action", "kirkpatrick", "report_table", "note",
)  # fmt: skip


def read_answer(answer: str, wording: str) -> dict:
    """Return what the column “answer” says: the kind, its choices and limits."""
    if answer == PER_ACTION:
        return {"kind": AnswerKind.CHOICE, "is_per_action": True, "choices": wording.partition(": ")[2].split(", ")}
    if answer.startswith(AnswerKind.SCALE_10):
        ends = SCALE_ENDS.fullmatch(answer)
        low, high = ends.group("low", "high") if ends else NO_ENDS
        return {"kind": AnswerKind.SCALE_10, "low_label": low, "high_label": high}
    if answer.startswith(AnswerKind.AGREE_5):
        return {"kind": AnswerKind.AGREE_5, "has_not_applicable": answer.endswith("+ not applicable")}
    if found := TEXTS.fullmatch(answer):
        return {
            "kind": AnswerKind.TEXT,
            "max_length": int(found["length"]),
            "max_texts": int(found["count"] or 1),
        }
    kind, colon, choices = answer.partition(": ")
    kinds = {"scale_5": AnswerKind.SCALE_5, "multi": AnswerKind.MULTIPLE, "multi choice": AnswerKind.MULTIPLE}
    if colon and kind in {*kinds, "choice"}:
        return {"kind": kinds.get(kind, AnswerKind.CHOICE), "choices": choices.split(BETWEEN_CHOICES)}
    if BETWEEN_CHOICES in answer:
        return {"kind": AnswerKind.CHOICE, "choices": answer.split(BETWEEN_CHOICES)}
    raise ValueError(
        f"“{answer}” is not a known kind of answer. Write it like one of these: scale_1_10, agree_5, "
        "yes / no, choice: a / b, multi: a / b, text 500, 3 x text 200."
    )


def write_answer(question: Question) -> str:
    """Return the column “answer” of an item, which `read_answer` reads back."""
    if question.is_per_action:
        return PER_ACTION
    choices = BETWEEN_CHOICES.join(question.choices)
    match question.kind:
        case AnswerKind.SCALE_10:
            if (question.low_label, question.high_label) == NO_ENDS:
                return "scale_1_10"
            return f"scale_1_10 (1 {question.low_label}, 10 {question.high_label})"
        case AnswerKind.AGREE_5:
            return "agree_5 + not applicable" if question.has_not_applicable else "agree_5"
        case AnswerKind.SCALE_5:
            return f"scale_5: {choices}"
        case AnswerKind.MULTIPLE:
            return f"multi: {choices}"
        case AnswerKind.TEXT:
            count = f"{question.max_texts} x " if question.max_texts > 1 else ""
            return f"{count}text {question.max_length}"
        case _:
            return f"choice: {choices}"


def read_required(required: str) -> dict:
    """Return what the column “required” says: always, never, in one strand, or unless another item says otherwise."""
    if found := UNLESS.fullmatch(required):
        return {"required": Required.YES, "unless_code": found["code"], "unless_choice": found["choice"]}
    if required.startswith("yes (multi_agency)"):
        return {"required": Required.MULTI_AGENCY}
    if required in {"yes", "yes, up to 4", "at least 1"}:
        return {"required": Required.YES}
    if required in {"no", ""} or required.startswith("if "):
        return {"required": Required.NO}
    raise ValueError(
        f"“{required}” is not known here. Write yes, no, yes (multi_agency), or: yes unless IM1 is not yet."
    )


def write_required(question: Question) -> str:
    if question.unless_code:
        return f"yes unless {question.unless_code} is {question.unless_choice}"
    return "yes (multi_agency)" if question.required == Required.MULTI_AGENCY else question.required


class QuestionResource(PortalResource):
    """Rows go into the draft of their stage. A published version stays as it is: a change begins its next version.

    `as pre` in the wording stands for the wording and answer of the same item at the stage before the
    course; `same list as AC2` for the choices of that item at any stage.
    """

    stage = Field("questionnaire__stage", "stage", ChoiceColumn(Stage.choices), readonly=True)
    code = Field("code", "code", TextColumn(allow_blank=False))
    answer = Field("kind", "answer", TextColumn(), readonly=True)
    required = Field("required", "required", TextColumn(), readonly=True)

    class Meta:
        model = Question
        fields = ("stage", "code", "wording", "answer", "required", "kirkpatrick", "report_table", "note")
        import_id_fields = ("stage", "code")

    def get_queryset(self):
        return super().get_queryset().select_related("questionnaire")

    def dehydrate_answer(self, question):
        return write_answer(question) if question.kind else ""

    def dehydrate_required(self, question):
        return write_required(question)

    def before_import(self, dataset, **kwargs):
        super().before_import(dataset, **kwargs)
        self.rows = {(text_of(row.get("stage")), text_of(row.get("code"))): row for row in dataset.dict}

    def get_instance(self, instance_loader, row):
        """The item as it stands in the newest version of its stage, draft or published."""
        stage = ChoiceColumn(Stage.choices).clean(row.get("stage"))
        self.newest = Questionnaire.objects.filter(stage=stage).order_by("-version").first()
        if self.newest is None:
            return None
        return self.get_queryset().filter(questionnaire=self.newest, code__iexact=text_of(row.get("code"))).first()

    def after_init_instance(self, instance, new, row, **kwargs):
        if new:
            stage = ChoiceColumn(Stage.choices).clean(row.get("stage"))
            if not stage:
                raise ValueError("The stage is missing. It tells which questionnaire the item belongs to.")
            self.newest = questionnaires.begin_next_version(stage=stage)
            instance.questionnaire = self.newest
            instance.position = self.newest.questions.count() + 1

    def import_instance(self, instance, row, **kwargs):
        super().import_instance(instance, row, **kwargs)
        instance.wording, answer = self.wording_and_answer(row)
        plain = {
            name: Question._meta.get_field(name).get_default() for name in DECIDED if name not in {"wording", "kind"}
        }
        plain |= {name: getattr(instance, name) for name in ("kirkpatrick", "report_table", "note")}
        read = read_answer(answer, instance.wording) | read_required(text_of(row.get("required")))
        for name, value in (plain | read | {"is_per_outcome": OUTCOME_PLACEHOLDER in instance.wording}).items():
            setattr(instance, name, value)

    def wording_and_answer(self, row) -> tuple[str, str]:
        """Return the item's words and kind of answer, with references to other items followed."""
        wording, answer = text_of(row.get("wording")), text_of(row.get("answer"))
        code = text_of(row.get("code"))
        if wording == "as pre":
            wording, answer = self.known(code, f"“as pre” needs the item {code} at the stage pre.", stage=Stage.PRE)
        if answer.startswith("same list as "):
            other = answer.removeprefix("same list as ")
            answer = self.known(other, f"There is no item {other} whose list could be taken.")[1]
        return wording, answer

    def known(self, code: str, otherwise: str, *, stage: str = "") -> tuple[str, str]:
        """Return wording and answer of another item: from this file, else from what is in the portal."""
        for (row_stage, row_code), row in self.rows.items():
            if row_code == code and row_stage == (stage or row_stage):
                return text_of(row.get("wording")), text_of(row.get("answer"))
        found = self.get_queryset().filter(code=code, **({"questionnaire__stage": stage} if stage else {}))
        question = found.order_by("-questionnaire__version").first()
        if question is None:
            raise ValueError(otherwise)
        return question.wording, write_answer(question)

    def skip_row(self, instance, original, row, import_validation_errors=None):
        return instance.pk is not None and all(getattr(instance, name) == getattr(original, name) for name in DECIDED)

    def before_save_instance(self, instance, row, **kwargs):
        """What is published is not touched: the change goes to the same item of the next version."""
        if instance.questionnaire.published_at:
            draft = questionnaires.begin_next_version(stage=instance.questionnaire.stage)
            instance.pk = draft.questions.get(code=instance.code).pk
            instance.questionnaire = draft
