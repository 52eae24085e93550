"""Agencies' own training: last year's returns, accepted but for three; this year's, asked for ten days ago."""

from datetime import datetime, timedelta
from random import Random

from django.db.models import F
from django.utils import timezone

from accounts.models import Membership, MembershipRole, Organisation, OutboundEmail, User
from evaluation.actions import agency_returns
from evaluation.actions.agency_returns import LevelGiven, ResultGiven
from evaluation.actions.observations import Promise
from evaluation.emails.agency_returns import LETTERS, OPENED
from evaluation.models import AgencyReturn, Section11Standard
from evaluation.models.agency_return import YEAR_BEGINS_IN, HowEvaluated, TrainingLevel
from evaluation.reports.periods import latest_start
from workforce_portal.sample_city.accounts import LEAD
from workforce_portal.sample_city.facts import Agency
from workforce_portal.sample_city.people import AGENCY_OF_THREE

# Only the agencies of the data files: a larger city has more of them, not other stories.
FIRST_LETTER = "A"
NO_LEAD = "A19"
NEVER_ANSWERED, TO_READ, SENT_BACK, OF_CONCERN = "A47", "A46", "A24", "A45"
# How large a part of the staff needs each level.
NEED = {
    TrainingLevel.EVERYBODY: 1.0,
    TrainingLevel.REGULAR: 0.7,
    TrainingLevel.PLANNING: 0.3,
    TrainingLevel.LEADS: 0.05,
}
EVIDENCE = (
    "Our training register shows who had what and when; managers see it every month.",
    "Supervision notes have a line for what was learned. We read twenty of them in May.",
    "Induction list with a date for each new colleague; trustees see the figures twice a year.",
)
PLANS = (
    "Reach those who work nights and weekends, with a session at seven in the evening, by March.",
    "Ask everybody again twelve weeks after each course, from the autumn.",
    "Put it on the agenda of every team meeting in the spring.",
)
QUESTION = (
    "Some of your people had no training at the level that everybody needs. Who are they, by job, and what is planned?"
)
WHAT_TO_DO = "Train the night staff at the level that everybody needs, and tell the partnership when it is done."


def write_returns(*, now: datetime, as_of: datetime, officer: int, team: int, agencies: dict[str, Agency]) -> None:
    """Through the portal's own actions, each at its own moment; letters of long ago are not sent now."""
    by = User.objects.get(pk=officer)
    appoint_leads(agencies, team, as_of)
    led = Membership.objects.as_lead().filter(organisation__code__startswith=FIRST_LETTER)
    asked = Organisation.objects.filter(pk__in=led.values("organisation")) | Organisation.objects.filter(code=NO_LEAD)
    this_year = latest_start(as_of.date(), (YEAR_BEGINS_IN,)).year
    began = as_of - timedelta(days=180)
    last = agency_returns.open_returns(
        organisations=asked, year=this_year - 1, due_on=began.date() + timedelta(days=56), by=by, now=began
    )
    story = _Story(Random("returns of Airedon"), began + timedelta(days=40), by)
    for agency_return in last:
        story.tell(agency_return, as_of)
    coming = {"year": this_year, "due_on": as_of.date() + timedelta(days=70), "by": by}
    agency_returns.open_returns(organisations=asked, now=as_of - timedelta(days=10), **coming)
    _file_letters(now, this_year)


def appoint_leads(agencies: dict[str, Agency], team: int, as_of: datetime) -> None:
    """Whoever books for an agency speaks for it on training too, but where somebody else does already, and where nobody does."""
    led = set(Membership.objects.as_lead().values_list("organisation", flat=True))
    first_contacts = (
        Membership.objects.live()
        .filter(organisation__code__startswith=FIRST_LETTER, organisation__is_in_area=True)
        .filter(organisation__child_facing_headcount__gt=0, practitioner__user__isnull=False)
        .order_by("organisation", "role", "pk")
        .distinct("organisation")
    )
    Membership.objects.bulk_create(
        Membership(
            practitioner_id=row.practitioner_id,
            organisation_id=row.organisation_id,
            role=MembershipRole.AGENCY_LEAD,
            started_on=row.started_on,
            verified_at=as_of - timedelta(days=200),
            verified_by_id=team,
        )
        for row in first_contacts
        if row.organisation_id not in led and row.organisation_id != agencies[NO_LEAD].id
    )


