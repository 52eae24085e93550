"""Administration of organisations and of the partnership's settings; people, letters and the audit to look at only."""

from django.conf import settings
from django.contrib import admin, messages

from accounts import clock
from accounts.actions import letters
from accounts.admin_site import PortalModelAdmin, SearchedChoices
from accounts.models import AuditEntry, Cluster, Membership, Organisation, OutboundEmail, Partnership, Practitioner
from accounts.resources import ClusterResource, MembershipResource, OrganisationResource, PractitionerResource
from accounts.spreadsheets import PortalExportAdmin, PortalImportExportAdmin


@admin.register(Cluster)
class ClusterAdmin(PortalImportExportAdmin):
    resource_classes = (ClusterResource,)
    search_fields = ("name",)


@admin.register(Organisation)
class OrganisationAdmin(SearchedChoices, PortalImportExportAdmin):
    """Proposed ones are decided on the team's own page; who set a charging category, and when, is filled in here."""

    resource_classes = (OrganisationResource,)
    list_display = ("name", "sector", "charging_category", "parent", "state")
    list_filter = ("state", "charging_category", "is_partner", "sector")
    list_select_related = ("parent",)
    search_fields = ("name", "trading_name", "code")
    search_help_text = "Employers that people typed in are decided on the page “Employers to place”."
    autocomplete_fields = ("parent", "cluster")
    exclude = ("charging_category_set_at", "charging_category_set_by")
    ordering = ("name",)

    def get_queryset(self, request):
        return super().get_queryset(request).exclude(state=Organisation.State.PROPOSED)

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        """Nothing goes back to being proposed: who belongs to it and what they asked for would be left behind."""
        if db_field.name == "state":
            kwargs["choices"] = [choice for choice in db_field.choices if choice[0] != Organisation.State.PROPOSED]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def has_delete_permission(self, request, obj=None):
        """Closed, never deleted: people and bookings point here."""
        return False

    def save_model(self, request, obj, form, change):
        if "charging_category" in form.changed_data:
            obj.charging_category_set_at = clock.now() if obj.charging_category else None
            obj.charging_category_set_by = request.user if obj.charging_category else None
        super().save_model(request, obj, form, change)


@admin.register(Partnership)
class PartnershipAdmin(PortalModelAdmin):
    """One row, which is always there."""

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def changelist_view(self, request, extra_context=None):
        Partnership.objects.stored()
        return super().changelist_view(request, extra_context)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        messages.info(request, f"Pages and letters show it within {settings.PARTNERSHIP_KEPT_SECONDS} seconds.")


@admin.register(Membership)
class MembershipAdmin(PortalExportAdmin):
    resource_classes = (MembershipResource,)
    list_display = ("practitioner", "organisation", "role", "started_on", "ended_on")
    list_filter = ("role",)
    list_select_related = ("practitioner", "organisation")
    search_fields = ("practitioner__full_name", "organisation__name")


@admin.register(Practitioner)
class PractitionerAdmin(PortalExportAdmin):
    resource_classes = (PractitionerResource,)
    list_display = ("full_name", "job_role", "email")
    search_fields = ("full_name", "email")
    exclude = ("user",)


class LookingOnlyAdmin(PortalModelAdmin):
    """Neither changed nor exported."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(OutboundEmail)
class OutboundEmailAdmin(LookingOnlyAdmin):
    """What was sent, what waits and what failed. The text stays with the person it was written to."""

    list_display = ("letter", "to", "send_at", "sent_at", "given_up_at", "attempts", "last_error")
    list_filter = (("given_up_at", admin.EmptyFieldListFilter), ("sent_at", admin.EmptyFieldListFilter), "letter")
    search_fields = ("to", "about")
    exclude = ("text", "html", "calendar")
    ordering = ("-send_at",)
    show_full_result_count = False
    actions = ("send_again",)

    @admin.action(description="Send again what failed")
    def send_again(self, request, queryset):
        chosen = queryset.given_up().exclude(text="")
        count = len([letters.send_again(email=email, by=request.user, now=clock.now()) for email in chosen])
        self.message_user(request, f"{count} put back into the post.", messages.SUCCESS)


@admin.register(AuditEntry)
class AuditEntryAdmin(LookingOnlyAdmin):
    list_display = ("at", "actor_id", "verb", "subject", "detail")
    list_filter = ("verb",)
    search_fields = ("subject",)
    ordering = ("-at",)
    show_full_result_count = False
