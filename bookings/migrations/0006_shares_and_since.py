"""Bookings made before there were shares of agencies and a moment for each state are given both."""

from django.db import migrations

SINCE = """
    UPDATE bookings_booking SET state_since = COALESCE(cancelled_at, decided_at, confirmed_at, booked_at);
"""
SHARES = """
    INSERT INTO bookings_agencyshare (event_id, organisation_id, places_taken)
    SELECT booking.event_id, booking.organisation_id, COUNT(*)
    FROM bookings_booking booking JOIN courses_offer offer ON offer.id = booking.offer_id
    WHERE offer.strand = 'multi_agency'
      AND booking.state IN ('REQUESTED', 'CONFIRMED', 'ATTENDED', 'PART_ATTENDED', 'DID_NOT_ATTEND', 'TURNED_AWAY')
    GROUP BY booking.event_id, booking.organisation_id;
"""


class Migration(migrations.Migration):
    dependencies = [("bookings", "0005_booking_by_the_rules")]
    operations = [
        migrations.RunSQL(SINCE, migrations.RunSQL.noop),
        migrations.RunSQL(SHARES, migrations.RunSQL.noop),
    ]
