"""Reasons: why somebody cannot have a place, in words, with what they can do about it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """One reason, in words for the person, and what they can do about it."""

    code: str
    words: str
    remedy: str = ""
    # The row that is in the way, where it is one: `booking:812`.
    about: str = ""


FULL = Reason("full", "This date is full.", "Join its waiting list, or choose another date.")
OWN_ADDRESS = Reason("own_address", "This is your own address. Give your manager's.")
COURSE_PAUSED = Reason(
    "course_paused", "This course is not taking new bookings at present.", "Look for another course."
)
BOOKED = Reason("already_booked", "You already have a place on this date, or have asked for one.")


# With nothing else in the way, a date that has these reasons against it has a waiting list.
REASONS_TO_QUEUE = {"full", "too_few_left", "agency_full", "group_full"}
# What somebody of the team may set aside with a reason of their own. The rest cannot be helped: a date that was
# cancelled or has begun, a person who is booked already, an employer or a price that nobody knows.
MAY_BE_OVERRIDDEN = REASONS_TO_QUEUE | {
    "opens_later",
    "closed",
    "course_paused",
    "overlap",
    "out_of_area",
    "too_late_to_ask",
    "approval",
    "prerequisite_checked",
    "repeat_absence",
    "prerequisite",
    "no_agreement",
    "no_managers_email",
}


def no_price(organisation: str) -> Reason:
    """What the employer pays is the team's to say first."""
    return Reason("no_price", f"What {organisation} pays is not decided yet.", "Ask us, and we decide it first.")


def too_few_left(left: int) -> Reason:
    """Why several places cannot be had together."""
    words = "One place is left" if left == 1 else f"{left} places are left"
    return Reason("too_few_left", f"{words} on this date.", "Ask for fewer, or join the waiting list together.")
