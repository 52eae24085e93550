"""Columns of the catalogue's spreadsheets: courses, their texts, offers, prices, venues and trainers.

The words of the data files are translated here. `classroom` is in person, `virtual` live online, `on_site`
at your setting; a capacity of 0 is no limit and a refresh of 0 months none. The file has one price band a
course, which belongs to the strands that charge: see `band_of_strand`.
"""

import re

from django.core.exceptions import ValidationError
from import_export.fields import Field

from accounts.models import ChargingCategory, Organisation, Practitioner
from accounts.spreadsheets import (
    ChoiceColumn,
    DateColumn,
    DecimalColumn,
    ListColumn,
    LookUpColumn,
    PortalResource,
    TextColumn,
    WholeNumberColumn,
    YesNoColumn,
)
from accounts.spreadsheets.columns import text_of
from courses.actions.courses import OfferTerms, free_slug, revise_outcomes, write_offers
from courses.audiences import groups_named_in, in_plain_words
from courses.models import (
    USUAL_APPROVAL,
    ApprovalMode,
    AudienceGroup,
    Course,
    CourseText,
    CourseVersion,
    DeliveryMode,
    Event,
    LearningFormat,
    Offer,
    Price,
    PriceBand,
    Strand,
    Trainer,
    VatTreatment,
    Venue,
)
from courses.models.vat import BAND_TREATMENTS

MODES = [
    ("classroom", DeliveryMode.IN_PERSON),
    ("virtual", DeliveryMode.LIVE_ONLINE),
    ("on_site", DeliveryMode.AT_YOUR_SETTING),
]
FREE_BAND = "P0"


def band_of_strand(strand: str, band: PriceBand, *, is_half_day: bool) -> PriceBand:
    """Say which band one strand of a course has, when the file gives one for them all (DOMAIN 6.2 and 13).

    Core and statutory places are free (P0), whatever the course sells for elsewhere. Traded places have
    the band as given. Multi-agency places have it when it is an L band or free; a P band beside them would
    charge partners, who come free, so they get the multi-agency band of the same length.
    """
    if strand in (Strand.CORE, Strand.STATUTORY):
        return PriceBand.objects.get(code=FREE_BAND)
    if strand == Strand.MULTI_AGENCY and band.code.startswith("P") and band.code != FREE_BAND:
        return PriceBand.objects.get(code="L2" if is_half_day else "L3")
    return band


class ModeColumn(ChoiceColumn):
    """Our own words, and those of the data files."""

    def __init__(self):
        super().__init__([*DeliveryMode.choices, *[(mode, old) for old, mode in MODES]])


class CapacityColumn(WholeNumberColumn):
    """0 is written where there is no limit."""

    def clean(self, value, row=None, **kwargs):
        return super().clean(value, row, **kwargs) or None


class AudienceColumn(TextColumn):
    def clean(self, value, row=None, **kwargs):
        return in_plain_words(super().clean(value, row, **kwargs) or "")


class SemicolonColumn(TextColumn):
    """Several texts in one cell, with semicolons between them."""

    def clean(self, value, row=None, **kwargs):
        return [part.strip() for part in text_of(value).split(";") if part.strip()]

    def render(self, value, obj=None, **kwargs):
        return "; ".join(value or [])


class NothingColumn(TextColumn):
    """“None” and “Nothing” are an empty text."""

    def clean(self, value, row=None, **kwargs):
        text = super().clean(value, row, **kwargs) or ""
        return "" if text.casefold() in ("none", "nothing") else text


