"""What the appliance decides: sources in, the pure core, the journal, outputs out."""

__version__ = "0.1.0"
