"""Organisation: a legal or managerial body, or a service of one; reports count by the leaf and roll up by sector."""

import pghistory
from django.conf import settings
from django.db import models

from accounts.models.user import Role


class Sector(models.TextChoices):
    """Reporting sectors (DOMAIN 3.3)."""

    LA_CHILDREN = "la_children", "Council children's services"
    LA_OTHER = "la_other", "Other council services"
    YOUTH_JUSTICE = "youth_justice", "Youth justice"
    POLICE = "police", "Police"
    HEALTH_ICB = "health_icb", "Integrated care board"
    HEALTH_TRUST = "health_trust", "NHS trust"
    HEALTH_PRIMARY = "health_primary", "Primary care"
    PROBATION = "probation", "Probation"
    FIRE = "fire", "Fire and rescue"
    CAFCASS = "cafcass", "Cafcass"
    SCHOOL_MAINTAINED = "school_maintained", "Maintained school"
    SCHOOL_ACADEMY = "school_academy", "Academy"
    SCHOOL_SPECIAL = "school_special", "Special school"
    SCHOOL_PRU = "school_pru", "Pupil referral unit"
    SCHOOL_MAT = "school_mat", "Multi-academy trust"
    SCHOOL_INDEPENDENT = "school_independent", "Independent school"
    FE_COLLEGE = "fe_college", "Further education college"
    HIGHER_EDUCATION = "higher_education", "Higher education"
    EARLY_YEARS_PVI = "early_years_pvi", "Private or voluntary early years setting"
    CHILDMINDER = "childminder", "Childminder"
    THIRD_SECTOR = "third_sector", "Third sector"
    FAITH = "faith", "Faith"
    SPORT = "sport", "Sport"
    FOSTER_CARER = "foster_carer", "Foster carers"
    PRIVATE_RESIDENTIAL = "private_residential", "Private residential care"
    PRIVATE_FOSTERING = "private_fostering", "Independent fostering agency"
    PRIVATE_SUPPORTED_16PLUS = "private_supported_16plus", "Supported accommodation, 16 and over"
    PRIVATE_OTHER = "private_other", "Other private"
    OTHER_LA_REGION = "other_la_region", "Council in the regional consortium"
    OTHER_LA = "other_la", "Other council"
    PUBLIC_OTHER = "public_other", "Other public body"


class ReportingGroup(models.TextChoices):
    """The eight groups that charts and published tables use (DOMAIN 3.3)."""

    COUNCIL = "council", "Council"
    POLICE_AND_JUSTICE = "police_and_justice", "Police and justice"
    HEALTH = "health", "Health"
    EDUCATION = "education", "Education"
    EARLY_YEARS = "early_years", "Early years"
    THIRD_SECTOR = "third_sector", "Third sector, faith and sport"
    CARERS = "carers", "Carers"
    PRIVATE_AND_OTHER = "private_and_other", "Private and other"


