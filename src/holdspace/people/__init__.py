"""People: who is here, what each may see and do, and whose hand signed."""
