"""Streets as a graph: where they meet, how doors hang on them, how long it takes to get along."""
