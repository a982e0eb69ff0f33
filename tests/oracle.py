"""A second opinion: the rules of the domain in plain Python, slow and obvious, for tests to compare with.

It shares nothing with `src` and imports nothing from it, so that a mistake must be made twice to pass unseen.
It says which row is rejected and at which column, not with which code; ratios are Fractions.
"""

from __future__ import annotations

import gzip
import re
import unicodedata
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

COLUMNS = ("id_atendimento", "id_cliente", "angel", "polo", "data_limite", "data_de_atendimento")
DELIMITERS = (";", ",", "\t", "|")
OPERATION_ZONE = ZoneInfo("America/Sao_Paulo")
LARGEST_ID = 8_999_999_999_999_999
LONGEST_NAME = 200
EARLIEST_DATE = date(2000, 1, 1)
# A few of the words and marks for nothing; the whole list is not repeated here.
NOTHING = {"#n/d", "#ref!", "null", "\\n", "n/a", "nan", "none", "-", "--", "–", "?", "."}
MOST_COLUMNS = 1000
# What is made of these alone is a mark for nothing, however many there are.
MARKS = set("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212_./\\?# ")


class NotThisFile(Exception):
    """The file as a whole can't be a file of atendimentos."""


class BadValue(Exception):
    """A value that makes its row a rejected one."""


@dataclass(frozen=True)
class Record:
    id: int
    id_cliente: int
    angel: str
    polo: str
    data_limite: datetime
    data_de_atendimento: datetime | None
    status: str = ""

    @property
    def attended(self) -> bool:
        return self.data_de_atendimento is not None and self.status != "cancelled"

    @property
    def on_time(self) -> bool:
        return self.data_de_atendimento is not None and self.data_de_atendimento <= self.data_limite

    @property
    def margin(self) -> timedelta:
        assert self.data_de_atendimento is not None
        return self.data_limite - self.data_de_atendimento


@dataclass(frozen=True)
class Rejection:
    """`line` is physical, the file's first being 1; `column` is None where the number of fields is wrong."""

    line: int
    column: str | None


@dataclass
class Outcome:
    """What a file holds: rows read = records + superseded + rejected."""

    read: int = 0
    superseded: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    records: dict[int, Record] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        return len(self.rejections)


# the file


def read_file(path: Path) -> Outcome:
    """Return what the file at `path` holds, plain or gzipped; raises NotThisFile."""
    return read_bytes(path.read_bytes())


def read_bytes(content: bytes) -> Outcome:
    """Return what a file with this content holds; raises NotThisFile."""
    if content.startswith(b"\x1f\x8b"):
        content = unpacked(content)
    text = decode(content)
    columns, rows = understand_header(text)
    of_refused_rows = columns[-2:] == ["line", "reason"]
    outcome = Outcome()
    orders: dict[str, set[str]] = {"data_limite": set(), "data_de_atendimento": set()}
    for line, cells in rows:
        outcome.read += 1
        try:
            fields = fitted(cells, columns)
            fields = [without_guard(cell) for cell in fields] if of_refused_rows else fields
            for column, found in orders.items():
                if len(fields) == len(columns):
                    found.add(order_of(fields[columns.index(column)]))
            record = record_of(fields, columns)
        except BadValue as bad:
            outcome.rejections.append(Rejection(line, bad.args[0]))
            continue
        if record.id in outcome.records:
            outcome.superseded += 1
            del outcome.records[record.id]
        outcome.records[record.id] = record
    for column, found in orders.items():
        if "month first" in found and "day first" not in found:
            raise NotThisFile(f"{column} is month first")
    return outcome


def unpacked(content: bytes) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        raise NotThisFile("a broken gzip") from None


def decode(content: bytes) -> str:
    """Return the text, each byte of UTF-8 that can't be read a lone surrogate."""
    content = content.replace(b"\0", b"") if not content.startswith((b"\xff\xfe", b"\xfe\xff")) else content
    if not content.strip(b" \r\n\t\xef\xbb\xbf"):
        raise NotThisFile("empty")
    text = content.decode(encoding_of(content), "surrogateescape")
    ends = re.findall("\r*\n|\r", text[: 64 * 1024])
    if ends and ends[0] == "\r" and 2 * ends.count("\r") >= len(ends):
        text = text.replace("\r", "\n")
    return text.rstrip("\x1a\r\n")


