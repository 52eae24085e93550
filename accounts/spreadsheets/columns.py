"""How the cells of a column are read and written. Each says what is wrong with a cell and how to mend it."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from django.utils import timezone
from import_export import widgets

from accounts.spreadsheets.files import restored

SHOWN_CHOICES = 12


def text_of(value) -> str:
    """What a person sees in the cell. A number typed where text is meant (a code 101) has no decimals."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return restored(str(value)).replace("\r\n", "\n").strip()


class TextColumn(widgets.CharWidget):
    """Any text. Never None: an empty cell is an empty text, or nothing at all where the table says so."""

    def clean(self, value, row=None, **kwargs):
        text = text_of(value)
        return text if text or self.allow_blank else None

    def render(self, value, obj=None, **kwargs):
        return "" if value is None else str(value)


class ChoiceColumn(widgets.Widget):
    """One of a list of fixed choices, by its code or by its words."""

    def __init__(self, choices, allow_blank=True, **kwargs):
        super().__init__(**kwargs)
        self.choices = choices

    def clean(self, value, row=None, **kwargs):
        text = text_of(value)
        if not text:
            return ""
        known = {}
        for code, words in self.choices:
            known[str(words).casefold()] = code
        for code, _ in self.choices:
            known[str(code).casefold()] = code
        if text.casefold() not in known:
            codes = [str(code) for code, _ in self.choices if code]
            some = ", ".join(codes[:SHOWN_CHOICES]) + (" …" if len(codes) > SHOWN_CHOICES else "")
            raise ValueError(f"“{text}” is not one of the choices: {some}")
        return known[text.casefold()]


class YesNoColumn(widgets.BooleanWidget):
    """Yes or no. An empty cell takes the column's default."""

    YES, NO = {"yes", "y", "true", "1"}, {"no", "n", "false", "0"}

    def clean(self, value, row=None, **kwargs):
        text = text_of(value).casefold()
        if not text:
            return None
        if text not in self.YES | self.NO:
            raise ValueError(f"“{text}” is neither yes nor no.")
        return text in self.YES

    def render(self, value, obj=None, **kwargs):
        return "" if value is None else ("yes" if value else "no")


class WholeNumberColumn(widgets.IntegerWidget):
    def clean(self, value, row=None, **kwargs):
        number = number_of(value)
        if number is None:
            return None
        if number != number.to_integral_value() or abs(number) > 10**9:
            raise ValueError(f"“{text_of(value)}” is not a whole number.")
        return int(number)

    def render(self, value, obj=None, **kwargs):
        return value


class DecimalColumn(widgets.DecimalWidget):
    def clean(self, value, row=None, **kwargs):
        return number_of(value)

    def render(self, value, obj=None, **kwargs):
        return value


def number_of(value) -> Decimal | None:
    text = text_of(value).removeprefix("£").replace(",", "")
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"“{text_of(value)}” is not a number.") from None
    if not number.is_finite():
        raise ValueError(f"“{text_of(value)}” is not a number.")
    return number


class DateColumn(widgets.DateWidget):
    """A cell that is a date, or a text that can only be read one way: 2026-05-12."""

    def clean(self, value, row=None, **kwargs):
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date) or value is None:
            return value
        text = text_of(value)
        if not text:
            return None
        try:
            return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 (a day has no time zone)
        except ValueError:
            raise ValueError(
                f"“{text}” is text, not a date. Format the cell as a date, or write it as year-month-day: 2026-05-12."
            ) from None

    def render(self, value, obj=None, **kwargs):
        return value


class DateTimeColumn(widgets.DateTimeWidget):
    """For export: the moment in British time, without a zone, which spreadsheets do not know."""

    def render(self, value, obj=None, **kwargs):
        return self.to_wall_clock()(value)

    def to_wall_clock(self) -> Callable[[datetime | None], datetime | None]:
        """Return what turns moments into the time on the wall; which wall is asked once and not for every cell."""
        zone = timezone.get_current_timezone()
        return lambda moment: moment.astimezone(zone).replace(tzinfo=None) if moment else None


class LookUpColumn(widgets.ForeignKeyWidget):
    """Another row of ours, found by what people call it: the first of `fields` that fits."""

    def __init__(self, model, *fields, noun="", **kwargs):
        super().__init__(model, field=fields[0], **kwargs)
        self.fields = fields
        self.noun = noun or model._meta.verbose_name

    def clean(self, value, row=None, **kwargs):
        text = text_of(value)
        if not text:
            return None
        for field in self.fields:
            found = list(self.get_queryset(text, row, **kwargs).filter(**{f"{field}__iexact": text})[:2])
            if len(found) > 1:
                raise ValueError(f"More than one {self.noun} is called “{text}”. Give the code instead.")
            if found:
                return found[0]
        raise ValueError(f"There is no {self.noun} “{text}”. Correct it, or import the {self.noun} first.")

    def render(self, value, obj=None, **kwargs):
        return "" if value is None else str(getattr(value, self.field))


class ListColumn(widgets.Widget):
    """Several choices in one cell, with commas between them."""

    def __init__(self, choices, **kwargs):
        super().__init__(**kwargs)
        self.one = ChoiceColumn(choices)

    def clean(self, value, row=None, **kwargs):
        return [self.one.clean(part) for part in text_of(value).split(",") if part.strip()]

    def render(self, value, obj=None, **kwargs):
        return ", ".join(str(part) for part in value or [])
