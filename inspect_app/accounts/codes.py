"""The codes of an authenticator app, and the secret that they come from, which is sealed in the database."""

from __future__ import annotations

import re
import unicodedata

import pyotp

from inspect_app import clock
from inspect_app.accounts.models import SecondStep
from inspect_app.installation.boxes import close_box, open_box
from inspect_app.installation.keys import secret

STEP = 30  # seconds
NEAR = (0, -1, 1)
"""Steps beside the present one whose code counts too: phones go a little wrong, and typing takes a while (RFC 6238, 5.2)."""


def seal(account_id: str) -> bytes:
    """A new secret, for the row of this account alone."""
    return close_box(secret("device.key"), _place(account_id), pyotp.random_base32().encode())


def secret_of(row: SecondStep) -> str:
    """The secret in clear, base 32."""
    return open_box(secret("device.key"), _place(row.account_id), row.sealed).decode()


def _place(account_id: str) -> bytes:
    return f"second-step:{account_id}".encode()


def counter_of(secret: str, typed: str) -> int | None:
    """Of which step of thirty seconds the code is, None for none that is near. Blanks and full-width digits are fine."""
    code = re.sub(r"\s", "", unicodedata.normalize("NFKC", typed))
    totp, now = pyotp.TOTP(secret, interval=STEP), int(clock.now().timestamp())
    known = {now // STEP + near: totp.at(now, counter_offset=near) for near in NEAR}
    return next((n for n, right in known.items() if pyotp.utils.strings_equal(code, right)), None)
