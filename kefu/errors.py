"""Every error that Kefu raises on purpose.

::

    KefuError                     one line for the person, and the next step
    ├── ConfigError               a setting, file or key is wrong
    ├── SeedError                 a shop folder cannot be loaded
    ├── StoreError                the database refused or cannot be reached
    │   ├── StaleRevision         the schema is older or newer than this code
    │   ├── DuplicateKey          this key is taken: the same thing was recorded before
    │   ├── ConversationLost      what was kept of a conversation is damaged; it begins anew
    │   └── Overtaken             another turn of the conversation was saved first
    ├── PaymentError              the payment provider
    │   ├── Unanswered            it gave no answer in time: whether it paid is unknown
    │   └── KeyConflict           the key stands for another payment there
    ├── TokenError                a token is missing, forged or expired
    └── ModelError                weights or a trained model are missing or damaged
"""


class KefuError(Exception):
    """An error with a sentence for the person at the terminal: found, wanted, next step."""


class ConfigError(KefuError):
    """A setting, a configuration key or a file has a value that cannot be used."""


class SeedError(KefuError):
    """A folder with a shop's tables cannot be loaded; names file, line and column."""


class StoreError(KefuError):
    """The database cannot be reached or refused a statement."""


class StaleRevision(StoreError):
    """The database schema is not the one that this code was written for."""


class DuplicateKey(StoreError):
    """A key that may occur once is there already: the same intent, message or code came twice."""


class ConversationLost(StoreError):
    """What was kept of a conversation cannot be read; it is set aside, and the next message begins anew."""


class Overtaken(StoreError):
    """A turn was not saved: another one was, or may be, while it ran."""


class PaymentError(KefuError):
    """The payment provider did not do what was asked."""


class Unanswered(PaymentError):
    """The provider gave no answer in time: it may have paid or not; ask it for the key."""


class KeyConflict(PaymentError):
    """The provider has another payment under this key."""


class TokenError(KefuError):
    """A token is missing, malformed, forged or expired."""


class ModelError(KefuError):
    """Weights or a trained model are missing, damaged or made for something else."""
