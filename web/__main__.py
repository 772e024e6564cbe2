"""`python -m web` is `linewarden-panel`."""

from web.server import main

main(prog_name="linewarden-panel")
