"""`python -m agent.cli`: the command line without its installed script."""

from agent.cli import main

main()
