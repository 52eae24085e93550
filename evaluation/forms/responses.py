"""One questionnaire, its fields made from its items."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django import forms

from courses.models import LearningOutcome
from evaluation import profiles
from evaluation.actions.responses import Given
from evaluation.models import Answer, Question, Questionnaire, Response
from evaluation.models.questionnaire import OUTCOME_PLACEHOLDER, AnswerKind, Stage

AGREEMENT = ("Strongly disagree", "Disagree", "Neither", "Agree", "Strongly agree")
NOT_APPLICABLE = "na"
NO_BY_DEFAULT = "OP3"
ACTIONS = "AC1"
# Of answers that are kept before they are sent: far more than any page takes, and no more.
MOST_KEPT = 20
LONGEST_KEPT = 10_000
# What the items of a questionnaire are about, by the beginning of their codes.
SECTIONS = {
    "SR": "How sure are you today?",
    "PR": "You and this subject",
    "RE": "The course",
    "AC": "What happens next",
    "IM": "Since the course",
    "OP": "In your words",
    "MG": "What you have seen",
    "TR": "The date",
}


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing asked on the page: a question, or its repetition for one outcome."""

    question: Question
    wording: str
    is_required: bool
    outcome: LearningOutcome | None = None
    names: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()

    @property
    def layout(self) -> str:
        """Which part of the page draws it: scale, agreement, texts, actions, or the form's usual field."""
        if self.question.is_per_action:
            return "actions"
        if self.question.kind == AnswerKind.TEXT and self.question.max_texts > 1:
            return "texts"
        return {AnswerKind.SCALE_10: "scale", AnswerKind.AGREE_5: "agreement"}.get(self.question.kind, "field")


@dataclass
class Block:
    """Neighbours on the page that are drawn together: one item, or a grid of degrees of agreement."""

    layout: str
    items: list[Item] = field(default_factory=list)


def items_for(*, response: Response) -> list[Item]:
    """Return what this person is asked: the items of the course's format, repeated for outcomes and actions."""
    course_version = response.about_event.version
    return items_of(
        questionnaire=response.questionnaire,
        learning_format=course_version.course.learning_format,
        strand=response.booking.offer.strand if response.booking else "",
        outcomes=list(course_version.outcomes.order_by("position")),
        actions=_named_actions(response),
    )


def items_of(
    *,
    questionnaire: Questionnaire,
    learning_format: str,
    strand: str,
    outcomes: Sequence[LearningOutcome],
    actions: tuple[str, ...],
) -> list[Item]:
    """Return what a questionnaire asks somebody who booked in this strand on a course of this format."""
    profile = profiles.profile_of(stage=questionnaire.stage, learning_format=learning_format)
    questions = profiles.questions_for(questions=list(questionnaire.questions.all()), profile=profile)
    items: list[Item] = []
    for question in questions:
        is_required = profiles.is_required(question=question, strand=strand)
        if question.is_per_outcome:
            items += [
                Item(
                    question=question,
                    wording=question.wording.replace(OUTCOME_PLACEHOLDER, outcome.text),
                    is_required=is_required,
                    outcome=outcome,
                    names=(f"{question.code}_{outcome.pk}",),
                )
                for outcome in outcomes
            ]
        elif not question.is_per_action or actions:
            items.append(_single(question, is_required, actions))
    return items


def _single(question: Question, is_required: bool, actions: tuple[str, ...]) -> Item:
    count = len(actions) if question.is_per_action else question.max_texts
    return Item(
        question=question,
        # The choices of an item about actions stand behind the colon.
        wording=question.wording.partition(":")[0] if question.is_per_action else question.wording,
        is_required=is_required,
        names=(question.code,)
        if count == 1 and not question.is_per_action
        else tuple(f"{question.code}_{number}" for number in range(1, count + 1)),
        actions=actions if question.is_per_action else (),
    )


def _named_actions(response: Response) -> tuple[str, ...]:
    """What the person said afterwards that they would do, to be shown back to them (AC1)."""
    if response.stage != Stage.FOLLOW_UP:
        return ()
    named = Answer.objects.filter(
        response__booking=response.booking_id, response__stage=Stage.POST, question__code=ACTIONS
    ).first()
    return tuple(named.texts) if named else ()


