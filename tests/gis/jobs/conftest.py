"""The city and its roles that the tests of access ask, too."""

from tests.gis.access.conftest import _login, login, two_homes  # noqa: F401 - fixtures
