"""Pages of the register: `pages` are read and printed, `writing` puts one line or count in."""
