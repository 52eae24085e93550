"""What a calendar program makes of our files, by two readers of different descent that share no code.

Both are asked for the same plain facts, with times in UTC. vobject works out summer and winter time from the rules in
the file itself; icalendar knows the name of the zone. So a wrong rule shows as a difference.
"""

from datetime import UTC, datetime

import icalendar
import vobject


def by_icalendar(text):
    calendar = icalendar.Calendar.from_ical(text)
    return str(calendar.get("METHOD", "")), [
        {
            "uid": str(entry["UID"]),
            "sequence": int(entry["SEQUENCE"]),
            "starts_at": entry["DTSTART"].dt.astimezone(UTC),
            "ends_at": entry["DTEND"].dt.astimezone(UTC),
            "status": str(entry["STATUS"]),
            "summary": str(entry["SUMMARY"]),
            "organizer": str(entry.get("ORGANIZER", "")),
        }
        for entry in calendar.walk("VEVENT")
    ]


def by_vobject(text):
    calendar = vobject.readOne(text)
    method = calendar.method.value if hasattr(calendar, "method") else ""
    return method, [
        {
            "uid": entry.uid.value,
            "sequence": int(entry.sequence.value),
            "starts_at": in_utc(entry.dtstart.value),
            "ends_at": in_utc(entry.dtend.value),
            "status": entry.status.value,
            "summary": entry.summary.value,
            "organizer": entry.organizer.value if hasattr(entry, "organizer") else "",
        }
        for entry in calendar.vevent_list
    ]


def in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


READERS = (by_icalendar, by_vobject)


class Program:
    """A calendar as its owner sees it: files come by letter, in whatever order, and change its entries."""

    def __init__(self, read):
        self.read = read
        self.entries = {}

    def take(self, text):
        """RFC 5546: by uid; an older sequence changes nothing; another organiser's word counts for nothing."""
        method, found = self.read(text)
        for entry in found:
            known = self.entries.get(entry["uid"])
            if known and (entry["sequence"] < known["sequence"] or entry["organizer"] != known["organizer"]):
                continue
            if method == "CANCEL":
                if known:
                    self.entries[entry["uid"]] = {**known, **entry}
            else:
                self.entries[entry["uid"]] = entry

    @property
    def shows(self):
        """What still stands: start and end."""
        standing = [entry for entry in self.entries.values() if entry["status"] != "CANCELLED"]
        return sorted((entry["starts_at"], entry["ends_at"]) for entry in standing)
