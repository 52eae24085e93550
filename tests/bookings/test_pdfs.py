"""The printed certificate: tagged, in its own font, the same bytes every time, and safe whatever a name contains."""

import io
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pikepdf
import pypdf
import pytest

from accounts.models import Partnership
from bookings import pdfs
from tests.certificates import promised

pytestmark = pytest.mark.django_db


@pytest.fixture
def honeypot():
    """A server that nobody should ever ask; its `asked` holds the paths of whoever did."""
    asked = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            """The test reads `asked`."""

    server = HTTPServer(("127.0.0.1", 0), Listener)
    server.asked = asked
    server.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def secret_file(tmp_path):
    path = tmp_path / "secret.txt"
    path.write_text("the text of a file nobody asked for")
    return path


def with_words(**words):
    certificate = promised()
    for name, value in words.items():
        setattr(certificate, name, value)
    return certificate


def opened(content):
    return pikepdf.open(io.BytesIO(content))


def text_of(content):
    """The printed text without gaps, because long words are broken over lines."""
    return "".join("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages).split())


def test_certificate_is_one_landscape_a4_sheet():
    with opened(pdfs.certificate(promised())) as pdf:
        [page] = pdf.pages
        assert [round(float(side)) for side in page.mediabox] == [0, 0, 842, 595]


def test_certificate_prints_every_word():
    certificate = promised()
    text = text_of(pdfs.certificate(certificate))
    for words in (
        certificate.practitioner_name, certificate.course_title, certificate.dates, "6 hours", certificate.number,
        certificate.issuer, *certificate.outcomes, pdfs.code_in_groups(certificate.code), "It is not a qualification.",
    ):  # fmt: skip
        assert words.replace(" ", "") in text


def test_certificate_shows_neither_agency_nor_edition():
    certificate = promised()
    text = text_of(pdfs.certificate(certificate))
    assert certificate.booking.organisation.name.replace(" ", "") not in text


def test_certificate_is_tagged_for_screen_readers():
    certificate = promised()
    with opened(pdfs.certificate(certificate)) as pdf:
        assert pdf.Root.Lang == "en-GB"
        assert pdf.Root.MarkInfo.Marked
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert pdf.Root.StructTreeRoot.K
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert certificate.practitioner_name in metadata["dc:title"]
        tags = list(tags_below(pdf.Root.StructTreeRoot))
        assert {"/H1", "/P", "/L", "/LI", "/Figure"} <= {str(tag.S) for tag in tags}
        pictures = [tag for tag in tags if tag.S == "/Figure"]
        assert [bool(str(picture.Alt)) for picture in pictures] == [True, True]
        assert any(pdfs.check_address(certificate) in str(picture.Alt) for picture in pictures)


def tags_below(tag):
    children = tag.get("/K", [])
    for child in children if isinstance(children, pikepdf.Array) else [children]:
        if isinstance(child, pikepdf.Dictionary) and "/S" in child:
            yield child
            yield from tags_below(child)


def test_certificate_embeds_every_font_it_uses():
    certificate = with_words(practitioner_name="Łucja Ẹniọlá Doğan", course_title="Ωμέγα и Привіт")
    with opened(pdfs.certificate(certificate)) as pdf:
        fonts = [font for font in pdf.objects if isinstance(font, pikepdf.Dictionary) and font.get("/Type") == "/Font"]
        inner = [font.DescendantFonts[0] for font in fonts if "/DescendantFonts" in font]
        assert inner
        assert {"Source-Sans-3" in str(font.BaseFont) for font in inner} == {True}
        assert {bool({"/FontFile2", "/FontFile3"} & set(font.FontDescriptor.keys())) for font in inner} == {True}


@pytest.mark.parametrize(
    "name",
    ["Łucja Żółć", "Ẹniọlá Ọlátúnjí", "Doğan İpek", "Nguyễn Thị Hồng", "Ștefania Țurcanu", "Ωμέγα Ñandú", "Олена Їжак"],
)
def test_certificate_prints_letters_of_every_subset_beside_each_other(name):
    """Under one family name WeasyPrint mixes up the shapes of the subsets: the text would read differently too."""
    text = text_of(pdfs.certificate(with_words(practitioner_name=name)))
    assert name.replace(" ", "") in text


def test_certificate_of_the_same_row_has_the_same_bytes():
    certificate = promised()
    first = pdfs.certificate(certificate)
    pdfs.certificate(with_words(practitioner_name="Somebody Else", booking=certificate.booking, pk=certificate.pk + 1))
    assert pdfs.certificate(certificate) == first


def test_certificate_stays_on_one_sheet_with_the_longest_words():
    certificate = with_words(
        practitioner_name="W" * 150,
        course_title="M" * 150,
        dates="Wednesday 30 September 2026, " * 6,
        level="L" * 60,
        outcomes=["W" * 200] * 4,
    )
    with opened(pdfs.certificate(certificate)) as pdf:
        assert len(pdf.pages) == 1


def test_certificate_uses_the_partnerships_own_logo():
    partnership = Partnership.objects.current()
    partnership.logo_svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>'
    plain = pdfs.certificate(certificate := promised())
    partnership.save(update_fields=["logo_svg"])
    assert pdfs.certificate(certificate) != plain


def payloads(address, path):
    """What a name could try: markup, pictures, sheets, fonts, frames, attachments, files and addresses inside."""
    return [
        "<b>Bold</b>",
        "<script>alert(1)</script>",
        f'<img src="{address}/img">',
        f"<img src={address}/bare>",
        f'<img srcset="{address}/srcset 2x">',
        f'<link rel=stylesheet href="{address}/css">',
        f'<link rel=attachment href="{address}/attachment">',
        f'<link rel=attachment href="file://{path}">',
        f'<a rel=attachment href="file://{path}">x</a>',
        f'<object data="{address}/object"></object>',
        f'<embed src="{address}/embed">',
        f'<iframe src="{address}/frame"></iframe>',
        f'<svg><image href="{address}/svg"/></svg>',
        f'<svg><use href="{address}/use#a"/></svg>',
        f'<style>@import "{address}/import";</style>',
        f"<style>@font-face{{font-family:x;src:url({address}/font)}}</style>",
        f'<p style="background:url({address}/background)">',
        f'" onerror="x" src="{address}/break',
        f"</p></body><img src={address}/out>",
        f"url({address}/css-text)",
        f"file://{path}",
        "http://169.254.169.254/latest/meta-data/",
        '<base href="http://169.254.169.254/">',
        "{{ certificate.code }}{% include 'base.html' %}",
        "<table><td colspan=100000>x</td></table>",
        "&lt;img src=x&gt; &amp; “quoted” \u202eright to left",
    ]


def test_certificate_prints_hostile_words_as_they_are_and_fetches_nothing(honeypot, secret_file):
    certificate = promised()
    wanted = payloads(honeypot.address, secret_file)
    assert len(wanted) >= 25
    for payload in wanted:
        for field in ("practitioner_name", "course_title", "level", "issuer"):
            setattr(certificate, field, payload)
        certificate.outcomes = [payload]
        content = pdfs.certificate(certificate)
        visible = "".join(payload.replace("\u202e", "").split())
        text = text_of(content)
        if "right" not in payload:  # drawn from right to left, its letters come out in another order
            assert visible in text, payload
        assert b"/EmbeddedFile" not in content
        assert "nobodyaskedfor" not in text
    assert honeypot.asked == []


@pytest.mark.parametrize(
    "hostile",
    [
        '<img src="{address}/img">',
        '<link rel=stylesheet href="{address}/css">',
        '<link rel=attachment href="{file}">',
        '<style>@import "{address}/import";</style>',
        "<style>p{{background:url({address}/background)}}</style><p>x</p>",
        '<img src="{file}">',
        '<img src="ftp://127.0.0.1/x">',
    ],
)
def test_press_refuses_to_fetch_even_where_a_template_would_let_it_through(hostile, honeypot, secret_file):
    html = hostile.format(address=honeypot.address, file=f"file://{secret_file}")
    with pytest.raises(ValueError, match="may not fetch"):
        pdfs.press().print(f"<!doctype html><html lang=en><title>t</title><body>{html}")
    assert honeypot.asked == []


def test_certificate_fetches_nothing_for_a_hostile_logo(honeypot, secret_file):
    partnership = Partnership.objects.current()
    partnership.logo_svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">'
        f'<image href="{honeypot.address}/logo" width="9" height="9"/><image href="file://{secret_file}" width="9" height="9"/>'
        f'<style>@import "{honeypot.address}/import";</style></svg>'
    )
    partnership.save(update_fields=["logo_svg"])
    assert pdfs.certificate(promised()).startswith(b"%PDF-")
    assert honeypot.asked == []
