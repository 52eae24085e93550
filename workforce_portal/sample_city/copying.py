"""Many rows into Postgres at once: COPY in blocks, with history, indexes and foreign keys put back at the end."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import pghistory.trigger
from django.db import connection, models
from psycopg import sql

# Enough rows that a block is worth its round trip, few enough that memory stays flat at any size of city.
BLOCK_ROWS = 40_000
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
# Triggers that mark what is owed to be looked at.
MARKING = ("what_is_owed_is_looked_at", "what_is_charged_is_looked_at", "a_charge_is_looked_at")
IN_ARRAYS = str.maketrans({"\\": "\\\\", '"': '\\"'})


def text(value) -> str:
    """One value in the text format of COPY."""
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(ESCAPES)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return array(value)
    return str(value)


def array(values: Iterable) -> str:
    """A list of words, as COPY wants it."""
    inside = ",".join(f'"{str(value).translate(IN_ARRAYS)}"' for value in values)
    return ("{" + inside + "}").translate(ESCAPES)


class Table:
    """Rows of one model on their way into the database. Fields that are not named get the model's default."""

    def __init__(self, model: type[models.Model], *names: str) -> None:
        self.model = model
        fields = [field for field in model._meta.local_concrete_fields if not field.generated]
        rest = [
            field for field in fields if field.attname not in names and not (field.primary_key and "id" not in names)
        ]
        self.columns = [model._meta.get_field(name).column for name in names] + [field.column for field in rest]
        self.tail = "".join("\t" + text(field.get_default()) for field in rest) + "\n"
        self.last_id = 0
        self.lines: list[str] = []

    def next_id(self) -> int:
        """Rows that others point to are numbered here: asking the database row by row would take hours."""
        self.last_id += 1
        return self.last_id

    def add(self, *values) -> None:
        self.lines.append("\t".join(map(text, values)) + self.tail)

    def flush(self, cursor) -> None:
        if not self.lines:
            return
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(self.model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, self.columns))
        )
        with cursor.copy(statement) as copy:
            copy.write("".join(self.lines))
        self.lines.clear()

    def count_on(self, cursor) -> None:
        """Let the table's own numbering go on after the last row."""
        if self.last_id:
            count_on_after(cursor, self.model, self.last_id)


def count_on_after(cursor, model: type[models.Model], last_id: int) -> None:
    """Let a table's own numbering go on after rows that were given their numbers."""
    cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [model._meta.db_table, last_id])


class Tables:
    """All tables of one load, flushed together in the order in which they refer to each other."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = tables

    def flush_if_large(self) -> None:
        if sum(len(table.lines) for table in self.tables) > BLOCK_ROWS:
            self.flush()

    def flush(self) -> None:
        with connection.cursor() as cursor:
            for table in self.tables:
                table.flush(cursor)

    def count_on(self) -> None:
        with connection.cursor() as cursor:
            for table in self.tables:
                table.count_on(cursor)


def empty(tables: Iterable[str]) -> None:
    """Throw away every row of these tables and begin their numbering again."""
    names = sql.SQL(", ").join(map(sql.Identifier, tables))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(names))


def triggers_in_the_way(model: type[models.Model]) -> list[str]:
    return [
        trigger.get_pgid(model)
        for trigger in getattr(model._meta, "triggers", [])
        if isinstance(trigger, pghistory.trigger.Event) or trigger.name in MARKING
    ]


@contextmanager
def unhindered(*, large: Sequence[type[models.Model]], small: Sequence[type[models.Model]]) -> Iterator[None]:
    """Without row history of these models while it lasts, and without the indexes and foreign keys of the large ones.

    Nothing is marked to be settled either: what is loaded says itself how it ended. What was taken away is made again
    at the end, over all rows at once: that is many times faster, and it checks every row that was loaded. Check
    constraints stay throughout. Only the tables' owner may do this.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        # What is still to be checked would keep the tables from being altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for model in [*large, *small]:
            switch_triggers(cursor, model, "DISABLE")
        taken = [(model._meta.db_table, *take_away(cursor, model)) for model in large]
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for _, indexes, _ in taken:
            for definition in indexes:
                cursor.execute(definition)
        for table, _, constraints in taken:
            for name, definition in constraints:
                cursor.execute(
                    sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
                        sql.Identifier(table), sql.Identifier(name), sql.SQL(definition)
                    )
                )
        for model in [*large, *small]:
            switch_triggers(cursor, model, "ENABLE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def take_away(cursor, model: type[models.Model]) -> tuple[list[str], list[tuple[str, str]]]:
    """Drop what slows loading down; return how to make it again: indexes, then constraints with their names."""
    table = model._meta.db_table
    cursor.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype IN ('u', 'f') ORDER BY contype DESC, conname",
        [table],
    )
    constraints = cursor.fetchall()
    for name, _ in constraints:
        cursor.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(table), sql.Identifier(name)))
    cursor.execute(
        "SELECT relname, pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
        " WHERE indrelid = %s::regclass AND NOT indisprimary AND NOT indisexclusion ORDER BY relname",
        [table],
    )
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    return [definition for _, definition in indexes], constraints


def switch_triggers(cursor, model: type[models.Model], switch: str) -> None:
    for name in triggers_in_the_way(model):
        cursor.execute(
            sql.SQL("ALTER TABLE {} {} TRIGGER {}").format(
                sql.Identifier(model._meta.db_table), sql.SQL(switch), sql.Identifier(name)
            )
        )
