"""What is sold, invoiced and paid: orders, invoices, packages, payments (docs/decisions/0011)."""

import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_who_is_recharged'),
        ('bookings', '0011_forget_history'),
        ('courses', '0006_the_first_vat_rate'),
        ('pghistory', '0007_auto_20250421_0444'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CardMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message_id', models.CharField(max_length=60, unique=True)),
                ('event_type', models.CharField(max_length=60)),
                ('provider_id', models.CharField(max_length=60, verbose_name="payment's number at the provider")),
                ('received_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='CreditNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(blank=True, max_length=24, null=True, unique=True)),
                ('number_in_series', models.PositiveIntegerField(blank=True, null=True)),
                ('reason', models.CharField(max_length=300)),
                ('net', models.DecimalField(decimal_places=2, max_digits=10)),
                ('vat', models.DecimalField(decimal_places=2, max_digits=10)),
                ('gross', models.DecimalField(decimal_places=2, max_digits=10)),
                ('issued_on', models.DateField(blank=True, null=True)),
                ('idempotency_key', models.UUIDField(editable=False, unique=True)),
                ('drafted_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('print_claimed_at', models.DateTimeField(blank=True, null=True)),
                ('print_attempts', models.PositiveSmallIntegerField(db_default=0, default=0)),
            ],
        ),
        migrations.CreateModel(
            name='CreditNoteHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('number', models.CharField(blank=True, max_length=24, null=True)),
                ('number_in_series', models.PositiveIntegerField(blank=True, null=True)),
                ('reason', models.CharField(max_length=300)),
                ('net', models.DecimalField(decimal_places=2, max_digits=10)),
                ('vat', models.DecimalField(decimal_places=2, max_digits=10)),
                ('gross', models.DecimalField(decimal_places=2, max_digits=10)),
                ('issued_on', models.DateField(blank=True, null=True)),
                ('idempotency_key', models.UUIDField(editable=False)),
                ('drafted_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('print_claimed_at', models.DateTimeField(blank=True, null=True)),
                ('print_attempts', models.PositiveSmallIntegerField(db_default=0, default=0)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CreditNoteLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('net', models.DecimalField(decimal_places=2, max_digits=8)),
                ('vat', models.DecimalField(decimal_places=2, max_digits=8)),
                ('gross', models.DecimalField(decimal_places=2, max_digits=8)),
            ],
        ),
        migrations.CreateModel(
            name='DocumentFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content', models.BinaryField()),
                ('made_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='DocumentSeries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('prefix', models.CharField(max_length=12, unique=True)),
                ('last_number', models.PositiveIntegerField(default=0)),
            ],
            options={
                'verbose_name_plural': 'document series',
            },
        ),
        migrations.CreateModel(
            name='Invoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('INVOICE', 'invoice'), ('RECHARGE', 'internal recharge')], default='INVOICE', max_length=8)),
                ('number', models.CharField(blank=True, max_length=24, null=True, unique=True)),
                ('number_in_series', models.PositiveIntegerField(blank=True, null=True)),
                ('state', models.CharField(choices=[('DRAFT', 'to be approved'), ('APPROVED', 'issued'), ('EXPORTED', 'sent to the ledger'), ('INVOICED', 'in the ledger'), ('PART_PAID', 'part paid'), ('PAID', 'paid'), ('DISPUTED', 'disputed'), ('CREDITED', 'credited'), ('WRITTEN_OFF', 'written off')], default='DRAFT', max_length=11)),
                ('issued_on', models.DateField(blank=True, null=True)),
                ('due_on', models.DateField(blank=True, null=True)),
                ('customer_name', models.CharField(blank=True, max_length=200)),
                ('customer_address', models.TextField(blank=True)),
                ('customer_email', models.EmailField(blank=True, max_length=254)),
                ('customer_reference', models.CharField(blank=True, max_length=50)),
                ('customer_vat_number', models.CharField(blank=True, max_length=20)),
                ('po_number', models.CharField(blank=True, max_length=40)),
                ('cost_centre', models.CharField(blank=True, max_length=40)),
                ('seller_name', models.CharField(blank=True, max_length=200)),
                ('seller_address', models.TextField(blank=True)),
                ('seller_vat_number', models.CharField(blank=True, max_length=20)),
                ('how_to_pay', models.TextField(blank=True)),
                ('net', models.DecimalField(decimal_places=2, default=0, max_digits=10)),
                ('vat', models.DecimalField(decimal_places=2, default=0, max_digits=10)),
                ('gross', models.DecimalField(decimal_places=2, default=0, max_digits=10)),
                ('amount_credited', models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=10)),
                ('amount_paid', models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=10)),
                ('amount_written_off', models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=10)),
                ('external_ref', models.CharField(blank=True, max_length=60, verbose_name="number in the council's ledger")),
                ('drafted_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('disputed_at', models.DateTimeField(blank=True, null=True)),
                ('dispute_reason', models.CharField(blank=True, max_length=500)),
                ('written_off_reason', models.CharField(blank=True, max_length=300)),
                ('print_claimed_at', models.DateTimeField(blank=True, null=True)),
                ('print_attempts', models.PositiveSmallIntegerField(db_default=0, default=0)),
            ],
        ),
        migrations.CreateModel(
            name='InvoiceHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('kind', models.CharField(choices=[('INVOICE', 'invoice'), ('RECHARGE', 'internal recharge')], default='INVOICE', max_length=8)),
                ('number', models.CharField(blank=True, max_length=24, null=True)),
                ('number_in_series', models.PositiveIntegerField(blank=True, null=True)),
                ('state', models.CharField(choices=[('DRAFT', 'to be approved'), ('APPROVED', 'issued'), ('EXPORTED', 'sent to the ledger'), ('INVOICED', 'in the ledger'), ('PART_PAID', 'part paid'), ('PAID', 'paid'), ('DISPUTED', 'disputed'), ('CREDITED', 'credited'), ('WRITTEN_OFF', 'written off')], default='DRAFT', max_length=11)),
                ('issued_on', models.DateField(blank=True, null=True)),
                ('due_on', models.DateField(blank=True, null=True)),
                ('customer_name', models.CharField(blank=True, max_length=200)),
                ('customer_address', models.TextField(blank=True)),
                ('customer_email', models.EmailField(blank=True, max_length=254)),
                ('customer_reference', models.CharField(blank=True, max_length=50)),
                ('customer_vat_number', models.CharField(blank=True, max_length=20)),
                ('po_number', models.CharField(blank=True, max_length=40)),
                ('cost_centre', models.CharField(blank=True, max_length=40)),
                ('seller_name', models.CharField(blank=True, max_length=200)),
                ('seller_address', models.TextField(blank=True)),
                ('seller_vat_number', models.CharField(blank=True, max_length=20)),
                ('how_to_pay', models.TextField(blank=True)),
                ('net', models.DecimalField(decimal_places=2, default=0, max_digits=10)),
                ('vat', models.DecimalField(decimal_places=2, default=0, max_digits=10)),
                ('gross', models.DecimalField(decimal_places=2, default=0, max_digits=10)),
                ('amount_credited', models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=10)),
                ('amount_paid', models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=10)),
                ('amount_written_off', models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=10)),
                ('external_ref', models.CharField(blank=True, max_length=60, verbose_name="number in the council's ledger")),
                ('drafted_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('disputed_at', models.DateTimeField(blank=True, null=True)),
                ('dispute_reason', models.CharField(blank=True, max_length=500)),
                ('written_off_reason', models.CharField(blank=True, max_length=300)),
                ('print_claimed_at', models.DateTimeField(blank=True, null=True)),
                ('print_attempts', models.PositiveSmallIntegerField(db_default=0, default=0)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='InvoiceLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('description', models.CharField(max_length=400)),
                ('vat_treatment', models.CharField(choices=[('OUTSIDE_SCOPE', 'outside the scope of VAT'), ('EXEMPT', 'exempt from VAT'), ('STANDARD', 'standard rate'), ('NO_SUPPLY', 'not a supply: recharged within the council')], max_length=13)),
                ('vat_percent', models.DecimalField(decimal_places=2, default=0, max_digits=5)),
                ('net', models.DecimalField(decimal_places=2, max_digits=8)),
                ('vat', models.DecimalField(decimal_places=2, max_digits=8)),
                ('gross', models.DecimalField(decimal_places=2, max_digits=8)),
                ('amount_credited', models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=8)),
                ('is_live', models.BooleanField(db_default=True, default=True, help_text='Not credited in full.')),
            ],
        ),
        migrations.CreateModel(
            name='LedgerExport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=12, unique=True)),
                ('made_at', models.DateTimeField()),
                ('idempotency_key', models.UUIDField(editable=False, unique=True)),
                ('invoice_count', models.PositiveIntegerField(default=0)),
                ('credit_note_count', models.PositiveIntegerField(default=0)),
                ('refund_count', models.PositiveIntegerField(default=0)),
                ('total', models.DecimalField(decimal_places=2, default=0, help_text='Invoices less credit notes.', max_digits=12)),
            ],
        ),
        migrations.CreateModel(
            name='LedgerImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file_name', models.CharField(max_length=200)),
                ('digest', models.CharField(help_text='SHA-256 of the file: the same file counts once.', max_length=64, unique=True)),
                ('made_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='LedgerImportRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line_number', models.PositiveIntegerField()),
                ('document_number', models.CharField(blank=True, max_length=60)),
                ('ledger_reference', models.CharField(blank=True, max_length=60)),
                ('paid_on', models.DateField(blank=True, null=True)),
                ('amount', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('outcome', models.CharField(choices=[('RAISED', 'noted as raised'), ('MATCHED', 'paid an invoice'), ('ON_ACCOUNT', 'kept on account'), ('UNMATCHED', 'belongs to nothing we know'), ('KNOWN', 'was imported before')], max_length=10)),
                ('words', models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(help_text='For the phone and letters: O-7K2M4QXY.', max_length=12, unique=True)),
                ('source', models.CharField(choices=[('CONTACT', 'ordered by a booking contact'), ('SINGLE', 'one place, booked by itself'), ('STAFF', 'ordered by the team'), ('QUOTE', 'from an accepted quote')], default='CONTACT', max_length=10)),
                ('state', models.CharField(choices=[('BASKET', 'basket'), ('SUBMITTED', 'placed'), ('AWAITING_PO', 'waiting for your purchase order'), ('AWAITING_PAYMENT', 'waiting for the payment'), ('CONFIRMED', 'confirmed'), ('FULFILLED', 'delivered'), ('CLOSED', 'closed'), ('CANCELLED', 'cancelled')], default='BASKET', max_length=16)),
                ('charging_category', models.CharField(blank=True, choices=[('internal', 'Council service'), ('partner_free', 'Partner agency that lends trainers'), ('third_small', 'Third sector, under £250,000 a year'), ('third_large', 'Third sector, larger'), ('education', 'City school, academy or college'), ('private', 'Private or independent'), ('other_la', 'Another council')], max_length=15)),
                ('payment_method', models.CharField(blank=True, choices=[('PURCHASE_ORDER', 'by invoice, with a purchase order'), ('INTERNAL_RECHARGE', 'recharged to a cost centre of the council'), ('PACKAGE', 'from our package'), ('CARD', 'by card now'), ('NOTHING', 'nothing to pay')], max_length=17)),
                ('po_number', models.CharField(blank=True, max_length=40, verbose_name='purchase order number')),
                ('po_status', models.CharField(choices=[('NOT_NEEDED', 'not needed'), ('TO_FOLLOW', 'to follow'), ('GIVEN', 'given')], default='NOT_NEEDED', max_length=10)),
                ('po_due_at', models.DateTimeField(blank=True, help_text='Without one by then the places go back.', null=True)),
                ('cost_centre', models.CharField(blank=True, max_length=40)),
                ('answers', models.JSONField(blank=True, default=dict)),
                ('notes', models.CharField(blank=True, max_length=500, verbose_name='notes for us')),
                ('idempotency_key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('held_until', models.DateTimeField(blank=True, help_text='Until then its places are kept.', null=True)),
                ('created_at', models.DateTimeField()),
                ('placed_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_reason', models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name='OrderHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('reference', models.CharField(help_text='For the phone and letters: O-7K2M4QXY.', max_length=12)),
                ('source', models.CharField(choices=[('CONTACT', 'ordered by a booking contact'), ('SINGLE', 'one place, booked by itself'), ('STAFF', 'ordered by the team'), ('QUOTE', 'from an accepted quote')], default='CONTACT', max_length=10)),
                ('state', models.CharField(choices=[('BASKET', 'basket'), ('SUBMITTED', 'placed'), ('AWAITING_PO', 'waiting for your purchase order'), ('AWAITING_PAYMENT', 'waiting for the payment'), ('CONFIRMED', 'confirmed'), ('FULFILLED', 'delivered'), ('CLOSED', 'closed'), ('CANCELLED', 'cancelled')], default='BASKET', max_length=16)),
                ('charging_category', models.CharField(blank=True, choices=[('internal', 'Council service'), ('partner_free', 'Partner agency that lends trainers'), ('third_small', 'Third sector, under £250,000 a year'), ('third_large', 'Third sector, larger'), ('education', 'City school, academy or college'), ('private', 'Private or independent'), ('other_la', 'Another council')], max_length=15)),
                ('payment_method', models.CharField(blank=True, choices=[('PURCHASE_ORDER', 'by invoice, with a purchase order'), ('INTERNAL_RECHARGE', 'recharged to a cost centre of the council'), ('PACKAGE', 'from our package'), ('CARD', 'by card now'), ('NOTHING', 'nothing to pay')], max_length=17)),
                ('po_number', models.CharField(blank=True, max_length=40, verbose_name='purchase order number')),
                ('po_status', models.CharField(choices=[('NOT_NEEDED', 'not needed'), ('TO_FOLLOW', 'to follow'), ('GIVEN', 'given')], default='NOT_NEEDED', max_length=10)),
                ('po_due_at', models.DateTimeField(blank=True, help_text='Without one by then the places go back.', null=True)),
                ('cost_centre', models.CharField(blank=True, max_length=40)),
                ('answers', models.JSONField(blank=True, default=dict)),
                ('notes', models.CharField(blank=True, max_length=500, verbose_name='notes for us')),
                ('idempotency_key', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('held_until', models.DateTimeField(blank=True, help_text='Until then its places are kept.', null=True)),
                ('created_at', models.DateTimeField()),
                ('placed_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_reason', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='OrderLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('PLACE', 'a place'), ('SELF_PACED', 'a self-paced course'), ('COURSE', 'a whole course'), ('PACKAGE', 'a package'), ('OTHER', 'something else')], default='PLACE', max_length=10)),
                ('state', models.CharField(choices=[('CHOSEN', 'in the basket'), ('HELD', 'kept while you order'), ('DROPPED', 'taken out'), ('FREE', 'free of charge'), ('SOLD', 'ordered'), ('INVOICED', 'invoiced'), ('COVERED', 'covered by the package'), ('WAIVED', 'waived'), ('REFUNDED', 'refunded'), ('RELEASED', 'given up in time, nothing to pay')], default='CHOSEN', max_length=8)),
                ('description', models.CharField(max_length=300)),
                ('full_name', models.CharField(blank=True, max_length=150)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('list_price', models.DecimalField(decimal_places=2, help_text='Pounds, without VAT.', max_digits=8)),
                ('discount', models.DecimalField(decimal_places=2, default=0, help_text='Pounds off.', max_digits=8)),
                ('discount_reason', models.CharField(blank=True, max_length=300)),
                ('price_reason', models.CharField(blank=True, max_length=200)),
                ('vat_treatment', models.CharField(choices=[('OUTSIDE_SCOPE', 'outside the scope of VAT'), ('EXEMPT', 'exempt from VAT'), ('STANDARD', 'standard rate'), ('NO_SUPPLY', 'not a supply: recharged within the council')], max_length=13)),
                ('vat_percent', models.DecimalField(decimal_places=2, default=0, max_digits=5)),
                ('net', models.DecimalField(decimal_places=2, max_digits=8)),
                ('vat', models.DecimalField(decimal_places=2, max_digits=8)),
                ('gross', models.DecimalField(decimal_places=2, max_digits=8)),
                ('package_amount', models.DecimalField(decimal_places=2, default=0, help_text='What it takes from the package: pounds or days.', max_digits=8)),
                ('sold_at', models.DateTimeField(blank=True, null=True)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('settled_reason', models.CharField(blank=True, max_length=200)),
                ('given_back_at', models.DateTimeField(blank=True, help_text='A place that never had a name went back.', null=True)),
                ('waived_reason', models.CharField(blank=True, help_text='Finance credited it and wants nothing more for it.', max_length=200)),
                ('is_to_settle', models.BooleanField(db_default=False, default=False, editable=False)),
            ],
        ),
        migrations.CreateModel(
            name='OrderLineHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('kind', models.CharField(choices=[('PLACE', 'a place'), ('SELF_PACED', 'a self-paced course'), ('COURSE', 'a whole course'), ('PACKAGE', 'a package'), ('OTHER', 'something else')], default='PLACE', max_length=10)),
                ('state', models.CharField(choices=[('CHOSEN', 'in the basket'), ('HELD', 'kept while you order'), ('DROPPED', 'taken out'), ('FREE', 'free of charge'), ('SOLD', 'ordered'), ('INVOICED', 'invoiced'), ('COVERED', 'covered by the package'), ('WAIVED', 'waived'), ('REFUNDED', 'refunded'), ('RELEASED', 'given up in time, nothing to pay')], default='CHOSEN', max_length=8)),
                ('description', models.CharField(max_length=300)),
                ('list_price', models.DecimalField(decimal_places=2, help_text='Pounds, without VAT.', max_digits=8)),
                ('discount', models.DecimalField(decimal_places=2, default=0, help_text='Pounds off.', max_digits=8)),
                ('discount_reason', models.CharField(blank=True, max_length=300)),
                ('price_reason', models.CharField(blank=True, max_length=200)),
                ('vat_treatment', models.CharField(choices=[('OUTSIDE_SCOPE', 'outside the scope of VAT'), ('EXEMPT', 'exempt from VAT'), ('STANDARD', 'standard rate'), ('NO_SUPPLY', 'not a supply: recharged within the council')], max_length=13)),
                ('vat_percent', models.DecimalField(decimal_places=2, default=0, max_digits=5)),
                ('net', models.DecimalField(decimal_places=2, max_digits=8)),
                ('vat', models.DecimalField(decimal_places=2, max_digits=8)),
                ('gross', models.DecimalField(decimal_places=2, max_digits=8)),
                ('package_amount', models.DecimalField(decimal_places=2, default=0, help_text='What it takes from the package: pounds or days.', max_digits=8)),
                ('sold_at', models.DateTimeField(blank=True, null=True)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('settled_reason', models.CharField(blank=True, max_length=200)),
                ('given_back_at', models.DateTimeField(blank=True, help_text='A place that never had a name went back.', null=True)),
                ('waived_reason', models.CharField(blank=True, help_text='Finance credited it and wants nothing more for it.', max_length=200)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Package',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(help_text='For the phone and letters: P-7K2M4QXY.', max_length=12, unique=True)),
                ('unit', models.CharField(choices=[('MONEY', 'pounds'), ('DAYS', 'training days')], max_length=5, verbose_name='counted in')),
                ('starts_on', models.DateField(verbose_name='first day')),
                ('ends_on', models.DateField(verbose_name='last day')),
                ('price', models.DecimalField(decimal_places=2, help_text='Pounds, without VAT.', max_digits=9, verbose_name='price of the package')),
                ('balance', models.DecimalField(db_default=0, decimal_places=2, default=0, editable=False, max_digits=10)),
                ('created_at', models.DateTimeField()),
                ('note', models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name='PackageHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('reference', models.CharField(help_text='For the phone and letters: P-7K2M4QXY.', max_length=12)),
                ('unit', models.CharField(choices=[('MONEY', 'pounds'), ('DAYS', 'training days')], max_length=5, verbose_name='counted in')),
                ('starts_on', models.DateField(verbose_name='first day')),
                ('ends_on', models.DateField(verbose_name='last day')),
                ('price', models.DecimalField(decimal_places=2, help_text='Pounds, without VAT.', max_digits=9, verbose_name='price of the package')),
                ('balance', models.DecimalField(db_default=0, decimal_places=2, default=0, editable=False, max_digits=10)),
                ('created_at', models.DateTimeField()),
                ('note', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PackageLedgerEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('GRANTED', 'bought'), ('RESERVED', 'kept for a place'), ('RELEASED', 'no longer kept'), ('USED', 'used'), ('EXPIRED', 'expired'), ('ADJUSTED', 'put right by hand')], max_length=8)),
                ('amount', models.DecimalField(decimal_places=2, help_text='Below zero where the balance falls.', max_digits=9)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('form_key', models.UUIDField(blank=True, editable=False, null=True, unique=True)),
                ('made_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(help_text='For the phone and letters: M-7K2M4QXY.', max_length=12, unique=True)),
                ('kind', models.CharField(choices=[('CARD', 'card'), ('TRANSFER', 'payment through the ledger'), ('JOURNAL', 'internal journal')], max_length=8)),
                ('state', models.CharField(choices=[('CREATED', 'begun'), ('PENDING', 'at the card page'), ('SUCCEEDED', 'paid'), ('FAILED', 'not paid')], max_length=9)),
                ('amount', models.DecimalField(decimal_places=2, max_digits=10)),
                ('received_on', models.DateField(blank=True, null=True)),
                ('ledger_reference', models.CharField(blank=True, max_length=60, null=True, unique=True)),
                ('words', models.CharField(blank=True, max_length=200, verbose_name='what the payer or the ledger wrote')),
                ('provider_id', models.CharField(blank=True, max_length=60, null=True, unique=True)),
                ('provider_status', models.CharField(blank=True, max_length=30)),
                ('provider_code', models.CharField(blank=True, max_length=10)),
                ('idempotency_key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('looked_at', models.DateTimeField(blank=True, null=True)),
                ('alarm', models.CharField(blank=True, max_length=300)),
                ('handled_at', models.DateTimeField(blank=True, null=True)),
                ('amount_allocated', models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=10)),
                ('amount_refunded', models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=10)),
                ('created_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='PaymentAllocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=10)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('made_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='PaymentHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('reference', models.CharField(help_text='For the phone and letters: M-7K2M4QXY.', max_length=12)),
                ('kind', models.CharField(choices=[('CARD', 'card'), ('TRANSFER', 'payment through the ledger'), ('JOURNAL', 'internal journal')], max_length=8)),
                ('state', models.CharField(choices=[('CREATED', 'begun'), ('PENDING', 'at the card page'), ('SUCCEEDED', 'paid'), ('FAILED', 'not paid')], max_length=9)),
                ('amount', models.DecimalField(decimal_places=2, max_digits=10)),
                ('received_on', models.DateField(blank=True, null=True)),
                ('ledger_reference', models.CharField(blank=True, max_length=60, null=True)),
                ('words', models.CharField(blank=True, max_length=200, verbose_name='what the payer or the ledger wrote')),
                ('provider_id', models.CharField(blank=True, max_length=60, null=True)),
                ('provider_status', models.CharField(blank=True, max_length=30)),
                ('provider_code', models.CharField(blank=True, max_length=10)),
                ('idempotency_key', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('looked_at', models.DateTimeField(blank=True, null=True)),
                ('alarm', models.CharField(blank=True, max_length=300)),
                ('handled_at', models.DateTimeField(blank=True, null=True)),
                ('amount_allocated', models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=10)),
                ('amount_refunded', models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=10)),
                ('created_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=10)),
                ('reason', models.CharField(max_length=200)),
                ('state', models.CharField(choices=[('OWED', 'to be paid back'), ('SENT', 'on its way'), ('SUCCEEDED', 'paid back'), ('FAILED', 'could not be paid back')], default='OWED', max_length=9)),
                ('provider_id', models.CharField(blank=True, max_length=60, null=True, unique=True)),
                ('owed_at', models.DateTimeField()),
                ('claimed_at', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('failure', models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name='RefundHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('amount', models.DecimalField(decimal_places=2, max_digits=10)),
                ('reason', models.CharField(max_length=200)),
                ('state', models.CharField(choices=[('OWED', 'to be paid back'), ('SENT', 'on its way'), ('SUCCEEDED', 'paid back'), ('FAILED', 'could not be paid back')], default='OWED', max_length=9)),
                ('provider_id', models.CharField(blank=True, max_length=60, null=True)),
                ('owed_at', models.DateTimeField()),
                ('claimed_at', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('failure', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='booking',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='booking',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='chargenotice',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='selfpacedenrolment',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='selfpacedenrolment',
            name='update_update',
        ),
        migrations.AddField(
            model_name='chargenotice',
            name='is_to_settle',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddIndex(
            model_name='chargenotice',
            index=models.Index(condition=models.Q(('is_to_settle', True)), fields=['id'], name='charges_to_settle'),
        ),
        migrations.AddField(
            model_name='creditnote',
            name='approved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='creditnotehistory',
            name='approved_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='creditnotehistory',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='creditnotehistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='bookings.creditnote'),
        ),
        migrations.AddField(
            model_name='creditnoteline',
            name='credit_note',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='bookings.creditnote'),
        ),
        migrations.AddField(
            model_name='documentfile',
            name='credit_note',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='file', to='bookings.creditnote'),
        ),
        migrations.AddField(
            model_name='creditnotehistory',
            name='series',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.documentseries'),
        ),
        migrations.AddField(
            model_name='creditnote',
            name='series',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='credit_notes', to='bookings.documentseries'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='approved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='invoice',
            name='disputed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='invoice',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='series',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='bookings.documentseries'),
        ),
        migrations.AddField(
            model_name='documentfile',
            name='invoice',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='file', to='bookings.invoice'),
        ),
        migrations.AddField(
            model_name='creditnotehistory',
            name='invoice',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.invoice'),
        ),
        migrations.AddField(
            model_name='creditnote',
            name='invoice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='credit_notes', to='bookings.invoice'),
        ),
        migrations.AddField(
            model_name='invoicehistory',
            name='approved_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='invoicehistory',
            name='disputed_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='invoicehistory',
            name='organisation',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='invoicehistory',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='invoicehistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='bookings.invoice'),
        ),
        migrations.AddField(
            model_name='invoicehistory',
            name='series',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.documentseries'),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='charge',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invoice_lines', to='bookings.chargenotice'),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='invoice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='bookings.invoice'),
        ),
        migrations.AddField(
            model_name='creditnoteline',
            name='invoice_line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='credits', to='bookings.invoiceline'),
        ),
        migrations.AddField(
            model_name='ledgerexport',
            name='made_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='invoicehistory',
            name='export',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.ledgerexport'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='export',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='bookings.ledgerexport'),
        ),
        migrations.AddField(
            model_name='creditnotehistory',
            name='export',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.ledgerexport'),
        ),
        migrations.AddField(
            model_name='creditnote',
            name='export',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='credit_notes', to='bookings.ledgerexport'),
        ),
        migrations.AddField(
            model_name='ledgerimport',
            name='made_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='ledgerimportrow',
            name='ledger_import',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='bookings.ledgerimport'),
        ),
        migrations.AddField(
            model_name='order',
            name='contact',
            field=models.ForeignKey(blank=True, help_text='Gets the letters about money; nobody where the person booked without a contact.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='accounts.practitioner'),
        ),
        migrations.AddField(
            model_name='order',
            name='created_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='order',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='order',
            name='placed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='invoicehistory',
            name='order',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.order'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='order',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='bookings.order'),
        ),
        migrations.AddField(
            model_name='orderhistory',
            name='contact',
            field=models.ForeignKey(blank=True, db_constraint=False, help_text='Gets the letters about money; nobody where the person booked without a contact.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.practitioner'),
        ),
        migrations.AddField(
            model_name='orderhistory',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='orderhistory',
            name='organisation',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='orderhistory',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='orderhistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='bookings.order'),
        ),
        migrations.AddField(
            model_name='orderhistory',
            name='placed_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='orderline',
            name='event',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='order_lines', to='courses.event'),
        ),
        migrations.AddField(
            model_name='orderline',
            name='group_booking',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='order_lines', to='bookings.groupbooking'),
        ),
        migrations.AddField(
            model_name='orderline',
            name='offer',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='order_lines', to='courses.offer'),
        ),
        migrations.AddField(
            model_name='orderline',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='bookings.order'),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='order_line',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invoice_lines', to='bookings.orderline'),
        ),
        migrations.AddField(
            model_name='booking',
            name='order_line',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bookings', to='bookings.orderline'),
        ),
        migrations.AddField(
            model_name='bookinghistory',
            name='order_line',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.orderline'),
        ),
        migrations.AddField(
            model_name='selfpacedenrolment',
            name='order_line',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='enrolment', to='bookings.orderline'),
        ),
        migrations.AddField(
            model_name='selfpacedenrolmenthistory',
            name='order_line',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.orderline'),
        ),
        migrations.AddIndex(
            model_name='booking',
            index=models.Index(condition=models.Q(('order_line__isnull', False)), fields=['order_line'], name='bookings_of_an_order_line'),
        ),
        migrations.AddField(
            model_name='orderlinehistory',
            name='event',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='courses.event'),
        ),
        migrations.AddField(
            model_name='orderlinehistory',
            name='group_booking',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.groupbooking'),
        ),
        migrations.AddField(
            model_name='orderlinehistory',
            name='offer',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='courses.offer'),
        ),
        migrations.AddField(
            model_name='orderlinehistory',
            name='order',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.order'),
        ),
        migrations.AddField(
            model_name='orderlinehistory',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='orderlinehistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='bookings.orderline'),
        ),
        migrations.AddField(
            model_name='package',
            name='created_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='package',
            name='order_line',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='package_bought', to='bookings.orderline'),
        ),
        migrations.AddField(
            model_name='package',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='packages', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='orderhistory',
            name='package',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.package'),
        ),
        migrations.AddField(
            model_name='order',
            name='package',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='bookings.package'),
        ),
        migrations.AddField(
            model_name='packagehistory',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='packagehistory',
            name='order_line',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.orderline'),
        ),
        migrations.AddField(
            model_name='packagehistory',
            name='organisation',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='packagehistory',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='packagehistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='bookings.package'),
        ),
        migrations.AddField(
            model_name='packageledgerentry',
            name='made_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='packageledgerentry',
            name='order_line',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='package_entries', to='bookings.orderline'),
        ),
        migrations.AddField(
            model_name='packageledgerentry',
            name='package',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='bookings.package'),
        ),
        migrations.AddField(
            model_name='payment',
            name='created_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='payment',
            name='order',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='bookings.order'),
        ),
        migrations.AddField(
            model_name='payment',
            name='organisation',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='ledgerimportrow',
            name='payment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='import_rows', to='bookings.payment'),
        ),
        migrations.AddField(
            model_name='cardmessage',
            name='payment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='card_messages', to='bookings.payment'),
        ),
        migrations.AddField(
            model_name='paymentallocation',
            name='invoice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='bookings.invoice'),
        ),
        migrations.AddField(
            model_name='paymentallocation',
            name='made_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='paymentallocation',
            name='payment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='bookings.payment'),
        ),
        migrations.AddField(
            model_name='paymenthistory',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='paymenthistory',
            name='order',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.order'),
        ),
        migrations.AddField(
            model_name='paymenthistory',
            name='organisation',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='paymenthistory',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='paymenthistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='bookings.payment'),
        ),
        migrations.AddField(
            model_name='refund',
            name='credit_note',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='bookings.creditnote'),
        ),
        migrations.AddField(
            model_name='refund',
            name='export',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='bookings.ledgerexport'),
        ),
        migrations.AddField(
            model_name='refund',
            name='payment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='bookings.payment'),
        ),
        migrations.AddField(
            model_name='refundhistory',
            name='credit_note',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.creditnote'),
        ),
        migrations.AddField(
            model_name='refundhistory',
            name='export',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.ledgerexport'),
        ),
        migrations.AddField(
            model_name='refundhistory',
            name='payment',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.payment'),
        ),
        migrations.AddField(
            model_name='refundhistory',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='refundhistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='bookings.refund'),
        ),
        migrations.AddConstraint(
            model_name='documentfile',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('credit_note__isnull', True), ('invoice__isnull', False)), models.Q(('credit_note__isnull', False), ('invoice__isnull', True)), _connector='OR'), name='a_document_file_is_of_one_document'),
        ),
        migrations.AddConstraint(
            model_name='creditnoteline',
            constraint=models.UniqueConstraint(fields=('credit_note', 'invoice_line'), name='one_credit_line_per_invoice_line'),
        ),
        migrations.AddConstraint(
            model_name='creditnoteline',
            constraint=models.CheckConstraint(condition=models.Q(('gross', django.db.models.expressions.CombinedExpression(models.F('net'), '+', models.F('vat'))), ('gross__gt', 0)), name='a_credit_line_adds_up'),
        ),
        migrations.AddIndex(
            model_name='ledgerexport',
            index=models.Index(fields=['-made_at'], name='ledger_exports_by_time'),
        ),
        migrations.AddIndex(
            model_name='creditnote',
            index=models.Index(fields=['invoice'], name='credit_notes_of_an_invoice'),
        ),
        migrations.AddIndex(
            model_name='creditnote',
            index=models.Index(condition=models.Q(('export__isnull', True), ('number__isnull', False)), fields=['id'], name='credit_notes_to_export'),
        ),
        migrations.AddConstraint(
            model_name='creditnote',
            constraint=models.CheckConstraint(condition=models.Q(('gross', django.db.models.expressions.CombinedExpression(models.F('net'), '+', models.F('vat'))), ('gross__gt', 0)), name='a_credit_note_adds_up'),
        ),
        migrations.AddConstraint(
            model_name='creditnote',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='a_credit_note_says_why'),
        ),
        migrations.AddConstraint(
            model_name='creditnote',
            constraint=models.CheckConstraint(condition=models.Q(('number__isnull', True), models.Q(('approved_at__isnull', False), ('issued_on__isnull', False), ('number_in_series__isnull', False), ('series__isnull', False)), _connector='OR'), name='an_issued_credit_note_has_a_number_and_a_date'),
        ),
        migrations.AddConstraint(
            model_name='creditnote',
            constraint=models.UniqueConstraint(fields=('series', 'number_in_series'), name='one_credit_note_per_number'),
        ),
        migrations.AddConstraint(
            model_name='creditnote',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), ('approved_at__isnull', False), _connector='OR'), name='credit_note_approved_by_needs_approved_at'),
        ),
        migrations.AddIndex(
            model_name='ledgerimport',
            index=models.Index(fields=['-made_at'], name='ledger_imports_by_time'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(fields=['organisation', '-issued_on'], name='invoices_of_an_organisation'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(fields=['state', 'due_on'], name='invoices_by_state'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(fields=['order'], name='invoices_of_an_order'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(condition=models.Q(('export__isnull', True), ('number__isnull', False)), fields=['id'], name='invoices_to_export'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['DRAFT', 'APPROVED', 'EXPORTED', 'INVOICED', 'PART_PAID', 'PAID', 'DISPUTED', 'CREDITED', 'WRITTEN_OFF'])), name='invoice_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('number__isnull', True), ('state', 'DRAFT')), models.Q(('approved_at__isnull', False), ('due_on__isnull', False), ('issued_on__isnull', False), ('number__isnull', False), ('number_in_series__isnull', False), ('series__isnull', False), models.Q(('state', 'DRAFT'), _negated=True)), _connector='OR'), name='an_issued_invoice_has_a_number_and_a_date'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.UniqueConstraint(fields=('series', 'number_in_series'), name='one_invoice_per_number'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'DRAFT')), fields=('order',), name='one_draft_per_order'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.UniqueConstraint(condition=models.Q(('order__isnull', True), ('state', 'DRAFT')), fields=('organisation',), name='one_draft_of_charges_per_organisation'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('gross', django.db.models.expressions.CombinedExpression(models.F('net'), '+', models.F('vat')))), name='an_invoice_adds_up'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('amount_credited__gte', 0), ('amount_credited__lte', models.F('gross'))), name='no_more_is_credited_than_was_invoiced'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('amount_paid__gte', 0), ('amount_paid__lte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('gross'), '-', models.F('amount_credited')), '-', models.F('amount_written_off')))), name='no_more_is_paid_than_is_owed'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('amount_written_off__gte', 0), models.Q(('amount_written_off', 0), models.Q(('written_off_reason', ''), _negated=True), _connector='OR')), name='what_is_written_off_says_why'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'DISPUTED'), _negated=True), models.Q(('disputed_at__isnull', False), models.Q(('dispute_reason', ''), _negated=True)), _connector='OR'), name='a_disputed_invoice_says_why_and_when'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), ('approved_at__isnull', False), _connector='OR'), name='invoice_approved_by_needs_approved_at'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('disputed_by__isnull', True), ('disputed_at__isnull', False), _connector='OR'), name='invoice_disputed_by_needs_disputed_at'),
        ),
        migrations.AddIndex(
            model_name='orderline',
            index=models.Index(fields=['order', 'id'], name='lines_of_an_order'),
        ),
        migrations.AddIndex(
            model_name='orderline',
            index=models.Index(fields=['group_booking'], name='lines_of_a_group'),
        ),
        migrations.AddIndex(
            model_name='orderline',
            index=models.Index(condition=models.Q(('state', 'HELD')), fields=['event'], name='lines_that_hold_a_place'),
        ),
        migrations.AddIndex(
            model_name='orderline',
            index=models.Index(condition=models.Q(('is_to_settle', True)), fields=['id'], name='lines_to_settle'),
        ),
        migrations.AddIndex(
            model_name='orderline',
            index=models.Index(fields=['state', 'sold_at'], name='order_lines_by_state'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['CHOSEN', 'HELD', 'DROPPED', 'FREE', 'SOLD', 'INVOICED', 'COVERED', 'WAIVED', 'REFUNDED', 'RELEASED'])), name='order_line_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('list_price__gte', 0)), name='a_price_is_not_below_zero'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('discount__gte', 0), ('discount__lte', models.F('list_price'))), name='a_discount_is_part_of_the_price'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('net', django.db.models.expressions.CombinedExpression(models.F('list_price'), '-', models.F('discount')))), name='a_line_costs_its_price_less_its_discount'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('gross', django.db.models.expressions.CombinedExpression(models.F('net'), '+', models.F('vat')))), name='a_line_adds_up'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('vat', 0), models.Q(('vat__gt', 0), ('vat_treatment', 'STANDARD')), _connector='OR'), name='vat_is_charged_at_the_standard_rate'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'FREE'), _negated=True), ('net', 0), _connector='OR'), name='a_free_line_costs_nothing'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['SOLD', 'INVOICED', 'COVERED', 'WAIVED', 'REFUNDED', 'RELEASED']), _negated=True), ('net__gt', 0), _connector='OR'), name='a_line_that_is_settled_costs_something'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'PLACE'), _negated=True), models.Q(('event__isnull', False), ('offer__isnull', False)), _connector='OR'), name='a_place_is_on_a_date'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['CHOSEN', 'HELD', 'DROPPED']), ('sold_at__isnull', False), _connector='OR'), name='a_sold_line_says_when'),
        ),
        migrations.AddIndex(
            model_name='invoiceline',
            index=models.Index(fields=['charge'], name='invoice_lines_of_a_charge'),
        ),
        migrations.AddConstraint(
            model_name='invoiceline',
            constraint=models.UniqueConstraint(fields=('invoice', 'position'), name='one_invoice_line_per_position'),
        ),
        migrations.AddConstraint(
            model_name='invoiceline',
            constraint=models.UniqueConstraint(condition=models.Q(('is_live', True)), fields=('order_line',), name='an_order_line_is_invoiced_once'),
        ),
        migrations.AddConstraint(
            model_name='invoiceline',
            constraint=models.UniqueConstraint(condition=models.Q(('is_live', True)), fields=('charge',), name='a_charge_is_invoiced_once'),
        ),
        migrations.AddConstraint(
            model_name='invoiceline',
            constraint=models.CheckConstraint(condition=models.Q(('net__gt', 0), ('vat__gte', 0)), name='an_invoice_line_is_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='invoiceline',
            constraint=models.CheckConstraint(condition=models.Q(('gross', django.db.models.expressions.CombinedExpression(models.F('net'), '+', models.F('vat')))), name='an_invoice_line_adds_up'),
        ),
        migrations.AddConstraint(
            model_name='invoiceline',
            constraint=models.CheckConstraint(condition=models.Q(('vat', 0), ('vat_treatment', 'STANDARD'), _connector='OR'), name='invoice_vat_is_at_the_standard_rate'),
        ),
        migrations.AddConstraint(
            model_name='invoiceline',
            constraint=models.CheckConstraint(condition=models.Q(('amount_credited__gte', 0), ('amount_credited__lte', models.F('gross')), models.Q(models.Q(('amount_credited__lt', models.F('gross')), ('is_live', True)), models.Q(('amount_credited', models.F('gross')), ('is_live', False)), _connector='OR')), name='a_line_is_credited_once'),
        ),
        migrations.AddConstraint(
            model_name='invoiceline',
            constraint=models.CheckConstraint(condition=models.Q(('order_line__isnull', False), ('charge__isnull', False), _connector='OR'), name='an_invoice_line_is_for_something'),
        ),
        migrations.AddIndex(
            model_name='package',
            index=models.Index(fields=['organisation', '-starts_on'], name='packages_of_an_organisation'),
        ),
        migrations.AddIndex(
            model_name='package',
            index=models.Index(condition=models.Q(('balance__gt', 0)), fields=['ends_on'], name='packages_with_a_balance'),
        ),
        migrations.AddConstraint(
            model_name='package',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on__gt', models.F('starts_on'))), name='a_package_ends_after_it_starts'),
        ),
        migrations.AddConstraint(
            model_name='package',
            constraint=models.CheckConstraint(condition=models.Q(('price__gte', 0)), name='a_package_price_is_not_below_zero'),
        ),
        migrations.AddConstraint(
            model_name='package',
            constraint=models.CheckConstraint(condition=models.Q(('balance__gte', 0)), name='a_package_is_not_overdrawn'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['organisation', '-created_at'], name='orders_of_an_organisation'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['state', '-created_at'], name='orders_by_state'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('held_until__isnull', False)), fields=['held_until'], name='orders_with_held_places'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('state', 'AWAITING_PO')), fields=['po_due_at'], name='orders_without_po'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['BASKET', 'SUBMITTED', 'AWAITING_PO', 'AWAITING_PAYMENT', 'CONFIRMED', 'FULFILLED', 'CLOSED', 'CANCELLED'])), name='order_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'BASKET'), ('state', 'CANCELLED'), models.Q(models.Q(('payment_method', ''), _negated=True), ('placed_at__isnull', False)), _connector='OR'), name='a_placed_order_says_how_it_is_paid'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'AWAITING_PO'), _negated=True), ('po_status', 'TO_FOLLOW'), _connector='OR'), name='an_order_waits_for_a_purchase_order_to_follow'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('po_status', 'GIVEN'), _negated=True), models.Q(('po_number', ''), _negated=True), models.Q(('cost_centre', ''), _negated=True), _connector='OR'), name='a_given_purchase_order_has_a_number'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('payment_method', 'PACKAGE'), _negated=True), ('package__isnull', False), _connector='OR'), name='a_package_order_names_its_package'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('placed_by__isnull', True), ('placed_at__isnull', False), _connector='OR'), name='order_placed_by_needs_placed_at'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'CANCELLED'), _negated=True), ('cancelled_at__isnull', False), _connector='OR'), name='a_cancelled_order_says_when'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'BASKET')), fields=('organisation', 'contact'), name='one_basket_per_contact'),
        ),
        migrations.AddIndex(
            model_name='packageledgerentry',
            index=models.Index(fields=['package', 'id'], name='entries_of_a_package'),
        ),
        migrations.AddIndex(
            model_name='packageledgerentry',
            index=models.Index(fields=['order_line'], name='entries_of_a_line'),
        ),
        migrations.AddConstraint(
            model_name='packageledgerentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount__gt', 0), ('kind__in', ['GRANTED', 'RELEASED'])), models.Q(('amount__lt', 0), ('kind__in', ['RESERVED', 'USED', 'EXPIRED'])), models.Q(('kind', 'ADJUSTED'), models.Q(('amount', 0), _negated=True), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='a_ledger_entry_goes_the_right_way'),
        ),
        migrations.AddConstraint(
            model_name='packageledgerentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['RESERVED', 'RELEASED', 'USED']), _negated=True), ('order_line__isnull', False), _connector='OR'), name='what_is_drawn_names_its_line'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(fields=['organisation', '-created_at'], name='payments_of_an_organisation'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(condition=models.Q(('state__in', ['CREATED', 'PENDING'])), fields=['looked_at'], name='payments_unfinished'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(condition=models.Q(('handled_at__isnull', True), ('kind', 'CARD'), ('state', 'SUCCEEDED')), fields=['id'], name='payments_unhandled'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['CREATED', 'PENDING', 'SUCCEEDED', 'FAILED'])), name='payment_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='a_payment_is_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('amount_allocated__gte', 0), ('amount_refunded__gte', 0), ('amount__gte', django.db.models.expressions.CombinedExpression(models.F('amount_allocated'), '+', models.F('amount_refunded')))), name='no_more_is_used_than_was_paid'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'SUCCEEDED'), models.Q(('amount_allocated', 0), ('amount_refunded', 0)), _connector='OR'), name='only_money_that_came_is_used'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'CARD'), _negated=True), ('order__isnull', False), _connector='OR'), name='a_card_payment_is_for_an_order'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['CREATED', 'PENDING'])), fields=('order',), name='one_unfinished_payment_per_order'),
        ),
        migrations.AddConstraint(
            model_name='ledgerimportrow',
            constraint=models.UniqueConstraint(fields=('ledger_import', 'line_number'), name='one_row_per_line_of_a_file'),
        ),
        migrations.AddConstraint(
            model_name='ledgerimportrow',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome__in', ['MATCHED', 'ON_ACCOUNT']), _negated=True), ('payment__isnull', False), _connector='OR'), name='an_imported_payment_is_kept'),
        ),
        migrations.AddIndex(
            model_name='cardmessage',
            index=models.Index(fields=['payment'], name='messages_of_a_payment'),
        ),
        migrations.AddIndex(
            model_name='paymentallocation',
            index=models.Index(fields=['invoice'], name='allocations_of_an_invoice'),
        ),
        migrations.AddIndex(
            model_name='paymentallocation',
            index=models.Index(fields=['payment'], name='allocations_of_a_payment'),
        ),
        migrations.AddConstraint(
            model_name='paymentallocation',
            constraint=models.CheckConstraint(condition=models.Q(('amount', 0), _negated=True), name='an_allocation_is_something'),
        ),
        migrations.AddIndex(
            model_name='refund',
            index=models.Index(condition=models.Q(('state__in', ['OWED', 'SENT'])), fields=['id'], name='refunds_unfinished'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='a_refund_is_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['OWED', 'SENT', 'SUCCEEDED', 'FAILED'])), name='refund_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.UniqueConstraint(fields=('payment', 'credit_note'), name='one_refund_per_payment_and_credit_note'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='booking',
            trigger=pgtrigger.compiler.Trigger(name='what_is_owed_is_looked_at', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."order_line_id" IS NOT NULL)', func='\n    UPDATE bookings_orderline SET is_to_settle = TRUE WHERE id = NEW.order_line_id AND NOT is_to_settle;\n    RETURN NEW;\n', hash='1479f3fbe79db1e458be324d7ab30f8224ef7bc2', operation='INSERT OR UPDATE OF "state", "order_line_id"', pgid='pgtrigger_what_is_owed_is_looked_at_81f9c', table='bookings_booking', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='booking',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bookings_bookinghistory" ("answer_due_at", "answered_at", "booked_at", "booked_by_id", "calendar_sequence", "cancelled_at", "cancelled_by_id", "cancelled_for", "cancelled_reason", "charging_category", "confirmed_at", "decided_at", "decided_by_id", "decided_reason", "event_id", "free_cancel_until", "group_booking_id", "has_managers_agreement", "has_no_manager", "hold_ends_at", "id", "idempotency_key", "manager_email", "offer_id", "order_line_id", "organisation_id", "overridden", "override_reason", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "policy_id", "practitioner_id", "prerequisite_declared", "price", "reference", "replaces_id", "sector", "source", "state", "state_reason", "state_set_by_id", "state_since", "terms_accepted_at") VALUES (NEW."answer_due_at", NEW."answered_at", NEW."booked_at", NEW."booked_by_id", NEW."calendar_sequence", NEW."cancelled_at", NEW."cancelled_by_id", NEW."cancelled_for", NEW."cancelled_reason", NEW."charging_category", NEW."confirmed_at", NEW."decided_at", NEW."decided_by_id", NEW."decided_reason", NEW."event_id", NEW."free_cancel_until", NEW."group_booking_id", NEW."has_managers_agreement", NEW."has_no_manager", NEW."hold_ends_at", NEW."id", NEW."idempotency_key", NEW."manager_email", NEW."offer_id", NEW."order_line_id", NEW."organisation_id", NEW."overridden", NEW."override_reason", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."policy_id", NEW."practitioner_id", NEW."prerequisite_declared", NEW."price", NEW."reference", NEW."replaces_id", NEW."sector", NEW."source", NEW."state", NEW."state_reason", NEW."state_set_by_id", NEW."state_since", NEW."terms_accepted_at"); RETURN NULL;', hash='e7a175294b91388408eec30f70cd26cf891859fc', operation='INSERT', pgid='pgtrigger_insert_insert_28bb6', table='bookings_booking', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='booking',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bookings_bookinghistory" ("answer_due_at", "answered_at", "booked_at", "booked_by_id", "calendar_sequence", "cancelled_at", "cancelled_by_id", "cancelled_for", "cancelled_reason", "charging_category", "confirmed_at", "decided_at", "decided_by_id", "decided_reason", "event_id", "free_cancel_until", "group_booking_id", "has_managers_agreement", "has_no_manager", "hold_ends_at", "id", "idempotency_key", "manager_email", "offer_id", "order_line_id", "organisation_id", "overridden", "override_reason", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "policy_id", "practitioner_id", "prerequisite_declared", "price", "reference", "replaces_id", "sector", "source", "state", "state_reason", "state_set_by_id", "state_since", "terms_accepted_at") VALUES (NEW."answer_due_at", NEW."answered_at", NEW."booked_at", NEW."booked_by_id", NEW."calendar_sequence", NEW."cancelled_at", NEW."cancelled_by_id", NEW."cancelled_for", NEW."cancelled_reason", NEW."charging_category", NEW."confirmed_at", NEW."decided_at", NEW."decided_by_id", NEW."decided_reason", NEW."event_id", NEW."free_cancel_until", NEW."group_booking_id", NEW."has_managers_agreement", NEW."has_no_manager", NEW."hold_ends_at", NEW."id", NEW."idempotency_key", NEW."manager_email", NEW."offer_id", NEW."order_line_id", NEW."organisation_id", NEW."overridden", NEW."override_reason", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."policy_id", NEW."practitioner_id", NEW."prerequisite_declared", NEW."price", NEW."reference", NEW."replaces_id", NEW."sector", NEW."source", NEW."state", NEW."state_reason", NEW."state_set_by_id", NEW."state_since", NEW."terms_accepted_at"); RETURN NULL;', hash='f7cb43983d3de305509b12db36dd683e30cf2a32', operation='UPDATE', pgid='pgtrigger_update_update_d8751', table='bookings_booking', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='chargenotice',
            trigger=pgtrigger.compiler.Trigger(name='a_charge_is_looked_at', sql=pgtrigger.compiler.UpsertTriggerSql(func='NEW.is_to_settle := TRUE; RETURN NEW;', hash='bebc41a70b8643fe8299d03ddb86f1c11044f1e8', operation='INSERT OR UPDATE OF "state"', pgid='pgtrigger_a_charge_is_looked_at_3fe0f', table='bookings_chargenotice', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='chargenotice',
            trigger=pgtrigger.compiler.Trigger(name='what_is_charged_is_looked_at', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    UPDATE bookings_orderline SET is_to_settle = TRUE WHERE NOT is_to_settle AND id IN (\n        SELECT order_line_id FROM bookings_booking WHERE id = NEW.booking_id\n        UNION ALL SELECT order_line_id FROM bookings_selfpacedenrolment WHERE id = NEW.enrolment_id\n    );\n    RETURN NEW;\n', hash='91fc8796c5de582bcbaac10f0b7463cf181188a7', operation='INSERT OR UPDATE OF "state"', pgid='pgtrigger_what_is_charged_is_looked_at_e20c6', table='bookings_chargenotice', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='chargenotice',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."amount" IS DISTINCT FROM (NEW."amount") OR OLD."booking_id" IS DISTINCT FROM (NEW."booking_id") OR OLD."decided_at" IS DISTINCT FROM (NEW."decided_at") OR OLD."decided_by_id" IS DISTINCT FROM (NEW."decided_by_id") OR OLD."decided_reason" IS DISTINCT FROM (NEW."decided_reason") OR OLD."drafted_at" IS DISTINCT FROM (NEW."drafted_at") OR OLD."enrolment_id" IS DISTINCT FROM (NEW."enrolment_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."organisation_id" IS DISTINCT FROM (NEW."organisation_id") OR OLD."policy_id" IS DISTINCT FROM (NEW."policy_id") OR OLD."reason_given" IS DISTINCT FROM (NEW."reason_given") OR OLD."reason_given_at" IS DISTINCT FROM (NEW."reason_given_at") OR OLD."reason_given_by_id" IS DISTINCT FROM (NEW."reason_given_by_id") OR OLD."reason_given_for" IS DISTINCT FROM (NEW."reason_given_for") OR OLD."review_from" IS DISTINCT FROM (NEW."review_from") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."waived_for" IS DISTINCT FROM (NEW."waived_for"))', func='INSERT INTO "bookings_chargenoticehistory" ("amount", "booking_id", "decided_at", "decided_by_id", "decided_reason", "drafted_at", "enrolment_id", "id", "kind", "organisation_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "policy_id", "reason_given", "reason_given_at", "reason_given_by_id", "reason_given_for", "review_from", "state", "waived_for") VALUES (NEW."amount", NEW."booking_id", NEW."decided_at", NEW."decided_by_id", NEW."decided_reason", NEW."drafted_at", NEW."enrolment_id", NEW."id", NEW."kind", NEW."organisation_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."policy_id", NEW."reason_given", NEW."reason_given_at", NEW."reason_given_by_id", NEW."reason_given_for", NEW."review_from", NEW."state", NEW."waived_for"); RETURN NULL;', hash='34f642728a4f0c4d75ac834cd7070dcf6c4ee733', operation='UPDATE', pgid='pgtrigger_update_update_de12f', table='bookings_chargenotice', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='selfpacedenrolment',
            trigger=pgtrigger.compiler.Trigger(name='what_is_owed_for_it_is_looked_at', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."order_line_id" IS NOT NULL)', func='\n    UPDATE bookings_orderline SET is_to_settle = TRUE WHERE id = NEW.order_line_id AND NOT is_to_settle;\n    RETURN NEW;\n', hash='d99fc107cdbc0703f46336ac77f32ba1d796b275', operation='INSERT OR UPDATE OF "state", "order_line_id"', pgid='pgtrigger_what_is_owed_for_it_is_looked_at_71b61', table='bookings_selfpacedenrolment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='selfpacedenrolment',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bookings_selfpacedenrolmenthistory" ("begun_at", "charges_non_completion", "charging_category", "course_id", "due_at", "enrolled_at", "extended_at", "extended_by_id", "extended_reason", "has_managers_agreement", "has_no_manager", "id", "manager_email", "offer_id", "order_line_id", "organisation_id", "passed_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "policy_id", "practitioner_id", "prerequisite_declared", "price", "reference", "sector", "state", "state_set_by_id", "state_since", "terms_accepted_at") VALUES (NEW."begun_at", NEW."charges_non_completion", NEW."charging_category", NEW."course_id", NEW."due_at", NEW."enrolled_at", NEW."extended_at", NEW."extended_by_id", NEW."extended_reason", NEW."has_managers_agreement", NEW."has_no_manager", NEW."id", NEW."manager_email", NEW."offer_id", NEW."order_line_id", NEW."organisation_id", NEW."passed_at", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."policy_id", NEW."practitioner_id", NEW."prerequisite_declared", NEW."price", NEW."reference", NEW."sector", NEW."state", NEW."state_set_by_id", NEW."state_since", NEW."terms_accepted_at"); RETURN NULL;', hash='c1cb46c0c1b407d439c27c83e7e656bc9d328c21', operation='INSERT', pgid='pgtrigger_insert_insert_55c2b', table='bookings_selfpacedenrolment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='selfpacedenrolment',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bookings_selfpacedenrolmenthistory" ("begun_at", "charges_non_completion", "charging_category", "course_id", "due_at", "enrolled_at", "extended_at", "extended_by_id", "extended_reason", "has_managers_agreement", "has_no_manager", "id", "manager_email", "offer_id", "order_line_id", "organisation_id", "passed_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "policy_id", "practitioner_id", "prerequisite_declared", "price", "reference", "sector", "state", "state_set_by_id", "state_since", "terms_accepted_at") VALUES (NEW."begun_at", NEW."charges_non_completion", NEW."charging_category", NEW."course_id", NEW."due_at", NEW."enrolled_at", NEW."extended_at", NEW."extended_by_id", NEW."extended_reason", NEW."has_managers_agreement", NEW."has_no_manager", NEW."id", NEW."manager_email", NEW."offer_id", NEW."order_line_id", NEW."organisation_id", NEW."passed_at", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."policy_id", NEW."practitioner_id", NEW."prerequisite_declared", NEW."price", NEW."reference", NEW."sector", NEW."state", NEW."state_set_by_id", NEW."state_since", NEW."terms_accepted_at"); RETURN NULL;', hash='e8c29f7c4544526f05f8512f15cdbdd6e16c6a91', operation='UPDATE', pgid='pgtrigger_update_update_0da91', table='bookings_selfpacedenrolment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='documentfile',
            trigger=pgtrigger.compiler.Trigger(name='document_files_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='284af4b9fbb7521ebdf129b1fc72d1647825cd69', operation='UPDATE OR DELETE', pgid='pgtrigger_document_files_stay_29de9', table='bookings_documentfile', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='creditnoteline',
            trigger=pgtrigger.compiler.Trigger(name='lines_of_issued_credit_notes_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (\n        SELECT 1 FROM bookings_creditnote document\n        WHERE document.id = (CASE WHEN TG_OP = 'INSERT' THEN NEW.credit_note_id ELSE OLD.credit_note_id END)\n        AND document.number IS NOT NULL\n    ) THEN\n        RAISE EXCEPTION 'the lines of an issued document stay as they are' USING ERRCODE = 'check_violation';\n    END IF;\n    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\n    RETURN NEW;\n", hash='c6ea8851feca5964f0760ab1430f3ec4387d867c', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_lines_of_issued_credit_notes_stay_4090b', table='bookings_creditnoteline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='creditnotehistory',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='2d8236128ea4cde88f26d497c84d9f3b917c0d8d', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_32fb9', table='bookings_creditnotehistory', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='creditnote',
            trigger=pgtrigger.compiler.Trigger(name='issued_credit_notes_stay_as_they_are', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.number IS NOT NULL AND (OLD.number, OLD.invoice_id, OLD.reason, OLD.net, OLD.vat, OLD.gross, OLD.issued_on) IS DISTINCT FROM (NEW.number, NEW.invoice_id, NEW.reason, NEW.net, NEW.vat, NEW.gross, NEW.issued_on))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='66cafd9511e10634d16c62708bc1c259035f3acc', operation='UPDATE', pgid='pgtrigger_issued_credit_notes_stay_as_they_are_95f27', table='bookings_creditnote', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='creditnote',
            trigger=pgtrigger.compiler.Trigger(name='issued_credit_notes_stay', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."number" IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='882529869b6475e46ec7fc309083ebca8494c64c', operation='DELETE', pgid='pgtrigger_issued_credit_notes_stay_c523f', table='bookings_creditnote', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='creditnote',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bookings_creditnotehistory" ("approved_at", "approved_by_id", "drafted_at", "export_id", "gross", "id", "idempotency_key", "invoice_id", "issued_on", "net", "number", "number_in_series", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "print_attempts", "print_claimed_at", "reason", "series_id", "vat") VALUES (NEW."approved_at", NEW."approved_by_id", NEW."drafted_at", NEW."export_id", NEW."gross", NEW."id", NEW."idempotency_key", NEW."invoice_id", NEW."issued_on", NEW."net", NEW."number", NEW."number_in_series", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."print_attempts", NEW."print_claimed_at", NEW."reason", NEW."series_id", NEW."vat"); RETURN NULL;', hash='22d44c493af4ea682c3f682a26a516e96c3b7cf1', operation='INSERT', pgid='pgtrigger_insert_insert_46095', table='bookings_creditnote', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='creditnote',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bookings_creditnotehistory" ("approved_at", "approved_by_id", "drafted_at", "export_id", "gross", "id", "idempotency_key", "invoice_id", "issued_on", "net", "number", "number_in_series", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "print_attempts", "print_claimed_at", "reason", "series_id", "vat") VALUES (NEW."approved_at", NEW."approved_by_id", NEW."drafted_at", NEW."export_id", NEW."gross", NEW."id", NEW."idempotency_key", NEW."invoice_id", NEW."issued_on", NEW."net", NEW."number", NEW."number_in_series", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."print_attempts", NEW."print_claimed_at", NEW."reason", NEW."series_id", NEW."vat"); RETURN NULL;', hash='a1ebb758b309e7d074e38b1328ff3b8d7ca2ea48', operation='UPDATE', pgid='pgtrigger_update_update_388e5', table='bookings_creditnote', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoicehistory',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='76436bf255f4ea9952330555381fed88b6f6412e', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_61d93', table='bookings_invoicehistory', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoice',
            trigger=pgtrigger.compiler.Trigger(name='invoices_move_by_the_rules', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{DRAFT:APPROVED,APPROVED:EXPORTED,APPROVED:DISPUTED,APPROVED:PART_PAID,APPROVED:PAID,APPROVED:CREDITED,APPROVED:WRITTEN_OFF,EXPORTED:INVOICED,EXPORTED:DISPUTED,EXPORTED:PART_PAID,EXPORTED:PAID,EXPORTED:CREDITED,EXPORTED:WRITTEN_OFF,INVOICED:DISPUTED,INVOICED:PART_PAID,INVOICED:PAID,INVOICED:CREDITED,INVOICED:WRITTEN_OFF,PART_PAID:PAID,PART_PAID:DISPUTED,PART_PAID:CREDITED,PART_PAID:WRITTEN_OFF,PART_PAID:APPROVED,PART_PAID:EXPORTED,PART_PAID:INVOICED,DISPUTED:APPROVED,DISPUTED:EXPORTED,DISPUTED:INVOICED,DISPUTED:PART_PAID,DISPUTED:PAID,DISPUTED:CREDITED,DISPUTED:WRITTEN_OFF,PAID:PART_PAID,PAID:CREDITED,PAID:APPROVED,PAID:EXPORTED,PAID:INVOICED,WRITTEN_OFF:PART_PAID,WRITTEN_OFF:PAID,WRITTEN_OFF:CREDITED,WRITTEN_OFF:INVOICED}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='422198b59f011148b48c469d7f475edda91d4e02', operation='UPDATE', pgid='pgtrigger_invoices_move_by_the_rules_86079', table='bookings_invoice', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoice',
            trigger=pgtrigger.compiler.Trigger(name='issued_invoices_stay_as_they_are', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.number IS NOT NULL AND (OLD.number, OLD.kind, OLD.organisation_id, OLD.order_id, OLD.issued_on, OLD.due_on, OLD.customer_name, OLD.customer_address, OLD.customer_reference, OLD.customer_vat_number, OLD.po_number, OLD.cost_centre, OLD.seller_name, OLD.seller_address, OLD.seller_vat_number, OLD.how_to_pay, OLD.net, OLD.vat, OLD.gross) IS DISTINCT FROM (NEW.number, NEW.kind, NEW.organisation_id, NEW.order_id, NEW.issued_on, NEW.due_on, NEW.customer_name, NEW.customer_address, NEW.customer_reference, NEW.customer_vat_number, NEW.po_number, NEW.cost_centre, NEW.seller_name, NEW.seller_address, NEW.seller_vat_number, NEW.how_to_pay, NEW.net, NEW.vat, NEW.gross))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='4c0f6f198a2f1757b1f07bb79f391d781e139eba', operation='UPDATE', pgid='pgtrigger_issued_invoices_stay_as_they_are_8de51', table='bookings_invoice', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoice',
            trigger=pgtrigger.compiler.Trigger(name='issued_invoices_stay', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."number" IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='e5e574b7ac8d909d91384c046654be48e9bc94db', operation='DELETE', pgid='pgtrigger_issued_invoices_stay_7652d', table='bookings_invoice', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoice',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bookings_invoicehistory" ("amount_credited", "amount_paid", "amount_written_off", "approved_at", "approved_by_id", "cost_centre", "customer_address", "customer_email", "customer_name", "customer_reference", "customer_vat_number", "dispute_reason", "disputed_at", "disputed_by_id", "drafted_at", "due_on", "export_id", "external_ref", "gross", "how_to_pay", "id", "issued_on", "kind", "net", "number", "number_in_series", "order_id", "organisation_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "po_number", "print_attempts", "print_claimed_at", "seller_address", "seller_name", "seller_vat_number", "series_id", "state", "vat", "written_off_reason") VALUES (NEW."amount_credited", NEW."amount_paid", NEW."amount_written_off", NEW."approved_at", NEW."approved_by_id", NEW."cost_centre", NEW."customer_address", NEW."customer_email", NEW."customer_name", NEW."customer_reference", NEW."customer_vat_number", NEW."dispute_reason", NEW."disputed_at", NEW."disputed_by_id", NEW."drafted_at", NEW."due_on", NEW."export_id", NEW."external_ref", NEW."gross", NEW."how_to_pay", NEW."id", NEW."issued_on", NEW."kind", NEW."net", NEW."number", NEW."number_in_series", NEW."order_id", NEW."organisation_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."po_number", NEW."print_attempts", NEW."print_claimed_at", NEW."seller_address", NEW."seller_name", NEW."seller_vat_number", NEW."series_id", NEW."state", NEW."vat", NEW."written_off_reason"); RETURN NULL;', hash='7542c239fd8383a5fb3fca0d96e158b38a487a48', operation='INSERT', pgid='pgtrigger_insert_insert_c6c68', table='bookings_invoice', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoice',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bookings_invoicehistory" ("amount_credited", "amount_paid", "amount_written_off", "approved_at", "approved_by_id", "cost_centre", "customer_address", "customer_email", "customer_name", "customer_reference", "customer_vat_number", "dispute_reason", "disputed_at", "disputed_by_id", "drafted_at", "due_on", "export_id", "external_ref", "gross", "how_to_pay", "id", "issued_on", "kind", "net", "number", "number_in_series", "order_id", "organisation_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "po_number", "print_attempts", "print_claimed_at", "seller_address", "seller_name", "seller_vat_number", "series_id", "state", "vat", "written_off_reason") VALUES (NEW."amount_credited", NEW."amount_paid", NEW."amount_written_off", NEW."approved_at", NEW."approved_by_id", NEW."cost_centre", NEW."customer_address", NEW."customer_email", NEW."customer_name", NEW."customer_reference", NEW."customer_vat_number", NEW."dispute_reason", NEW."disputed_at", NEW."disputed_by_id", NEW."drafted_at", NEW."due_on", NEW."export_id", NEW."external_ref", NEW."gross", NEW."how_to_pay", NEW."id", NEW."issued_on", NEW."kind", NEW."net", NEW."number", NEW."number_in_series", NEW."order_id", NEW."organisation_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."po_number", NEW."print_attempts", NEW."print_claimed_at", NEW."seller_address", NEW."seller_name", NEW."seller_vat_number", NEW."series_id", NEW."state", NEW."vat", NEW."written_off_reason"); RETURN NULL;', hash='556b488316350cf82954ce6fc20e67c31bac4bf2', operation='UPDATE', pgid='pgtrigger_update_update_ce9df', table='bookings_invoice', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='order_lines_move_by_the_rules', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{CHOSEN:HELD,CHOSEN:SOLD,CHOSEN:FREE,CHOSEN:DROPPED,HELD:CHOSEN,HELD:SOLD,HELD:FREE,HELD:DROPPED,DROPPED:HELD,DROPPED:SOLD,DROPPED:FREE,SOLD:INVOICED,SOLD:COVERED,SOLD:WAIVED,SOLD:REFUNDED,SOLD:RELEASED,INVOICED:SOLD,INVOICED:WAIVED,INVOICED:REFUNDED,INVOICED:RELEASED,COVERED:SOLD,COVERED:WAIVED,COVERED:RELEASED,WAIVED:SOLD,REFUNDED:SOLD,RELEASED:SOLD}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='0c58d9bf3ece12cc4e41b3d2a8fbabd28f8d4b21', operation='UPDATE', pgid='pgtrigger_order_lines_move_by_the_rules_755fd', table='bookings_orderline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='sold_prices_stay', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."sold_at" IS NOT NULL AND (OLD."net" IS DISTINCT FROM (NEW."net") OR OLD."vat" IS DISTINCT FROM (NEW."vat") OR OLD."gross" IS DISTINCT FROM (NEW."gross") OR OLD."order_id" IS DISTINCT FROM (NEW."order_id")))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='960ed1d29ae4c2e38c4d68781725c5fe57c754fc', operation='UPDATE', pgid='pgtrigger_sold_prices_stay_f519f', table='bookings_orderline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='sold_lines_stay', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."sold_at" IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='6f72c079dfa0ad65b96d922a2b81e53e030cc4e9', operation='DELETE', pgid='pgtrigger_sold_lines_stay_80f69', table='bookings_orderline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bookings_orderlinehistory" ("description", "discount", "discount_reason", "event_id", "given_back_at", "gross", "group_booking_id", "id", "kind", "list_price", "net", "offer_id", "order_id", "package_amount", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_reason", "settled_at", "settled_reason", "sold_at", "state", "vat", "vat_percent", "vat_treatment", "waived_reason") VALUES (NEW."description", NEW."discount", NEW."discount_reason", NEW."event_id", NEW."given_back_at", NEW."gross", NEW."group_booking_id", NEW."id", NEW."kind", NEW."list_price", NEW."net", NEW."offer_id", NEW."order_id", NEW."package_amount", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."price_reason", NEW."settled_at", NEW."settled_reason", NEW."sold_at", NEW."state", NEW."vat", NEW."vat_percent", NEW."vat_treatment", NEW."waived_reason"); RETURN NULL;', hash='e04b37f691c8a4a7964911d3eb7619a240fa816e', operation='INSERT', pgid='pgtrigger_insert_insert_23824', table='bookings_orderline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."discount" IS DISTINCT FROM (NEW."discount") OR OLD."discount_reason" IS DISTINCT FROM (NEW."discount_reason") OR OLD."event_id" IS DISTINCT FROM (NEW."event_id") OR OLD."given_back_at" IS DISTINCT FROM (NEW."given_back_at") OR OLD."gross" IS DISTINCT FROM (NEW."gross") OR OLD."group_booking_id" IS DISTINCT FROM (NEW."group_booking_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."list_price" IS DISTINCT FROM (NEW."list_price") OR OLD."net" IS DISTINCT FROM (NEW."net") OR OLD."offer_id" IS DISTINCT FROM (NEW."offer_id") OR OLD."order_id" IS DISTINCT FROM (NEW."order_id") OR OLD."package_amount" IS DISTINCT FROM (NEW."package_amount") OR OLD."price_reason" IS DISTINCT FROM (NEW."price_reason") OR OLD."settled_at" IS DISTINCT FROM (NEW."settled_at") OR OLD."settled_reason" IS DISTINCT FROM (NEW."settled_reason") OR OLD."sold_at" IS DISTINCT FROM (NEW."sold_at") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."vat" IS DISTINCT FROM (NEW."vat") OR OLD."vat_percent" IS DISTINCT FROM (NEW."vat_percent") OR OLD."vat_treatment" IS DISTINCT FROM (NEW."vat_treatment") OR OLD."waived_reason" IS DISTINCT FROM (NEW."waived_reason"))', func='INSERT INTO "bookings_orderlinehistory" ("description", "discount", "discount_reason", "event_id", "given_back_at", "gross", "group_booking_id", "id", "kind", "list_price", "net", "offer_id", "order_id", "package_amount", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_reason", "settled_at", "settled_reason", "sold_at", "state", "vat", "vat_percent", "vat_treatment", "waived_reason") VALUES (NEW."description", NEW."discount", NEW."discount_reason", NEW."event_id", NEW."given_back_at", NEW."gross", NEW."group_booking_id", NEW."id", NEW."kind", NEW."list_price", NEW."net", NEW."offer_id", NEW."order_id", NEW."package_amount", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."price_reason", NEW."settled_at", NEW."settled_reason", NEW."sold_at", NEW."state", NEW."vat", NEW."vat_percent", NEW."vat_treatment", NEW."waived_reason"); RETURN NULL;', hash='a4558169236515d372c3a93d04c8133a69298e1d', operation='UPDATE', pgid='pgtrigger_update_update_ff4d7', table='bookings_orderline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoiceline',
            trigger=pgtrigger.compiler.Trigger(name='lines_of_issued_invoices_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (\n        SELECT 1 FROM bookings_invoice document\n        WHERE document.id = (CASE WHEN TG_OP = 'INSERT' THEN NEW.invoice_id ELSE OLD.invoice_id END)\n        AND document.number IS NOT NULL\n    ) THEN\n        RAISE EXCEPTION 'the lines of an issued document stay as they are' USING ERRCODE = 'check_violation';\n    END IF;\n    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\n    RETURN NEW;\n", hash='6688fb472fa2f44c1c09b0aa105f047a2a680219', operation='INSERT OR DELETE', pgid='pgtrigger_lines_of_issued_invoices_stay_228c1', table='bookings_invoiceline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoiceline',
            trigger=pgtrigger.compiler.Trigger(name='invoice_lines_stay_as_they_are', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."charge_id" IS DISTINCT FROM (NEW."charge_id") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."gross" IS DISTINCT FROM (NEW."gross") OR OLD."invoice_id" IS DISTINCT FROM (NEW."invoice_id") OR OLD."net" IS DISTINCT FROM (NEW."net") OR OLD."order_line_id" IS DISTINCT FROM (NEW."order_line_id") OR OLD."vat" IS DISTINCT FROM (NEW."vat") OR OLD."vat_percent" IS DISTINCT FROM (NEW."vat_percent") OR OLD."vat_treatment" IS DISTINCT FROM (NEW."vat_treatment"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='e14cc3d8698500b6e842c8c3344d288648be1617', operation='UPDATE', pgid='pgtrigger_invoice_lines_stay_as_they_are_63575', table='bookings_invoiceline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderlinehistory',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='717cab1fc3c533f43b3a1be9fb42ee96ce0d35d8', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_15ef7', table='bookings_orderlinehistory', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='package',
            trigger=pgtrigger.compiler.Trigger(name='only_the_ledger_changes_a_balance', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.balance IS DISTINCT FROM NEW.balance AND pg_trigger_depth() = 0)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='48b5b7621111e11b3739f76615bd74479bab1a9c', operation='UPDATE', pgid='pgtrigger_only_the_ledger_changes_a_balance_39b8a', table='bookings_package', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='package',
            trigger=pgtrigger.compiler.Trigger(name='packages_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='dfc231f8fd4ae835736a7fd7f05e10b17b03bfb8', operation='DELETE', pgid='pgtrigger_packages_stay_6aea6', table='bookings_package', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='package',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bookings_packagehistory" ("balance", "created_at", "created_by_id", "ends_on", "id", "note", "order_line_id", "organisation_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price", "reference", "starts_on", "unit") VALUES (NEW."balance", NEW."created_at", NEW."created_by_id", NEW."ends_on", NEW."id", NEW."note", NEW."order_line_id", NEW."organisation_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."price", NEW."reference", NEW."starts_on", NEW."unit"); RETURN NULL;', hash='bd436dd95575ec9ef6833960f09f7d8d015fd9de', operation='INSERT', pgid='pgtrigger_insert_insert_e9e1b', table='bookings_package', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='package',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bookings_packagehistory" ("balance", "created_at", "created_by_id", "ends_on", "id", "note", "order_line_id", "organisation_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price", "reference", "starts_on", "unit") VALUES (NEW."balance", NEW."created_at", NEW."created_by_id", NEW."ends_on", NEW."id", NEW."note", NEW."order_line_id", NEW."organisation_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."price", NEW."reference", NEW."starts_on", NEW."unit"); RETURN NULL;', hash='6fbbdba5351f7adbd83c17dc872034604920fc66', operation='UPDATE', pgid='pgtrigger_update_update_84507', table='bookings_package', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderhistory',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='5e329135f57fbf20f21afd960afef0c425145b45', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_433c3', table='bookings_orderhistory', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='order',
            trigger=pgtrigger.compiler.Trigger(name='orders_move_by_the_rules', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{BASKET:SUBMITTED,BASKET:CANCELLED,SUBMITTED:AWAITING_PO,SUBMITTED:AWAITING_PAYMENT,SUBMITTED:CONFIRMED,SUBMITTED:CANCELLED,AWAITING_PO:CONFIRMED,AWAITING_PO:FULFILLED,AWAITING_PO:CANCELLED,AWAITING_PAYMENT:CONFIRMED,AWAITING_PAYMENT:BASKET,AWAITING_PAYMENT:CANCELLED,CONFIRMED:AWAITING_PO,CONFIRMED:FULFILLED,CONFIRMED:CANCELLED,FULFILLED:CLOSED,FULFILLED:CONFIRMED,CLOSED:FULFILLED,CLOSED:CONFIRMED,CANCELLED:CONFIRMED}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='745df9eba8f9ae1a3c197e26500554bc4b6d25c5', operation='UPDATE', pgid='pgtrigger_orders_move_by_the_rules_58315', table='bookings_order', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='order',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bookings_orderhistory" ("answers", "cancelled_at", "cancelled_reason", "charging_category", "contact_id", "cost_centre", "created_at", "created_by_id", "held_until", "id", "idempotency_key", "notes", "organisation_id", "package_id", "payment_method", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "placed_at", "placed_by_id", "po_due_at", "po_number", "po_status", "reference", "source", "state") VALUES (NEW."answers", NEW."cancelled_at", NEW."cancelled_reason", NEW."charging_category", NEW."contact_id", NEW."cost_centre", NEW."created_at", NEW."created_by_id", NEW."held_until", NEW."id", NEW."idempotency_key", NEW."notes", NEW."organisation_id", NEW."package_id", NEW."payment_method", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."placed_at", NEW."placed_by_id", NEW."po_due_at", NEW."po_number", NEW."po_status", NEW."reference", NEW."source", NEW."state"); RETURN NULL;', hash='6dfa155738b94f0a599516cdfae00bc9f6fbbf84', operation='INSERT', pgid='pgtrigger_insert_insert_b6ab2', table='bookings_order', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='order',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bookings_orderhistory" ("answers", "cancelled_at", "cancelled_reason", "charging_category", "contact_id", "cost_centre", "created_at", "created_by_id", "held_until", "id", "idempotency_key", "notes", "organisation_id", "package_id", "payment_method", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "placed_at", "placed_by_id", "po_due_at", "po_number", "po_status", "reference", "source", "state") VALUES (NEW."answers", NEW."cancelled_at", NEW."cancelled_reason", NEW."charging_category", NEW."contact_id", NEW."cost_centre", NEW."created_at", NEW."created_by_id", NEW."held_until", NEW."id", NEW."idempotency_key", NEW."notes", NEW."organisation_id", NEW."package_id", NEW."payment_method", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."placed_at", NEW."placed_by_id", NEW."po_due_at", NEW."po_number", NEW."po_status", NEW."reference", NEW."source", NEW."state"); RETURN NULL;', hash='ca2712cf5db090f233cd35fa0e76336090e0ef51', operation='UPDATE', pgid='pgtrigger_update_update_61a42', table='bookings_order', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='packagehistory',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='793ac8899e087f913f95bbf30d74251970fb082e', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_209a4', table='bookings_packagehistory', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='packageledgerentry',
            trigger=pgtrigger.compiler.Trigger(name='the_balance_is_the_sum', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    UPDATE bookings_package SET balance = balance + NEW.amount WHERE id = NEW.package_id;\n    RETURN NEW;\n', hash='0bd2aecb1e9870785a9f03aa91fe91e3bc4b1481', operation='INSERT', pgid='pgtrigger_the_balance_is_the_sum_9fd98', table='bookings_packageledgerentry', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='packageledgerentry',
            trigger=pgtrigger.compiler.Trigger(name='ledger_entries_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='78a5ff75a947abd55c8f00c80b92a28bb4935b8e', operation='UPDATE OR DELETE', pgid='pgtrigger_ledger_entries_stay_750b8', table='bookings_packageledgerentry', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='payment',
            trigger=pgtrigger.compiler.Trigger(name='payments_move_by_the_rules', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{CREATED:PENDING,CREATED:SUCCEEDED,CREATED:FAILED,PENDING:SUCCEEDED,PENDING:FAILED}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='44fa058913dab5aee58ef51e417577eb142fabb6', operation='UPDATE', pgid='pgtrigger_payments_move_by_the_rules_28f4c', table='bookings_payment', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='payment',
            trigger=pgtrigger.compiler.Trigger(name='amounts_paid_stay', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."amount" IS DISTINCT FROM (NEW."amount") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."order_id" IS DISTINCT FROM (NEW."order_id"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='1ea4b5491660e1f8e4286bd859dd0ec6fffffba5', operation='UPDATE', pgid='pgtrigger_amounts_paid_stay_06c29', table='bookings_payment', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='payment',
            trigger=pgtrigger.compiler.Trigger(name='payments_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='157454ed3c6851f5c80639563e7e3f2377042092', operation='DELETE', pgid='pgtrigger_payments_stay_7ac16', table='bookings_payment', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='payment',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bookings_paymenthistory" ("alarm", "amount", "amount_allocated", "amount_refunded", "created_at", "created_by_id", "finished_at", "handled_at", "id", "idempotency_key", "kind", "ledger_reference", "looked_at", "order_id", "organisation_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_code", "provider_id", "provider_status", "received_on", "reference", "state", "words") VALUES (NEW."alarm", NEW."amount", NEW."amount_allocated", NEW."amount_refunded", NEW."created_at", NEW."created_by_id", NEW."finished_at", NEW."handled_at", NEW."id", NEW."idempotency_key", NEW."kind", NEW."ledger_reference", NEW."looked_at", NEW."order_id", NEW."organisation_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."provider_code", NEW."provider_id", NEW."provider_status", NEW."received_on", NEW."reference", NEW."state", NEW."words"); RETURN NULL;', hash='a71419e351a2a15c703534c1b5756752e6a4e2a4', operation='INSERT', pgid='pgtrigger_insert_insert_82041', table='bookings_payment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='payment',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bookings_paymenthistory" ("alarm", "amount", "amount_allocated", "amount_refunded", "created_at", "created_by_id", "finished_at", "handled_at", "id", "idempotency_key", "kind", "ledger_reference", "looked_at", "order_id", "organisation_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_code", "provider_id", "provider_status", "received_on", "reference", "state", "words") VALUES (NEW."alarm", NEW."amount", NEW."amount_allocated", NEW."amount_refunded", NEW."created_at", NEW."created_by_id", NEW."finished_at", NEW."handled_at", NEW."id", NEW."idempotency_key", NEW."kind", NEW."ledger_reference", NEW."looked_at", NEW."order_id", NEW."organisation_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."provider_code", NEW."provider_id", NEW."provider_status", NEW."received_on", NEW."reference", NEW."state", NEW."words"); RETURN NULL;', hash='16ca67d018bc29c44aedeb92b6b2eade22ef5483', operation='UPDATE', pgid='pgtrigger_update_update_3a7df', table='bookings_payment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='paymentallocation',
            trigger=pgtrigger.compiler.Trigger(name='allocations_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='5ec209da30ea356f6246871fb61ce57860c40215', operation='UPDATE OR DELETE', pgid='pgtrigger_allocations_stay_6d82b', table='bookings_paymentallocation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='paymenthistory',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f4225114bbd9a51d37acf4f1a4205674f8521979', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_4d370', table='bookings_paymenthistory', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='refund',
            trigger=pgtrigger.compiler.Trigger(name='refunds_move_by_the_rules', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{OWED:SENT,OWED:SUCCEEDED,OWED:FAILED,SENT:SUCCEEDED,SENT:FAILED,FAILED:OWED}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='6605d4c3c9c1a922bd09430c5a2ce4b63b480b28', operation='UPDATE', pgid='pgtrigger_refunds_move_by_the_rules_78ac6', table='bookings_refund', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='refund',
            trigger=pgtrigger.compiler.Trigger(name='amounts_refunded_stay', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."amount" IS DISTINCT FROM (NEW."amount") OR OLD."credit_note_id" IS DISTINCT FROM (NEW."credit_note_id") OR OLD."payment_id" IS DISTINCT FROM (NEW."payment_id"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='69bf322fb438dff5f0f374d18c30971c71ffa5bc', operation='UPDATE', pgid='pgtrigger_amounts_refunded_stay_72ae3', table='bookings_refund', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='refund',
            trigger=pgtrigger.compiler.Trigger(name='refunds_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='be577f209534463a728501849768b7582cb06131', operation='DELETE', pgid='pgtrigger_refunds_stay_5d855', table='bookings_refund', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='refund',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "bookings_refundhistory" ("amount", "attempts", "claimed_at", "credit_note_id", "export_id", "failure", "finished_at", "id", "owed_at", "payment_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_id", "reason", "state") VALUES (NEW."amount", NEW."attempts", NEW."claimed_at", NEW."credit_note_id", NEW."export_id", NEW."failure", NEW."finished_at", NEW."id", NEW."owed_at", NEW."payment_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."provider_id", NEW."reason", NEW."state"); RETURN NULL;', hash='a9c2083a634b345583af0bdc612de2905505c7c3', operation='INSERT', pgid='pgtrigger_insert_insert_f4e5d', table='bookings_refund', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='refund',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "bookings_refundhistory" ("amount", "attempts", "claimed_at", "credit_note_id", "export_id", "failure", "finished_at", "id", "owed_at", "payment_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_id", "reason", "state") VALUES (NEW."amount", NEW."attempts", NEW."claimed_at", NEW."credit_note_id", NEW."export_id", NEW."failure", NEW."finished_at", NEW."id", NEW."owed_at", NEW."payment_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."provider_id", NEW."reason", NEW."state"); RETURN NULL;', hash='3d5d2234b1247afc6f00de028e99c250e67e3ab5', operation='UPDATE', pgid='pgtrigger_update_update_c5dcc', table='bookings_refund', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='refundhistory',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='1446469f20077b08cc282d068e3ecfef5c669651', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_84c96', table='bookings_refundhistory', when='BEFORE')),
        ),
    ]
