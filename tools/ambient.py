"""Write the demo's ambient pieces as WAV files: python tools/ambient.py FOLDER"""

from __future__ import annotations

import sys
from pathlib import Path

from holdspace.config.demo.ambient import LICENCE, PIECES, made


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for piece in PIECES:
        place = folder / f"{piece.key}.wav"
        place.write_bytes(made(piece))
        print(f"{place}  {piece.title}, {piece.seconds} s, {LICENCE}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/ambient"))