class CourseResource(PortalResource):
    """A new course comes as a draft. Its texts have a file of their own; then it can be published."""

    code = Field("code", "code", TextColumn(allow_blank=False))
    strands = Field("strands", "strands", ListColumn(Strand.choices))
    learning_format = Field("learning_format", "format", ChoiceColumn(LearningFormat.choices))
    default_mode = Field("default_mode", "mode", ModeColumn())
    audience = Field("audience", "audience", AudienceColumn())
    audience_groups = Field("audience_groups", "audience_groups", ListColumn(AudienceGroup.choices))
    prerequisite = Field("prerequisite", "prerequisite", NothingColumn())
    refresh_months = Field("refresh_months", "refresh_months", CapacityColumn())
    default_capacity = Field("default_capacity", "capacity", CapacityColumn())
    default_min_numbers = Field("default_min_numbers", "min_numbers", WholeNumberColumn(), default=0)
    price_band = Field("price_band", "price_band", LookUpColumn(PriceBand, "code", noun="price band"))
    source = Field("source", "source", readonly=True)

    class Meta:
        model = Course
        fields = (
            "code",
            "title",
            "strands",
            "learning_format",
            "default_mode",
            "level",
            "duration_hours",
            "days",
            "audience",
            "audience_groups",
            "prerequisite",
            "refresh_months",
            "default_capacity",
            "default_min_numbers",
            "price_band",
            "source",
        )
        import_id_fields = ("code",)

    def get_queryset(self):
        return super().get_queryset().prefetch_related("offers__price_band", "required_courses")

    def before_import(self, dataset, **kwargs):
        super().before_import(dataset, **kwargs)
        self.needed_first = {}

    def after_init_instance(self, instance, new, row, **kwargs):
        """Put beside the course's own fields what the file has in columns and we in other tables."""
        instance.strands = strands_of(instance)
        instance.price_band = charging_band_of(instance)
        instance.prerequisite = needed_first_of(instance)

    def import_instance(self, instance, row, **kwargs):
        audience_before = instance.audience
        if not instance.slug:
            instance.slug = free_slug(title=text_of(row.get("title")), code=text_of(row.get("code")))
        super().import_instance(instance, row, **kwargs)
        if "audience_groups" not in row and instance.audience != audience_before:
            instance.audience_groups = groups_named_in(instance.audience)
        if "prerequisite" in row:
            self.take_needed_first(instance)
        if instance.strands and instance.price_band is None:
            raise ValidationError({"price_band": "Give the price band of the strands that charge, or P0."})

    def take_needed_first(self, instance) -> None:
        """Codes become links to those courses; the words stand until the course's texts say it better."""
        self.needed_first[instance.code] = re.findall(r"\b[A-Z]+\d+\b", instance.prerequisite)
        if not instance.prerequisite:
            instance.prerequisite_mode = Course.PrerequisiteMode.NONE
        elif instance.prerequisite_mode == Course.PrerequisiteMode.NONE:
            instance.prerequisite_mode = Course.PrerequisiteMode.DECLARED
        instance.prerequisites = instance.prerequisites or instance.prerequisite

    def after_save_instance(self, instance, row, **kwargs):
        CourseVersion.objects.get_or_create(course=instance, number=1)
        if instance.price_band:
            write_offers(course=instance, offers=self.terms_of(instance))

    def terms_of(self, instance) -> list[OfferTerms]:
        """What staff have decided about an offer stays; the file decides strands and prices."""
        known = {offer.strand: offer for offer in instance.offers.all()}
        return [
            OfferTerms(
                strand=strand,
                price_band=band_of_strand(strand, instance.price_band, is_half_day=instance.is_half_day),
                **decided_about(known.get(strand), strand),
            )
            for strand in instance.strands
        ]

    def after_import(self, dataset, result, **kwargs):
        """A course may stand above the one it builds on, so these links are made last."""
        super().after_import(dataset, result, **kwargs)
        ids = dict(Course.objects.values_list("code", "pk"))
        for code, needed in self.needed_first.items():
            if code in ids:
                Course(pk=ids[code]).required_courses.set([ids[each] for each in needed if each in ids])

    def dehydrate_strands(self, course):
        return ",".join(getattr(course, "strands", None) or strands_of(course))

    def dehydrate_price_band(self, course):
        band = getattr(course, "price_band", None) or charging_band_of(course)
        return band.code if band else ""

    def dehydrate_prerequisite(self, course):
        return getattr(course, "prerequisite", None) or needed_first_of(course) or "None"


def decided_about(offer: Offer | None, strand: str) -> dict:
    if offer is None:
        return {"approval_mode": USUAL_APPROVAL[strand], "is_area_only": strand == Strand.MULTI_AGENCY}
    return {
        "approval_mode": offer.approval_mode,
        "audience": offer.audience,
        "free_cancel_working_days": offer.free_cancel_working_days,
        "is_area_only": offer.is_area_only,
        "charges_non_completion": offer.charges_non_completion,
    }


def strands_of(course: Course) -> list[str]:
    if course.pk is None:
        return []
    return [offer.strand for offer in course.offers.all() if offer.is_active]


def charging_band_of(course: Course) -> PriceBand | None:
    """The band that the file would give: that of a strand which charges, else the free one."""
    bands = [] if course.pk is None else [offer.price_band for offer in course.offers.all() if offer.is_active]
    charging = [band for band in bands if band.code != FREE_BAND]
    return next(iter(charging or bands), None)


