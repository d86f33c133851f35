"""What veraPDF lets pass and a receiver still needs: relationships, names, dates, metadata, fonts,
determinism."""

import hashlib
import io
import os
import subprocess
import sys
from dataclasses import replace

import pikepdf
import pytest
from PIL import Image

from edigate.pdf.content import Content
from edigate.pdf.package import glyph_findings, package
from tests.pdf import samples
from tests.pdf.extract import opened, text

PDF_DATE = "D:20261015093012+00'00'"


@pytest.fixture(scope="module")
def content() -> Content:
    return samples.usual(3)


@pytest.fixture(scope="module")
def pdf(content: Content) -> pikepdf.Pdf:
    return opened(package(content))


def test_syntax_is_clean(content: Content) -> None:
    for each in (content, samples.minimal(), samples.everything(), samples.nasty()):
        with opened(package(each)) as found:
            assert found.check_pdf_syntax() == []
            assert not found.is_encrypted


def test_embedded_files_are_named_sorted_and_related(pdf: pikepdf.Pdf, content: Content) -> None:
    names = list(pdf.Root.Names.EmbeddedFiles.Names)
    keys = [str(key) for key in names[0::2]]
    assert keys == ["factur-x.xml", "original.edi", "report.json"] == sorted(keys)
    expected = {
        "factur-x.xml": ("/Alternative", "/text/xml", content.xml),
        "original.edi": ("/Source", "/application/EDIFACT", content.original),
        "report.json": ("/Supplement", "/application/json", content.report_json),
    }
    for key, file in zip(keys, names[1::2], strict=True):
        relationship, media_type, data = expected[key]
        assert str(file.F) == str(file.UF) == key
        assert str(file.AFRelationship) == relationship
        assert str(file.Desc)
        stream = file.EF.F
        assert file.EF.UF.objgen == stream.objgen
        assert str(stream.Subtype) == media_type
        assert stream.read_bytes() == data
        assert int(stream.Params.Size) == len(data)
        assert str(stream.Params.ModDate) == PDF_DATE
        assert bytes(stream.Params.CheckSum) == hashlib.md5(data).digest()
    associated = [file.objgen for file in pdf.Root.AF]
    assert associated == [file.objgen for file in names[1::2]]


def test_name_of_the_original_is_the_contents(content: Content) -> None:
    with opened(package(replace(content, original_name="übertragung (1).edi"))) as found:
        assert sorted(found.attachments) == ["factur-x.xml", "report.json", "übertragung (1).edi"]
        assert found.attachments["übertragung (1).edi"].get_file().read_bytes() == content.original


def test_information_equals_metadata(pdf: pikepdf.Pdf) -> None:
    with pdf.open_metadata() as xmp:
        assert (
            str(pdf.docinfo.Title)
            == xmp["dc:title"]
            == "Rechnung RE-2026-081512 – Eisenwaren Nordstern GmbH"
        )
        assert [str(pdf.docinfo.Author)] == xmp["dc:creator"] == ["Eisenwaren Nordstern GmbH"]
        assert str(pdf.docinfo.Subject) == xmp["dc:description"]
        assert str(pdf.docinfo.Creator) == xmp["xmp:CreatorTool"] == "edigate 0.1.0"
        assert str(pdf.docinfo.Producer) == xmp["pdf:Producer"]
        assert str(pdf.docinfo.CreationDate) == str(pdf.docinfo.ModDate) == PDF_DATE
        assert (
            xmp["xmp:CreateDate"]
            == xmp["xmp:ModifyDate"]
            == xmp["xmp:MetadataDate"]
            == "2026-10-15T09:30:12+00:00"
        )
        assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"], xmp["pdfuaid:part"]) == (
            "3",
            "A",
            "1",
        )


def test_factur_x_metadata(content: Content) -> None:
    pdf = opened(package(content))
    raw = pdf.Root.Metadata.read_bytes().decode("utf-8")
    assert "/Filter" not in pdf.Root.Metadata, "archives read the packet without a filter"
    assert raw.startswith("<?xpacket begin=")
    assert raw.endswith('<?xpacket end="r"?>')
    assert "<pdfaSchema:prefix>fx</pdfaSchema:prefix>" in raw
    for name, value in (
        ("DocumentType", "INVOICE"),
        ("DocumentFileName", "factur-x.xml"),
        ("Version", "1.0"),
        ("ConformanceLevel", "EN 16931"),
    ):
        assert f"<fx:{name}>{value}</fx:{name}>" in raw
        assert f'pdfaProperty:name="{name}"' in raw


