"""Addresses that are not there, requests that are too much, and where it may not run."""

import os
import subprocess
import sys

import pytest
import requests

from workforce_portal.local_servers import CHECKOUT


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/v1/payments", 404),
        ("POST", "/v1/payments/abc", 404),
        ("GET", "/v1/payments/../control/messages", 404),
        ("POST", "/style.css", 404),
        ("GET", "/style.css", 200),
        ("PUT", "/style.css", 501),
    ],
)
def test_only_what_is_there_answers(pay, method, path, status):
    assert pay.ask(method, path).status_code == status


@pytest.mark.parametrize("length", ["100001", "-1", "many", "9" * 30])
def test_a_body_that_is_too_long_is_not_read(pay, length):
    prepared = requests.Request("POST", f"{pay.address}/control/forget").prepare()
    prepared.headers["Content-Length"] = length
    with requests.Session() as session:
        assert session.send(prepared, timeout=30).status_code == 413


def test_nothing_is_kept_by_browsers_or_told_to_others(pay):
    headers = pay.ask("GET", "/style.css").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_it_does_not_run_in_production():
    environment = {
        **os.environ,
        "PORTAL_PRODUCTION": "1",
        "PORTAL_LOCAL": "false",
        "SECRET_KEY": "k" * 60,
        "SITE_URL": "https://portal.example.org",
        "ALLOWED_HOSTS": "portal.example.org",
        "DEFAULT_FROM_EMAIL": "training@portal.example.org",
    }
    command = [sys.executable, "-m", "workforce_portal.pay_stand_in"]
    refused = subprocess.run(command, env=environment, cwd=CHECKOUT, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "for runs on one's own computer" in refused.stderr
