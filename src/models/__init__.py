"""Tables of the service, one a module; importing this package registers them all."""

from src.models.api_key import ApiKey
from src.models.atendimento import Atendimento
from src.models.audit_log import AuditLog
from src.models.cliente import Cliente
from src.models.holiday import Holiday
from src.models.idempotency import Idempotency
from src.models.import_ import Import, ImportRejection
from src.models.import_history import IMPORT_HISTORY, IMPORT_HISTORY_CLIENTE
from src.models.login_session import LoginSession
from src.models.nomes import Angel, AngelAlias, Polo, PoloAlias
from src.models.rollups import AngelDay, AngelMonth, PoloDay, PoloMonth
from src.models.user import User

__all__ = [
    "IMPORT_HISTORY",
    "IMPORT_HISTORY_CLIENTE",
    "Angel",
    "AngelAlias",
    "AngelDay",
    "AngelMonth",
    "ApiKey",
    "Atendimento",
    "AuditLog",
    "Cliente",
    "Holiday",
    "Idempotency",
    "Import",
    "ImportRejection",
    "LoginSession",
    "Polo",
    "PoloAlias",
    "PoloDay",
    "PoloMonth",
    "User",
]
