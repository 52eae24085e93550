"""The catalogue on the administration site: reference data to edit and import; what has a life cycle to look at."""

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField

from accounts.admin_site import HTTPS_WHERE_NOTHING_IS_SAID, PortalModelAdmin, SearchedChoices
from accounts.spreadsheets import PortalExportAdmin, PortalImportExportAdmin
from courses.models import (
    ChargingPolicy,
    Course,
    CourseText,
    CourseVersion,
    DiscountRule,
    Event,
    KnowledgeCheck,
    KnowledgeQuestion,
    LearningOutcome,
    Offer,
    Price,
    PriceBand,
    Session,
    Trainer,
    TrainerAssignment,
    VatRate,
    Venue,
)
from courses.models.knowledge_check import FEWEST_WRONG, MOST_WRONG
from courses.resources import (
    CourseResource,
    CourseTextResource,
    EventResource,
    OfferResource,
    PriceResource,
    TrainerResource,
    VenueResource,
)


class ReadOnlyInline(admin.TabularInline):
    extra = 0

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class OfferInline(SearchedChoices, admin.TabularInline):
    model = Offer
    extra = 0
    autocomplete_fields = ["price_band"]

    def has_delete_permission(self, request, obj=None):
        """Bookings point at offers; take the tick from “is active” instead."""
        return False


@admin.register(Course)
class CourseAdmin(PortalImportExportAdmin):
    """New courses are made on the team's own pages or by import, which give them their first version."""

    resource_classes = [CourseResource]
    list_display = ["code", "title", "learning_format", "state", "content_owner", "review_due_on"]
    list_filter = ["state", "learning_format", "offers__strand"]
    search_fields = ["code", "title"]
    readonly_fields = ["code", "slug", "state"]
    filter_horizontal = ["required_courses"]
    inlines = [OfferInline]
    ordering = ["code"]

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        """Courses are retired, never deleted: training records name them."""
        return False


