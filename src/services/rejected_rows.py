"""The rejected rows of a load: kept within bounds, and too many of them fail the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from psycopg import Connection

from src.ingest.rejections import SHORT_RAW_LENGTH, Rejection, shortened
from src.ingest.source import InvalidFile
from src.repositories.jobs import Claim, RowCounts, add_rejections

# Each is kept with its line: a file of nothing but line breaks and a letter would fill the disk with them.
MAX_REJECTED_ROWS: Final = 1_000_000
# The download of the rejected rows has every column in each row, those too that a short line does not have: so many
# cells for each byte of the upload are the most, and as many in any case as nobody minds.
CELLS_PER_BYTE: Final = 20
CELLS_IN_ANY_CASE: Final = 1_000_000
# The same for the text of the rows: an upload that is packed to a hundredth must not fill the disk.
CHARACTERS_PER_BYTE: Final = 4
CHARACTERS_IN_ANY_CASE: Final = 16 * 1024 * 1024
# Nearly all rows of a real file are rejected only if it is read the wrong way, as with its columns in another order.
FAILING_SHARE: Final = 0.9
FAILING_FROM_ROWS: Final = 100
EMAIL_TAKEN: Final = ("email", "email_taken", "email is another cliente's.")


@dataclass(slots=True)
class _Reason:
    line: int
    sentence: str
    count: int = 0


@dataclass(slots=True)
class RejectedRows:
    """Stores the rejected rows of one load, counted in `rows`. `width` is how many columns the file has."""

    claim: Claim
    connection: Connection[Any]
    rows: RowCounts
    width: int = 1
    _characters: int = 0
    _reasons: dict[tuple[str | None, str], _Reason] = field(default_factory=dict)

    @property
    def room(self) -> int:
        """How many more rows may be rejected."""
        cells = CELLS_IN_ANY_CASE + CELLS_PER_BYTE * self.claim.size_bytes
        return min(MAX_REJECTED_ROWS, cells // self.width) - self.rows.rejected

    def add(self, rejections: list[Rejection]) -> None:
        """Store rejected rows. Raises InvalidFile where more are rejected than anybody will correct."""
        for rejection in rejections:
            self._note(rejection.column, rejection.code, rejection.line, rejection.reason)
        self.require_room(len(rejections))
        most = CHARACTERS_IN_ANY_CASE + CHARACTERS_PER_BYTE * self.claim.size_bytes
        self._characters += sum(len(rejection.raw) for rejection in rejections)
        if self._characters > most:
            rejections = [shortened(rejection, SHORT_RAW_LENGTH) for rejection in rejections]
        add_rejections(self.connection, self.claim.id, rejections)
        self.rows.rejected += len(rejections)

    def add_taken_emails(self, count: int, first_line: int) -> None:
        """Count rows that the database has found to be rejected, and stored. Raises as `add` does."""
        column, code, sentence = EMAIL_TAKEN
        self._note(column, code, first_line, sentence, count)
        self.require_room(count)
        self.rows.rejected += count

    def require_room(self, count: int) -> None:
        """Raise InvalidFile if so many rows more are too many."""
        if count > self.room:
            raise InvalidFile(
                f"More than {self.rows.rejected + self.room:,} rows would be rejected. {self._commonest()}"
            )

    def require_few(self) -> None:
        """Raise InvalidFile if too many of all rows are rejected: more than the sender allows, else nearly all."""
        read, rejected, share = self.rows.read, self.rows.rejected, self.claim.max_rejected
        if share is None:
            too_many = read >= FAILING_FROM_ROWS and rejected >= FAILING_SHARE * read
        else:
            too_many = rejected > share * read
        if too_many:
            raise InvalidFile(
                f"{rejected:,} of {read:,} rows would be rejected, so nothing was loaded. {self._commonest()} "
                "Correct the file, or allow it with max_rejected=1, and the other rows are loaded."
            )

    def _note(self, column: str | None, code: str, line: int, sentence: str, count: int = 1) -> None:
        reason = self._reasons.setdefault((column, code), _Reason(line, sentence))
        reason.count += count

    def _commonest(self) -> str:
        reason = max(self._reasons.values(), key=lambda reason: reason.count)
        return f"The commonest reason ({reason.count:,} rows, first in line {reason.line:,}): {reason.sentence}"
