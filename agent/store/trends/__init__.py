"""Trends: what the points of each device were, rolled up into five minutes and into hours, beside the journal and never in it."""
