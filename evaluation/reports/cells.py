"""Cells, columns and tables as they are stored and printed: text for readers, typed numbers for exports."""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, TypedDict

from evaluation import figures
from evaluation.figures import Rate
from evaluation.suppression import Hidden, words

Kind = Literal["text", "count", "rate", "mean", "change"]
NOTHING = "-"


class Cell(TypedDict):
    """What is printed; the number behind it where there is one to show; the counts beside it; whether it is hidden."""

    text: str
    value: float | int | None
    note: str
    hidden: bool


@dataclass(frozen=True)
class Column:
    """`code` is the name of the figure in the definitions; it goes into exports, beside the words."""

    label: str
    kind: Kind = "count"
    code: str = ""
    hint: str = ""


@dataclass
class Table:
    """One table of the report. `lead` is the column that names a row on pages; those before it go into exports alone."""

    code: str
    title: str
    question: str
    columns: list[Column]
    rows: list[tuple[str, list[Cell]]] = field(default_factory=list)
    sentence: str = ""
    lead: int = 0

    def add(self, kind: str, *cells: Cell) -> None:
        self.rows.append((kind, list(cells)))

    @property
    def hidden_cells(self) -> int:
        return sum(cell["hidden"] for _, cells in self.rows for cell in cells)

    def stored(self) -> dict[str, Any]:
        """Return the table as the report's row keeps it."""
        return {
            "code": self.code,
            "title": self.title,
            "question": self.question,
            "sentence": self.sentence,
            "lead": self.lead,
            "chart": None,
            "columns": [vars(column) for column in self.columns],
            "rows": [{"kind": kind, "cells": cells} for kind, cells in self.rows],
        }


def text(words: str, note: str = "") -> Cell:
    return {"text": words, "value": None, "note": note, "hidden": False}


def nothing(note: str = "") -> Cell:
    return text(NOTHING, note)


def concealed(why: Hidden, threshold: int) -> Cell:
    return {"text": words(threshold)[why], "value": None, "note": "", "hidden": True}


def count(number: int | None, note: str = "") -> Cell:
    if number is None:
        return nothing(note)
    return {"text": f"{number:,}", "value": number, "note": note, "hidden": False}


def hours(number: Decimal) -> Cell:
    shown = figures.half_up(number, places=1)
    return {"text": in_words(shown), "value": float(shown), "note": "", "hidden": False}


def money(pounds: Decimal) -> Cell:
    return {"text": f"£{pounds:,.2f}", "value": float(pounds), "note": "", "hidden": False}


def about(number: int) -> Cell:
    """A total told roughly, because the exact one would give a hidden count away."""
    return {"text": f"about {number:,}", "value": None, "note": "", "hidden": False}


def rate(figure: Rate | None, *, tenth: bool = False, counts: bool = False, note: str = "") -> Cell:
    """Print a whole percentage, in headlines with its tenth; exports have the tenth either way."""
    if figure is None:
        return nothing(note)
    return {
        "text": f"{figure.tenth if tenth else figure.whole_number}%",
        "value": float(figure.tenth),
        "note": note or (f"{figure.part:,} of {figure.whole:,}" if counts else ""),
        "hidden": False,
    }


def whole_rate(figure: Rate | None) -> Cell:
    """A percentage without tenth and counts, where those would give a hidden count away."""
    if figure is None:
        return nothing()
    return {"text": f"{figure.whole_number}%", "value": figure.whole_number, "note": "", "hidden": False}


def mean(number: Fraction | None) -> Cell:
    shown = figures.to_one_place(number)
    if shown is None:
        return nothing()
    return {"text": str(shown), "value": float(shown), "note": "", "hidden": False}


def moved(number: Decimal | int | None, unit: str = "") -> Cell:
    """A change with its sign: "+12", "-1.2 points"."""
    if number is None:
        return nothing()
    return {"text": f"{signed(number)}{unit if number else ''}", "value": float(number), "note": "", "hidden": False}


def signed(number: Decimal | int) -> str:
    if number == 0:
        return "no change"
    return f"+{number:,}" if number > 0 else f"{number:,}"


def in_words(number: Decimal) -> str:
    """Hours with a tenth only where there is one."""
    return f"{number:,}".removesuffix(".0")