def encoding_of(content: bytes) -> str:
    """A byte-order mark says it, then any valid sequence of UTF-8, else it is cp1252 if that makes words of it."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    text = content.decode("utf-8", "ignore")
    if content.isascii() or content.startswith(b"\xef\xbb\xbf") or not text.isascii():
        return "utf-8-sig"
    accents = {name: accents_in(content.decode(name, "replace")) for name in ("cp1252", "cp850", "mac-roman")}
    if max(accents.values()) > accents["cp1252"]:
        raise NotThisFile("another encoding")
    return "cp1252"


def accents_in(text: str) -> int:
    """Count the accented letters of Portuguese behind other letters."""
    return len(re.findall("(?<=[A-Za-z])[áàâãéêíóôõúüçÁÀÂÃÉÊÍÓÔÕÚÜÇ]", text))


def understand_header(text: str) -> tuple[list[str], Iterator[tuple[int, list[str] | None]]]:
    """Return the columns' names and the rows; the right delimiter is one that shows all six."""
    missing: list[str] = []
    for delimiter in DELIMITERS:
        rows = numbered_rows(text, delimiter)
        _, fields = next(rows, (1, None))
        columns = [plain(name) for name in fields or []]
        while columns and not columns[-1]:
            columns.pop()
        missing = [name for name in COLUMNS if name not in columns]
        if not missing and len(columns) <= MOST_COLUMNS:
            return columns, rows
    raise NotThisFile(f"no column {missing[:1]}, or too many columns")


def plain(name: str) -> str:
    """Return a header's name in lower case, without accents, its words joined by underscores."""
    decomposed = unicodedata.normalize("NFD", name.casefold())
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return "_".join(re.findall(r"[a-z0-9]+", letters))


def without_guard(cell: str) -> str:
    """Return the cell of a file of refused rows without the apostrophe that keeps spreadsheets from running it."""
    behind = cell.lstrip("'")
    return cell[1:] if behind != cell and behind.startswith(tuple("=+-@\t\r\n＝＋－＠")) else cell


def numbered_rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | None]]:
    """Yield each row that has any value, with the number of its first line; None if its quotes make no sense."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        fields, count = row_of(lines, at, delimiter)
        if fields is None or "".join(letter for letter in "".join(fields) if not invisible(letter)).strip():
            yield at + 1, fields
        at += count


def row_of(lines: list[str], at: int, delimiter: str) -> tuple[list[str] | None, int]:
    """Return the fields of the row that begins in line `at`, letter by letter, and how many lines it has."""
    blanks = set(" \t\r\xa0") - {delimiter}
    fields, cell, state = [], "", "start"
    for number in range(at, len(lines)):
        for letter in lines[number]:
            if state == "quoted":
                state, cell = ("closing", cell) if letter == '"' else (state, cell + letter)
            elif letter == delimiter:
                fields, cell, state = [*fields, cell], "", "start"
            elif letter == '"' and state in ("start", "closing"):
                cell, state = (cell + '"' if state == "closing" else ""), "quoted"
            elif letter in blanks and state in ("start", "closing", "behind"):
                cell, state = (cell + letter, state) if state == "start" else (cell, "behind")
            elif state in ("closing", "behind"):
                return None, 1
            else:
                cell, state = cell + letter, "plain"
        if state != "quoted":
            return [*fields, cell], number - at + 1
        cell += "\n"
    return None, 1


def fitted(fields: list[str] | None, columns: list[str]) -> list[str]:
    """Return a field for each column; raises BadValue for a row that can't be read or has another number of them."""
    if fields is None:
        raise BadValue(None)
    while len(fields) > len(columns) and not fields[-1].strip():
        fields = fields[:-1]
    names = [*COLUMNS, *(["status"] if "status" in columns else [])]
    wanted = [columns.index(name) for name in names]
    if max(wanted) < len(fields) < len(columns):
        fields = fields + [""] * (len(columns) - len(fields))
    if any("\udc80" <= letter <= "\udcff" for field in fields for letter in field):
        damaged = {columns[place] for place in wanted if len(fields) == len(columns) and not readable(fields[place])}
        raise BadValue(next((name for name in names if name in damaged), None))
    return fields


def readable(text: str) -> bool:
    return not any("\udc80" <= letter <= "\udcff" or letter == "\ufffd" for letter in text)


# a row


def record_of(fields: list[str], columns: list[str]) -> Record:
    """Return the record in a row; raises BadValue with the first column at fault."""
    if len(fields) != len(columns):
        raise BadValue(None)
    # Where a column is named twice, the first one counts.
    row = dict(zip(reversed(columns), reversed(fields), strict=True))

    def value(column: str, reader: Callable[[str], Any]) -> Any:
        try:
            return reader(row[column])
        except ValueError:
            raise BadValue(column) from None

    record = Record(
        id=value("id_atendimento", positive_integer),
        id_cliente=value("id_cliente", positive_integer),
        angel=value("angel", name),
        polo=value("polo", name),
        data_limite=value("data_limite", deadline),
        data_de_atendimento=value("data_de_atendimento", visit),
    )
    said = seen(row.get("status", "")).strip()
    follows = "pending" if record.data_de_atendimento is None else "done"
    if said not in ("", "cancelled", follows):
        raise BadValue("status")
    return replace(record, status=said or follows)


