"""Settings of this machine that hosts need: raised while there is a lab, put back when the last one goes."""

from __future__ import annotations

from pathlib import Path

SETTINGS = Path("/proc/sys")
LENT = Path("/run/overlay-flannel")  # a file for each raised setting, with the value it had


def raise_to(setting: str, value: int) -> None:
    former = read(setting)
    if former >= value:
        return
    LENT.mkdir(exist_ok=True)
    mark = LENT / setting.replace("/", ",")
    if not mark.exists():
        mark.write_text(str(former))
    (SETTINGS / setting).write_text(str(value))


def read(setting: str) -> int:
    return int((SETTINGS / setting).read_text())


def put_back() -> None:
    if not LENT.is_dir():
        return
    for mark in LENT.iterdir():
        setting = SETTINGS / mark.name.replace(",", "/")
        if setting.exists():
            setting.write_text(mark.read_text())
        mark.unlink()
    LENT.rmdir()
