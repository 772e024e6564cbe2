"""Releases on a box: bundles that need no network, generations side by side, a switch that goes back by itself.

Runs before any release is installed and when one is broken, so it stands on Python's own library alone.
"""
