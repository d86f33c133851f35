"""What a tenant declared of a partner holds in the running gateway as it does in `check
--config`."""

import io
from collections.abc import Callable

import pikepdf
import pytest

from tests.acceptance.gateway import ARCHIVE, MAIN, Gateway, attachments, edi_mail
from tests.generate import SELLER, interchange, invoice

pytestmark = pytest.mark.acceptance

DECLARED = f"""
[[tenant.deviation]]
partner = "{SELLER}"
charset = "cp850"
units = {{ STK = "H87", DOS = "XTN" }}
"""


def test_a_declared_charset_and_unit_reach_the_archive(make: Callable[..., Gateway]) -> None:
    gateway = make(tenant=DECLARED)
    gateway.start()
    data = interchange([invoice(1, "RE-1")]).decode("iso-8859-1").encode("cp850")
    amount = data.index(b"QTY+47:") + len(b"QTY+47:")
    end = data.index(b"'", amount)
    gateway.send(
        edi_mail(("in.edi", data[:end].partition(b":PCE")[0] + b":DOS" + data[end:])), MAIN
    )
    gateway.settled()
    (mail,) = gateway.fetch(ARCHIVE)
    (pdf,) = attachments(mail).values()
    with pikepdf.open(io.BytesIO(pdf)) as package:
        xml = package.attachments["factur-x.xml"].get_file().read_bytes().decode()
    assert "<ram:LineOne>Industriestraße 12</ram:LineOne>" in xml
    assert 'unitCode="XTN"' in xml
