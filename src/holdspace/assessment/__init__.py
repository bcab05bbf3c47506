"""Phase one: nobody reaches medicine without a medical and a mental-health assessment."""
