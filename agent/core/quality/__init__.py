"""Alarm quality by ISA-18.2, IEC 62682 and EEMUA 191: how much the alarms ask of people. Pure functions of the journal."""
