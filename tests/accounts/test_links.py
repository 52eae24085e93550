"""Names that carry web addresses are refused; names that only look a little odd are not."""

import csv

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError

from accounts.links import refuse_links, without_links

SAMPLE = settings.BASE_DIR / "workforce_portal" / "sample_city" / "data"

CARRYING = {
    "http://evil.example": "",
    "HTTPS://EVIL.EXAMPLE/login": "",
    "www.evil.example": "",
    "WWW.EVIL.EXAMPLE": "",
    "example.com/path": "",
    "Evil.COM": "",
    "Visit evil.example now": "Visit now",
    "Amina (http://evil.example)": "Amina",
    "Amina - evil.example": "Amina",
    "Amina mallory@evil.example": "Amina",
    "mailto:mallory": "",
    "javascript:alert(1)": "",
    "203.0.113.7/pay": "",
    "evil。example": "",
    "shop.xn--p1ai": "",
    "Win£100:bit.ly/x Amina": "Amina",
    "Kind\u200bevil.example Amina": "Amina",
}
HARMLESS = [
    "Amina Yusuf", "J. R. Khan", "J.R.Khan", "Dr. A.Smith", "St.Anne's Primary", "St.Étienne", "Łucja Ẹniọlá Doğan",
    "Mary-Jane O'Neill", "Ben Carter, M.Ed", "B.Sc. Ada", "Airedon City Council: Children's Social Work", "Sure Start / Hub",
    "Amina 🌻", "Nguyễn Thị Hồng", "Carer no. 7", "A. de Souza", "Years 1.5 to 3",
]  # fmt: skip


@pytest.mark.parametrize("name", CARRYING)
def test_refuse_links_says_how_to_mend_it(name):
    with pytest.raises(ValidationError, match="A name cannot hold a web or email address"):
        refuse_links(name)


@pytest.mark.parametrize("name", HARMLESS)
def test_refuse_links_lets_names_be(name):
    refuse_links(name)
    assert without_links(name) == name


@pytest.mark.parametrize(("name", "rest"), CARRYING.items())
def test_without_links_leaves_the_rest_of_the_name(name, rest):
    assert without_links(name) == rest


def test_every_organisation_of_the_sample_city_has_a_name_that_is_allowed():
    with (SAMPLE / "organisations.csv").open() as file:
        for row in csv.DictReader(file):
            refuse_links(row["name"])


@pytest.mark.parametrize("piece", ["a", "a.", "A.B", "http:", "1.", ".", "www", "a-", "a:/ "])
def test_refuse_links_reads_five_megabytes_in_one_go(piece):
    """A pattern that starts anew at every letter would take hours over this."""
    without_links(piece * (5_000_000 // len(piece)))
