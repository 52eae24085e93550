"""The quality report as a document for a board, made by WeasyPrint: stored figures in, bytes out."""

import functools
import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.template.loader import render_to_string

from accounts.models import Partnership
from bookings.pdfs import data_uri, font_sheet, press
from evaluation import charts
from evaluation.figures import DEFINITIONS
from evaluation.suppression import words as words_for_hidden

# Tables wider than this are laid out on landscape pages.
COLUMNS_UPRIGHT = 8


def quality_report(
    *,
    title: str,
    facts: list[tuple[str, str]],
    figures: Mapping[str, Any],
    words: Mapping[str, Any] | None = None,
) -> bytes:
    """Return the report as tagged PDF (PDF/UA-1): cover, contents, headlines, then each table with chart and sentence.

    `words` is what the officers wrote beside the figures, once it is approved.
    """
    printer = press()
    html = report_html(title=title, facts=facts, figures=figures, words=words)
    document = printer.weasyprint.HTML(string=html, url_fetcher=printer.fetcher)
    try:
        with _collecting_later():
            return document.write_pdf(stylesheets=[_sheet()], font_config=printer.fonts, pdf_variant="pdf/ua-1")
    except printer.refusal as error:
        # WeasyPrint derives it from BaseException; a worker must take it for an ordinary failure.
        raise ValueError(str(error)) from error


@contextmanager
def _collecting_later() -> Iterator[None]:
    """Keep Python from looking for garbage until the end.

    A long report has some hundred thousand boxes, all of them in use to the end. Looking through them again and
    again frees nothing and takes a third of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
        gc.collect()


@functools.cache
def _sheet() -> Any:
    """Return the style sheet with the portal's font."""
    printer = press()
    return printer.weasyprint.CSS(
        string=font_sheet() + render_to_string("evaluation/pdfs/quality_report.css", {"font": _font_families()}),
        font_config=printer.fonts,
        url_fetcher=printer.fetcher,
    )


@functools.cache
def _font_families() -> str:
    """Return the families that the font's sheet sets for the whole document; margins and charts do not inherit them."""
    return font_sheet().rpartition("font-family: ")[2].removesuffix(" }")


def report_html(
    *,
    title: str,
    facts: list[tuple[str, str]],
    figures: Mapping[str, Any],
    words: Mapping[str, Any] | None = None,
) -> str:
    """Return the report as the page that is printed."""
    partnership = Partnership.objects.current()
    return render_to_string(
        "evaluation/pdfs/quality_report.html",
        {
            "title": title,
            "facts": facts,
            "figures": figures,
            "tables": [_printed(table) for table in figures["tables"]],
            "partnership": partnership,
            "logo": data_uri("image/svg+xml", partnership.logo_svg.encode()) if partnership.logo_svg else "",
            "written": words or {},
            "hidden": words_for_hidden(figures["threshold"]),
            "definitions": DEFINITIONS,
        },
    )


def _printed(table: Mapping[str, Any]) -> dict[str, Any]:
    chart = table["chart"]
    return {
        **table,
        "is_wide": len(table["columns"]) - table["lead"] > COLUMNS_UPRIGHT,
        "picture": data_uri("image/svg+xml", _in_our_font(chart["svg"]).encode()) if chart else "",
    }


def _in_our_font(svg: str) -> str:
    return svg.replace(charts.FONT, _font_families().replace('"', "'"))
