"""Run the stand-in: `python -m workforce_portal.pay_stand_in`. `make run` does."""

import logging
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from workforce_portal.local_servers import LOCAL
from workforce_portal.pay_stand_in.server import StandIn


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workforce_portal.settings")
    if not settings.PORTAL_LOCAL:
        sys.exit("The stand-in for GOV.UK Pay is for runs on one's own computer and for tests.")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    with StandIn(
        port=urlsplit(settings.GOVUK_PAY_URL).port or 0,
        file=Path(os.environ.get("PAY_STAND_IN_FILE") or LOCAL / "payments.sqlite3"),
        key=settings.GOVUK_PAY_API_KEY,
        secret=settings.GOVUK_PAY_WEBHOOK_SECRET,
        webhook_url=f"{settings.SITE_URL}/pay/webhook/",
    ) as stand_in:
        stand_in.serve_forever()


if __name__ == "__main__":
    main()
