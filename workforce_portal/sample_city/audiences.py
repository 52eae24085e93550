"""Who comes to which course, and how often the course runs: what makes the invented city look like a real one."""

from accounts.models import ChargingCategory, Sector

# How much of the frequencies below a city of scale 1 sees: with it, scale 100 has 600,000 bookings.
PACE = 0.8
# Runs in a year, one beside the other. Courses that are not named here run once.
RUNS_A_YEAR = {
    "M01": 5, "M02": 6, "M03": 4, "M05": 2.5, "M06": 1.5, "M07": 2.5, "M08": 1.5, "M09": 2.5, "M10": 1.5, "M11": 1.5,
    "M14": 1.5, "M15": 1.5, "M16": 1.2, "M17": 2, "M18": 0.8, "M20": 0.8, "M23": 0.8,
    "TR01": 2, "TR02": 2.5, "TR04": 1.5, "TR05": 1.5, "TR06": 2.5,
    "C01": 2.5, "C02": 1.5, "C03": 0.5, "C05": 1.5, "C06": 1.5, "C08": 2, "C10": 1.5, "C11": 1.5, "C13": 0.5, "C14": 0.5,
    "C15": 1.5, "ST01": 2, "ST04": 1.5, "ST05": 0.5, "ST06": 0.5, "ST08": 2, "ST09": 1.5, "ST11": 2, "ST15": 1.5, "ST17": 1.5,
}  # fmt: skip

# Months in which a course runs; every other course avoids August and the days around Christmas.
SEASONS = {"ST19": (9, 10, 11), "M20": (6, 11), "M23": (6, 10)}
OPEN_TO_REGION = {"M20", "M06", "M18"}
ON_CONSECUTIVE_DAYS = {"ST01", "ST05", "TR01"}

EVERYBODY = {
    "*": 1.0,
    Sector.POLICE: 0.6,
    Sector.HEALTH_TRUST: 0.6,
    Sector.FOSTER_CARER: 0.3,
    Sector.OTHER_LA: 0.0,
    Sector.OTHER_LA_REGION: 0.0,
}
THE_REGION = {**EVERYBODY, Sector.OTHER_LA: 3.0, Sector.OTHER_LA_REGION: 6.0}
COUNCIL_FIRST = {
    "*": 0.25,
    Sector.LA_CHILDREN: 3.0,
    Sector.YOUTH_JUSTICE: 3.0,
    Sector.LA_OTHER: 0.5,
    Sector.OTHER_LA: 0.0,
    Sector.OTHER_LA_REGION: 0.0,
}
SOCIAL_WORK = {Sector.LA_CHILDREN: 1.0, Sector.YOUTH_JUSTICE: 0.4, Sector.CAFCASS: 0.4}
ENQUIRIES = {Sector.LA_CHILDREN: 1.0, Sector.POLICE: 0.6, Sector.HEALTH_TRUST: 0.3}
CARERS = {Sector.FOSTER_CARER: 1.0, "A03": 0.15}
RESIDENTIAL = {"A03": 1.0}
EDUCATION = {
    Sector.SCHOOL_MAINTAINED: 1.0,
    Sector.SCHOOL_ACADEMY: 1.0,
    Sector.SCHOOL_SPECIAL: 1.0,
    Sector.SCHOOL_PRU: 1.0,
    Sector.SCHOOL_MAT: 1.0,
    Sector.SCHOOL_INDEPENDENT: 0.6,
    Sector.FE_COLLEGE: 0.4,
    Sector.PRIVATE_OTHER: 0.2,
    Sector.LA_CHILDREN: 0.03,
}
EARLY_YEARS = {
    Sector.EARLY_YEARS_PVI: 1.5,
    Sector.CHILDMINDER: 1.0,
    Sector.SCHOOL_MAINTAINED: 0.4,
    Sector.HEALTH_TRUST: 0.02,
    Sector.THIRD_SECTOR: 0.1,
}

# By the longest beginning of the course's code.
AUDIENCES = {
    "C": COUNCIL_FIRST,
    "C06": SOCIAL_WORK,
    "ST0": SOCIAL_WORK,
    "ST04": ENQUIRIES,
    "ST05": ENQUIRIES,
    "ST08": CARERS,
    "ST09": CARERS,
    "ST1": CARERS,
    "ST14": RESIDENTIAL,
    "ST15": RESIDENTIAL,
    "ST16": RESIDENTIAL,
    "ST17": RESIDENTIAL,
    "ST18": RESIDENTIAL,
    "ST19": SOCIAL_WORK,
    "TR": EDUCATION,
    "TR06": EARLY_YEARS,
    "TR07": EARLY_YEARS,
    "M": EVERYBODY,
    "M06": THE_REGION,
    "M18": THE_REGION,
    "M20": THE_REGION,
}

# Where nobody in particular is meant, everybody is: the courses that a team has added since.
ANYBODY = EVERYBODY


def audience_of(code: str) -> dict[str, float]:
    for length in range(len(code), 0, -1):
        if code[:length] in AUDIENCES:
            return AUDIENCES[code[:length]]
    return ANYBODY


def weight_of(audience: dict[str, float], *, agency_code: str, sector: str) -> float:
    """How likely somebody of an agency is to come, beside others; nobody at all when 0."""
    return audience.get(agency_code, audience.get(sector, audience.get("*", 0.0)))


# Agencies that book in numbers let one person do it.
BOOKED_BY_CONTACT = {ChargingCategory.EDUCATION: 0.4, ChargingCategory.PRIVATE: 0.3, ChargingCategory.PARTNER_FREE: 0.1}
