"""The panels of the page: each stands in one place, is fed by the view, and knows no other."""
