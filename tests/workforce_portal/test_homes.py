"""The main navigation: which homes a person has, and which one is marked."""

import re

import pytest

from tests import cast

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/", []),
        ("/courses/", ["Courses"]),
        ("/dates/", ["Courses"]),
        ("/my/", ["My learning"]),
        ("/my/training-record/", ["My learning"]),
        ("/my/profile/", ["Your account"]),
    ],
)
def test_navigation_marks_the_home_that_the_page_belongs_to(client, path, current):
    client.force_login(cast.amina())
    header = client.get(path).text.partition("<main")[0]
    assert re.findall(r'portal-nav__link"[^>]* aria-current="true">([^<]+)<', header) == current
