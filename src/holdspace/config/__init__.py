"""config wires the rooms together: settings, addresses, servers and the `holdspace` command."""
