"""Bring the database up to date; run by `make run`, and once at every release."""

import os

from django.core.management import call_command
from django.core.management.base import BaseCommand

from workforce_portal.database_roles import append_only_tables, give_working_role_its_rights, working_address


class Command(BaseCommand):
    help = "Migrate, then give the working role its rights: everything but the rewriting of append-only tables."

    def handle(self, **options):
        call_command("migrate", interactive=False, verbosity=options["verbosity"], stdout=self.stdout)
        if not os.environ.get("DATABASE_OWNER_URL"):
            self.stdout.write("One role owns and works: history can be rewritten. Set DATABASE_OWNER_URL to part them.")
            return
        role, password = working_address()
        give_working_role_its_rights(role, password)
        self.stdout.write(f"{role} may not change or delete rows of {len(append_only_tables())} append-only tables.")
