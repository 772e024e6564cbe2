"""Edges out: lamps, MQTT."""
