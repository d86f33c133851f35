"""Random interchanges together with the values that went into them."""

from dataclasses import dataclass

from hypothesis import strategies as st

from edigate.edifact.syntax.segments import ServiceCharacters

Element = list[list[str]]  # occurrences of components
Made = tuple[str, list[Element]]

CODECS = {
    "UNOA": ("ascii", ""),
    "UNOB": ("ascii", ""),
    "UNOC": ("latin-1", "äöüßÄÖÜéñ§°´²³µ¶"),
    "UNOD": ("iso8859-2", "ąčęłńőřšťůžÄß"),
    "UNOE": ("iso8859-5", "ЖукДняПрЩэёў№"),
    "UNOF": ("iso8859-7", "αβγδΩήό"),
    "UNOG": ("iso8859-3", "ĦħĞğĴŭ"),
    "UNOH": ("iso8859-4", "āēģķļņŧ"),
    "UNOI": ("iso8859-6", "ابتثج"),
    "UNOJ": ("iso8859-8", "אבגדה"),
    "UNOK": ("iso8859-9", "ğışİçöü"),
    "UNOW": ("utf-8", "äß€ŽЖΩא漢字😀\u00a0"),
    "UNOY": ("utf-8", "öč€"),
}
_ASCII = "".join(chr(c) for c in range(0x20, 0x7F))
_SIGNS = "!\"#$%&()*+,-./:;<=>@[\\]^_`{|}~'\x1c\x1d\x1e\x1f"
DEFAULT = ServiceCharacters()


@st.composite
def service_characters(draw: st.DrawFn) -> ServiceCharacters:
    """Any separators that ISO 9735 allows, also control characters and a line end as terminator."""
    signs = draw(st.lists(st.sampled_from(_SIGNS), min_size=4, max_size=4, unique=True))
    component, element, release, terminator = signs
    terminator = draw(st.sampled_from([terminator, terminator, "\n", "\r"]))
    release = draw(st.sampled_from([release, release, release, " "]))
    return ServiceCharacters(
        component, element, draw(st.sampled_from(".,")), release, "", terminator
    )


@dataclass(frozen=True)
class Written:
    """An interchange as bytes, and the segments of each message that it was written from."""

    data: bytes
    service: ServiceCharacters
    messages: list[list[Made]]
    identifier: str


def released(text: str, service: ServiceCharacters) -> str:
    """`text` with every service character released."""
    if service.release == " ":
        return text
    signs = {
        service.component,
        service.element,
        service.release,
        service.terminator,
        service.repetition,
    } - {""}
    return "".join(service.release + c if c in signs else c for c in text)


def segment(made: Made, service: ServiceCharacters) -> str:
    """A segment written out."""
    tag, elements = made
    written = [
        service.repetition.join(
            service.component.join(released(c, service) for c in components)
            for components in occurrences
        )
        for occurrences in elements
    ]
    return service.element.join((tag, *written)) + service.terminator


@st.composite
def interchanges(draw: st.DrawFn) -> Written:
    """A correct interchange of one to three messages in a random charset and with random
    separators."""
    identifier = draw(st.sampled_from(sorted(CODECS)))
    codec, letters = CODECS[identifier]
    version = "4" if identifier in {"UNOW", "UNOY"} else draw(st.sampled_from("1234"))
    own = draw(st.booleans())
    service = draw(service_characters()) if own else DEFAULT
    if version == "4":
        free = [c for c in "*%&" if c not in service]
        service = service._replace(repetition=draw(st.sampled_from(free)) if own else "*")
    alphabet = _ASCII + letters * 5
    if service.release == " ":
        alphabet = "".join(c for c in alphabet if c not in service[:3] + service[4:] or c == " ")
    value = st.text(st.sampled_from(alphabet), max_size=12)
    components = st.lists(value, min_size=1, max_size=4)
    element = st.lists(components, min_size=1, max_size=3 if version == "4" else 1)
    tags = st.text(st.sampled_from("ABCLMQRT"), min_size=3, max_size=3)
    body = st.lists(st.tuples(tags, st.lists(element, max_size=5)), max_size=6)
    messages: list[list[Made]] = []
    for number in range(draw(st.integers(1, 3))):
        made: list[Made] = [
            ("UNH", [[[f"M{number}"]], [["INVOIC", "D", "96A", "UN"]]]),
            *draw(body),
        ]
        made.append(("UNT", [[[str(len(made) + 1)]], [[f"M{number}"]]]))
        messages.append(made)
    between = (
        "" if service.terminator in "\r\n" else draw(st.sampled_from(["", "\r\n", "\n", "  "]))
    )
    head: Made = (
        "UNB",
        [[[identifier, version]], [["A", "14"]], [["B", "14"]], [["261015", "0930"]], [["R1"]]],
    )
    una = "UNA" + service.component + service.element + service.decimal + service.release
    una += (service.repetition or " ") + service.terminator
    parts = [una] if own else []
    parts += [segment(m, service) for m in (head, *(s for message in messages for s in message))]
    parts.append(segment(("UNZ", [[[str(len(messages))]], [["R1"]]]), service))
    return Written((between.join(parts) + between).encode(codec), service, messages, identifier)
