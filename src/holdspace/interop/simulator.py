"""An invented monitor: calm numbers that wander a little, and the faults that real rooms know.

Its messages say themselves that they are training (MSH-11 is T), and only a demo takes them. The
numbers follow no drug and no person: they are for trying the screens.
"""

from __future__ import annotations

import random
import socket
from datetime import datetime, timedelta

from holdspace.interop import hl7v2
from holdspace.interop.hl7v2 import Sent

START, END = b"\x0b", b"\x1c\r"
CUFF_EVERY = 5  # messages between two pressures, as a cuff set to five minutes
# name, MDC code, unit, where it begins, how far a step goes, and the range it wanders in
_WANDERING = (
    ("HR", "147842^MDC_ECG_HEART_RATE^MDC", "264864^MDC_DIM_BEAT_PER_MIN^MDC", 78, 3, (58, 112)),
    ("SpO2", "150456^MDC_PULS_OXIM_SAT_O2^MDC", "262688^MDC_DIM_PERCENT^MDC", 97, 1, (93, 100)),
    ("PULSE", "149530^MDC_PULS_OXIM_PULS_RATE^MDC", "264864^MDC_DIM_BEAT_PER_MIN^MDC",
     78, 3, (58, 112)),
    ("RESP", "151562^MDC_RESP_RATE^MDC", "264928^MDC_DIM_RESP_PER_MIN^MDC", 14, 1, (9, 22)),
    ("NBPSys", "150021^MDC_PRESS_BLD_NONINV_SYS^MDC", "266016^MDC_DIM_MMHG^MDC",
     128, 5, (104, 168)),
    ("NBPDias", "150022^MDC_PRESS_BLD_NONINV_DIA^MDC", "266016^MDC_DIM_MMHG^MDC",
     80, 4, (60, 98)),
)  # fmt: skip
FAULTS = ("none", "zero", "wrong unit", "unknown code", "clock behind", "not final", "cut off")


class Monitor:
    """One invented monitor; the same seed gives the same numbers."""

    def __init__(self, sender: str, person_id: str = "", *, seed: int = 1) -> None:
        self.sender, self.person_id = sender, person_id
        self.said = ""
        self._random = random.Random(seed)  # noqa: S311 - invented readings, no secrets
        self._at = {name: start for name, _, _, start, _, _ in _WANDERING}
        self._count = 0

    def message(self, now: datetime, *, with_fault: bool = False) -> str:
        """The next message as text; with faults, one of `FAULTS` after the other."""
        fault = FAULTS[self._count % len(FAULTS)] if with_fault else "none"
        self._count += 1
        self.said = f"message {self._count}" + (f" ({fault})" if fault != "none" else "")
        sent = now - timedelta(minutes=5) if fault == "clock behind" else now
        text = hl7v2.write(
            sender=self.sender,
            at=sent,
            control_id=f"{now:%H%M%S}-{self._count}",
            numbers=[self._fault(one, fault) for one in self._numbers()],
            person_id=self.person_id,
        )
        if fault == "not final":
            text = text.replace("|||||F|", "|||||X|", 1)
        return text[: len(text) // 2] if fault == "cut off" else text

    def _numbers(self) -> list[Sent]:
        with_cuff = self._count % CUFF_EVERY == 1
        return [
            Sent(code, str(self._step(name, step, band)), unit)
            for name, code, unit, _, step, band in _WANDERING
            if with_cuff or not name.startswith("NBP")
        ]

    def _step(self, name: str, step: int, band: tuple[int, int]) -> int:
        wandered = self._at[name] + self._random.randint(-step, step)
        self._at[name] = min(max(wandered, band[0]), band[1])
        return self._at[name]

    @staticmethod
    def _fault(one: Sent, fault: str) -> Sent:
        if fault == "zero" and "SAT_O2" in one.code:
            return Sent(one.code, "0", one.unit)
        if fault == "wrong unit" and "SAT_O2" in one.code:
            return Sent(one.code, one.value, "264864^MDC_DIM_BEAT_PER_MIN^MDC")
        if fault == "unknown code" and "RESP" in one.code:
            return Sent("999999^SOMETHING^MDC", one.value, one.unit)
        return one


def send(line: socket.socket, text: str) -> str:
    """Send one framed message and wait for its answer: "AA", "AE", "AR" or "no answer"."""
    line.sendall(START + text.encode() + END)
    answer = b""
    while not answer.endswith(END):
        part = line.recv(4096)
        if not part:
            return "no answer"
        answer += part
    for segment in answer.decode(errors="replace").split("\r"):
        if segment.startswith("MSA|"):
            return segment.split("|")[1]
    return "no answer"