GROUP_OF_SECTOR: dict[str, ReportingGroup] = {
    Sector.LA_CHILDREN: ReportingGroup.COUNCIL,
    Sector.LA_OTHER: ReportingGroup.COUNCIL,
    Sector.YOUTH_JUSTICE: ReportingGroup.POLICE_AND_JUSTICE,
    Sector.POLICE: ReportingGroup.POLICE_AND_JUSTICE,
    Sector.PROBATION: ReportingGroup.POLICE_AND_JUSTICE,
    Sector.FIRE: ReportingGroup.POLICE_AND_JUSTICE,
    Sector.CAFCASS: ReportingGroup.POLICE_AND_JUSTICE,
    Sector.HEALTH_ICB: ReportingGroup.HEALTH,
    Sector.HEALTH_TRUST: ReportingGroup.HEALTH,
    Sector.HEALTH_PRIMARY: ReportingGroup.HEALTH,
    Sector.SCHOOL_MAINTAINED: ReportingGroup.EDUCATION,
    Sector.SCHOOL_ACADEMY: ReportingGroup.EDUCATION,
    Sector.SCHOOL_SPECIAL: ReportingGroup.EDUCATION,
    Sector.SCHOOL_PRU: ReportingGroup.EDUCATION,
    Sector.SCHOOL_MAT: ReportingGroup.EDUCATION,
    Sector.SCHOOL_INDEPENDENT: ReportingGroup.EDUCATION,
    Sector.FE_COLLEGE: ReportingGroup.EDUCATION,
    Sector.HIGHER_EDUCATION: ReportingGroup.EDUCATION,
    Sector.EARLY_YEARS_PVI: ReportingGroup.EARLY_YEARS,
    Sector.CHILDMINDER: ReportingGroup.EARLY_YEARS,
    Sector.THIRD_SECTOR: ReportingGroup.THIRD_SECTOR,
    Sector.FAITH: ReportingGroup.THIRD_SECTOR,
    Sector.SPORT: ReportingGroup.THIRD_SECTOR,
    Sector.FOSTER_CARER: ReportingGroup.CARERS,
    Sector.PRIVATE_RESIDENTIAL: ReportingGroup.PRIVATE_AND_OTHER,
    Sector.PRIVATE_FOSTERING: ReportingGroup.PRIVATE_AND_OTHER,
    Sector.PRIVATE_SUPPORTED_16PLUS: ReportingGroup.PRIVATE_AND_OTHER,
    Sector.PRIVATE_OTHER: ReportingGroup.PRIVATE_AND_OTHER,
    Sector.OTHER_LA_REGION: ReportingGroup.PRIVATE_AND_OTHER,
    Sector.OTHER_LA: ReportingGroup.PRIVATE_AND_OTHER,
    Sector.PUBLIC_OTHER: ReportingGroup.PRIVATE_AND_OTHER,
}


class ChargingCategory(models.TextChoices):
    """What decides a price (DOMAIN 6.2). An administrator sets it, never the practitioner."""

    INTERNAL = "internal", "Council service"
    PARTNER_FREE = "partner_free", "Partner agency that lends trainers"
    THIRD_SMALL = "third_small", "Third sector, under £250,000 a year"
    THIRD_LARGE = "third_large", "Third sector, larger"
    EDUCATION = "education", "City school, academy or college"
    PRIVATE = "private", "Private or independent"
    OTHER_LA = "other_la", "Another council"


class MembershipRole(models.TextChoices):
    """What somebody may do in an organisation; `member` is what a person says of themselves."""

    MEMBER = "MEMBER", "works or volunteers here"
    MANAGER = "MANAGER", "manager"
    BOOKING_CONTACT = "BOOKING_CONTACT", "booking contact"
    AGENCY_LEAD = "AGENCY_LEAD", "agency lead"


CONTACT_ROLES = (MembershipRole.BOOKING_CONTACT, MembershipRole.AGENCY_LEAD)


class Cluster(models.Model):
    """A local partnership of schools and services."""

    name = models.CharField(max_length=100, unique=True)

    def __str__(self):
        return self.name


class OrganisationQuerySet(models.QuerySet):
    def listed(self):
        """Organisations that a practitioner may choose for themselves."""
        return self.filter(state=Organisation.State.LISTED)

    def agencies(self):
        """What reports count by: those of the city that have no services of their own."""
        services = Organisation.objects.filter(parent=models.OuterRef("pk"))
        return self.listed().filter(~models.Exists(services), is_in_area=True)

    def waiting_for_a_decision(self):
        """Employers that somebody typed in and no administrator has placed yet.

        Those of accounts whose address was never confirmed are left out: anybody can type anything.
        """
        return self.filter(
            state=Organisation.State.PROPOSED,
            memberships__ended_on__isnull=True,
            memberships__practitioner__user__emailaddress__verified=True,
        ).distinct()

    def proposed_by(self, practitioner):
        return self.filter(
            state=Organisation.State.PROPOSED,
            memberships__practitioner=practitioner,
            memberships__ended_on__isnull=True,
        )

    def visible_to(self, user):
        """The organisations whose own pages this user may open: those they are a contact or lead of."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.has_role(Role.WORKFORCE_TEAM, Role.FINANCE, Role.SYSTEM_OWNER):
            return self
        return self.spoken_for_by(user).distinct()

    def spoken_for_by(self, user):
        """The organisations whose booking contact or lead this user is, each once a membership."""
        return self.filter(
            memberships__practitioner__user=user,
            memberships__role__in=CONTACT_ROLES,
            memberships__ended_on__isnull=True,
        )

    def of_contact(self, user):
        """The same, each once and by name; none where nobody is signed in."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.spoken_for_by(user).distinct().order_by("name", "pk")


