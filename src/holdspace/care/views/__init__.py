"""The chart, the kept decisions, corrections, tasks, drafts and the protocol as pages."""
