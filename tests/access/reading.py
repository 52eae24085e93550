"""What a page or a file says, as somebody reads it, and whose names and words stand in it."""

import io
import json
import re
from html import unescape

import openpyxl
import pypdf
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Practitioner

APPS = ("accounts", "courses", "bookings", "evaluation")
# Words of the catalogue, the letters, the questionnaires and the partnership, what officers write for the subgroup, and what
# a moderator let through.
OPEN = {
    "accounts.cluster", "accounts.letterwording", "accounts.organisation.name", "accounts.organisation.trading_name",
    "accounts.partnership", "courses.chargingpolicy", "courses.course", "courses.coursetext", "courses.courseversion",
    "courses.discountrule", "courses.learningoutcome", "courses.offer", "courses.priceband", "courses.venue",
    "evaluation.improvementaction", "evaluation.learningneed", "evaluation.meeting", "evaluation.moderation.words",
    "evaluation.question", "evaluation.questionnaire", "evaluation.recommendation", "evaluation.section11standard",
    "evaluation.trainingstandard", "evaluation.yousaid",
}  # fmt: skip
# What the portal writes itself: how it tells rows, letters and records apart, days on a certificate, a report's figures.
MARKS = {"about", "dates", "detail", "figures", "filters", "key", "letter", "message_id", "plan", "subject"}
SHORTEST_NAME_COLUMN, SHORTEST_NAME = 100, 5
FULL_NAME = "accounts.practitioner.full_name"
TAGS = re.compile(r"<[^>]*>")


def secrets(reader) -> dict[str, str]:
    """Return who is named in the tables, and whatever was typed into them, each with its column; nothing of `reader`.

    What also stands in the catalogue is no secret. Trainers and staff are named where they act.
    """
    open_words, found = {plain(reader.email), plain(reader.practitioner.full_name)}, {}
    for column, words in _typed():
        if {column, column.rpartition(".")[0]} & OPEN:
            open_words |= words
        else:
            found |= dict.fromkeys(words, column)
    staff = Practitioner.objects.filter(Q(user__roles__len__gt=0) | Q(trainer__isnull=False))
    acting = {plain(name) for name in staff.values_list("full_name", flat=True)}
    return {
        words: column
        for words, column in found.items()
        if words not in open_words and not (column == FULL_NAME and words in acting)
    }


def _typed():
    """Yield each column that somebody types into, and everything that stands in it."""
    for model in apps.get_models():
        if model._meta.app_label not in APPS or model.__name__.endswith("History"):
            continue
        for field in model._meta.concrete_fields:
            kept = field.base_field if isinstance(field, ArrayField) else field
            is_text = isinstance(kept, models.CharField | models.TextField | models.JSONField)
            is_short = kept.max_length and kept.max_length < SHORTEST_NAME_COLUMN
            if is_text and not kept.choices and not is_short and field.name not in MARKS:
                values = model._base_manager.values_list(field.name, flat=True)
                words = {plain(each) for value in values for each in _strings(value)}
                yield f"{model._meta.label_lower}.{field.name}", {each for each in words if len(each) >= SHORTEST_NAME}


def _strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


def plain(words: str) -> str:
    """Return words as they are compared: however they are broken into lines, and in small letters."""
    return " ".join(words.split()).casefold()


def text_of(answer) -> str:
    """Return everything that an answer says: its page, with and without tags, or what its file holds, and its headers."""
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if kind.endswith("spreadsheetml.sheet"):
        book = openpyxl.load_workbook(io.BytesIO(content))
        said = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row]
        said += [*book.sheetnames, str(vars(book.properties))]
    elif kind == "application/pdf" and b"%%EOF" in content:
        reader = pypdf.PdfReader(io.BytesIO(content))
        said = [page.extract_text() for page in reader.pages] + [str(reader.metadata)]
    elif kind == "application/json":
        said = [json.dumps(json.loads(content), ensure_ascii=False)]
    else:
        page = content.decode(errors="replace").replace("\r\n ", "")  # calendars break their lines so
        said = [unescape(page), unescape(TAGS.sub(" ", page)), unescape(TAGS.sub("", page))]
    return plain(" ".join([*said, *answer.headers.values()]))


def named_in(answer, secrets: dict[str, str]) -> list[str]:
    """Return the columns whose secrets an answer tells."""
    said = text_of(answer)
    return sorted({f"{column}: {words}" for words, column in secrets.items() if words in said})
