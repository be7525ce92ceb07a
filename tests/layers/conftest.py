"""A town with people in post."""

from tests.town import town  # noqa: F401 - a fixture
