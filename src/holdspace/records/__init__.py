"""The record: what was written can be read for ever and changed by nobody quietly."""
