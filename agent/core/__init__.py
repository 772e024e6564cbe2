"""The pure heart: limits, alarm list, annunciator. Knows no clock, socket, disk, log or outside library."""
