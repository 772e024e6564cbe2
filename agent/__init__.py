"""What the appliance decides: sources in, the pure core, the journal, outputs out."""
