"""How each service writes its answer: its own headings, units, clock and file format."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from peelchain.units import COIN

FIELDS = (
    "account", "txid", "vout", "address", "amount", "time",
    "name", "birth_date", "email", "document", "country",
)  # fmt: skip
"""What an answer can say of a row; the last five are about who holds the account."""


@dataclass(frozen=True)
class Style:
    """One service's way; `headings` has only the fields it gives, in its order of columns.

    `zone_minutes` is how far its clock is ahead of UTC; `time_format` is strftime's, or empty for
    seconds since 1970; `decimal` is the sign before the parts of a bitcoin.
    """

    headings: dict[str, str]
    unit: str = "btc"
    decimal: str = "."
    delimiter: str = ","
    encoding: str = "utf-8"
    time_format: str = "%Y-%m-%dT%H:%M:%SZ"
    zone_minutes: int = 0

    def amount(self, value_sat: int) -> str:
        """The amount as the service writes it."""
        if self.unit == "sat":
            return str(value_sat)
        return f"{Decimal(value_sat) / COIN:.8f}".replace(".", self.decimal)

    def time(self, epoch_seconds: int) -> str:
        """The moment as the service writes it."""
        if not self.time_format:
            return str(epoch_seconds)
        here = timezone(timedelta(minutes=self.zone_minutes))
        return datetime.fromtimestamp(epoch_seconds, UTC).astimezone(here).strftime(
            self.time_format
        )  # fmt: skip

    @property
    def zone(self) -> str:
        """The offset from UTC, such as `+09:00`."""
        sign, minutes = ("-" if self.zone_minutes < 0 else "+"), abs(self.zone_minutes)
        return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"

    def arguments(self) -> list[str]:
        """What `peelchain case returns import` has to be told to read such an answer."""
        told = [w for f, heading in self.headings.items() for w in ("--map", f"{f}={heading}")]
        told += ["--unit", self.unit, "--time-zone", self.zone]
        if self.decimal != ".":
            told += ["--decimal", self.decimal]
        if self.time_format != "%Y-%m-%dT%H:%M:%SZ":
            told += ["--time-format", self.time_format or "epoch"]
        return told


_ENGLISH = (
    "Account", "Transaction", "Output", "Address", "Amount", "Time",
    "Name", "Date of birth", "E-mail", "ID document", "Country",
)  # fmt: skip
_PLAIN = Style(dict(zip(FIELDS, _ENGLISH, strict=True)))


def _headed(*words: str, without: tuple[str, ...] = ()) -> dict[str, str]:
    headings = dict(zip(FIELDS, words, strict=True))
    return {field: words for field, words in headings.items() if field not in without}


_STYLES = {
    "exchange-north": Style(
        _headed(
            "Konto", "Transaktion", "Utg\xe5ng", "Adress", "Belopp", "Tid",
            "Namn", "F\xf6delsedatum", "E-post", "Legitimation", "Land",
        ),
        decimal=",",
        delimiter=";",
        encoding="latin-1",
        time_format="%Y-%m-%d %H:%M",
        zone_minutes=60,
    ),
    "exchange-east": Style(
        _headed(
            "account_id", "txid", "n", "address", "amount_sat", "executed_at",
            "name", "birth_date", "email", "document_no", "country", without=("address",),
        ),
        unit="sat",
        time_format="%Y/%m/%d %H:%M:%S",
        zone_minutes=540,
    ),
    "exchange-south": Style(
        _headed(
            "Conta", "Hash", "\xcdndice", "Endere\xe7o", "Valor", "Data",
            "Nome", "Nascimento", "Email", "Documento", "Pa\xeds", without=("vout",),
        ),
        decimal=",",
        delimiter=";",
        encoding="utf-8-sig",
        time_format="%d/%m/%Y %H:%M",
        zone_minutes=-180,
    ),
    "exchange-west": Style(
        _headed(*_ENGLISH, without=("birth_date",)),
        time_format="%m/%d/%Y %I:%M %p",
        zone_minutes=-300,
    ),
    "exchange-harbour": Style(
        _headed(
            "acct", "tx", "out", "addr", "sat", "ts",
            "holder", "dob", "mail", "kyc_id", "cc", without=("document",),
        ),
        unit="sat",
        delimiter="\t",
        encoding="utf-16",
        time_format="",
    ),
}  # fmt: skip


def style_of(service_id: str) -> Style:
    """The style of a service; those without one of their own write plain English."""
    return _STYLES.get(service_id, _PLAIN)
