"""Columns of what finance takes away: the charges that were approved."""

from import_export.fields import Field
from import_export.widgets import Widget

from accounts.spreadsheets import PortalResource, TextColumn, YesNoColumn
from accounts.spreadsheets.columns import DateTimeColumn
from bookings.models import ChargeNotice


class LabelColumn(Widget):
    """For export: a choice in its words."""

    def __init__(self, choices):
        super().__init__()
        self.labels = dict(choices)

    def render(self, value, obj=None, **kwargs):
        return str(self.labels.get(value, value))


class ApprovedChargeResource(PortalResource):
    """One row a charge, with what an invoice needs. Nobody's reasons are in it."""

    agency = Field("organisation__name", "agency", TextColumn())
    agency_code = Field("organisation__code", "agency code", TextColumn())
    finance_reference = Field("organisation__finance_reference", "finance reference", TextColumn())
    invoice_email = Field("organisation__invoice_email", "invoice email", TextColumn())
    invoice_address = Field("organisation__invoice_address", "invoice address", TextColumn())
    is_purchase_order_required = Field(
        "organisation__is_purchase_order_required", "purchase order required", YesNoColumn()
    )
    person = Field("practitioner__full_name", "person", TextColumn())
    booking = Field("reference", "booking", TextColumn())
    course_code = Field("course__code", "course code", TextColumn())
    course = Field("course__title", "course", TextColumn())
    date = Field("booking__event__reference", "date reference", TextColumn())
    starts_at = Field("booking__event__starts_at", "starts at", DateTimeColumn())
    kind = Field("kind", "charged for", LabelColumn(ChargeNotice.Kind.choices))
    policy = Field("policy__version", "booking terms", TextColumn())
    decided_at = Field("decided_at", "approved at", DateTimeColumn())

    class Meta:
        model = ChargeNotice
        fields = (
            "id", "agency", "agency_code", "finance_reference", "invoice_email", "invoice_address",
            "is_purchase_order_required", "person", "booking", "course_code", "course", "date", "starts_at", "kind",
            "amount", "policy", "decided_at",
        )  # fmt: skip
        export_order = fields
