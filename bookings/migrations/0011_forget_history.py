"""The one way in which history is ever changed: what tells who somebody was, once they are anonymous (rule B27).

The role that the portal works with may not change a table of history. This function runs with the rights of the
database's owner, who makes it here; it takes a person's number and nothing else, and refuses anybody who is not
anonymous already. It switches off, for its own statements alone, the triggers that keep history as it is.
"""

from django.db import migrations

FORGET = """
CREATE FUNCTION bookings_forget_history(person bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    account bigint;
    before text := coalesce(current_setting('pgtrigger.ignore', true), '');
    removed CONSTANT text := 'Removed';
    address CONSTANT text := 'removed@anonymised.invalid';
BEGIN
    SELECT user_id INTO account FROM accounts_practitioner WHERE id = person AND anonymised_at IS NOT NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'person % is not anonymous', person;
    END IF;
    PERFORM set_config(
        'pgtrigger.ignore',
        (SELECT array_agg(tgname)::text FROM pg_trigger WHERE tgname LIKE 'pgtrigger_append_only_%'),
        true
    );

    UPDATE accounts_practitionerhistory SET full_name = 'Former member', email = '', phone = '', job_role = '',
        registration_number = '', manager_name = '', manager_email = '', manager_deputy_email = ''
        WHERE pgh_obj_id = person;
    UPDATE accounts_userhistory SET email = account || '@anonymised.invalid' WHERE pgh_obj_id = account;
    UPDATE accounts_invitationhistory SET email = address WHERE practitioner_id = person;
    UPDATE bookings_bookinghistory SET manager_email = '',
        prerequisite_declared = CASE WHEN prerequisite_declared = '' THEN '' ELSE removed END,
        state_reason = CASE WHEN state_reason = '' THEN '' ELSE removed END,
        cancelled_reason = CASE WHEN cancelled_reason = '' THEN '' ELSE removed END,
        decided_reason = CASE WHEN decided_reason = '' THEN '' ELSE removed END,
        override_reason = CASE WHEN override_reason = '' THEN '' ELSE removed END
        WHERE pgh_obj_id IN (SELECT id FROM bookings_booking WHERE practitioner_id = person);
    UPDATE bookings_approvalhistory SET approver_email = address,
        deputy_email = CASE WHEN deputy_email = '' THEN '' ELSE address END,
        decided_by_email = CASE WHEN decided_by_email = '' THEN '' ELSE address END,
        reason = CASE WHEN reason = '' THEN '' ELSE removed END
        WHERE booking_id IN (SELECT id FROM bookings_booking WHERE practitioner_id = person);
    UPDATE bookings_certificatehistory SET practitioner_name = 'Former member',
        withdrawn_reason = CASE WHEN withdrawn_reason = '' THEN '' ELSE removed END
        WHERE booking_id IN (SELECT id FROM bookings_booking WHERE practitioner_id = person);
    UPDATE bookings_chargenoticehistory SET
        reason_given = CASE WHEN reason_given = '' THEN '' ELSE removed END,
        decided_reason = CASE WHEN decided_reason = '' THEN '' ELSE removed END
        WHERE booking_id IN (SELECT id FROM bookings_booking WHERE practitioner_id = person)
           OR enrolment_id IN (SELECT id FROM bookings_selfpacedenrolment WHERE practitioner_id = person);
    UPDATE bookings_waitinglistentryhistory SET
        state_reason = CASE WHEN state_reason = '' THEN '' ELSE removed END,
        urgent_reason = CASE WHEN urgent_reason = '' THEN '' ELSE removed END
        WHERE practitioner_id = person;
    UPDATE bookings_selfpacedenrolmenthistory SET manager_email = '',
        prerequisite_declared = CASE WHEN prerequisite_declared = '' THEN '' ELSE removed END,
        extended_reason = CASE WHEN extended_reason = '' THEN '' ELSE removed END
        WHERE practitioner_id = person;

    PERFORM set_config('pgtrigger.ignore', before, true);
END;
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_kept_accounts"),
        ("bookings", "0010_self_paced_enrolments"),
    ]

    operations = [
        migrations.RunSQL(FORGET, "DROP FUNCTION bookings_forget_history(bigint)"),
    ]
