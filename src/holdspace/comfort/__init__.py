"""Set and setting: the clinic's own music, a plan for one person, what was played, a good room."""
