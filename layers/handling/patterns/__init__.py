"""Patterns of incidents: where they pile up, when, and what changed. Of places, never of persons.

All are of the incidents that the viewer may see, and the same question has the same answer: what is
drawn by lot is drawn from a seed.
"""
