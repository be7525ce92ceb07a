"""The division of a city into units while it is being edited: exact, whole, and undoable."""
