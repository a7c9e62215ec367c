"""Passwords: argon2id, at least ten characters, not one of the last three (protection baseline 41, 42, 47)."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from inspect_app.errors import Problem

MIN_LENGTH = 10
MAX_LENGTH = 200
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_nobody = _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def matches(password_hash: str, password: str) -> bool:
    """Whether the password is right; an empty hash costs the same time, so that unknown logins do not show."""
    try:
        return _hasher.verify(password_hash or _nobody, password) and bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False


def check_strength(password: str, login: str, name: str) -> None:
    """Raise `bad_value` unless the password has 10-200 characters of two kinds and does not hold the login or name."""
    kinds = sum(
        (
            any(c.isalpha() for c in password),
            any(c.isdigit() for c in password),
            any(not c.isalnum() for c in password),
        )
    )
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Problem("bad_value", f"密碼至少要 {MIN_LENGTH} 個字元，請再加長。", field="password")
    if kinds < 2:
        raise Problem("bad_value", "密碼要包含文字、數字、符號其中兩種。", field="password")
    if login.lower() in password.lower() or (name and name in password):
        raise Problem("bad_value", "密碼不能包含帳號或姓名。", field="password")
