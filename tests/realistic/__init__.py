"""A realistic database: a fortnight of two dozen workflows, made through the studio in seconds."""

from tests.realistic.making import Making, living, looking, realistic

__all__ = ["Making", "living", "looking", "realistic"]
