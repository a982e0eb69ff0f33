"""The domain's exceptions: nouns, raised by services, mapped to statuses by the registry in `src/api/problems.py`."""

from __future__ import annotations


class DomainError(Exception):
    """A refusal that the caller can act on. `detail` is a sentence; `errors` maps a field to its sentences."""

    def __init__(self, detail: str, errors: dict[str, list[str]] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors or {}


class ImportNotFound(DomainError):
    """No import has that id."""


class ImportNotCancellable(DomainError):
    """The import has ended already."""


class ImportNotUndoable(DomainError):
    """The import has left nothing, its history is gone, or what it wrote was changed since."""


class EmptyUpload(DomainError):
    """The upload has no bytes."""


class UnsupportedUpload(DomainError):
    """The upload is no CSV text."""


class UploadTooLarge(DomainError):
    """The upload is larger than MAX_UPLOAD_BYTES."""


class UploadIncomplete(DomainError):
    """The client went away, or sent fewer bytes than it had announced."""


class RequestTooSlow(DomainError):
    """The client sends its body more slowly than is waited for."""


class TooManyLongRequests(DomainError):
    """As many uploads and downloads are under way as this process has threads to spare."""


class StorageFull(DomainError):
    """The disk that keeps uploads has no room."""


class InvalidPeriod(DomainError):
    """The period ends before it starts, or is no period."""


class UnknownCalendar(DomainError):
    """No calendar has that name."""


class UnknownSortField(DomainError):
    """The answer can't be sorted by that field."""


class EmptyParameter(DomainError):
    """A query parameter has no value: nothing can be meant by it."""


class InvalidCredentials(DomainError):
    """The name or the password is wrong."""


class NotAuthenticated(DomainError):
    """The request has no token or API key that is good here."""


class TokenExpired(DomainError):
    """The token was good, and its time is over."""


class NotAllowed(DomainError):
    """The caller is known and may not do this."""


class RegistrationClosed(DomainError):
    """Only administrators add users here."""


class UserNotFound(DomainError):
    """No user has that id or name."""


class DuplicateUsername(DomainError):
    """Another user has that username."""


class LastAdmin(DomainError):
    """Without this one nobody could manage users any more."""


class ApiKeyNotFound(DomainError):
    """No API key has that id, or it was revoked."""


class DatabaseUnavailable(DomainError):
    """No database is configured, or it can't be reached."""


class UploadMissing(DomainError):
    """The request has no file in it."""


class UnknownParameter(DomainError):
    """The request has a query parameter that nothing reads."""


class RepeatedParameter(DomainError):
    """A query parameter was given more than once, and only one of its values would count."""


class NotReady(DomainError):
    """Something that the service needs is missing; `errors` names it."""


class InvalidFields(DomainError):
    """Fields that are each well formed don't make a record together; `errors` names them."""


class InvalidCursor(DomainError):
    """The cursor is of another list, or of no list."""


class AtendimentoNotFound(DomainError):
    """No atendimento has that id, or it was deleted."""


class AtendimentoTaken(DomainError):
    """An atendimento has that id already, perhaps a deleted one."""


class ClienteNotFound(DomainError):
    """No cliente has that id."""


class AngelNotFound(DomainError):
    """No angel has that id."""


class PoloNotFound(DomainError):
    """No polo has that id."""


class DuplicateId(DomainError):
    """Something of the kind has that id already."""


class DuplicateEmail(DomainError):
    """Another cliente or user has that e-mail."""


class DuplicateNome(DomainError):
    """Another one has that name."""


class AliasNotFound(DomainError):
    """The angel or polo has no alias of that id."""


class HasAtendimentos(DomainError):
    """Atendimentos refer to it, so it can't be deleted."""


class RecordChanged(DomainError):
    """The record is not any more what the caller has seen (If-Match)."""


class IdempotencyKeyReused(DomainError):
    """The key was used for another request."""


class IdempotencyKeyInUse(DomainError):
    """A request with that key is being answered right now."""


class TooMuchContention(DomainError):
    """Other writers were in the way at every try."""


class TooManyRequests(DomainError):
    """Somebody asks more often than is allowed; they may come back after `retry_after` seconds."""

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
