"""The two database roles: the owner changes tables; the portal works with a role that cannot, nor rewrite history."""

import os
from urllib.parse import unquote, urlsplit

import pghistory.models
from django.apps import apps
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql


def append_only_tables() -> list[str]:
    """Tables whose rows are written once: those whose model says so, and every table of row history."""
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if getattr(model, "append_only", False) or issubclass(model, pghistory.models.Event)
    )


def working_address() -> tuple[str, str]:
    """The working role's name and password, from the address that the portal itself connects with."""
    address = urlsplit(os.environ.get("DATABASE_WORKING_URL", ""))
    return unquote(address.username or ""), unquote(address.password or "")


@transaction.atomic
def give_working_role_its_rights(role: str, password: str = "") -> None:
    """Read and write everywhere, except that rows of append-only tables, once written, stay. Harmless twice."""
    name = sql.Identifier(role)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if not cursor.fetchone():
            cursor.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(password)))
        for right in (
            "USAGE ON SCHEMA public",
            "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public",
            "USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public",
        ):
            cursor.execute(sql.SQL("GRANT " + right + " TO {}").format(name))
        cursor.execute(sql.SQL("REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {}").format(name))
        for table in append_only_tables():
            refuse = sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(sql.Identifier(table), name)
            cursor.execute(refuse)


def needs_preparing() -> bool:
    """Whether a migration waits, or the role we work with could still rewrite history."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return True
    if not os.environ.get("DATABASE_OWNER_URL"):
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_or(has_table_privilege(name::regclass, 'UPDATE')) FROM unnest(%s::text[]) AS name",
            [append_only_tables()],
        )
        return bool(cursor.fetchone()[0])
