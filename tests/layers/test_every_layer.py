"""What every layer owes the map, the statistics and the importers."""

import pytest
from sqlalchemy import Table, func, literal_column, select

from gis import tables
from gis.errors import NotFoundError
from layers import catalog, counts, measures, rows, search, statistics
from layers.layer import Draw
from tests import builders

FIXED = tuple(catalog.LAYERS.values())
ALL = (*FIXED, *catalog.boundaries.of_city(builders.CITY))
LANGUAGES = {"zh", "en"}
every_layer = pytest.mark.parametrize("layer", ALL, ids=lambda layer: layer.id)
counted_layer = pytest.mark.parametrize("layer", catalog.COUNTED, ids=lambda layer: layer.id)


def is_said(names) -> bool:
    return set(names) == LANGUAGES and all(names.values())


@every_layer
def test_it_is_named_in_both_languages(layer):
    assert is_said(layer.names)
    assert all(is_said(field.names) for field in layer.fields)
    assert all(is_said(dimension.names) for dimension in layer.dimensions)
    assert all(is_said(n) for d in layer.dimensions for n in d.parts.values())


@every_layer
def test_its_fields_are_columns_each_once(layer):
    names = [field.name for field in layer.fields]
    assert len(set(names)) == len(names)
    assert set(names) <= set(layer.table.columns.keys())


@every_layer
def test_what_must_be_given_may_not_be_missing(layer):
    for field in layer.fields:
        if field.required:
            assert not layer.table.columns[field.name].nullable, field.name


@pytest.mark.parametrize("layer", FIXED, ids=lambda layer: layer.id)
def test_every_column_without_a_default_is_a_field_or_made_by_the_importer(layer):
    """What nobody fills cannot be loaded."""
    made = {"id", "geom", "centre", "unit_id"}
    for column in layer.table.columns:
        if not column.nullable and column.server_default is None and column.name not in made:
            assert column.name in {field.name for field in layer.fields}, column.name


@pytest.mark.parametrize("layer", FIXED, ids=lambda layer: layer.id)
def test_a_header_means_one_column_only(layer):
    """Else a file is read two ways."""
    said: dict[str, str] = {}
    for field in layer.fields:
        for word in {field.name, *field.synonyms, field.names["zh"], field.names["en"].lower()}:
            assert said.setdefault(word, field.name) == field.name, word


@pytest.mark.parametrize("layer", FIXED, ids=lambda layer: layer.id)
def test_headers_are_written_as_they_are_compared(layer):
    for field in layer.fields:
        assert all(word == word.lower().strip() for word in field.synonyms), field.name


@pytest.mark.parametrize("layer", FIXED, ids=lambda layer: layer.id)
def test_a_word_of_a_file_means_one_thing_only(layer):
    for field in layer.fields:
        said: dict[str, str] = {}
        for word, synonyms in field.words.items():
            for synonym in {word, *synonyms}:
                assert said.setdefault(synonym, word) == word, (field.name, synonym)


@pytest.mark.parametrize("layer", FIXED, ids=lambda layer: layer.id)
def test_words_of_files_lead_to_parts_that_are_named(layer):
    by_column = {d.column: d for d in layer.dimensions}
    for field in layer.fields:
        if field.name in by_column and field.words:
            assert set(field.words) <= set(by_column[field.name].parts), field.name


@every_layer
def test_persons_are_cells_and_their_columns_stay_off_the_map(layer):
    if layer.table in (tables.people, tables.household):
        assert layer.min_zoom > 22
        assert layer.below_min_zoom is Draw.CELLS
        assert not any(field.on_map for field in layer.fields)


@every_layer
def test_nobodys_name_telephone_or_door_is_on_the_map(layer):
    shown = {field.name for field in layer.fields if field.on_map}
    assert not shown & {"phone", "room", "person", "title"}


@counted_layer
def test_what_it_sums_and_weighs_are_whole_numbers(layer):
    for name in (*layer.sums, *(() if layer.weight == "rows" else (layer.weight,))):
        assert layer.table.columns[name].type.python_type is int
        assert next(f for f in layer.fields if f.name == name).aggregate.value == "sum"


@counted_layer
def test_its_series_and_cells_are_of_dimensions_it_has(layer):
    dimensions = {d.key: d for d in layer.dimensions}
    assert set(layer.series) <= set(dimensions)
    for dimension, key in layer.cell_parts:
        assert key in dimensions[dimension].parts
    assert not (layer.time and layer.since), "a flow is no stock"


@counted_layer
def test_its_dimensions_run_on_its_table(layer, db):
    for dimension in layer.dimensions:
        column = literal_column(dimension.column)
        db.execute(select(column, func.count()).select_from(layer.table).group_by(column)).all()


@counted_layer
def test_it_is_read_and_counted_empty_and_filled(layer, db):
    units = builders.load(db)
    counts.rebuild(db, layer)
    assert len(rows.read(db, layer)) == 0
    assert statistics.numbers(db, 1, [layer.id]) == {layer.id: 0}
    builders.add(db, layer, units, builders.rows(layer.id, (0.5, 0.5), (9, 9)))
    counts.rebuild(db, layer)
    assert statistics.numbers(db, 1, [layer.id]) == {layer.id: 1}
    assert statistics.outside(db, 1, [layer.id]) == {layer.id: 1}
    for dimension in layer.dimensions:
        found = statistics.profile(db, 1, f"{layer.id}.{dimension.key}")
        if dimension.is_partition:
            assert found.n.sum() == 1, dimension.key


@counted_layer
def test_its_measures_have_names_in_both_languages(layer, db):
    units = builders.load(db)
    builders.add(db, layer, units, builders.rows(layer.id, (0.5, 0.5)))
    counts.rebuild(db, layer)
    readable = measures.readable(db)
    defined = measures.define(db, layer)
    assert set(defined) <= set(readable)
    assert all(is_said(readable[name]) for name in defined)
    for name in defined:
        measures.check(name)


def test_an_unknown_layer_is_said_with_those_there_are():
    with pytest.raises(NotFoundError, match=r"No layer is called 'cats'\. There are: people"):
        catalog.get("cats")


def test_boundaries_are_found_with_their_city():
    assert catalog.get("units:beats:beat", builders.CITY).level == 1
    with pytest.raises(NotFoundError):
        catalog.get("units:main:street", builders.CITY)


def test_every_table_that_is_searched_is_indexed():
    for name in tables.SEARCHED:
        table: Table = tables.metadata.tables[f"citygrid.{name}"]
        assert f"ix_{name}_search" in {index.name for index in table.indexes}
    assert search.LONGEST >= 50
