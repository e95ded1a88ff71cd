"""Measurements beside a reference, in the same minute."""
