"""Phase four: what the session brought is followed up until the course is closed."""
