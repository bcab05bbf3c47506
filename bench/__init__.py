"""Every figure that is published comes from here: one run, real actions, loopback only."""
