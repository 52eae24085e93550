"""Names, jobs and remarks of the invented people. Nobody here exists; remarks name no child but the planted one."""

from pathlib import Path

DATA = Path(__file__).parent / "data"
FIRST_NAMES = (DATA / "first_names.txt").read_text().splitlines()
LAST_NAMES = (DATA / "last_names.txt").read_text().splitlines()
SCHOOL_PLACES = (DATA / "places.txt").read_text().splitlines()

JOBS = {
    "la_children": (
        "Social worker",
        "Senior social worker",
        "Family support worker",
        "Team manager",
        "Early help worker",
    ),
    "la_other": ("Housing officer", "Community hub adviser", "Public health practitioner", "Neighbourhood officer"),
    "youth_justice": ("Youth justice officer", "Restorative practice worker", "Prevention worker"),
    "police": ("Police constable", "Detective constable", "Safeguarding sergeant", "Police community support officer"),
    "health_icb": ("Designated nurse", "Safeguarding lead", "Commissioning manager"),
    "health_trust": ("Health visitor", "School nurse", "Midwife", "Staff nurse", "Paediatrician", "CAMHS practitioner"),
    "health_primary": ("Practice nurse", "General practitioner", "Practice manager", "Receptionist"),
    "probation": ("Probation officer", "Probation services officer"),
    "fire": ("Fire prevention officer", "Firefighter"),
    "cafcass": ("Family court adviser",),
    "fe_college": ("Lecturer", "Student welfare officer", "Designated safeguarding lead"),
    "higher_education": ("Lecturer", "Student support adviser"),
    "early_years_pvi": ("Nursery practitioner", "Nursery manager", "Room leader"),
    "childminder": ("Childminder",),
    "third_sector": (
        "Family worker",
        "Youth worker",
        "Project manager",
        "Volunteer co-ordinator",
        "Domestic abuse adviser",
    ),
    "faith": ("Children's worker", "Safeguarding officer"),
    "sport": ("Coach", "Welfare officer"),
    "foster_carer": ("Foster carer", "Kinship carer"),
    "private_residential": ("Residential worker", "Registered manager", "Team leader"),
    "private_fostering": ("Supervising social worker", "Foster carer"),
    "private_supported_16plus": ("Support worker", "Service manager"),
    "private_other": ("Tutor", "Operations manager"),
    "other_la_region": ("Social worker", "Learning and development officer"),
    "other_la": ("Social worker", "Learning and development officer"),
    "school": (
        "Teacher",
        "Teaching assistant",
        "Designated safeguarding lead",
        "Pastoral lead",
        "Headteacher",
        "Learning mentor",
        "SENCO",
        "Governor",
    ),
}

HOPES = (
    "Feel surer about when to share information without consent.",
    "Know who to ring when I am worried and it is not urgent.",
    "Have better conversations with parents about hard things.",
    "Understand what other agencies can and cannot do.",
    "Refresh what I learned three years ago.",
    "Take something back to my team meeting.",
    "Write a clearer referral.",
    "Hear what has come out of recent local reviews.",
)
ACTIONS = (
    "Ask every child on my list when I last saw them alone.",
    "Share the one-page summary at our team meeting.",
    "Ring the health visitor before the next core group, not after.",
    "Raise professional curiosity as a standing item in supervision.",
    "Check that our chronology is up to date for each family.",
    "Write down what the child said in the child's own words.",
    "Speak to fathers and partners, not only to mothers.",
    "Use the escalation route if I still disagree.",
    "Record what daily life is like for the child.",
    "Find out who else is working with the family before I visit.",
    "Offer early help sooner, before things are bad.",
    "Review our safeguarding noticeboard and phone numbers.",
    "Book a joint visit with the school.",
    "Ask about pets, sleep and meals as a matter of course.",
)
WORKED_BEST = (
    "The case study in mixed tables: I had not seen it from the police side before.",
    "Clear trainers who know how things really work here.",
    "Time to talk with other agencies.",
    "The short film with young people's own words.",
    "Practical tools that I can use on Monday.",
    "The room was calm and breaks were long enough.",
    "Being able to ask questions that I thought were silly.",
    "Examples from local reviews.",
)
TO_CHANGE = (
    "More time for questions at the end.",
    "Send the slides beforehand.",
    "The room was cold in the morning.",
    "Breakout rooms were too short.",
    "Fewer acronyms, please.",
    "An evening date would help those of us who work shifts.",
    "It was a lot for one day.",
)
NEEDS = (
    "Online harm and gaming.",
    "Working with fathers.",
    "Trauma and the under-fives.",
    "Recording and chronologies.",
    "Self-harm and suicidal thoughts.",
    "Private fostering.",
)
DIFFERENCES = (
    "We met as a team around the family three weeks earlier than we used to, and the plan held.",
    "I used the direct work cards and a young person told me what they wanted changed.",
    "I challenged a decision through the escalation route, and it was looked at again.",
    "A parent said it was the first time that somebody had asked what a good day looks like.",
    "School and health now share one plan with the family.",
)
# Planted for the moderator: a remark that names a child, as people do in spite of being asked not to.
NAMES_A_CHILD = (
    "After the course I rang school about Kayleigh-Mae Dobson in year 4 on Hollins Lane, "
    "and her mum agreed to early help."
)
LATE_REASONS = (
    "I am ill.",
    "A colleague is off and I have to cover.",
    "A child protection emergency came up.",
    "Court hearing moved to the same day.",
    "My workload does not allow it after all.",
    "Childcare fell through.",
)
LATE_REASON_KINDS = dict(
    zip(
        LATE_REASONS,
        ("SICKNESS", "WORKLOAD", "COURT_OR_EMERGENCY", "COURT_OR_EMERGENCY", "WORKLOAD", "OTHER"),
        strict=True,
    )
)
WAIVED_BY_DECISION = "The first time, and you let us know."
EARLY_REASONS = ("The date no longer suits.", "I have found an earlier date.", "I am changing jobs.", "")
PROVIDER_REASONS = ("The trainer is ill.", "Too few people had booked.", "The venue had no heating.")
ACCESS_NEEDS = (
    "I use a wheelchair and need step-free access.",
    "Please seat me near the front: I lip-read.",
    "Large print hand-outs, 18 point.",
    "A hearing loop, please.",
    "I may need to leave the room for a few minutes now and then.",
)
DIETS = ("Vegetarian", "Halal", "Vegan", "No nuts, please: severe allergy", "Gluten-free")
