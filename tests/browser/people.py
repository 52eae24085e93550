"""Somebody at a browser: what every journey does, in the words of the page."""

import re
from pathlib import Path

from tests.local_run import wait_for

SHORT_CODE = re.compile(r"\b\d{6}\b")


class Person:
    """One person with one page."""

    def __init__(self, name, page):
        self.name = name
        self.page = page

    def press(self, words):
        """Press the button that begins so, and wait for the page it leads to."""
        self.follow(self.page.locator("main").get_by_role("button", name=re.compile(f"^{re.escape(words)}")))

    def follow(self, way):
        """Click the first of these, and wait for the page it leads to: what is counted there must be there."""
        with self.page.expect_navigation():
            way.first.click()

    def sign_in(self, email, password, portal):
        """Sign in, with the second factor from the mailbox page where the account asks for one."""
        page = self.page
        page.goto("/accounts/login/")
        page.locator("main input[name=login]").fill(email)
        page.locator("main input[name=password]").fill(password)
        self.press("Sign in")
        if "/2fa/" in page.url:
            wait_for(lambda: self._give_code(email), portal.story)

    def _give_code(self, email):
        """Codes work once and change every half minute; a used one is asked for again."""
        other = self.page.context.new_page()
        other.goto("/mailbox/")
        code = SHORT_CODE.search(other.locator("tr", has_text=email).inner_text())[0]
        other.close()
        self.page.locator("main input[name=code]").fill(code)
        self.follow(self.page.locator("main form").get_by_role("button"))
        return "/2fa/" not in self.page.url

    def open_all_details(self):
        for summary in self.page.locator("main details > summary").all():
            summary.click()

    def download(self, selector) -> bytes:
        with self.page.expect_download() as download:
            self.page.locator(f"main {selector.replace(', ', ', main ')}").first.click()
        return Path(download.value.path()).read_bytes()
