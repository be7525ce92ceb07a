"""The examples of the docstrings say what is true."""

import doctest
import importlib

import pytest

MODULES = (
    "gis.network.pairs",
    "gis.siting.accessibility",
    "gis.siting.assignment",
    "gis.siting.effect",
    "gis.siting.exact",
    "gis.siting.question",
    "gis.siting.suggest",
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name):
    failed, asked = doctest.testmod(importlib.import_module(name))
    assert asked
    assert not failed
