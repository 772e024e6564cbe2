"""The SNMP source: v1, v2c and v3 (RFC 3411–3418, RFC 3826, RFC 7860), read by either of two libraries.

poller       one device for ever: when to ask, what a failure means
asking       many variables in requests of a size the agent bears
reading      all that is wanted of an agent, while rows are looked for beside it
tables       rows found by name, however their index moves
walking      a walk through a table, whatever the agent tells
client       what a library must offer, and what it needs to know
gufo_client, pysnmp_client   the two libraries
diagnosis    why an agent does not answer a v3 user
"""