def positive_integer(text: str) -> int:
    number = int(only_digits(seen(text).strip()))
    if not 0 < number <= LARGEST_ID:
        raise ValueError(text)
    return number


def name(text: str) -> str:
    if "\0" in text or "\ufffd" in text:
        raise ValueError("damaged")
    words = unicodedata.normalize("NFC", seen(text)).split()
    if not words or " ".join(words).casefold() in NOTHING or set("".join(words)) <= MARKS:
        raise ValueError("empty")
    if len(" ".join(words)) > LONGEST_NAME:
        raise ValueError("too long")
    return " ".join(words)


def invisible(letter: str) -> bool:
    """Say whether nothing is seen of the letter, not even a blank."""
    return unicodedata.category(letter) in ("Cf", "Cc") and not letter.isspace()


def seen(text: str) -> str:
    return "".join(letter for letter in text if not invisible(letter))


def deadline(text: str) -> datetime:
    """A date alone lasts until the end of its day."""
    found = moment(text, time(23, 59, 59))
    today = datetime.now(OPERATION_ZONE).date()
    if found.date() < EARLIEST_DATE or (found.year - 10, found.month, found.day) > (today.year, today.month, today.day):
        raise ValueError(text)
    return found


def visit(text: str) -> datetime | None:
    """A date alone is its first moment; nothing and `-` is a visit not made yet."""
    if len(text) <= 64 and seen(text).strip() in ("", "-"):
        return None
    found = moment(text, time(0, 0, 0))
    if not EARLIEST_DATE <= found.date() <= datetime.now(OPERATION_ZONE).date() + timedelta(days=1):
        raise ValueError(text)
    return found


# a date


def moment(text: str, time_of_a_date: time) -> datetime:
    """Return the local moment that `text` names; raises ValueError."""
    if len(text) > 64:
        raise ValueError(text)
    text = seen(text).strip()
    is_iso = is_iso_day(text)
    text, offset = split_offset(text) if is_iso else (text, None)
    for separator in "/:.-":
        text = separator.join(part.strip() for part in text.split(separator))
    words = text.split("T") if "T" in text else text.split()
    if len(words) == 1 and offset is None:
        return datetime.combine(calendar_day(words[0]), time_of_a_date)
    day, clock = words
    local = datetime.combine(calendar_day(day), clock_time(clock))
    if offset is None:
        return local
    utc = local - offset
    return utc.replace(tzinfo=ZoneInfo("UTC")).astimezone(OPERATION_ZONE).replace(tzinfo=None)


def is_iso_day(text: str) -> bool:
    parts = [part.strip() for part in text.split("-")]
    return len(parts) > 2 and [len(part) for part in parts[:2]] == [4, 2]


def order_of(text: str) -> str:
    """Say which order of day and month is the only one that a date fits, if it fits one alone."""
    parts = re.split(r"[T\s]", re.sub(r"\s*([/.-])\s*", r"\1", seen(text[:65]).strip()))[0]
    for mark in "/.-":
        numbers = parts.split(mark)
        sizes = [len(number) for number in numbers]
        if len(text) > 64 or len(sizes) != 3 or sizes[0] > 2 or sizes[1] > 2 or sizes[2] not in (2, 4):
            continue
        if all(number.isascii() and number.isdigit() for number in numbers):
            first, second = int(numbers[0]), int(numbers[1])
            if 1 <= second <= 12 < first <= 31:
                return "day first"
            if 1 <= first <= 12 < second <= 31:
                return "month first"
    return "either"


def calendar_day(text: str) -> date:
    """Day first, with slashes of which one may be lost, with dots or hyphens; or year first."""
    for mark in "-./":
        lengths = [len(part) for part in text.split(mark)]
        if lengths == [2, 2, 4]:
            day, month, year = text.split(mark)
            break
        if lengths == [4, 2, 2] and mark != ".":
            year, month, day = text.split(mark)
            break
    else:
        day, month, year = with_slashes(text)
    full_year = int(only_digits(year))
    if len(year) == 2:
        full_year = full_year + 2000 if full_year <= 68 else full_year + 1900
    return date(full_year, int(only_digits(month)), int(only_digits(day)))


def with_slashes(text: str) -> tuple[str, str, str]:
    parts = text.split("/")
    lengths = [len(part) for part in parts]
    if len(parts) == 3 and lengths[0] in (1, 2) and lengths[1] in (1, 2) and lengths[2] in (2, 4):
        return parts[0], parts[1], parts[2]
    if lengths == [2, 6]:
        return parts[0], parts[1][:2], parts[1][2:]
    if lengths == [4, 4]:
        return parts[0][:2], parts[0][2:], parts[1]
    raise ValueError(text)


