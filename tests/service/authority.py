"""A time stamp authority on loopback: HTTP in front of `openssl ts`."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.pdf.signers import certificate, key, pem

_SETTINGS = """[tsa]
default_tsa = stamps
[stamps]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class OpensslAuthority:
    """The authority's key and certificate, and what it answers."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("openssl is not on the path")
        self.folder = folder
        private = key("2048")
        self.certificate: x509.Certificate = certificate(
            private, "Time Stamps of Example", stamping=True
        )
        (folder / "tsa.key").write_bytes(pem(private))
        (folder / "tsa.pem").write_bytes(self.certificate.public_bytes(Encoding.PEM))
        (folder / "tsa.cnf").write_text(_SETTINGS.format(folder=folder), "utf-8")
        (folder / "serial").write_text("01\n", "ascii")

    def answer(self, query: bytes) -> bytes:
        """The reply to a query, both in DER."""
        (self.folder / "query").write_bytes(query)
        command: list[str | Path]
        command = ["openssl", "ts", "-reply", "-config", self.folder / "tsa.cnf", "-queryfile",
        self.folder / "query",
                   "-signer", self.folder / "tsa.pem", "-inkey", self.folder / "tsa.key",
                   "-out", self.folder / "reply"]  # fmt: skip
        subprocess.run(command, capture_output=True, check=True, timeout=30)
        return (self.folder / "reply").read_bytes()


@contextmanager
def served(answer: object, status: int = 200) -> Iterator[str]:
    """The URL of a server that answers with `answer(query)`."""

    class Reply(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            content = answer(self.rfile.read(int(self.headers["Content-Length"])))  # type: ignore[operator]
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Reply)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/stamp"
    finally:
        server.shutdown()
        server.server_close()