@admin.register(CourseText)
class CourseTextAdmin(PortalImportExportAdmin):
    """Summaries and learning outcomes by spreadsheet; one at a time they are edited on the course's own page."""

    resource_classes = [CourseTextResource]
    list_display = ["code", "title", "summary"]
    list_display_links = None
    search_fields = ["code", "title"]
    ordering = ["code"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class LearningOutcomeInline(ReadOnlyInline):
    model = LearningOutcome
    ordering = ["position"]


@admin.register(CourseVersion)
class CourseVersionAdmin(PortalModelAdmin):
    """To look at alone: outcomes that somebody was certified for do not change."""

    list_display = ["course", "number", "published_at"]
    search_fields = ["course__code", "course__title"]
    list_select_related = ["course"]
    inlines = [LearningOutcomeInline]
    ordering = ["course__code", "-number"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Offer)
class OfferAdmin(SearchedChoices, PortalImportExportAdmin):
    resource_classes = [OfferResource]
    list_display = ["course", "strand", "approval_mode", "price_band", "is_area_only", "is_active"]
    list_filter = ["strand", "approval_mode", "is_active"]
    list_select_related = ["course", "price_band"]
    search_fields = ["course__code", "course__title"]
    autocomplete_fields = ["course", "price_band"]
    ordering = ["course__code", "strand"]

    def has_delete_permission(self, request, obj=None):
        return False


class KnowledgeQuestionForm(forms.ModelForm):
    """Wrong answers stand one a line."""

    wrong_answers = SimpleArrayField(
        forms.CharField(max_length=200),
        delimiter="\n",
        min_length=FEWEST_WRONG,
        max_length=MOST_WRONG,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One a line: answers that somebody might believe.",
    )

    class Meta:
        model = KnowledgeQuestion
        fields = ["position", "words", "right_answer", "wrong_answers", "explanation"]

    def clean(self):
        """An answer that stands there twice could be right and wrong."""
        cleaned = super().clean()
        answers = [cleaned.get("right_answer"), *(cleaned.get("wrong_answers") or [])]
        if len(set(answers)) < len(answers):
            self.add_error("wrong_answers", "Every answer must be another one. Take out what stands there twice.")
        return cleaned


class KnowledgeQuestionInline(admin.StackedInline):
    model = KnowledgeQuestion
    form = KnowledgeQuestionForm
    extra = 1


@admin.register(KnowledgeCheck)
class KnowledgeCheckAdmin(SearchedChoices, PortalModelAdmin):
    """The questions at the end of self-paced courses."""

    list_display = ["course", "pass_mark", "attempts_at_once", "pause_hours"]
    list_select_related = ["course"]
    search_fields = ["course__code", "course__title"]
    autocomplete_fields = ["course"]
    inlines = [KnowledgeQuestionInline]
    ordering = ["course__code"]


@admin.register(PriceBand)
class PriceBandAdmin(PortalModelAdmin):
    list_display = ["code", "name", "vat_treatment"]
    list_filter = ["vat_treatment"]
    search_fields = ["code", "name"]
    ordering = ["code"]


@admin.register(Price)
class PriceAdmin(PortalImportExportAdmin):
    resource_classes = [PriceResource]
    list_display = ["band", "charging_category", "terms", "amount", "effective_from"]
    list_filter = ["band", "charging_category", "effective_from"]
    list_select_related = ["band"]
    ordering = ["band__code", "charging_category", "-effective_from"]


@admin.register(VatRate)
class VatRateAdmin(PortalModelAdmin):
    list_display = ["percent", "effective_from"]
    ordering = ["-effective_from"]

    def has_delete_permission(self, request, obj=None):
        """What was charged then is explained by it."""
        return False


@admin.register(DiscountRule)
class DiscountRuleAdmin(PortalModelAdmin):
    """The sentence says the rule back to whoever wrote it."""

    list_display = ["name", "in_words", "is_active"]
    list_filter = ["is_active", "strand", "charging_category"]
    list_select_related = ["band"]
    search_fields = ["name"]
    readonly_fields = ["in_words"]
    fields = [
        "name",
        "in_words",
        "percent",
        "amount",
        "min_places",
        "charging_category",
        "strand",
        "band",
        "starts_on",
        "ends_on",
        "is_active",
    ]
    ordering = ["name"]

    @admin.display(description="in words")
    def in_words(self, rule):
        return rule.sentence if rule.pk else "Said here once the rule is saved."

    def has_delete_permission(self, request, obj=None):
        """Orders name the rule they came under; take the tick from “is active” instead."""
        return False


@admin.register(ChargingPolicy)
class ChargingPolicyAdmin(PortalModelAdmin):
    list_display = ["version", "effective_from", "late_charge_half_day", "late_charge_full_day"]
    ordering = ["-effective_from"]


@admin.register(Venue)
class VenueAdmin(PortalImportExportAdmin):
    resource_classes = [VenueResource]
    list_display = ["name", "postcode", "capacity", "is_step_free", "has_hearing_loop", "is_active"]
    list_filter = ["is_active", "is_step_free"]
    search_fields = ["name", "address", "postcode"]
    ordering = ["name"]


@admin.register(Trainer)
class TrainerAdmin(SearchedChoices, PortalImportExportAdmin):
    resource_classes = [TrainerResource]
    list_display = ["practitioner", "organisation", "pool_state", "trained_on"]
    list_filter = ["pool_state"]
    list_select_related = ["practitioner", "organisation"]
    search_fields = ["practitioner__full_name", "organisation__name"]
    autocomplete_fields = ["practitioner", "organisation"]
    ordering = ["practitioner__full_name"]


class SessionInline(ReadOnlyInline):
    model = Session
    formfield_overrides = HTTPS_WHERE_NOTHING_IS_SAID
    ordering = ["position"]


@admin.register(Event)
class EventAdmin(PortalExportAdmin):
    resource_classes = [EventResource]
    list_display = ["reference", "version", "state", "starts_at", "venue", "places_taken", "capacity"]
    list_filter = ["state", "mode"]
    list_select_related = ["version__course", "venue"]
    search_fields = ["reference", "version__course__title"]
    inlines = [SessionInline]
    ordering = ["-starts_at", "-id"]

    def get_export_queryset(self, request):
        return super().get_export_queryset(request).select_related("version__course", "venue")


@admin.register(TrainerAssignment)
class TrainerAssignmentAdmin(PortalExportAdmin):
    list_display = ["trainer", "session", "part"]
    list_select_related = ["trainer__practitioner", "session__event"]
    search_fields = ["trainer__practitioner__full_name", "session__event__reference"]
    ordering = ["-id"]
