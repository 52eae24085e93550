"""Columns of the spreadsheets about organisations: reference data in, anything out."""

from import_export.fields import Field

from accounts.models import Cluster, Membership, Organisation, Practitioner
from accounts.spreadsheets import LookUpColumn, PortalResource, TextColumn, YesNoColumn


class ClusterResource(PortalResource):
    class Meta:
        model = Cluster
        fields = ("name",)
        import_id_fields = ("name",)


class ClusterColumn(LookUpColumn):
    """Clusters have nothing but a name, so that a new name makes a new cluster."""

    def clean(self, value, row=None, **kwargs):
        name = TextColumn().clean(value)
        return Cluster.objects.get_or_create(name=name)[0] if name else None


class OrganisationResource(PortalResource):
    """A parent is named by its name or code and must stand above its services in the file, or be known already."""

    code = Field("code", "code", TextColumn(allow_blank=False))
    parent = Field("parent", "parent", LookUpColumn(Organisation, "name", "code", noun="organisation"))
    partner = Field("is_partner", "partner", YesNoColumn(), default=False)
    gives_trainers = Field("gives_trainers", "gives_trainers", YesNoColumn(), default=False)
    in_area = Field("is_in_area", "in_area", YesNoColumn(), default=True)
    cluster = Field("cluster", "cluster", ClusterColumn(Cluster, "name"))

    class Meta:
        model = Organisation
        fields = (
            "code",
            "name",
            "trading_name",
            "sector",
            "parent",
            "partner",
            "gives_trainers",
            "in_area",
            "turnover_band",
            "child_facing_headcount",
            "headcount_on",
            "headcount_source",
            "charging_category",
            "cluster",
            "invoice_address",
            "invoice_email",
            "is_purchase_order_required",
            "finance_reference",
            "vat_number",
        )
        import_id_fields = ("code",)

    def get_queryset(self):
        return super().get_queryset().select_related("parent", "cluster")

    def after_init_instance(self, instance, new, row, **kwargs):
        self.category_before = instance.charging_category

    def import_instance(self, instance, row, *, now, user=None, **kwargs):
        """Who set the category that decides the price, and when, stays known."""
        super().import_instance(instance, row, now=now, user=user, **kwargs)
        if instance.charging_category != self.category_before:
            instance.charging_category_set_at = now if instance.charging_category else None
            instance.charging_category_set_by = user if instance.charging_category else None
            instance.charging_category_evidence = "imported from a spreadsheet"


class MembershipResource(PortalResource):
    """For export alone."""

    person = Field("practitioner__full_name", "person")
    organisation = Field("organisation__name", "organisation")

    class Meta:
        model = Membership
        fields = ("person", "organisation", "role", "started_on", "ended_on", "verified_at")


class PractitionerResource(PortalResource):
    """For export alone, and without addresses or registration numbers: those are looked up one at a time."""

    class Meta:
        model = Practitioner
        fields = ("id", "full_name", "job_role", "created_at")
