"""What hot spots are divided by: residents, or who is in the buildings by day."""

import datetime as dt

import numpy as np
import pytest
from sqlalchemy import update

from gis.access.viewer import Viewer
from gis.database import Role
from gis.errors import CityGridError
from gis.tables import building, zoning
from layers import catalog, counts, releases
from layers.handling.boundaries import On
from layers.handling.chosen import Chosen
from layers.handling.patterns import denominators, questions
from layers.handling.patterns.denominators import Per
from layers.handling.patterns.questions import Question
from layers.series import Span
from tests import builders
from tests.gis.access.conftest import acting

ROOT = 1
SPAN = Span(dt.date(2026, 1, 1), dt.date(2026, 1, 28))
BUILDINGS = catalog.get("buildings")


@pytest.fixture
def city(fresh):
    """A square with an office, one with a home, the others with nothing that is known."""
    engine = fresh.engine(None)
    with engine.connect() as db, db.begin() as transaction:
        fill(db)
        yield db
        transaction.rollback()
    engine.dispose()


def fill(db):
    units = builders.load(db)
    items = builders.rows("buildings", (0.5, 0.5), (0.6, 0.5), (1.5, 0.5), (2.5, 0.5))
    builders.add(db, BUILDINGS, units, items)
    for number, there in ((1, 830), (2, 11), (3, 3)):
        db.execute(update(building).where(building.c.id == number).values(day_people=there))
    counts.rebuild(db, *catalog.COUNTED)


def people(db, per, level=3, zoning_id=1):
    return denominators.of_units(db, per, zoning_id, level, ROOT)


def test_the_day_is_added_up_by_unit_zoning_and_cell(city):
    here = people(city, Per.DAY)
    assert here[3] == 841
    assert here[4] == 3
    assert here.sum() == 844
    assert people(city, Per.DAY, level=2)[2] == 844
    beats = city.scalar(zoning.select().where(~zoning.c.is_main).with_only_columns(zoning.c.id))
    assert people(city, Per.DAY, 1, beats).sum() == 844
    asked = Question(Chosen(ROOT, on=On.THEN), SPAN, resolution=9, per=Per.DAY)
    assert questions.ground_of(city, asked).people.sum() == 844
    assert people(city, Per.NONE) is None
    assert people(city, Per.PEOPLE).sum() != 844


def test_others_are_told_of_the_day_as_of_residents(city):
    releases.make(city)
    with acting(city, Role.APP, Viewer(7, "head", units=((4, 4),))) as db:
        here = people(db, Per.DAY)
    # Rounded elsewhere; exact in his own unit, however few.
    assert here[3] == 840
    assert here[4] == 3
    with acting(city, Role.APP, Viewer(8, "planner")) as db:
        here = people(db, Per.DAY)
    assert here[3] == 840
    assert np.isnan(here[4])
    assert here[5] == 0


def test_of_a_city_whose_buildings_say_nothing_it_is_not_told(city):
    assert denominators.knows_day(city)
    city.execute(update(building).values(day_people=None))
    assert not denominators.knows_day(city)
    for resolution in (None, 9):
        asked = Question(Chosen(ROOT), SPAN, 3, resolution=resolution, per=Per.DAY)
        with pytest.raises(CityGridError, match="how many people are there by day"):
            questions.ground_of(city, asked)
