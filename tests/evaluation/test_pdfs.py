"""The printed report: tagged, titled, in our font, and deaf to addresses."""

import io

import pikepdf
import pypdf
import pytest

from evaluation import pdfs
from evaluation.reports import cells, pictures
from evaluation.reports.cells import Column, Table
from tests.evaluation import city
from tests.evaluation.reports.test_compiling import compiled

pytestmark = pytest.mark.django_db
FACTS = [("Period", "1 April 2026 to 30 June 2026"), ("Strands", "Multi-agency safeguarding")]


def test_report_is_a_tagged_document_with_its_figures():
    city.lively_quarter()
    figures = compiled()
    pictures.illustrate(figures)
    content = pdfs.quality_report(title="Quality report: April to June 2026", facts=FACTS, figures=figures)
    with pikepdf.open(io.BytesIO(content)) as document:
        assert document.Root.Lang == "en-GB"
        assert document.Root.MarkInfo.Marked
        with document.open_metadata() as metadata:
            assert metadata["dc:title"] == "Quality report: April to June 2026"
            assert metadata["pdfuaid:part"] == "1"
        assert len(document.Root.StructTreeRoot.K) > 0
    reader = pypdf.PdfReader(io.BytesIO(content))
    text = " ".join(page.extract_text() for page in reader.pages)
    for words in ("Contents", "77.4%", "304 of 393 places were used", "R14 Learning change", "fewer than 5"):
        assert words in text
    names = {
        str(font.get_object()["/BaseFont"]) for page in reader.pages for font in page["/Resources"]["/Font"].values()
    }
    assert {name.partition("+")[2][:13] for name in names} == {"Source-Sans-3"}


def test_names_are_printed_and_not_obeyed():
    figures = compiled()
    nasty = '<img src="http://127.0.0.1:9/x.png"><style>@import url(http://127.0.0.1:9)</style>'
    table = Table("R2", "Delivery by course", "", [Column("Course", "text")])
    table.add("row", cells.text(nasty))
    figures["tables"] = [table.stored()]
    page = pdfs.report_html(title=nasty, facts=[("Only", nasty)], figures=figures)
    assert "<img src=&quot;" not in page.replace(nasty, "")
    assert nasty not in page
    assert pdfs.quality_report(title=nasty, facts=[("Only", nasty)], figures=figures).startswith(b"%PDF-")
