"""The touch agreement as its signed text says it, written and read in one place."""

from __future__ import annotations

from dataclasses import dataclass

AGREED, SIGNAL, RECORDING = "Touch agreed in advance: ", "Signal to stop or to ask: ", "Recording: "
NONE, SAYING_SO, YES, NO = "no touch", "saying so", "agreed", "not agreed"
RECORDED = "recording"  # how a narrowing names it, beside the forms of touch


@dataclass(frozen=True, slots=True)
class Touch:
    """What a person agreed to in advance: the forms of touch, their signal, a recording."""

    forms: tuple[str, ...]
    signal: str = ""
    recording: bool = False

    def text(self, signed_name: str) -> str:
        """The agreement as it is signed."""
        return (
            f"{AGREED}{', '.join(self.forms) or NONE}.\n"
            f"{SIGNAL}{self.signal or SAYING_SO}.\n"
            "It can be narrowed at any time and is not widened after a dose. Touch for safety or"
            " the airway is care, not part of this agreement.\n"
            f"{RECORDING}{YES if self.recording else NO}.\n"
            f"Signed by the person: {signed_name}"
        )

    def without(self, parts: tuple[str, ...]) -> Touch:
        """What is left of it once the person narrowed it."""
        forms = tuple(form for form in self.forms if form not in parts)
        return Touch(forms, self.signal, self.recording and RECORDED not in parts)

    @property
    def parts(self) -> tuple[str, ...]:
        """All that can still be taken back."""
        return self.forms + ((RECORDED,) if self.recording else ())


def read(body: str) -> Touch | None:
    """The agreement in a signed text; None where it is written in another way."""
    said = {
        name: line.removeprefix(name).removesuffix(".")
        for line in body.splitlines()
        for name in (AGREED, SIGNAL, RECORDING)
        if line.startswith(name)
    }
    if AGREED not in said:
        return None
    forms = () if said[AGREED] == NONE else tuple(said[AGREED].split(", "))
    return Touch(forms, said.get(SIGNAL, ""), said.get(RECORDING) == YES)