def clock_time(text: str) -> time:
    text, point, fraction = text.partition(".")
    parts = text.split(":")
    lengths = [len(part) for part in parts]
    if lengths not in ([2, 2], [2, 2, 2], [1, 2], [1, 2, 2]) or (point and len(parts) < 3):
        raise ValueError(text)
    if point and not (0 < len(only_digits(fraction)) < 10):
        raise ValueError(text)
    hour, minute, second = (int(only_digits(part)) for part in [*parts, "0"][:3])
    return time(hour, minute, second)


def split_offset(text: str) -> tuple[str, timedelta | None]:
    """Return the day and time before an offset, and its distance from UTC, if any is given."""
    if ":" not in text:
        return text, None
    if text.endswith("Z"):
        return no_blank_behind(text[:-1]), timedelta(0)
    if text.endswith("UTC") and text[-4:-3].isspace():
        return no_blank_behind(text[:-4]), timedelta(0)
    day_and_hour, colon, rest = text.partition(":")
    for sign, factor in (("+", 1), ("-", -1)):
        if sign in rest:
            clock, offset = rest.split(sign)
            clock = clock[:-1] if clock[-1:].isspace() else clock
            digits = offset[:2] + offset[3:] if offset[2:3] == ":" else offset
            if len(digits) not in (2, 4) or (offset[2:3] == ":" and len(offset) != 5):
                raise ValueError(text)
            hours, minutes = int(only_digits(digits[:2])), int(only_digits(digits[2:] or "0"))
            distance = timedelta(hours=hours, minutes=minutes)
            if minutes > 59 or distance > timedelta(hours=14):
                raise ValueError(text)
            return no_blank_behind(day_and_hour + colon + clock), factor * distance
    return text, None


def no_blank_behind(text: str) -> str:
    if text[-1:].isspace():
        raise ValueError(text)
    return text


def only_digits(text: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(text)
    return text


# indicators


@dataclass(frozen=True)
class Period:
    """Both days included."""

    start_date: date
    end_date: date

    def days(self) -> Iterator[date]:
        day = self.start_date
        while day <= self.end_date:
            yield day
            day += timedelta(days=1)

    def business_days(self, holidays: Collection[date]) -> int:
        return sum(1 for day in self.days() if day.weekday() < 5 and day not in holidays)


@dataclass(frozen=True)
class Productivity:
    total: int
    active_days: int
    productivity: Fraction | None


@dataclass(frozen=True)
class Sla:
    total: int
    on_time: int
    late: int
    sla: Fraction
    avg_margin_hours: Fraction


def period_of(records: Iterable[Record], start_date: date | None = None, end_date: date | None = None) -> Period | None:
    """Return the period asked for, its open ends the first and last day with a visit; None without any."""
    days = [day_of(record) for record in records if record.attended]
    if not days and (start_date is None or end_date is None):
        return None
    return Period(start_date or min(days), end_date or max(days))


def productivity(records: Iterable[Record], period: Period, holidays: Collection[date]) -> dict[str, Productivity]:
    """Return the productivity of each angel with a visit in the period."""
    business_days = period.business_days(holidays)
    return {
        angel: Productivity(
            total=len(visits),
            active_days=len({day_of(visit) for visit in visits}),
            productivity=Fraction(len(visits), business_days) if business_days else None,
        )
        for angel, visits in visits_by("angel", records, period).items()
    }


def sla_by_angel(records: Iterable[Record], period: Period) -> dict[str, Sla]:
    """Return the SLA of each angel with a visit in the period."""
    return {angel: sla_of(visits) for angel, visits in visits_by("angel", records, period).items()}


def sla_by_polo(records: Iterable[Record], period: Period) -> dict[str, Sla]:
    """Return the SLA of each polo with a visit in the period."""
    return {polo: sla_of(visits) for polo, visits in visits_by("polo", records, period).items()}


def sla_of(visits: list[Record]) -> Sla:
    on_time = sum(visit.on_time for visit in visits)
    seconds = sum(visit.margin // timedelta(seconds=1) for visit in visits)
    return Sla(
        total=len(visits),
        on_time=on_time,
        late=len(visits) - on_time,
        sla=Fraction(on_time, len(visits)),
        avg_margin_hours=Fraction(seconds, 3600 * len(visits)),
    )


def visits_by(column: str, records: Iterable[Record], period: Period) -> dict[str, list[Record]]:
    groups: dict[str, list[Record]] = {}
    for record in records:
        if record.attended and period.start_date <= day_of(record) <= period.end_date:
            groups.setdefault(getattr(record, column), []).append(record)
    return groups


def day_of(record: Record) -> date:
    assert record.data_de_atendimento is not None
    return record.data_de_atendimento.date()