class SpokenForQuerySet(models.QuerySet):
    """Of rows that are an organisation's: its booking contacts see theirs, the team and finance see all. Never trainers."""

    def visible_to(self, user):
        """All for the team and finance, drafts too; for anybody else those of organisations one speaks for."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.has_role(Role.WORKFORCE_TEAM, Role.FINANCE, Role.SYSTEM_OWNER):
            return self
        return self.for_contact(user)

    def for_contact(self, user):
        """Those of the organisations this person speaks for, whatever duties they have besides."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.shown_to_contacts().filter(organisation__in=Organisation.objects.spoken_for_by(user))

    def shown_to_contacts(self):
        """Everything, where a row has no draft that only the team knows."""
        return self


@pghistory.track(model_name="OrganisationHistory")
class Organisation(models.Model):
    """One tree of bodies and their services. A proposed one has no sector or price until an administrator decides."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", "waiting for a decision"
        LISTED = "LISTED", "listed"
        CLOSED = "CLOSED", "closed"

    code = models.CharField(max_length=20, unique=True, null=True, blank=True, help_text="Used to match imported rows.")
    name = models.CharField(max_length=200)
    trading_name = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.LISTED)
    sector = models.CharField(max_length=30, choices=Sector, blank=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="services")
    cluster = models.ForeignKey(Cluster, on_delete=models.PROTECT, null=True, blank=True, related_name="organisations")

    charging_category = models.CharField(max_length=15, choices=ChargingCategory, blank=True)
    charging_category_set_at = models.DateTimeField(null=True, blank=True)
    charging_category_set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    charging_category_evidence = models.CharField(max_length=300, blank=True)
    turnover_band = models.CharField(max_length=50, blank=True)
    is_partner = models.BooleanField("safeguarding partner agency", default=False)
    gives_trainers = models.BooleanField("lends trainers", default=False)
    is_in_area = models.BooleanField("works with the city's children", default=True)

    invoice_address = models.TextField(blank=True)
    invoice_email = models.EmailField(blank=True)
    is_purchase_order_required = models.BooleanField("purchase order required", default=False)
    is_recharged = models.BooleanField(
        "part of the council: recharged, not invoiced",
        default=False,
        db_default=False,
        help_text="Council services and maintained schools (DOMAIN 6.4).",
    )
    cost_centre = models.CharField(max_length=40, blank=True, default="", db_default="")
    payer = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="pays_for",
        help_text="Invoices are addressed to it. Empty: to the organisation itself.",
    )
    finance_reference = models.CharField("finance customer reference", max_length=50, blank=True)
    vat_number = models.CharField("VAT number", max_length=20, blank=True)

    child_facing_headcount = models.PositiveIntegerField(null=True, blank=True)
    headcount_on = models.DateField("headcount as at", null=True, blank=True)
    headcount_source = models.CharField(max_length=200, blank=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="PROPOSED") | ~models.Q(sector=""), name="a_listed_organisation_has_a_sector"
            ),
            models.CheckConstraint(
                condition=models.Q(charging_category="") | models.Q(charging_category_set_at__isnull=False),
                name="a_charging_category_has_a_date",
            ),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")), name="an_organisation_is_not_its_own_parent"
            ),
            models.CheckConstraint(
                condition=~models.Q(payer=models.F("id")), name="an_organisation_is_not_its_own_payer"
            ),
        ]
        indexes = [models.Index(fields=["name"], name="organisation_by_name")]

    def __str__(self):
        return self.name

    @property
    def reporting_group(self) -> ReportingGroup:
        return GROUP_OF_SECTOR.get(self.sector, ReportingGroup.PRIVATE_AND_OTHER)
