"""The public front door: honest answers first, then a person to talk to."""
