"""Certificates: read, refused with a reason, renewed while listeners run."""

import contextlib
import shutil
import ssl
from pathlib import Path

import pytest

from edigate.errors import Misconfigured
from edigate.mail.tls import renew, server_tls
from tests.mail.gateway import certificate


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "made").mkdir()
    pem, key = certificate(tmp_path / "made")
    return Path(shutil.copy(pem, tmp_path)), Path(shutil.copy(key, tmp_path))


def test_old_protocols_are_refused(files: tuple[Path, Path]) -> None:
    assert server_tls(*files).minimum_version is ssl.TLSVersion.TLSv1_2


def served(context: ssl.SSLContext) -> bytes:
    """The certificate that a client is shown, by a handshake in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE
    client = careless.wrap_bio(to_client, to_server)
    server = context.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (client, server):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
    shown = client.getpeercert(binary_form=True)
    assert shown
    return shown


def test_what_is_wrong_is_said_and_the_old_certificate_stays(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    context = server_tls(*files)
    old = served(context)
    (tmp_path / "other").mkdir()
    other = certificate(tmp_path / "other")
    empty = tmp_path / "empty.pem"
    empty.touch()
    for pair, reason in (
        ((files[0], other[1]), "mismatch"),
        ((empty, files[1]), "with"),
        ((tmp_path / "absent.pem", files[1]), "No such file"),
    ):
        with pytest.raises(Misconfigured, match=reason):
            renew(context, *pair)
        with pytest.raises(Misconfigured, match=reason):
            server_tls(*pair)
    assert served(context) == old
    renew(context, *other)
    assert served(context) == served(server_tls(*other)) != old
