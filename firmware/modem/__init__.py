"""The GSM modem, so far what it says of the time: lines in, values out, without I/O."""
