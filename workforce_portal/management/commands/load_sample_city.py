"""Fill the portal with the invented city of Airedon; run by `make run` the first time, and by `make load`."""

import sys
import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import clock
from workforce_portal.sample_city import city, stories

BAR_WIDTH = 30
STEPS_WITHOUT_TERMINAL = 10


class Command(BaseCommand):
    help = "Replace everything in the portal by the sample city. Only where PORTAL_LOCAL is set."

    def add_arguments(self, parser):
        parser.add_argument("--if-empty", action="store_true", help="do nothing where there are courses already")
        parser.add_argument("--scale", type=int, default=1, help="1 is a city of 4,000 people; 100 is a whole region")
        parser.add_argument("--people", type=int, help="a city of so few people, smaller than scale 1")
        parser.add_argument("--quiet", action="store_true", help="show no progress")

    def handle(self, *, if_empty, scale, people, quiet, **options):
        if not settings.PORTAL_LOCAL:
            raise CommandError("This would replace everything in the portal, so it runs on one's own computer only.")
        if scale < 1:
            raise CommandError("Give a scale of 1 or more: make load SCALE=10")
        if if_empty and not city.is_empty():
            return
        if not city.is_empty() and sys.stdin.isatty():
            self.ask()
        started = time.monotonic()
        progress = Progress(self.stderr, title=f"Sample city, scale {scale}", quiet=quiet)
        counts = city.load(now=clock.now(), scale=scale, people=people, say=progress)
        stories.tell(now=clock.now())
        progress.finish()
        if not quiet:
            words = ", ".join(f"{count:,} {name}" for name, count in counts.items())
            self.stdout.write(f"The sample city is loaded ({time.monotonic() - started:.0f} s): {words}.")

    def ask(self) -> None:
        question = (
            "This replaces everybody and everything in the portal, what you have tried out included. Go on? [y/N] "
        )
        if input(question).strip().lower() not in ("y", "yes"):
            raise CommandError("Nothing was changed.")


class Progress:
    """A bar in a terminal; elsewhere a line for every tenth."""

    def __init__(self, stream, *, title: str, quiet: bool) -> None:
        self.stream, self.title, self.quiet = stream, title, quiet
        self.is_terminal = stream.isatty()
        self.last = -1

    def __call__(self, what: str, share: float) -> None:
        percent = int(share * 100)
        step = percent if self.is_terminal else percent // STEPS_WITHOUT_TERMINAL
        if self.quiet or step == self.last:
            return
        self.last = step
        if self.is_terminal:
            bar = "█" * int(share * BAR_WIDTH)
            self.stream.write(f"\r{self.title} {bar:░<{BAR_WIDTH}} {percent:3d}% {what:<32}", ending="")
            self.stream.flush()
        else:
            self.stream.write(f"{self.title}: {percent}% ({what})")

    def finish(self) -> None:
        if self.is_terminal and not self.quiet:
            self.stream.write("\r" + " " * 110 + "\r", ending="")
