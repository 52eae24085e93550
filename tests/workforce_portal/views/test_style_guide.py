"""The style guide: there on a local portal, nowhere else."""

from django.urls import reverse


def test_style_guide_shows_every_component_on_a_local_portal(client, db, settings):
    settings.PORTAL_LOCAL = True
    page = client.get(reverse("style_guide"))
    assert page.status_code == 200
    assert page.content.count(b"<h1") == 1
    settings.PORTAL_LOCAL = False
    assert client.get(reverse("style_guide")).status_code == 404


def test_style_guide_progress_says_that_work_goes_on(client, settings):
    settings.PORTAL_LOCAL = True
    assert client.get(reverse("style_guide_progress")).json()["state"] == "working"
