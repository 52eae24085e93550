"""What commands share that ask rules and change nothing: in words or as JSON, with an exit code for monitoring."""

import json
import sys
from types import ModuleType

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from accounts import clock

SHOWN = 20
BROKEN = 2


class CheckCommand(BaseCommand):
    """Asks the rules of a module with `RULES` and `breaches(now=)`; exit code 2 when one is broken."""

    invariants: ModuleType

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="print what was found as JSON, for monitoring")

    def handle(self, **options):
        now = clock.now()
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
                cursor.execute("SET LOCAL statement_timeout = '10min'")
            found = self.invariants.breaches(now=now)
        if options["json"]:
            self.stdout.write(json.dumps(self.as_json(now, found), indent=2))
        else:
            self.in_words(found)
        if found:
            sys.exit(BROKEN)

    def as_json(self, now, found):
        return {
            "checked_at": now.isoformat(),
            "rules": len(self.invariants.RULES),
            "is_clean": not found,
            "broken": [
                {
                    "rule": breach.rule.code,
                    "words": breach.rule.words,
                    "count": len(breach.subjects),
                    "subjects": breach.subjects[:SHOWN],
                }
                for breach in found
            ],
        }

    def in_words(self, found):
        for breach in found:
            more = f" and {len(breach.subjects) - SHOWN} more" if len(breach.subjects) > SHOWN else ""
            self.stdout.write(f"{breach.rule.words} Not so: {', '.join(breach.subjects[:SHOWN])}{more}")
        if not found:
            self.stdout.write(f"{len(self.invariants.RULES)} rules asked, none broken.")
