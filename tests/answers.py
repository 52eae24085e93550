"""What a page says, as somebody reads it: its words without the marks, and one space between them."""

import re


def text_of(answer):
    return words_of(answer.content.decode())


def main_of(answer):
    """Without the header and what stands in it."""
    return words_of(answer.content.decode().partition("<main")[2])


def words_of(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())
