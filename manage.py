#!/usr/bin/env python
"""The portal's command line: `.venv/bin/python manage.py help`."""

import os
import sys

from workforce_portal import local_environment
from workforce_portal.local_servers import LocalServerError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workforce_portal.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command == "serve":
        # It starts the servers, so their addresses are set before there are any.
        try:
            local_environment.complete(local_environment.local_servers())
        except LocalServerError as problem:
            sys.exit(str(problem))
    else:
        local_environment.read()
    if command in local_environment.OWNER_COMMANDS:
        local_environment.connect_as_owner()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
