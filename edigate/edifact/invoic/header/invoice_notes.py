"""FTX, references, parties and the name of the document that found no term -> BG-1 Invoice
notes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edigate.edifact.invoic.header.beginning import Beginning
from edigate.edifact.invoic.header.references import References
from edigate.edifact.invoic.header.texts import HeaderTexts
from edigate.edifact.invoic.parties.roles import Parties, told
from edigate.edifact.invoic.record import phrases
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.findings import Texts
from edigate.invoice.model import Note


@dataclass(frozen=True, slots=True)
class _NoteOf:
    """One note and the segments it was made of. how: where it is not their own text."""

    note: Note
    nodes: Sequence[Node]
    how: Texts | None = None


def notes(
    draft: Draft, document: Beginning, texts: HeaderTexts, references: References, parties: Parties
) -> tuple[Note, ...]:
    """BG-1: FTX, then references and parties that found no term, then the document's own name (BGM
    1000)."""
    found = [
        *_free_texts(texts),
        *(
            _NoteOf(note, nodes, phrases.how("references-as-text"))
            for note, nodes in references.notes
        ),
        *(
            _NoteOf(Note(text=text), (node,), phrases.how("party-as-text"))
            for text, node in told(draft, parties)
        ),
        *_name(draft, document),
    ]
    for number, one in enumerate(found):
        _origins(draft, f"notes[{number}]", one)
    return tuple(one.note for one in found)


def _free_texts(texts: HeaderTexts) -> Iterator[_NoteOf]:
    """BG-1 <- FTX / 4451 (BT-21), C108 4440 (BT-22)."""
    meaning = phrases.how("meaning-of-code")
    for note, node, from_code in texts.notes:
        yield _NoteOf(note, (node,), meaning if from_code else None)


def _name(draft: Draft, document: Beginning) -> Iterator[_NoteOf]:
    """BGM C002/1000: SAMMELRECHNUNG, FRISCHWARENRECHNUNG ... (GS1 Germany)."""
    bgm = draft.tree.header.first("BGM")
    if document.name and bgm is not None:
        bgm.take(1, 4)
        yield _NoteOf(Note(text=document.name), (bgm,))


def _origins(draft: Draft, path: str, one: _NoteOf) -> None:
    draft.read(path, *one.nodes)
    if one.note.subject_code:
        draft.read(f"{path}.subject_code", *one.nodes)
    if one.how is None:
        draft.read(f"{path}.text", *one.nodes)
    else:
        draft.noted(f"{path}.text", one.nodes, one.how)
