"""What a PostgreSQL role that serves customers may do: everything but change the audit and the rules,
or lift them as the loader does.

The role must not own the tables: an owner takes triggers away. Migrate as the owner, grant, serve as the
role; grant again after an update that brings new tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kefu.errors import ConfigError
from kefu.store import schema

if TYPE_CHECKING:
    from kefu.store.store import Store

READ_ONLY = ("alembic_version", "legal_moves")
COUNTERS = "counters"  # a role counts changes, and may not say that a shop is being loaded
APPEND_ONLY = ("audit",)
SCHEMA = "public"
# The rules against deleting refunds, payments and claims rest while the counter `loading` is up. Policies
# bind every role but the owner of the table.
_COUNTER_POLICIES = (
    f"ALTER TABLE {COUNTERS} ENABLE ROW LEVEL SECURITY",
    f"DROP POLICY IF EXISTS kefu_seen ON {COUNTERS}",
    f"CREATE POLICY kefu_seen ON {COUNTERS} FOR SELECT USING (true)",
    f"DROP POLICY IF EXISTS kefu_counted ON {COUNTERS}",
    f"CREATE POLICY kefu_counted ON {COUNTERS} FOR UPDATE USING (name <> 'loading')",
)


def statements(role: str) -> list[str]:
    """The SQL that gives ``role`` its rights and takes those away that it must not have."""
    name = _quoted(role)
    kept = (*READ_ONLY, *APPEND_ONLY, COUNTERS)
    free = ", ".join(table for table in sorted(schema.metadata.tables) if table not in kept)
    return [
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {free} TO {name}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {SCHEMA} TO {name}",
        f"REVOKE ALL ON {', '.join(kept)} FROM {name}, PUBLIC",
        f"GRANT SELECT ON {', '.join(READ_ONLY)} TO {name}",
        f"GRANT SELECT, INSERT ON {', '.join(APPEND_ONLY)} TO {name}",
        f"GRANT SELECT, UPDATE ON {COUNTERS} TO {name}",
        *_COUNTER_POLICIES,
    ]


def apply(store: Store, role: str) -> None:
    """Run the statements at once; ConfigError on SQLite, StoreError where the database refuses."""
    if store.dialect != "postgresql":
        raise ConfigError(
            f"found a {store.dialect} store, which has no roles; wanted PostgreSQL; "
            "set KEFU_DATABASE_URL, or guard the file by its owner"
        )
    with store.write() as tx:
        for statement in statements(role):
            tx.execute(statement)


def _quoted(role: str) -> str:
    if not role.strip() or "\0" in role or ":" in role:
        raise ConfigError(f"found the role {role!r}; wanted the name of a PostgreSQL role; create it first")
    return '"' + role.replace('"', '""') + '"'
