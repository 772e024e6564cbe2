"""The support bundle: what somebody far away needs to see of a box, and no secret of it."""
