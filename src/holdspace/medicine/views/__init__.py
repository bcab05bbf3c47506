"""The day board, the readiness check, the session screen, and what is done on it."""
