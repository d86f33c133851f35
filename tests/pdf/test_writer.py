"""The file writer: what goes in is what a PDF library reads."""

import pikepdf
from hypothesis import given
from hypothesis import strategies as st

from edigate.pdf.writer import Writer, name, string
from tests.pdf.extract import opened


def written(texts: list[str], streams: list[bytes]) -> bytes:
    writer = Writer()
    root, tree = writer.reserve(), writer.reserve()
    page = writer.add(b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 9 9]/Resources<<>>>>" % tree)
    writer.put(tree, b"<</Type/Pages/Count 1/Kids[%d 0 R]>>" % page)
    strings = [writer.add(string(text)) for text in texts]
    packed = [writer.add_stream(b"", content) for content in streams]
    plain = [writer.add_raw_stream(b"", content) for content in streams]

    def refer(numbers: list[int]) -> bytes:
        return b" ".join(b"%d 0 R" % number for number in numbers)

    writer.put(
        root,
        b"<</Type/Catalog/Pages %d 0 R/Strings[%b]/Packed[%b]/Plain[%b]>>"
        % (tree, refer(strings), refer(packed), refer(plain)),
    )
    return writer.finish(root, writer.add(b"<</Title(x)>>"))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), max_size=40), st.lists(st.binary()))
def test_objects_are_read_as_they_were_written(texts: list[str], streams: list[bytes]) -> None:
    with opened(written(texts, streams)) as pdf:
        assert [str(value) for value in pdf.Root.Strings] == texts
        assert [value.read_bytes() for value in pdf.Root.Packed] == streams
        assert [value.read_bytes() for value in pdf.Root.Plain] == streams


def test_more_objects_than_one_stream_holds() -> None:
    texts = [f"Text {number}" for number in range(2000)]
    content = written(texts, [])
    with opened(content) as pdf:
        assert [str(value) for value in pdf.Root.Strings] == texts
        assert pdf.check_pdf_syntax() == []
    assert content == written(texts, [])


def test_identifier_is_made_of_the_content() -> None:
    def identifier(content: bytes) -> str:
        with opened(content) as pdf:
            return str(pdf.trailer.ID[0])

    assert identifier(written(["a"], [])) == identifier(written(["a"], [])) != identifier(written(["b"], []))


def test_names_are_escaped() -> None:
    assert name("text/xml") == b"/text#2Fxml"
    assert str(pikepdf.Object.parse(name("a b#(c)é"))).encode() == "/a b#(c)é".encode()
