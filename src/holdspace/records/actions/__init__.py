"""Everything that is written down: acts, chained in their transaction; looks, in the access log."""

from holdspace.records.actions.access import begin_grouping, end_grouping, log_access
from holdspace.records.actions.chain import Act, Actor, append, append_many, erase, record

__all__ = [
    "Act",
    "Actor",
    "append",
    "append_many",
    "begin_grouping",
    "end_grouping",
    "erase",
    "log_access",
    "record",
]
