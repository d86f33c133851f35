"""Where the XSLT engine, which can abort its process, is loaded (ARCHITECTURE.md, decision 5)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.gateway import MAIN, Gateway, edi_mail
from tests.docs.source import ROOT

MESSAGE = (ROOT / "fixtures" / "d01b-invoice" / "in.edi").read_bytes()


def holds_engine(process: int) -> bool:
    return "saxonc" in Path(f"/proc/{process}/maps").read_text("utf-8")


@pytest.mark.acceptance
def test_the_engine_is_in_workers_and_never_in_the_daemon(make: Callable[..., Gateway]) -> None:
    gateway = make()
    gateway.start()
    gateway.send(edi_mail(("invoice.edi", MESSAGE)), MAIN)
    gateway.wait_for("job.done")
    assert any(holds_engine(worker) for worker in gateway.workers())
    assert not holds_engine(gateway.process.pid)