def needed_first_of(course: Course) -> str:
    if course.pk is None or course.prerequisite_mode == Course.PrerequisiteMode.NONE:
        return ""
    return " or ".join(sorted(each.code for each in course.required_courses.all())) or course.prerequisites


class CourseTextResource(PortalResource):
    """The words of courses that are known already: summary, learning outcomes, what is needed first, topics."""

    summary = Field("summary", "summary", TextColumn(allow_blank=False))
    outcome_1 = Field("outcome_1", "outcome_1", TextColumn())
    outcome_2 = Field("outcome_2", "outcome_2", TextColumn())
    outcome_3 = Field("outcome_3", "outcome_3", TextColumn())
    outcome_4 = Field("outcome_4", "outcome_4", TextColumn())
    prerequisites = Field("prerequisites", "need_first", NothingColumn())
    topics = Field("topics", "topics", SemicolonColumn())

    OUTCOMES = ("outcome_1", "outcome_2", "outcome_3", "outcome_4")

    class Meta:
        model = CourseText
        fields = ("code", "summary", "outcome_1", "outcome_2", "outcome_3", "outcome_4", "prerequisites", "topics")
        import_id_fields = ("code",)

    def init_instance(self, row=None):
        raise ValidationError({"code": "There is no course with this code. Import the course first."})

    def after_init_instance(self, instance, new, row, **kwargs):
        for name, text in outcome_texts(instance).items():
            setattr(instance, name, text)

    def validate_instance(self, instance, import_validation_errors=None, validate_unique=True):
        too_long = "This outcome has {} characters; 200 are the most."
        errors = {
            name: too_long.format(len(getattr(instance, name)))
            for name in self.OUTCOMES
            if len(getattr(instance, name)) > 200
        }
        super().validate_instance(instance, {**(import_validation_errors or {}), **errors}, validate_unique)

    def after_save_instance(self, instance, row, *, now, **kwargs):
        texts = [getattr(instance, name) for name in self.OUTCOMES]
        revise_outcomes(course=instance, outcomes=[text for text in texts if text], now=now)

    def before_export(self, queryset, **kwargs):
        self.texts_by_course = {}

    def dehydrate_outcome_1(self, course):
        return self.outcome_of(course, 1)

    def dehydrate_outcome_2(self, course):
        return self.outcome_of(course, 2)

    def dehydrate_outcome_3(self, course):
        return self.outcome_of(course, 3)

    def dehydrate_outcome_4(self, course):
        return self.outcome_of(course, 4)

    def outcome_of(self, course, position: int) -> str:
        name = f"outcome_{position}"
        if hasattr(course, name):
            return getattr(course, name)
        if course.pk not in self.texts_by_course:
            self.texts_by_course[course.pk] = outcome_texts(course)
        return self.texts_by_course[course.pk][name]


def outcome_texts(course: Course) -> dict[str, str]:
    """The outcomes of the newest version, by column."""
    version = course.versions.order_by("-number").first()
    texts = list(version.outcomes.order_by("position").values_list("text", flat=True)) if version else []
    return {f"outcome_{position}": (texts + [""] * 4)[position - 1] for position in range(1, 5)}


VAT_COLUMN = ChoiceColumn(BAND_TREATMENTS)


class BandColumn(LookUpColumn):
    """A code that is new makes a new band, with the name and VAT treatment in the columns beside it."""

    def clean(self, value, row=None, **kwargs):
        code = text_of(value)
        beside = {
            "name": text_of((row or {}).get("band name")) or code,
            "vat_treatment": VAT_COLUMN.clean((row or {}).get("VAT treatment")) or VatTreatment.EXEMPT,
        }
        return PriceBand.objects.get_or_create(code=code, defaults=beside)[0] if code else None


