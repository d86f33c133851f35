"""A CSV file the operator named -> master data by GLN."""

from pathlib import Path

from edigate.errors import Misconfigured, Rejected
from edigate.masterdata import PartnerDirectory, read_csv


def master_data(path: Path) -> PartnerDirectory:
    """The master data of a CSV file that the operator named.

    Raises: Misconfigured naming file and line when it cannot be read: it is no trading partner's
    fault.
    """
    try:
        return read_csv(path.read_text("utf-8-sig"))
    except OSError as error:
        raise Misconfigured("PARTNERS", f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Misconfigured("PARTNERS", f"{path}: not UTF-8; save the file as UTF-8") from None
    except Rejected as error:
        raise Misconfigured(error.code, f"{path}: {error.message}") from None
