"""Who is calling: a tenant, roles and perhaps a mandatory filter."""

from dataclasses import dataclass
from enum import StrEnum

from rag_server.core.errors import InvalidRequest, NotPermitted, Reason, Violation
from rag_server.core.filters import Filter

# Tenant of whoever runs the server, and of everybody where there are no keys.
OPERATOR = "default"


class Role(StrEnum):
    """What a principal may do; a role includes nothing but itself."""

    READER = "reader"
    WRITER = "writer"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller. Every read of a principal with a `filter` is narrowed by it,
    and it belongs into the key of everything cached on its behalf.

    A filter goes with the role of a reader only: who may write could replace documents
    that the filter hides. Raises InvalidRequest for any other combination.
    """

    tenant: str
    roles: frozenset[Role]
    filter: Filter | None = None
    key_id: str = ""

    def __post_init__(self) -> None:
        if self.filter is not None and not self.roles <= {Role.READER}:
            raise InvalidRequest.of(Violation("filter", "goes with the role reader only"))

    @property
    def operates(self) -> bool:
        """Whether the whole server is the caller's: an admin of the operator's tenant."""
        return self.tenant == OPERATOR and Role.ADMIN in self.roles

    def require(self, role: Role) -> None:
        """Raise NotPermitted unless the principal has `role`."""
        if role not in self.roles:
            raise NotPermitted(
                f"this call needs the role {role}", Reason.ROLE_REQUIRED, {"role": str(role)}
            )


# The caller where authentication is off.
ANONYMOUS = Principal(OPERATOR, frozenset(Role))
