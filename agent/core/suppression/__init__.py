"""What keeps alarms from being annunciated for a while (ISA-18.2): shelving, maintenance windows, out of service, design.

Each suppression has somebody who answers for it, a reason and an end. State is never suppressed: the alarm list and the
journal go on, and what is still wrong at the end is annunciated then.

`nouns` says what there is, `held` keeps what is in force, `windows` reckons with the calendar, `cover` says which
alarms are concerned, `deciding` begins and ends it, `orders` are what people may do about it.
"""
