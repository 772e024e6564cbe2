"""What is soldered or plugged in: lamps, inputs, serial lines, UPS dialects, the Pi itself.

Knows no agent, no panel and no alarm. Each part offers values and takes commands; what they mean is decided elsewhere.
"""
