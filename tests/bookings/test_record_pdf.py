"""The printed training record: every word, tagged, in its own font, its table's head on every page, safe whatever it says."""

import io
import re
from datetime import timedelta

import pikepdf
import pypdf
import pytest

from bookings import record_pdf, reports
from bookings.models.booking import State
from tests import cast
from tests.certificates import promised
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = pytest.mark.django_db


def took_part(user, title="Neglect", *, days_ago=30, days=1, state=State.ATTENDED, **fields):
    starts_at = NOW - timedelta(days=days_ago)
    event = make_event(make_course(title, **fields), starts_at=starts_at, days=days, state="LOCKED")
    return make_booking(event, user, state=state, now=NOW - timedelta(days=days_ago + 20))


def printed(user, record=None):
    record = reports.training_record(user) if record is None else record
    return record_pdf.training_record(practitioner=user.practitioner, record=record, now=NOW)


def pages_of(content):
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def test_training_record_prints_who_when_what_and_the_totals():
    amina = cast.amina()
    took_part(amina, "Domestic abuse", days_ago=30, days=2, hours="7.5")
    took_part(amina, "Neglect", days_ago=60, state=State.PART_ATTENDED)
    certificate = promised(amina)
    certificate.state, certificate.issued_at = "ISSUED", NOW
    certificate.save(update_fields=["state", "issued_at"])

    [text] = pages_of(printed(amina))

    for words in (
        "Airedon Safeguarding Children Partnership", "Amina Yusuf", "Children's Social Work", "Made on Saturday 21 November 2026",
        "22 October 2026 and 23 October 2026 7.5 took part", "took part in some of it", certificate.number, "none yet",
        "Page 1 of 1",
    ):  # fmt: skip
        assert words in text
    for number, what in (
        (3, "courses taken part in"),
        ("13.5", "hours, of courses attended in full"),
        (1, "valid certificate"),
    ):
        assert re.search(rf"\b{number} ?{what}", text)
    assert text.index("Domestic abuse") < text.index("Neglect")


def test_long_record_runs_over_upright_pages_each_with_head_name_and_number():
    amina = cast.amina()
    took_part(amina, "Working together to safeguard children and young people across agencies")
    record = reports.training_record(amina) * 60

    content = printed(amina, record)

    pages = pages_of(content)
    assert len(pages) > 3
    for number, text in enumerate(pages, start=1):
        assert "Course Date Hours Outcome Certificate" in text
        assert f"Amina Yusuf Page {number} of {len(pages)}" in text
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert {tuple(round(float(side)) for side in page.mediabox) for page in pdf.pages} == {(0, 0, 595, 842)}


def test_empty_record_says_what_will_stand_there():
    zed = cast.zed()

    [text] = pages_of(printed(zed))

    assert "Nothing recorded yet" in text
    assert zed.practitioner.full_name in text
    assert "Certificate" not in text


def test_training_record_is_tagged_and_embeds_its_fonts():
    amina = cast.make_person("Łucja Ẹniọlá Doğan", cast.police())
    took_part(amina, "Ωμέγα и Привіт")
    content = printed(amina)

    assert "Łucja Ẹniọlá Doğan" in pages_of(content)[0]
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert (pdf.Root.Lang, bool(pdf.Root.MarkInfo.Marked)) == ("en-GB", True)
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"] == "Training record: Łucja Ẹniọlá Doğan, Saturday 21 November 2026"
        tags = {str(item.S) for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and "/S" in item}
        assert {"/H1", "/Table", "/TR", "/TH", "/TD", "/L", "/Figure"} <= tags
        fonts = [font for font in pdf.objects if isinstance(font, pikepdf.Dictionary) and font.get("/Type") == "/Font"]
        inner = [font.DescendantFonts[0] for font in fonts if "/DescendantFonts" in font]
        assert inner
        assert {"Source-Sans-3" in str(font.BaseFont) for font in inner} == {True}
        assert {bool({"/FontFile2", "/FontFile3"} & set(font.FontDescriptor.keys())) for font in inner} == {True}


def test_names_are_printed_and_not_obeyed():
    nasty = '<img src="http://127.0.0.1:9/x.png"> =1+1'
    amina = cast.amina()
    amina.practitioner.full_name = nasty
    took_part(amina, nasty)

    [text] = pages_of(printed(amina))

    assert text.count("<img src=") == 3  # the name, the course, the foot of the page


def test_training_record_reads_as_often_for_one_row_as_for_three(django_assert_num_queries):
    amina = cast.amina()
    printed(amina)
    for number in range(3):
        took_part(amina, f"Course {number}", days_ago=30 + number)
        with django_assert_num_queries(
            6
        ):  # bookings, certificates, sittings, courses in their own time; the partnership, the employers
            printed(amina)
