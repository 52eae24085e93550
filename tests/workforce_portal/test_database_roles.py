"""What the role that the portal works with may do, and what it may not."""

import pytest
from django.db import ProgrammingError, connection, transaction

from accounts.models import AuditEntry
from workforce_portal.database_roles import append_only_tables, give_working_role_its_rights, needs_preparing


def may(right: str, table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('portal_app', %s, %s)", [table, right])
        return cursor.fetchone()[0]


def test_append_only_tables_are_the_audit_and_every_history():
    tables = append_only_tables()
    assert AuditEntry._meta.db_table in tables
    assert "bookings_bookinghistory" in tables
    assert "bookings_booking" not in tables


@pytest.mark.django_db
@pytest.mark.parametrize("right", ["UPDATE", "DELETE", "TRUNCATE"])
def test_working_role_may_not_rewrite_history(right):
    assert [table for table in append_only_tables() if may(right, table)] == []
    assert may(right, "bookings_booking") == (right != "TRUNCATE")


@pytest.mark.django_db
def test_working_role_may_add_to_history_and_read_it():
    assert [table for table in append_only_tables() if not (may("INSERT", table) and may("SELECT", table))] == []


@pytest.mark.django_db
def test_database_refuses_the_working_role_a_change_of_the_audit(working_role):
    with transaction.atomic(), pytest.raises(ProgrammingError, match="permission denied"):
        AuditEntry.objects.update(verb="nothing happened")


@pytest.mark.django_db
def test_working_role_may_not_mark_migrations_as_done():
    assert not may("INSERT", "django_migrations")
    assert may("SELECT", "django_migrations")


@pytest.mark.django_db
def test_needs_preparing_until_history_is_closed(monkeypatch, working_role):
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgres://portal_owner@somewhere/portal")
    assert not needs_preparing()
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute(f"GRANT UPDATE ON {append_only_tables()[0]} TO portal_app")
        cursor.execute("SET LOCAL ROLE portal_app")
    assert needs_preparing()


@pytest.mark.django_db
def test_give_working_role_its_rights_closes_history_again():
    table = append_only_tables()[0]
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT UPDATE ON {table} TO portal_app")
    give_working_role_its_rights("portal_app")
    give_working_role_its_rights("portal_app")
    assert not may("UPDATE", table)
