"""A patient, or the person supporting them, sees their own pages and nobody else's."""
