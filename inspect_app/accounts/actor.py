"""Who acts. Every service takes an actor and asks `permit` first."""

from __future__ import annotations

from dataclasses import dataclass, field

from inspect_app.accounts.permissions import Permission, Role, granted
from inspect_app.errors import Problem


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person with what they may do now, own roles and those of people they stand in for."""

    id: str
    login: str
    name: str
    roles: frozenset[Role]
    agency_id: str | None = None
    device_id: str | None = None
    principals: tuple[str, ...] = ()  # ids of the accounts that this person deputises for today
    permissions: frozenset[Permission] = field(default=frozenset())

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def is_me(self, account_id: str) -> bool:
        """Whether the account is this person, or somebody they stand in for today."""
        return account_id == self.id or account_id in self.principals

    @property
    def of_agency(self) -> bool:
        """Whether this person sees their own agency's things only."""
        agency = {Role.AGENCY_HANDLER, Role.AGENCY_APPROVER}
        return bool(self.roles) and self.roles <= agency


SYSTEM = Actor(
    id="00000000-0000-7000-8000-000000000000",
    login="system",
    name="系統",
    roles=frozenset(),
    permissions=frozenset(Permission),
)
"""The jobs process and the command line."""


def actor_with(roles: frozenset[Role], **facts: object) -> Actor:
    """An actor whose permissions follow from the roles."""
    return Actor(roles=roles, permissions=granted(roles), **facts)  # type: ignore[arg-type]  # facts are Actor's fields


def permit(actor: Actor, permission: Permission) -> None:
    """Refuse with `forbidden` unless the actor has the permission."""
    if permission not in actor.permissions:
        raise Problem("forbidden")
