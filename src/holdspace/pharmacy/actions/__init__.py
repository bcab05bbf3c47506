"""Every write of the register is one of these verbs; each line of it moves one exact amount.

moving        one line: the container locked, the core asked, written whole or the refusal kept
dose          draw, give, waste, return, lose, and what was given without leave
stock         products, deliveries, counts, corrections
discrepancy   the custodian's task when something does not add up
"""

from holdspace.pharmacy.actions.discrepancy import DISCREPANCY, open_discrepancy
from holdspace.pharmacy.actions.dose import (
    draw,
    give,
    lose,
    preparation_value,
    record_given,
    return_unused,
    waste,
)
from holdspace.pharmacy.actions.moving import Moved, stream_of
from holdspace.pharmacy.actions.stock import (
    CONTAINERS_MAX,
    Counted,
    Delivery,
    Label,
    Received,
    add_product,
    correct,
    count,
    receive,
)

__all__ = [
    "CONTAINERS_MAX",
    "DISCREPANCY",
    "Counted",
    "Delivery",
    "Label",
    "Moved",
    "Received",
    "add_product",
    "correct",
    "count",
    "draw",
    "give",
    "lose",
    "open_discrepancy",
    "preparation_value",
    "receive",
    "record_given",
    "return_unused",
    "stream_of",
    "waste",
]
