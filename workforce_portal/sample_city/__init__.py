"""The invented city of Airedon: its accounts here, as plain data; what is loaded, in the modules beside."""

from typing import NamedTuple

PASSWORD = "airedon-learns"


class SampleAccount(NamedTuple):
    """Somebody to sign in as, and what there is to see."""

    role: str
    email: str
    password: str
    note: str


SAMPLE_ACCOUNTS = [
    SampleAccount(
        "Practitioner, social worker", "amina@example.org", PASSWORD, "a place soon, a request, feedback due"
    ),
    SampleAccount(
        "Practitioner, teacher", "tom@example.org", PASSWORD, "a place offered, a certificate, a course that costs £50"
    ),
    SampleAccount("Foster carer", "grace@example.org", PASSWORD, "a place on a Saturday, feedback due"),
    SampleAccount(
        "Booking contact of a school",
        "carol@example.org",
        PASSWORD,
        "Beckside Primary School's people, three names to give",
    ),
    SampleAccount("Trainer", "dev@example.org", PASSWORD, "a register today, one overdue, an observation to agree"),
    SampleAccount("Workforce Development Team", "wendy@example.org", PASSWORD, "asks for a code, see below"),
    SampleAccount("Finance", "nia@example.org", PASSWORD, "asks for a code, see below; invoices to approve"),
    SampleAccount("LSCP officer", "lou@example.org", PASSWORD, "asks for a code, see below"),
    SampleAccount("Subgroup member", "sal@example.org", PASSWORD, "reads quality reports"),
    SampleAccount("Observer", "olive@example.org", PASSWORD, "trainers to write up"),
    SampleAccount(
        "Lead of an agency", "lea@example.org", PASSWORD, "a training return to fill in by the day it is due"
    ),
    SampleAccount("System owner", "owner@example.org", PASSWORD, "asks for a code, see below"),
]

# What an authenticator app would be given. The mailbox page shows the codes that they make.
SECOND_FACTOR_SECRETS = {
    "wendy@example.org": "AIREDONWORKFORCETEAM234567ABCDEF",
    "nia@example.org": "AIREDONFINANCE234567ABCDEFGHIJKL",
    "lou@example.org": "AIREDONPARTNERSHIP234567ABCDEFGH",
    "owner@example.org": "AIREDONSYSTEMOWNER234567ABCDEFGH",
}
