"""The schema's history, run from code: no alembic.ini, so it works from an installed package too."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection

from kefu.store import near


def config() -> Config:
    """Alembic's configuration for this folder."""
    settings = Config()
    # alembic expands %-signs of options; a folder may have one in its name
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    return settings


def upgrade(connection: Connection) -> None:
    """Bring the schema to the newest revision inside the connection's transaction."""
    settings = config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")


def downgrade(connection: Connection, revision: str) -> None:
    """Take the schema back to an older revision (``base``: nothing), with what that can hold.

    Vectors of passages go; they stand outside of the revisions and are worked out again.
    """
    near.drop(connection)
    settings = config()
    settings.attributes["connection"] = connection
    command.downgrade(settings, revision)
