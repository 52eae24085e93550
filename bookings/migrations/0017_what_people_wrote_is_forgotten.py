"""What people typed leaves the history of orders and invoices, and why a line was waived leaves with the person."""

from importlib import import_module

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

BEFORE = import_module("bookings.migrations.0011_forget_history").FORGET.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
END = "\n    PERFORM set_config('pgtrigger.ignore', before, true);\n"
FORGET = BEFORE.replace(
    END,
    """
    UPDATE bookings_orderlinehistory SET waived_reason = removed,
        settled_reason = CASE WHEN settled_reason = '' THEN '' ELSE removed END
        WHERE waived_reason <> ''
          AND pgh_obj_id IN (
              SELECT order_line_id FROM bookings_booking WHERE practitioner_id = person
              UNION ALL SELECT order_line_id FROM bookings_selfpacedenrolment WHERE practitioner_id = person
          );
"""
    + END,
)


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0016_quotes'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='invoice',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='invoice',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='order',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='order',
            name='update_update',
        ),
        migrations.RemoveField(
            model_name='invoicehistory',
            name='customer_email',
        ),
        migrations.RemoveField(
            model_name='invoicehistory',
            name='dispute_reason',
        ),
        migrations.RemoveField(
            model_name='orderhistory',
            name='answers',
        ),
        migrations.RemoveField(
            model_name='orderhistory',
            name='notes',
        ),
        migrations.AddField(
            model_name='order',
            name='changed_at',
            field=models.DateTimeField(blank=True, help_text='When places were last put in, named or taken out while it was a basket.', null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoice',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bookings_invoicehistory" ("amount_credited", "amount_paid", "amount_written_off", "approved_at", "approved_by_id", "cost_centre", "customer_address", "customer_name", "customer_reference", "customer_vat_number", "disputed_at", "disputed_by_id", "drafted_at", "due_on", "export_id", "external_ref", "gross", "how_to_pay", "id", "issued_on", "kind", "net", "number", "number_in_series", "order_id", "organisation_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "po_number", "print_attempts", "print_claimed_at", "seller_address", "seller_name", "seller_vat_number", "series_id", "state", "vat", "written_off_reason") VALUES (NEW."amount_credited", NEW."amount_paid", NEW."amount_written_off", NEW."approved_at", NEW."approved_by_id", NEW."cost_centre", NEW."customer_address", NEW."customer_name", NEW."customer_reference", NEW."customer_vat_number", NEW."disputed_at", NEW."disputed_by_id", NEW."drafted_at", NEW."due_on", NEW."export_id", NEW."external_ref", NEW."gross", NEW."how_to_pay", NEW."id", NEW."issued_on", NEW."kind", NEW."net", NEW."number", NEW."number_in_series", NEW."order_id", NEW."organisation_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."po_number", NEW."print_attempts", NEW."print_claimed_at", NEW."seller_address", NEW."seller_name", NEW."seller_vat_number", NEW."series_id", NEW."state", NEW."vat", NEW."written_off_reason"); RETURN NULL;', hash='b08fb17bbd0ef33d2ddbe8bcedb99169380c04e0', operation='INSERT', pgid='pgtrigger_insert_insert_c6c68', table='bookings_invoice', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoice',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."amount_credited" IS DISTINCT FROM (NEW."amount_credited") OR OLD."amount_paid" IS DISTINCT FROM (NEW."amount_paid") OR OLD."amount_written_off" IS DISTINCT FROM (NEW."amount_written_off") OR OLD."approved_at" IS DISTINCT FROM (NEW."approved_at") OR OLD."approved_by_id" IS DISTINCT FROM (NEW."approved_by_id") OR OLD."cost_centre" IS DISTINCT FROM (NEW."cost_centre") OR OLD."customer_address" IS DISTINCT FROM (NEW."customer_address") OR OLD."customer_name" IS DISTINCT FROM (NEW."customer_name") OR OLD."customer_reference" IS DISTINCT FROM (NEW."customer_reference") OR OLD."customer_vat_number" IS DISTINCT FROM (NEW."customer_vat_number") OR OLD."disputed_at" IS DISTINCT FROM (NEW."disputed_at") OR OLD."disputed_by_id" IS DISTINCT FROM (NEW."disputed_by_id") OR OLD."drafted_at" IS DISTINCT FROM (NEW."drafted_at") OR OLD."due_on" IS DISTINCT FROM (NEW."due_on") OR OLD."export_id" IS DISTINCT FROM (NEW."export_id") OR OLD."external_ref" IS DISTINCT FROM (NEW."external_ref") OR OLD."gross" IS DISTINCT FROM (NEW."gross") OR OLD."how_to_pay" IS DISTINCT FROM (NEW."how_to_pay") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."issued_on" IS DISTINCT FROM (NEW."issued_on") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."net" IS DISTINCT FROM (NEW."net") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."number_in_series" IS DISTINCT FROM (NEW."number_in_series") OR OLD."order_id" IS DISTINCT FROM (NEW."order_id") OR OLD."organisation_id" IS DISTINCT FROM (NEW."organisation_id") OR OLD."po_number" IS DISTINCT FROM (NEW."po_number") OR OLD."print_attempts" IS DISTINCT FROM (NEW."print_attempts") OR OLD."print_claimed_at" IS DISTINCT FROM (NEW."print_claimed_at") OR OLD."seller_address" IS DISTINCT FROM (NEW."seller_address") OR OLD."seller_name" IS DISTINCT FROM (NEW."seller_name") OR OLD."seller_vat_number" IS DISTINCT FROM (NEW."seller_vat_number") OR OLD."series_id" IS DISTINCT FROM (NEW."series_id") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."vat" IS DISTINCT FROM (NEW."vat") OR OLD."written_off_reason" IS DISTINCT FROM (NEW."written_off_reason"))', func='INSERT INTO "bookings_invoicehistory" ("amount_credited", "amount_paid", "amount_written_off", "approved_at", "approved_by_id", "cost_centre", "customer_address", "customer_name", "customer_reference", "customer_vat_number", "disputed_at", "disputed_by_id", "drafted_at", "due_on", "export_id", "external_ref", "gross", "how_to_pay", "id", "issued_on", "kind", "net", "number", "number_in_series", "order_id", "organisation_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "po_number", "print_attempts", "print_claimed_at", "seller_address", "seller_name", "seller_vat_number", "series_id", "state", "vat", "written_off_reason") VALUES (NEW."amount_credited", NEW."amount_paid", NEW."amount_written_off", NEW."approved_at", NEW."approved_by_id", NEW."cost_centre", NEW."customer_address", NEW."customer_name", NEW."customer_reference", NEW."customer_vat_number", NEW."disputed_at", NEW."disputed_by_id", NEW."drafted_at", NEW."due_on", NEW."export_id", NEW."external_ref", NEW."gross", NEW."how_to_pay", NEW."id", NEW."issued_on", NEW."kind", NEW."net", NEW."number", NEW."number_in_series", NEW."order_id", NEW."organisation_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."po_number", NEW."print_attempts", NEW."print_claimed_at", NEW."seller_address", NEW."seller_name", NEW."seller_vat_number", NEW."series_id", NEW."state", NEW."vat", NEW."written_off_reason"); RETURN NULL;', hash='f42b8182e3f97983317271d4b38f24d451b45e82', operation='UPDATE', pgid='pgtrigger_update_update_ce9df', table='bookings_invoice', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='order',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bookings_orderhistory" ("cancelled_at", "cancelled_reason", "charging_category", "contact_id", "cost_centre", "created_at", "created_by_id", "held_until", "id", "idempotency_key", "organisation_id", "package_id", "payment_method", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "placed_at", "placed_by_id", "po_due_at", "po_number", "po_status", "reference", "source", "state") VALUES (NEW."cancelled_at", NEW."cancelled_reason", NEW."charging_category", NEW."contact_id", NEW."cost_centre", NEW."created_at", NEW."created_by_id", NEW."held_until", NEW."id", NEW."idempotency_key", NEW."organisation_id", NEW."package_id", NEW."payment_method", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."placed_at", NEW."placed_by_id", NEW."po_due_at", NEW."po_number", NEW."po_status", NEW."reference", NEW."source", NEW."state"); RETURN NULL;', hash='cbce3aef7d9ae4ff0370c824bbc2d88c4d929ec9', operation='INSERT', pgid='pgtrigger_insert_insert_b6ab2', table='bookings_order', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='order',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."cancelled_at" IS DISTINCT FROM (NEW."cancelled_at") OR OLD."cancelled_reason" IS DISTINCT FROM (NEW."cancelled_reason") OR OLD."charging_category" IS DISTINCT FROM (NEW."charging_category") OR OLD."contact_id" IS DISTINCT FROM (NEW."contact_id") OR OLD."cost_centre" IS DISTINCT FROM (NEW."cost_centre") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."held_until" IS DISTINCT FROM (NEW."held_until") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."idempotency_key" IS DISTINCT FROM (NEW."idempotency_key") OR OLD."organisation_id" IS DISTINCT FROM (NEW."organisation_id") OR OLD."package_id" IS DISTINCT FROM (NEW."package_id") OR OLD."payment_method" IS DISTINCT FROM (NEW."payment_method") OR OLD."placed_at" IS DISTINCT FROM (NEW."placed_at") OR OLD."placed_by_id" IS DISTINCT FROM (NEW."placed_by_id") OR OLD."po_due_at" IS DISTINCT FROM (NEW."po_due_at") OR OLD."po_number" IS DISTINCT FROM (NEW."po_number") OR OLD."po_status" IS DISTINCT FROM (NEW."po_status") OR OLD."reference" IS DISTINCT FROM (NEW."reference") OR OLD."source" IS DISTINCT FROM (NEW."source") OR OLD."state" IS DISTINCT FROM (NEW."state"))', func='INSERT INTO "bookings_orderhistory" ("cancelled_at", "cancelled_reason", "charging_category", "contact_id", "cost_centre", "created_at", "created_by_id", "held_until", "id", "idempotency_key", "organisation_id", "package_id", "payment_method", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "placed_at", "placed_by_id", "po_due_at", "po_number", "po_status", "reference", "source", "state") VALUES (NEW."cancelled_at", NEW."cancelled_reason", NEW."charging_category", NEW."contact_id", NEW."cost_centre", NEW."created_at", NEW."created_by_id", NEW."held_until", NEW."id", NEW."idempotency_key", NEW."organisation_id", NEW."package_id", NEW."payment_method", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."placed_at", NEW."placed_by_id", NEW."po_due_at", NEW."po_number", NEW."po_status", NEW."reference", NEW."source", NEW."state"); RETURN NULL;', hash='865c7391b2e9331ffe9a5b77b8a998f4a247769e', operation='UPDATE', pgid='pgtrigger_update_update_61a42', table='bookings_order', when='AFTER')),
        ),
        migrations.RunSQL(FORGET, BEFORE),
    ]
