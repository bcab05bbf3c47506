"""The core decides: pure, typed rules that are told everything, including the time."""