class PriceResource(PortalResource):
    """The price list: one row for each band, charging category and day from which it holds."""

    band = Field("band", "band", BandColumn(PriceBand, "code"))
    band_name = Field("band__name", "band name", TextColumn(), readonly=True)
    vat_treatment = Field("band__vat_treatment", "VAT treatment", VAT_COLUMN, readonly=True)
    charging_category = Field("charging_category", "category", ChoiceColumn(ChargingCategory.choices))
    terms = Field("terms", "terms", ChoiceColumn([*Price.Terms.choices, (Price.Terms.FIXED, "fixed")]))
    amount = Field("amount", "amount", DecimalColumn())
    effective_from = Field("effective_from", "effective_from", DateColumn())

    class Meta:
        model = Price
        fields = ("band", "band_name", "vat_treatment", "charging_category", "terms", "amount", "effective_from")
        import_id_fields = ("band", "charging_category", "effective_from")

    def get_queryset(self):
        return super().get_queryset().select_related("band")

    def before_import_row(self, row, row_number, **kwargs):
        super().before_import_row(row, row_number, **kwargs)
        try:
            VAT_COLUMN.clean(row.get("VAT treatment"))
        except ValueError as problem:
            raise ValidationError({"VAT treatment": f"{problem}. The rate itself stands under VAT rates."}) from None

    def import_instance(self, instance, row, **kwargs):
        super().import_instance(instance, row, **kwargs)
        self.refuse_another_treatment(instance.band, VAT_COLUMN.clean(row.get("VAT treatment")))
        if instance.terms == Price.Terms.FIXED and (instance.amount is None or instance.amount < 0):
            raise ValidationError({"amount": "A fixed price needs an amount: 0 where the place is free."})
        if instance.terms == Price.Terms.NOT_OFFERED and instance.amount is not None:
            raise ValidationError({"amount": "What is not offered has no price. Leave the amount empty."})
        if instance.terms == Price.Terms.ON_QUOTE and instance.amount is not None and instance.amount <= 0:
            raise ValidationError({"amount": "Say where quotes start, or leave the amount empty."})

    def refuse_another_treatment(self, band: PriceBand | None, treatment: str) -> None:
        """A new band takes it from its first row. One that is known is changed as a whole, not by one of its prices."""
        if band and treatment and treatment != band.vat_treatment:
            words = f"Band {band.code} is “{band.get_vat_treatment_display()}”. Change that under Price bands."
            raise ValidationError({"VAT treatment": words})


class OfferResource(PortalResource):
    """Who may book a course in a strand, how it is approved and what it costs."""

    course = Field("course", "course", LookUpColumn(Course, "code", noun="course"))
    strand = Field("strand", "strand", ChoiceColumn(Strand.choices))
    approval_mode = Field("approval_mode", "approval_mode", ChoiceColumn(ApprovalMode.choices))
    price_band = Field("price_band", "price_band", LookUpColumn(PriceBand, "code", noun="price band"))
    is_area_only = Field("is_area_only", "is_area_only", YesNoColumn(), default=False)
    is_active = Field("is_active", "is_active", YesNoColumn(), default=True)

    class Meta:
        model = Offer
        fields = (
            "course",
            "strand",
            "audience",
            "approval_mode",
            "price_band",
            "free_cancel_working_days",
            "is_area_only",
            "is_active",
        )
        import_id_fields = ("course", "strand")

    def get_queryset(self):
        return super().get_queryset().select_related("course", "price_band")


class VenueResource(PortalResource):
    name = Field("name", "name", TextColumn(allow_blank=False))
    capacity = Field("capacity", "capacity", CapacityColumn())

    class Meta:
        model = Venue
        fields = (
            "name",
            "address",
            "postcode",
            "capacity",
            "room_notes",
            "is_step_free",
            "has_hearing_loop",
            "has_accessible_toilet",
            "has_prayer_space",
            "parking",
            "nearest_stop",
            "is_active",
        )
        import_id_fields = ("name",)


class EventResource(PortalResource):
    """For export alone: dates have pages of their own."""

    course = Field("version__course__code", "course")
    title = Field("version__course__title", "title")
    venue = Field("venue__name", "venue")

    class Meta:
        model = Event
        fields = (
            "reference",
            "course",
            "title",
            "state",
            "mode",
            "venue",
            "starts_at",
            "ends_at",
            "capacity",
            "places_taken",
            "min_numbers",
            "is_open_to_region",
        )


class TrainerResource(PortalResource):
    """Trainers are people we know already, found by their email address."""

    practitioner = Field("practitioner", "email", LookUpColumn(Practitioner, "email", noun="person"))
    name = Field("practitioner__full_name", "name", TextColumn(), readonly=True)
    organisation = Field(
        "organisation", "organisation", LookUpColumn(Organisation, "name", "code", noun="organisation")
    )
    pool_state = Field("pool_state", "pool_state", ChoiceColumn(Trainer.PoolState.choices))
    topics = Field("topics", "topics", SemicolonColumn())

    class Meta:
        model = Trainer
        fields = (
            "practitioner",
            "name",
            "organisation",
            "pool_state",
            "topics",
            "trained_on",
            "trained_by",
        )
        import_id_fields = ("practitioner",)

    def get_queryset(self):
        return super().get_queryset().select_related("practitioner", "organisation")
