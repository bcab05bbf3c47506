"""Phase three: the day of medicine, where each dose passes a door and each check is due."""
