"""Every revision, up and down, with rows in it."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Engine,
    LargeBinary,
    MetaData,
    Table,
    create_engine,
    insert,
    inspect,
    select,
)

from rag_server.stores.catalog.location import Location, PostgresOptions
from rag_server.stores.catalog.sqlite import FILE
from rag_server.stores.migration import REVISIONS, migrate
from tests.postgres_server import PostgresServer
from tests.unit.stores.schema_rows import SAMPLES, Row, Rows

STEPS = list(pairwise(REVISIONS))
each_step = pytest.mark.parametrize(("older", "newer"), STEPS, ids=[newer for _, newer in STEPS])


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    if request.param == "sqlite":
        return tmp_path
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return PostgresOptions(server.new_database())


@pytest.fixture
def engine(location: Location) -> Iterator[Engine]:
    if isinstance(location, Path):
        engine = create_engine(f"sqlite:///{location / FILE}")
    else:
        engine = create_engine(location.url.replace("postgresql:", "postgresql+psycopg:"))
    yield engine
    engine.dispose()


def schema(engine: Engine) -> MetaData:
    found = MetaData()
    found.reflect(engine)
    found.remove(found.tables["alembic_version"])
    return found


def fill(engine: Engine, rows: Rows) -> None:
    tables = schema(engine)
    with engine.begin() as connection:
        for table in tables.sorted_tables:
            connection.execute(insert(table), [stored(table, row) for row in rows[table.name]])


def stored(table: Table, row: Row) -> Row:
    """A row as the database takes it: what may hold any character is bytes in PostgreSQL."""
    return {
        name: value.encode()
        if isinstance(value, str) and isinstance(table.c[name].type, LargeBinary)
        else value
        for name, value in row.items()
    }


def comparable(row: Mapping[Any, Any]) -> Row:
    """Whether a value was bytes or text is the database's affair."""
    return {
        name: value.decode(errors="surrogateescape") if isinstance(value, bytes) else value
        for name, value in row.items()
    }


def content(engine: Engine) -> Rows:
    with engine.connect() as connection:
        return {
            table.name: sorted(
                map(comparable, connection.execute(select(table)).mappings()), key=repr
            )
            for table in schema(engine).sorted_tables
        }


def shape(engine: Engine) -> dict[str, object]:
    """Columns with type and nullability, and indexes, of every table."""
    found = inspect(engine)
    return {
        name: (
            {(c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(name)},
            {(i["name"], *i["column_names"], i["unique"]) for i in found.get_indexes(name)},
        )
        for name in found.get_table_names()
    }


def ordered(rows: Rows, engine: Engine) -> Rows:
    """In the order of `content`, whatever the order in which columns were written down."""
    columns = {table.name: list(table.c.keys()) for table in schema(engine).sorted_tables}
    return {
        name: sorted((comparable({c: row[c] for c in columns[name]}) for row in some), key=repr)
        for name, some in rows.items()
    }


@pytest.mark.parametrize("revision", REVISIONS)
def test_samples_have_a_value_for_every_column(
    location: Location, engine: Engine, revision: str
) -> None:
    migrate(location, revision)
    rows = SAMPLES[revision].rows
    for table in schema(engine).sorted_tables:
        for column in table.c.keys():  # noqa: SIM118 - its values are columns, not names
            assert any(row[column] is not None for row in rows[table.name]), (table.name, column)


@each_step
def test_up_and_down_again_gives_back_every_row(
    location: Location, engine: Engine, older: str, newer: str
) -> None:
    migrate(location, older)
    fill(engine, SAMPLES[older].rows)
    before, made = content(engine), shape(engine)
    migrate(location, newer)
    assert shape(engine) != made
    migrate(location, older)
    assert shape(engine) == made
    assert content(engine) == ordered(before, engine)


@each_step
def test_down_and_up_again_loses_what_is_said_and_nothing_else(
    location: Location, engine: Engine, older: str, newer: str
) -> None:
    migrate(location, newer)
    sample = SAMPLES[newer]
    fill(engine, sample.rows)
    migrate(location, older)
    migrate(location, newer)
    assert content(engine) == ordered(sample.after_return(sample.rows), engine)


def test_oldest_rows_come_all_the_way_up_and_back(location: Location, engine: Engine) -> None:
    migrate(location, REVISIONS[0])
    fill(engine, SAMPLES[REVISIONS[0]].rows)
    before = content(engine)
    assert migrate(location).steps == REVISIONS[1:]
    assert migrate(location, REVISIONS[0]).steps == REVISIONS[:0:-1]
    assert content(engine) == ordered(before, engine)
