"""Which dialect of INVOIC a message is written in -> the draft its mapping begins with."""

from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Tree
from edigate.edifact.syntax.segments import Interchange, Message
from edigate.invoice.model import SPECIFICATION
from edigate.masterdata import PartnerDirectory
from edigate.source import Deviations


def draft_of(
    interchange: Interchange,
    message: Message,
    partners: PartnerDirectory,
    deviations: Deviations,
    language: str,
) -> Draft:
    """The draft of a message; its dialect shows in the UNH (association code, directory) and in
    content."""
    tree = Tree(message.segments, interchange.service.repetition)
    parts = message.version.split(":")
    association = parts[3] if len(parts) > 3 else ""
    # a CIUS names itself behind the specification: `urn:cen.eu:en16931:2017#compliant#...`
    named = (f.peek(4, 1) for f in tree.header.all("FTX", "DOC"))
    return Draft(
        interchange,
        message,
        partners,
        deviations,
        tree,
        binding="16B" in parts[3:] or any(n.startswith(SPECIFICATION) for n in named),
        energy=association[:2] in ("2.", "1.") or tree.header.first("NAD", "MS") is not None,
        eancom=association.startswith("EAN"),
        language=language,
    )