def _file_letters(now: datetime, this_year: int) -> None:
    """All have gone out long ago; the latest stand in the mailbox of the account that is printed."""
    letters = OutboundEmail.objects.filter(letter__in=LETTERS)
    open_now = AgencyReturn.objects.filter(year=this_year).values_list("pk", flat=True)
    hers = letters.filter(letter=OPENED, to=LEAD, about__in=[f"return:{pk}" for pk in open_now])
    hers.update(send_at=now)
    letters.exclude(pk__in=hers.values("pk")).update(sent_at=F("created_at"), attempts=1)


class _Story:
    """How each agency answered for the year that is over."""

    def __init__(self, rng: Random, sent_at: datetime, officer: User) -> None:
        self.rng, self.sent_at, self.officer = rng, sent_at, officer
        self.standards = list(Section11Standard.objects.in_force())

    def tell(self, agency_return: AgencyReturn, as_of: datetime) -> None:
        code = agency_return.organisation.code
        lead = Membership.objects.as_lead().filter(organisation=agency_return.organisation).first()
        if lead is None or code == NEVER_ANSWERED:
            return
        who = {"return_id": agency_return.pk, "by": lead.practitioner.user, "now": self.sent_at}
        self.write(agency_return, who)
        agency_returns.submit(**who)
        officer = {"return_id": agency_return.pk, "by": self.officer, "now": self.sent_at + timedelta(days=20)}
        if code == SENT_BACK:
            agency_returns.ask(question=QUESTION, back_by=as_of.date() + timedelta(days=14), **officer)
        elif code != TO_READ:
            agency_returns.accept(**officer)
        if code == OF_CONCERN:
            promise = Promise(what=WHAT_TO_DO, due_on=as_of.date() + timedelta(days=60))
            agency_returns.raise_concern(promise=promise, **officer)

    def write(self, agency_return: AgencyReturn, who: dict) -> None:
        rng, code = self.rng, agency_return.organisation.code
        # The data files know more people there than the agency itself.
        headcount = 3 if code == AGENCY_OF_THREE else agency_return.organisation.child_facing_headcount
        behind = 0.3 if code == OF_CONCERN else 0.0
        levels = {level: self.level(headcount, part, behind) for level, part in NEED.items()}
        counted_on = timezone.localtime(self.sent_at).date() - timedelta(days=rng.randrange(3, 30))
        agency_returns.save_training(headcount=headcount, headcount_on=counted_on, levels=levels, **who)
        results = {each: self.result(behind) for each in self.standards}
        agency_returns.save_section_11(results=results, **who)

    def level(self, headcount: int, part: float, behind: float) -> LevelGiven:
        rng = self.rng
        need = max(1, round(headcount * part))
        courses = rng.randrange(0, 2 + headcount // 150)
        ways = rng.sample([HowEvaluated.FORM, HowEvaluated.CHECK, HowEvaluated.LATER, HowEvaluated.PRACTICE], 2)
        return LevelGiven(
            need=need,
            trained=round(need * (rng.uniform(0.74, 1.0) - behind)),
            courses_held=courses,
            evaluated=tuple(way.value for way in ways) if courses else (),
        )

    def result(self, behind: float) -> ResultGiven:
        score = self.rng.choices((0, 1, 2, 3), (5, 3, 2, 0) if behind else (1, 4, 10, 9))[0]
        return ResultGiven(
            score=score,
            evidence=self.rng.choice(EVIDENCE) if score else "",
            plan=self.rng.choice(PLANS) if score < 3 else "",
        )
