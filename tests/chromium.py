"""Find a real Chromium for the browser tests, or install one: `make test` runs this before pytest.

Usage: python -m tests.chromium
"""

import shutil
import subprocess
import sys
from pathlib import Path

from workforce_portal import system_packages

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REASON = (
    "The browser tests need Chromium, and it could be neither found nor installed. "
    "Install it (apt-get install chromium) and run `make test` again."
)


def installed_chromium() -> str | None:
    """One on the PATH, else the one Playwright downloaded."""
    on_path = next(filter(None, map(shutil.which, NAMES)), None)
    if on_path:
        return on_path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def chromium_or_reason() -> tuple[str | None, str]:
    """The path of a Chromium, or the sentence that says what to do without one."""
    path = installed_chromium()
    return path, "" if path else REASON


def install_chromium() -> None:
    """By the system's packages where this user may, else by Playwright's own download."""
    system_packages.install("chromium")
    if installed_chromium() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"])


def main() -> None:
    if installed_chromium() is None:
        install_chromium()
    path, reason = chromium_or_reason()
    if path is None:
        sys.exit(reason)


if __name__ == "__main__":
    main()
