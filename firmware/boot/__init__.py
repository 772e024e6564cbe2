"""What the Pi is given before the agent runs: pins at power-up, stable names of wires, the image; and the wiring guide's drawings."""
