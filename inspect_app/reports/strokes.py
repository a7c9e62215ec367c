"""A signature's strokes as an SVG picture. Only path data is taken over, never markup."""

from __future__ import annotations

import re

_PATH = re.compile(r"[MmLlCcQqZz0-9eE .,\-]*")


def svg(strokes: str) -> bytes:
    """A 300 x 120 picture; anything that is not path data gives an empty one."""
    path = strokes if _PATH.fullmatch(strokes) else ""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 120" width="300" height="120">'
        f'<path d="{path}" fill="none" stroke="#111" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"/></svg>'
    ).encode()
