"""Whom a course is for, read from the words it describes its audience with. Staff may correct what is read here."""

import re

from courses.models import AudienceGroup

WORDS: dict[str, tuple[str, ...]] = {
    AudienceGroup.SOCIAL_CARE: ("social work", "early help", "family support", "reviewing officer", "cluster"),
    AudienceGroup.SCHOOLS: (
        "school",
        "dsl",
        "teacher",
        "senco",
        "pastoral",
        "governor",
        "designated lead",
        "attendance",
    ),
    AudienceGroup.EARLY_YEARS: ("early years", "nursery", "childminder"),
    AudienceGroup.HEALTH: ("health",),
    AudienceGroup.POLICE_AND_JUSTICE: ("police", "probation", "youth justice"),
    AudienceGroup.THIRD_SECTOR: ("third sector", "charit", "volunteer"),
    AudienceGroup.CARERS: ("foster", "carer", "adopter", "kinship"),
    AudienceGroup.RESIDENTIAL: ("residential", "supported accommodation", "children's home"),
    AudienceGroup.MANAGERS: ("manager", "supervise", "service lead", "headteacher", "governor"),
}

# The contact groups of the 2010 guidance, still used locally (DOMAIN 4.3), in words that need no guidance.
CONTACT_GROUPS = {
    1: "people who seldom meet children but may notice something",
    2: "people in regular contact with children",
    3: "people who mostly work with children or their parents",
    4: "people with particular safeguarding duties",
    5: "named and designated professionals",
    6: "operational managers and supervisors",
    7: "senior strategic leaders",
    8: "members of the partnership",
}


def groups_named_in(audience: str) -> list[str]:
    """Return the groups whose words the text has; none of them means everybody."""
    text = audience.casefold().replace("early years dsl", "early years lead")
    if text.startswith(("everyone", "anyone")):
        return []
    return [group for group, words in WORDS.items() if any(word in text for word in words)]


def in_plain_words(audience: str) -> str:
    """Write “Groups 2-4” out; any other text stays as it is."""
    found = re.fullmatch(r"Groups? (\d)(?:-(\d))?", audience.strip())
    if not found:
        return audience
    first, last = int(found[1]), int(found[2] or found[1])
    names = [CONTACT_GROUPS[number] for number in range(first, last + 1) if number in CONTACT_GROUPS]
    if not names:
        return audience
    listed = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    numbers = f"contact groups {first} to {last}" if last > first else f"contact group {first}"
    return f"{listed[0].upper()}{listed[1:]} ({numbers})"
