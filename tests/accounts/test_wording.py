"""What the team may write into a letter, and what stands there in the end."""

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.loader import get_template

from accounts import wording
from accounts.correspondence import render_letter
from accounts.models import LetterWording
from tests.makers import NOW
from workforce_portal.views.letter_wording import CATALOGUE, KINDS

pytestmark = pytest.mark.django_db

ALLOWED = ["name", "course", "date"]
EVERY_KIND = pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.name)


def letters_on_disk():
    folder = settings.BASE_DIR / "templates"
    return {f"{path.parts[-3]}/{path.name.split('.')[0]}" for path in folder.glob("*/emails/*.subject.txt")}


def rendered(kind, **parts):
    words = LetterWording(letter=kind.name, **parts) if parts else None
    return render_letter(letter=kind.name, context=kind.specimen(NOW), words=words)


def test_catalogue_names_every_letter_of_the_portal():
    assert set(KINDS) == letters_on_disk()


@pytest.mark.parametrize(
    "text", ["Dear {name}, {course} is on {date}.", "At 9.30am & at St.Anne's", "", "50% off", "Not 3-4 but 5"]
)
def test_plain_words_with_known_placeholders_are_taken(text):
    wording.refuse_what_cannot_be_filled(text, ALLOWED)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{place}", "{place} is not something"),
        ("{ name }", "is not something"),
        ("{}", "is not something"),
        ("{practitioner.user.password}", "is not something"),
        ("{{ name }}", "is not something"),
        ("{name", "curly bracket"),
        ("{% include 'x' %}", "is not something"),
        ("<b>now</b>", "plain words"),
        ("&lt;b&gt;", "plain words"),
        ("**now**", "plain words"),
        ("[here](there)", "plain words"),
        ("Go to www.evil.example now", "web and email addresses"),
        ("http://evil.example/", "web and email addresses"),
        ("evil.com", "web and email addresses"),
        ("ask me@evil", "web and email addresses"),
    ],
)
def test_what_a_letter_cannot_carry_is_refused_with_a_sentence(text, words):
    with pytest.raises(ValidationError) as refusal:
        wording.refuse_what_cannot_be_filled(text, ALLOWED)
    assert words in refusal.value.messages[0]


@EVERY_KIND
def test_every_letter_takes_a_subject_an_opening_and_a_closing_in_both_parts(kind):
    own = rendered(kind)
    new = rendered(kind, subject="New: {name}", opening="Some <new> words.\n\nFor {name}.", closing="Yours & ours.")
    name = wording.values_in(kind.specimen(NOW) | {"partnership": _Partnership})["name"]
    assert own.subject
    assert "Some <new>" not in own.text
    assert new.subject == f"New: {name}"
    assert f"Some <new> words.\n\nFor {name}." in new.text
    assert "Yours & ours.\n" in new.text
    assert "<p>Some &lt;new&gt; words.</p>" in new.html
    assert "<p>Yours &amp; ours.</p>" in new.html
    for letter in (own, new):
        assert "\n\n\n" not in letter.text
        assert max(len(line) for line in letter.text.splitlines() if "://" not in line) <= 78


class _Partnership:
    team_name = "The team"


@EVERY_KIND
def test_every_placeholder_of_a_letter_is_filled(kind):
    letter = rendered(kind, opening="".join(f"[{name}={{{name}}}]" for name in kind.placeholders))
    said = " ".join(letter.text.split())
    assert [name for name in kind.placeholders if f"[{name}=]" in said or f"{{{name}}}" in said] == []


@EVERY_KIND
def test_links_and_facts_stay_when_a_letter_is_reworded(kind):
    own, new = rendered(kind), rendered(kind, subject="x", opening="y", closing="z")
    links = [[line for line in letter.text.splitlines() if "://" in line] for letter in (own, new)]
    assert links[0] == links[1]


@EVERY_KIND
def test_every_letter_marks_the_words_that_can_be_changed(kind):
    for ending in ("txt", "html"):
        source = get_template(f"{kind.app}/emails/{kind.short_name}.{ending}").template.source
        assert ("{% opening %}" in source, "{% endopening %}" in source) == (True, True)


def test_what_is_filled_in_is_not_read_again():
    kind = KINDS["bookings/confirmation"]
    facts = kind.specimen(NOW)
    facts["practitioner"].full_name = "{team} {{ secret }}"
    words = LetterWording(letter=kind.name, opening="For {name}.")
    letter = render_letter(letter=kind.name, context=facts, words=words)
    assert "For {team} {{ secret }}." in letter.text
