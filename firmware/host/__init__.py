"""The Pi itself: its health, its clock, its card, its network, and how its last run ended."""
