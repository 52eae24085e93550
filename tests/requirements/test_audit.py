"""What `make audit` concludes from pip-audit's answer."""

import importlib.util
import json

import pytest
from django.conf import settings

SOURCE = settings.BASE_DIR / "requirements" / "audit.py"


@pytest.fixture(scope="module")
def verdict():
    specification = importlib.util.spec_from_file_location("audit", SOURCE)
    audit = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(audit)
    return audit.verdict


def answer(*packages) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


SOUND = {"name": "django", "version": "5.2.19", "vulns": []}
FLAWED = {"name": "pillow", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
UNSEEN = {"name": "redis", "skip_reason": "not found"}


def test_verdict_passes_what_is_sound(verdict):
    assert verdict(answer(SOUND)) == (0, "1 of 1 packages were checked: no known vulnerability.")


def test_verdict_fails_for_a_known_flaw(verdict):
    code, words = verdict(answer(SOUND, FLAWED, UNSEEN))
    assert code == 1
    assert words.splitlines()[0] == "2 of 3 packages were checked: 1 known vulnerabilities."
    assert words.splitlines()[1].startswith("pillow 1.0: PYSEC-1")


@pytest.mark.parametrize("nothing", ["", "not JSON", answer(UNSEEN), answer()])
def test_verdict_says_when_nothing_was_checked(verdict, nothing):
    code, words = verdict(nothing)
    assert code == 0
    assert words.startswith("Nothing was checked")