def test_markup_in_names_keeps_the_metadata_well_formed() -> None:
    invoice = samples.ordinary(1)
    seller = replace(invoice.seller, name='Söhne & "Töchter" <GmbH> @title@ (vorm. \\ Meier)')
    with (
        opened(package(samples.content(replace(invoice, seller=seller)))) as found,
        found.open_metadata() as xmp,
    ):
        assert xmp["dc:creator"] == [seller.name] == [str(found.docinfo.Author)]


def test_control_characters_keep_the_metadata_well_formed() -> None:
    invoice = replace(samples.ordinary(1), number="1\x00\x0b\u202e2")
    with opened(package(samples.content(invoice))) as found, found.open_metadata() as xmp:
        assert xmp["dc:title"] == str(found.docinfo.Title)
        assert "‹U+0000›" in str(found.docinfo.Title)


def test_fonts_have_names_of_their_own() -> None:
    with opened(package(samples.nasty())) as found:
        fonts = list(found.pages[0].Resources.Font.values())
        names = [str(font.BaseFont) for font in fonts]
    assert len(names) == len(set(names)) > 4
    assert len({name[1:7] for name in names}) == len(names), (
        "the subset tag is a hash of the page's name"
    )
    assert not any("Helvetica" in name or "Source" in name for name in names)


def test_language_and_catalogue(content: Content) -> None:
    for language, tongue in (("de", "de-DE"), ("en", "en"), ("de+en", "de-DE")):
        with opened(package(replace(content, language=language))) as found:
            assert str(found.Root.Lang) == tongue
            assert bool(found.Root.MarkInfo.Marked)
            assert bool(found.Root.ViewerPreferences.DisplayDocTitle)


def test_same_content_same_bytes(content: Content) -> None:
    assert package(content) == package(content)
    other = replace(content, created_at=content.created_at.replace(second=13))
    assert package(other) != package(content)


def test_identifier_is_made_of_the_content(content: Content) -> None:
    def identifiers(made: bytes) -> list[bytes]:
        with opened(made) as pdf:
            return [bytes(part) for part in pdf.trailer.ID]

    first = identifiers(package(content))
    other = identifiers(package(replace(content, original=content.original + b" ")))
    assert first[0] == first[1] != other[0] == other[1]


def test_container_is_packed(content: Content) -> None:
    made = package(content)
    assert made.startswith(b"%PDF-1.7\n")
    assert b"/ObjStm" in made
    assert b"ReportLab" not in made
    with opened(made) as pdf:
        assert set(pdf.Root.keys()) == {
            "/Type", "/Pages", "/Metadata", "/OutputIntents", "/Names", "/AF", "/StructTreeRoot",
            "/MarkInfo", "/Lang",
            "/ViewerPreferences", "/PageMode",
        }  # fmt: skip
        assert all("/Trans" not in page for page in pdf.pages)


def test_same_bytes_in_every_process(content: Content) -> None:
    program = (
        "import hashlib; from tests.pdf import samples; from edigate.pdf.package import package;"
        "print(hashlib.sha256(package(samples.usual(3))).hexdigest())"
    )
    digests = {hashlib.sha256(package(content)).hexdigest()}
    for seed in ("0", "77"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", program]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        digests.add(run.stdout.strip())
    assert len(digests) == 1


def test_overhead_of_a_page_is_small() -> None:
    content = samples.content(samples.ordinary(5))
    assert len(package(content)) - len(content.xml) - len(content.original) < 40_000


def picture(kind: str, mode: str = "RGBA") -> bytes:
    stream = io.BytesIO()
    Image.new(mode, (300, 90), (10, 90, 160, 128) if mode == "RGBA" else (10, 90, 160)).save(
        stream, kind
    )
    return stream.getvalue()


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("PNG", "RGB"), ("JPEG", "RGB")])
def test_logo_is_a_figure_with_a_description(kind: str, mode: str, content: Content) -> None:
    made = package(replace(content, logo=picture(kind, mode)))
    assert made == package(replace(content, logo=picture(kind, mode)))
    with opened(made) as found:
        (image,) = found.pages[0].Resources.XObject.values()
        assert (int(image.Width), int(image.Height)) == (300, 90)
    assert "Logo" not in text(made)


def test_logo_that_is_no_picture_is_a_finding(content: Content) -> None:
    broken = replace(content, logo=b"<svg/>")
    assert [f.rule for f in glyph_findings(broken)] == ["PDF-04"]
    assert package(broken) == package(content)
