"""Documents made by WeasyPrint: rows in, bytes out.

WeasyPrint and the font are heavy, so they are loaded when the first document of a process is asked for,
and kept. Nothing a document names can be fetched: the fetcher allows `data:` alone, and font, logo and
code are inlined as that.
"""

import base64
import functools
import gc
import re
from pathlib import Path
from typing import Any

import segno
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import Partnership
from bookings.models import Certificate

CERTIFICATE_STYLE = "bookings/pdfs/certificate.css"
FONT_SHEET = "build/portal.css"
FONT_FACE = re.compile(r"@font-face\s*{[^}]*}")
FONT_FAMILY = re.compile(r"font-family:[^;]+")
FONT_FILE = re.compile(r'url\("?(fonts/[\w-]+?-3-([\w-]+)-\d+-normal\.woff2)"?\)')
# One fixed mask: choosing the fairest of eight costs more than drawing the code.
QR_MASK = 4
# Names and titles longer than these are set in a smaller size, so that all of it stays on one sheet.
NAME_STEPS = ((26, "short"), (44, "medium"), (80, "long"))
TITLE_STEPS = ((52, "short"), (100, "medium"))
OUTCOMES_STEPS = ((320, "short"), (600, "medium"))
LOGO_KIND = "image/svg+xml"


def certificate(certificate: Certificate) -> bytes:
    """Return the certificate as tagged PDF (PDF/UA-1), A4 landscape. The same row gives the same bytes."""
    return press().print(certificate_html(certificate))


def certificate_html(certificate: Certificate) -> str:
    """Return the certificate as the page that is printed."""
    partnership = Partnership.objects.current()
    address = check_address(certificate)
    return render_to_string(
        "bookings/pdfs/certificate.html",
        {
            "certificate": certificate,
            "partnership": partnership,
            "logo": logo_uri(partnership.logo_svg),
            "name_size": _step(certificate.practitioner_name, NAME_STEPS),
            "title_size": _step(certificate.course_title, TITLE_STEPS),
            "outcomes_size": _step("".join(certificate.outcomes), OUTCOMES_STEPS),
            "check_address": address,
            "check_page": settings.SITE_URL.partition("://")[2] + reverse("bookings:certificate_find"),
            "code": code_in_groups(certificate.code),
            "qr": qr_code(address),
        },
    )


def check_address(certificate: Certificate) -> str:
    """Return the public address at which anybody holding the certificate can check it."""
    return settings.SITE_URL + reverse("bookings:certificate_check", args=[certificate.code])


def code_in_groups(code: str) -> str:
    """Return the code as people can copy it from paper: 7K2M4-QX9PT-…"""
    return "-".join(code[start : start + 5] for start in range(0, len(code), 5))


def qr_code(address: str) -> str:
    """Return the square code for an address, as a picture that a page can hold."""
    return segno.make_qr(address, error="m", mask=QR_MASK, boost_error=False).png_data_uri(scale=3, border=0)


@functools.lru_cache(maxsize=2)
def logo_uri(logo_svg: str) -> str:
    """Return the partnership's logo, as a picture that a page can hold."""
    return data_uri(LOGO_KIND, logo_svg.encode() or own_mark())


@functools.cache
def own_mark() -> bytes:
    """Return the portal's mark, for a partnership that has given no logo."""
    return Path(str(finders.find("img/mark.svg"))).read_bytes()


def data_uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _step(text: str, steps: tuple[tuple[int, str], ...]) -> str:
    return next((size for most, size in steps if len(text) <= most), "longest")


class Press:
    """WeasyPrint with what is the same for every document: fonts, style sheet, fetcher."""

    def __init__(self) -> None:
        # Imported here because it costs seconds and needs system libraries that processes which print nothing do without.
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import FatalURLFetchingError, URLFetcher

        class DataOnly(URLFetcher):
            """Opens what stands in the document itself and refuses every other address, loudly."""

            def fetch(self, url: str, headers: Any = None) -> Any:
                if not url.startswith("data:"):
                    raise FatalURLFetchingError("a document may not fetch anything")
                return super().fetch(url, headers)

        self.weasyprint = weasyprint
        self.refusal = FatalURLFetchingError
        self.fetcher = DataOnly(allowed_protocols=["data"], allow_redirects=False, fail_on_errors=True, timeout=5)
        self.logos: dict = {}
        self.fonts = FontConfiguration()
        self.sheets: dict[str, Any] = {}
        self.sheet(CERTIFICATE_STYLE)
        # All of this stays, and each document leaves little. Looking through both for rubbish as often as Python
        # does by default is a tenth of the work of printing.
        gc.freeze()
        gc.set_threshold(10_000, 10, 10)

    def sheet(self, template: str) -> Any:
        """Return a style sheet with the portal's font, whose families the margins do not inherit; read once."""
        if template not in self.sheets:
            fonts = font_sheet()
            families = fonts.rpartition("font-family: ")[2].removesuffix(" }")
            self.sheets[template] = self.weasyprint.CSS(
                string=fonts + render_to_string(template, {"font": families}),
                font_config=self.fonts,
                url_fetcher=self.fetcher,
            )
        return self.sheets[template]

    def print(self, html: str, style: str = CERTIFICATE_STYLE) -> bytes:
        """Return the page as PDF. Of its pictures the logo is kept for the next document, the code is not."""
        document = self.weasyprint.HTML(string=html, url_fetcher=self.fetcher)
        pictures = dict(self.logos)
        try:
            pdf = document.write_pdf(
                stylesheets=[self.sheet(style)], font_config=self.fonts, cache=pictures, pdf_variant="pdf/ua-1"
            )
        except self.refusal as error:
            # WeasyPrint derives it from BaseException; a worker must take it for an ordinary failure.
            raise ValueError(str(error)) from error
        kept = f"data:{LOGO_KIND}"
        self.logos = {url: picture for url, picture in pictures.items() if str(url).startswith(kept)}
        return pdf


@functools.cache
def press() -> Press:
    """Return this process's press, set up by the first document."""
    return Press()


def font_sheet() -> str:
    """Return style rules that carry the portal's own font: every subset, for names have Ł, ẹ and ğ.

    Each subset becomes a family of its own. Under one family name WeasyPrint 70 takes all subsets for
    the same font and prints the letters of one with the shapes of another.
    """
    sheet = finders.find(FONT_SHEET)
    if sheet is None:
        raise ImproperlyConfigured(
            "The front end is not built, so documents have no font. Run `npm ci && npm run build`."
        )
    folder = Path(sheet).parent
    rules, families = [], []
    for face in FONT_FACE.findall(Path(sheet).read_text()):
        file, subset = FONT_FILE.findall(face)[0]
        family = f"'Source Sans 3 {subset}'"
        families.append(family)
        inlined = f'url("{data_uri("font/woff2", (folder / file).read_bytes())}")'
        rules.append(FONT_FILE.sub(inlined, FONT_FAMILY.sub(f"font-family:{family}", face)))
    return "\n".join([*rules, f"html {{ font-family: {', '.join(sorted(set(families), key=_preference))} }}"])


def _preference(family: str) -> tuple[bool, bool, str]:
    """Latin first; then the subset that has accents to combine together with the letters they stand on."""
    return "latin" not in family, "vietnamese" not in family, family
