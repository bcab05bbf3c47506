"""What comes from or goes to other systems keeps its source, and nothing is lost on the way."""