class ResponseForm(forms.Form):
    """Everything wrong is said beside its field; everything right is kept."""

    def __init__(self, *args, items: list[Item], typed: dict[str, list[str]] | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.items = items
        for item in items:
            for position, name in enumerate(item.names):
                self.fields[name] = _field(item, position)
        # What was typed before and kept, as it was: whether it is right is said when it is sent.
        for name, values in (typed or {}).items():
            if name in self.fields and values:
                takes_several = isinstance(self.fields[name], forms.MultipleChoiceField)
                self.initial[name] = values if takes_several else values[0]

    @property
    def typed(self) -> dict[str, list[str]]:
        """The answers so far as they came from the page, right or wrong, without what no column can hold."""
        given = {name: self.data.getlist(name)[:MOST_KEPT] for name in self.fields}
        kept = {name: [value.replace("\x00", "")[:LONGEST_KEPT] for value in values] for name, values in given.items()}
        return {name: values for name, values in kept.items() if any(values)}

    def sections(self) -> Iterator[tuple[str, list[Block]]]:
        """The page: headings with their blocks; items of agreement that follow each other make one grid."""
        sections: dict[str, list[Block]] = {}
        for item in self.items:
            blocks = sections.setdefault(SECTIONS.get(item.question.code[:2], "More"), [])
            if not (blocks and blocks[-1].layout == item.layout == "agreement"):
                blocks.append(Block(item.layout))
            blocks[-1].items.append(item)
        for title, blocks in sections.items():
            yield title, [self._drawn(block) for block in blocks]

    def _drawn(self, block: Block) -> dict:
        rows = [{"item": item, "fields": [self[name] for name in item.names]} for item in block.items]
        return {
            "layout": block.layout,
            "rows": rows,
            "row": rows[0],
            "degrees": AGREEMENT,
            "has_not_applicable": any(item.question.has_not_applicable for item in block.items),
        }

    def clean(self):
        cleaned = super().clean()
        for item in self.items:
            if item.is_required and self._is_unanswered(item, cleaned) and not self._is_excused(item, cleaned):
                self.add_error(item.names[0], _missing_words(item))
        return cleaned

    def _is_unanswered(self, item, cleaned):
        return not any(name in self.errors or cleaned.get(name) for name in item.names)

    def _is_excused(self, item, cleaned):
        question = item.question
        return bool(question.unless_code) and cleaned.get(question.unless_code) == question.unless_choice

    @property
    def answers(self) -> list[Given]:
        """What was answered; items left empty are left out."""
        given = (self._answer(item) for item in self.items)
        return [answer for answer in given if answer is not None]

    def _answer(self, item: Item) -> Given | None:
        values = [self.cleaned_data.get(name) or "" for name in item.names]
        if not any(values):
            return None
        about = {"question": item.question, "outcome": item.outcome}
        if item.question.is_per_action:
            return Given(**about, texts=list(item.actions), choices=values)
        match item.question.kind:
            case AnswerKind.TEXT:
                return Given(**about, texts=[value for value in values if value])
            case AnswerKind.MULTIPLE:
                return Given(**about, choices=values[0])
            case AnswerKind.CHOICE:
                return Given(**about, choices=values)
        if values[0] == NOT_APPLICABLE:
            return Given(**about, is_not_applicable=True)
        return Given(**about, rating=int(values[0]))


def _field(item: Item, position: int) -> forms.Field:
    """The field of one item. None is required by itself: `clean` knows the exceptions and has the better words."""
    question = item.question
    label = item.wording if len(item.names) == 1 else _part_label(item, position)
    # Some of it is what the person wrote; a per cent sign in there must not be taken for a place to fill.
    safe = label.replace("%", "%%")
    shown = label if item.is_required or len(item.names) > 1 else f"{label} (optional)"
    if question.kind == AnswerKind.TEXT:
        return forms.CharField(
            label=shown,
            required=False,
            max_length=question.max_length,
            widget=forms.Textarea,
            error_messages={
                "max_length": f"Shorten your answer to “{safe}” to %(limit_value)d characters. It has %(show_value)d.",
                "null_characters_not_allowed": f"Remove the invisible characters from your answer to “{label}”.",
            },
        )
    multiple = question.kind == AnswerKind.MULTIPLE
    return (forms.MultipleChoiceField if multiple else forms.ChoiceField)(
        label=shown,
        required=False,
        choices=_choices(question),
        initial="no" if question.code == NO_BY_DEFAULT else None,
        widget=forms.CheckboxSelectMultiple if multiple else forms.RadioSelect,
        error_messages={"invalid_choice": f"Choose one of the answers shown to “{safe}”."},
    )


def _part_label(item: Item, position: int) -> str:
    return item.actions[position] if item.actions else f"{item.wording}: {position + 1} of {len(item.names)}"


def _choices(question: Question) -> list[tuple[str, str]]:
    match question.kind:
        case AnswerKind.SCALE_10:
            return [(str(number), str(number)) for number in range(1, 11)]
        case AnswerKind.AGREE_5:
            degrees = [(str(number), words) for number, words in enumerate(AGREEMENT, start=1)]
            return [*degrees, (NOT_APPLICABLE, "Not applicable")] if question.has_not_applicable else degrees
        case AnswerKind.SCALE_5:
            return [(str(number), words.capitalize()) for number, words in enumerate(question.choices, start=1)]
    return [(choice, choice[:1].upper() + choice[1:]) for choice in question.choices]


def _missing_words(item: Item) -> str:
    """What to say when a required answer is missing."""
    if item.layout == "texts":
        return "Name at least one thing you will do differently."
    if item.question.kind == AnswerKind.SCALE_10:
        return f"Choose a number from 1 to 10 for “{item.wording}”"
    if item.question.kind == AnswerKind.AGREE_5:
        return f"Say how far you agree: “{item.wording}”"
    if item.question.kind == AnswerKind.TEXT:
        return f"Write your answer to “{item.wording}”"
    return f"Choose your answer to “{item.wording}”"
