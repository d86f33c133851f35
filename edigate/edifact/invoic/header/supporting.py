"""EFI, RFF+ATS, COM and UNO packages -> BG-24 Additional supporting documents (official
binding)."""

import base64
import binascii
import contextlib

from edigate.edifact.invoic.record.draft import Draft
from edigate.invoice import codes
from edigate.invoice.model import Attachment, SupportingDocument
from edigate.invoice.origin import Origin, OriginKind
from edigate.slices import Bytes


def documents(draft: Draft, data: Bytes) -> tuple[SupportingDocument, ...]:
    """BG-24 <- EFI (1508:7008), RFF+ATS (BT-122), COM ..:AO (BT-124), UNO package of the same
    reference (BT-125)."""
    found: list[SupportingDocument] = []
    for efi in draft.tree.header.all("EFI"):
        path = f"supporting_documents[{len(found)}]"
        draft.read(path, efi)
        rff = efi.first("RFF", "ATS") or efi.first("RFF")
        reference = draft.text(f"{path}.reference", rff, 1, 2)
        if rff is not None:
            rff.take(1, 1)
        location: str | None = None
        for com in efi.all("COM"):
            location = location or draft.text(f"{path}.external_location", com, 1, 1)
            com.use(1)
        attached = _attachment(
            draft, f"{path}.attached", reference, filename=efi.peek(1, 1), data=data
        )
        if attached is not None:
            efi.take(1, 1)  # a name of no file goes to the annex
        document = SupportingDocument(
            reference=reference,
            description=draft.text(f"{path}.description", efi, 1, 2),
            external_location=location,
            attached=attached,
        )
        if document == SupportingDocument():
            draft.record.no_origin(path)
        else:
            found.append(document)
    return tuple(found)


def _attachment(
    draft: Draft, path: str, reference: str | None, *, filename: str, data: Bytes
) -> Attachment | None:
    """UNO+reference+1:object+filter:format+length: the object, decoded where it is written in
    base64."""
    for package in draft.message.packages:
        if reference is None or reference not in package.header.components(2):
            continue
        content = data[package.start : package.end]
        if not content:
            return None
        mime = next(
            (c for c in package.header.components(3) if "/" in c), "application/octet-stream"
        )
        with contextlib.suppress(binascii.Error, ValueError):
            content = base64.b64decode(content, validate=True)
        if not codes.accepts("mime", mime):
            return None
        draft.record.origin(path, Origin(OriginKind.SEGMENT, (package.header.place,)))
        return Attachment(content=content, mime_code=mime, filename=filename or reference)
    return None
