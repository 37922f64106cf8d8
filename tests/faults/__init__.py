"""Faults, done to the real processes of a site."""
