"""The reader on envelopes as partners send them, right and wrong."""

import pytest

from edigate.edifact.syntax.reader import read
from edigate.edifact.syntax.segments import Message, Transmission
from edigate.findings import Finding, Severity
from tests.edifact.account import errors_of, rules_of, unaccounted

UNB = "UNB+UNOC:3+4399990000017:14+4319990000028:14+261015:0930+IC4711'"
BODY = "BGM+380+RE-1+9'DTM+137:20261015:102'"


def message(
    reference: str = "M1", body: str = BODY, *, count: int | None = None, end: str | None = None
) -> str:
    """A message; its UNT is right unless `count` or `end` says otherwise."""
    stated = body.replace("??", "").replace("?'", "").count("'") + 2 if count is None else count
    return f"UNH+{reference}+INVOIC:D:96A:UN:EAN008'{body}UNT+{stated}+{end or reference}'"


def whole(*messages: str, head: str = UNB, foot: str | None = None) -> bytes:
    """An interchange in ISO 8859-1."""
    return (head + "".join(messages) + (foot or f"UNZ+{len(messages)}+IC4711'")).encode("latin-1")


def only_message(transmission: Transmission) -> Message:
    ((_, found),) = transmission.messages()
    return found


def one(transmission: Transmission, rule: str) -> Finding:
    """The one finding of this rule."""
    found = [f for i in transmission.interchanges for f in i.findings]
    found += [f for _, m in transmission.messages() for f in m.findings] + list(
        transmission.findings
    )
    (match,) = [f for f in found if f.rule == rule]
    return match


class TestEnvelope:
    def test_interchange_and_message_say_who_and_what(self) -> None:
        data = whole(message())
        transmission = read(data)
        (interchange,) = transmission.interchanges
        assert (interchange.syntax, interchange.syntax_version, interchange.charset) == (
            "UNOC",
            "3",
            "latin-1",
        )
        assert (interchange.sender, interchange.sender_qualifier) == ("4399990000017", "14")
        assert (interchange.recipient, interchange.control_reference) == ("4319990000028", "IC4711")
        assert (interchange.start, interchange.end) == (0, len(data))
        found = only_message(transmission)
        assert (found.reference, found.type, found.version) == ("M1", "INVOIC", "D:96A:UN:EAN008")
        assert data[found.start : found.end].startswith(b"UNH+M1")
        assert data[found.start : found.end].endswith(b"UNT+4+M1'")
        assert found.segments[1].text == "BGM+380+RE-1+9'"
        assert transmission.readable
        assert not rules_of(transmission)

    def test_groups(self) -> None:
        group = "UNG+INVOIC+4399990000017:14+4319990000028:14+261015:0930+G1+UN+D:96A'"
        data = whole(group + message("A") + message("B") + "UNE+2+G1'", foot="UNZ+1+IC4711'")
        transmission = read(data)
        assert not rules_of(transmission)
        first, second = (m.group for _, m in transmission.messages())
        assert first is not None
        assert first == second
        assert (first.reference, first.type, first.sender) == ("G1", "INVOIC", "4399990000017")

    def test_wrong_group_counts(self) -> None:
        data = whole(
            "UNG+INVOIC+A+B+261015:0930+G1'" + message() + "UNE+2+G9'", foot="UNZ+1+IC4711'"
        )
        found = [f.values for f in read(data).interchanges[0].findings]
        assert [dict(v)["expected"] for v in found] == ["1", "G1"]

    def test_group_without_end_and_end_without_group(self) -> None:
        assert "EDI-20" in errors_of(
            read(whole("UNG+INVOIC+A+B+261015:0930+G1'" + message(), foot="UNZ+1+IC4711'"))
        )
        assert "EDI-20" in errors_of(read(whole(message() + "UNE+1+G1'")))

    def test_packages_hold_any_bytes(self) -> None:
        content = b"%PDF 'UNT+1+X' \x00\xff ?' UNZ+1+IC4711' \x81"
        package = b"UNO+P1+1:Rechnung+13:application/pdf+%d'" % len(content) + content
        package += b"UNP+%d+P1'" % len(content)
        data = (
            UNB.encode()
            + message("A").encode()
            + package
            + message("B").encode()
            + b"UNZ+3+IC4711'"
        )
        transmission = read(data)
        assert not rules_of(transmission)
        first, second = (m for _, m in transmission.messages())
        assert [data[p.start : p.end] for p in first.packages] == [content]
        assert first.packages[0].reference == "P1"
        assert second.packages == ()

    def test_package_of_wrong_length_is_found_by_its_reference(self) -> None:
        data = whole(message() + "UNO+P1+1:X+13:text+99'" + "SlZCRVJp" + "UNP+99+P1'")
        transmission = read(data)
        package = only_message(transmission).packages[0]
        assert data[package.start : package.end] == b"SlZCRVJp"
        assert dict(one(transmission, "SUM-07").values)["expected"] == "8"

    def test_package_without_end_does_not_swallow_the_rest(self) -> None:
        transmission = read(
            whole(message("A") + "UNO+P1+1:X+13:text+4'abcd'" + message("B"), foot="UNZ+2+IC4711'")
        )
        assert transmission.readable
        assert errors_of(transmission) == {"EDI-18", "EDI-06"}
        assert [m.reference for _, m in transmission.messages()] == ["A", "B"]

    def test_several_interchanges_with_separators_of_their_own(self) -> None:
        other = whole(message()).replace(b"+", b"*").replace(b":", b"^").replace(b"'", b"~")
        data = whole(message()) + b"\r\n" + b"UNA^*,? ~" + other + b"\r\n\x1a"
        transmission = read(data)
        assert rules_of(transmission) == {"EDI-05"}
        assert [i.service.element for i in transmission.interchanges] == ["+", "*"]
        assert [i.service_given for i in transmission.interchanges] == [False, True]
        assert [m.segments[2].value(1, 2) for _, m in transmission.messages()] == [
            "20261015",
            "20261015",
        ]

    def test_test_indicator(self) -> None:
        transmission = read(whole(message(), head=UNB[:-1] + "++++++1'"))
        assert transmission.interchanges[0].test
        assert one(transmission, "FRM-09").severity is Severity.INFORMATION


class TestSeparators:
    @pytest.mark.parametrize("terminator", ["~", "\n", "\r", "\x1c", "$"])
    def test_any_terminator(self, terminator: str) -> None:
        data = (
            "UNA:+.? '" + whole(message(body="BGM+380+a?+b'FTX+AAI+++x?'y??'")).decode()
        ).replace("'", terminator)
        found = only_message(read(data.encode()))
        assert found.segments[1].value(2) == "a+b"
        assert found.segments[2].value(4) == f"x{terminator}y?".strip()
        assert not [f for f in found.findings if f.severity is Severity.ERROR]

    def test_line_feed_as_terminator_after_carriage_return(self) -> None:
        data = b"UNA:+.? \n" + whole(message()).replace(b"'", b"\r\n")
        transmission = read(data)
        assert not errors_of(transmission)
        assert only_message(transmission).segments[1].value(3) == "9"

    def test_una_in_a_text_or_reference_never_redefines_anything(self) -> None:
        body = "BGM+380+UNA1234+9'FTX+AAI+++?'UNA^*.? $'FTX+AAI+++UNB+UNZ'"
        transmission = read(whole(message("UNA12", body)).replace(b"IC4711", b"UNA1234"))
        assert not errors_of(transmission)
        found = only_message(transmission)
        assert found.reference == "UNA12"
        assert found.segments[2].value(4).startswith("'UNA^*.")

    @pytest.mark.parametrize("una", ["UNA::.? '", "UNAA+.? '", "UNA:+.?+'", "UNA^*.? ~"])
    def test_useless_una_is_named(self, una: str) -> None:
        data = una.encode() + whole(message())
        transmission = read(data)
        if una == "UNA:+.?+'":  # the repetition separator counts only in syntax 4
            assert transmission.readable
        else:
            assert not transmission.readable
            assert "EDI-11" in errors_of(transmission)
            assert not transmission.interchanges

    def test_repetition_is_syntax_4_only(self) -> None:
        body = "COM+a:TE*b:FX'"
        four = read(whole(message(body=body), head=UNB.replace("UNOC:3", "UNOC:4")))
        segment = only_message(four).segments[1]
        assert segment.components(1) == ("a", "TE")
        assert segment.occurrences(1) == (("a", "TE"), ("b", "FX"))
        assert four.interchanges[0].service.repetition == "*"
        three = only_message(read(whole(message(body=body)))).segments[1]
        assert three.components(1) == ("a", "TE*b", "FX")
        assert three.occurrences(1) == (("a", "TE*b", "FX"),)

    def test_released_characters(self) -> None:
        found = only_message(read(whole(message(body="FTX+AAI+++1 ?+ 1 ?: 2??:x?''"))))
        assert found.segments[1].components(4) == ("1 + 1 : 2?", "x'")
        assert not found.findings

    def test_needless_release_is_told(self) -> None:
        transmission = read(whole(message(body="FTX+AAI+++Noch Fragen? Ja'")))
        assert only_message(transmission).segments[1].value(4) == "Noch Fragen Ja"
        assert one(transmission, "EDI-13").place is not None

    def test_nesting_indication_belongs_to_the_tag(self) -> None:
        assert only_message(read(whole(message(body="LIN:1:2+1'")))).segments[1].tag == "LIN"


class TestSurroundings:
    def test_byte_order_mark_and_padding(self) -> None:
        data = b"\xef\xbb\xbf\r\n" + whole(message()) + b"\r\n\x00\x00\x00\x1a"
        transmission = read(data)
        assert transmission.readable
        assert rules_of(transmission) == {"EDI-05"}
        assert transmission.interchanges[0].start == 5
        assert unaccounted(data, transmission) == []

    def test_text_before_and_after(self) -> None:
        before, after = b"Anbei die UNB Rechnung:\n\n", b"\n-- \nMit freundlichen Gruessen, UNZ+"
        data = before + whole(message()) + after
        transmission = read(data)
        assert transmission.readable
        assert rules_of(transmission) == {"EDI-04"}
        assert [data[a:b] for a, b in transmission.leftovers] == [before, after[1:]]

    def test_hard_wrap_at_80_columns(self) -> None:
        body = "".join(
            f"FTX+AAI+++Text mit ?' und ?+ Nummer {n}, lang genug zum Umbrechen'" for n in range(30)
        )
        flat = whole(message(body=body))
        data = b"\r\n".join(flat[n : n + 80] for n in range(0, len(flat), 80))
        transmission = read(data)
        assert rules_of(transmission) == {"EDI-07"}
        plain = only_message(read(flat)).segments
        assert [s[:3] for s in only_message(transmission).segments] == [s[:3] for s in plain]
        wrapped = next(
            s for s in only_message(transmission).segments if b"\n" in data[s.start : s.end].strip()
        )
        assert wrapped.text == plain[wrapped.position - 1].text

    @pytest.mark.parametrize("width", [60, 72, 80, 81, 128])
    def test_wrapping_anywhere_changes_no_value(self, width: int) -> None:
        body = "".join(f"IMD+F++:::Schraube M{n} für Ständer, Größe ?+{n}??'" for n in range(40))
        flat = (UNB.replace("UNOC:3", "UNOW:4") + message(body=body) + "UNZ+1+IC4711'").encode()
        data = b"\n".join(flat[n : n + width] for n in range(0, len(flat), width))
        found = only_message(read(data))
        assert [s.elements for s in found.segments] == [
            s.elements for s in only_message(read(flat)).segments
        ]
        assert found.readable

    def test_a_single_break_at_column_80_of_the_file_is_a_wrap(self) -> None:
        flat = whole(message(body="FTX+AAI+++kurz'"))
        assert 80 < len(flat) < 160
        transmission = read(flat[:80] + b"\r\n" + flat[80:])
        assert rules_of(transmission) == {"EDI-07"}
        assert (
            only_message(transmission).segments[0].elements
            == only_message(read(flat)).segments[0].elements
        )

    @pytest.mark.parametrize("at", range(64, 90))
    def test_a_wrap_through_unh_hides_no_invoice(self, at: int) -> None:
        body = "".join(f"IMD+F++:::Schraube M{n}, verzinkt'" for n in range(20))
        flat = whole(message(body=body))
        data = b"\r\n".join(flat[n : n + at] for n in range(0, len(flat), at))
        found = only_message(read(data, only={"INVOIC"}))
        assert found.type == "INVOIC"
        assert [s.elements for s in found.segments] == [
            s.elements for s in only_message(read(flat)).segments
        ]

    def test_line_break_in_a_text_stays(self) -> None:
        transmission = read(
            whole(message(body="FTX+AAI+++2 % Skonto\r\nbei Zahlung in 8 Tagen, danach netto'"))
        )
        segment = only_message(transmission).segments[1]
        assert segment.value(4) == "2 % Skonto\nbei Zahlung in 8 Tagen, danach netto"
        assert "\n" not in segment.text
        assert rules_of(transmission) == {"EDI-26"}


class TestCounts:
    def test_wrong_segment_count(self) -> None:
        transmission = read(whole(message(count=9)))
        finding = one(transmission, "SUM-07")
        assert dict(finding.values)["actual"] == "9"
        assert dict(finding.values)["expected"] == "4"
        assert finding.place is not None
        assert (finding.place.index, finding.place.text) == (4, "UNT+9+M1'")
        assert finding.expected is not None
        assert finding.expected.de == "UNT+4+M1'"
        assert transmission.readable
        assert only_message(transmission).readable

    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            (whole(message(end="M2")), "M1"),
            (whole(message(), foot="UNZ+2+IC4711'"), "1"),
            (whole(message(), foot="UNZ+1+IC9'"), "IC4711"),
            (whole(message(), foot="UNZ+x+IC4711'"), "1"),
            (whole(message(), foot="UNZ++IC4711'"), "1"),
        ],
    )
    def test_each_mismatch_has_expected_and_actual(self, data: bytes, expected: str) -> None:
        transmission = read(data)
        assert transmission.readable
        assert dict(one(transmission, "SUM-07").values)["expected"] == expected

    def test_leading_zeros_are_numbers(self) -> None:
        assert not rules_of(
            read(whole(message().replace("UNT+4", "UNT+0004"), foot="UNZ+01+IC4711'"))
        )

    def test_reference_used_twice(self) -> None:
        assert "EDI-16" in rules_of(read(whole(message("A"), message("A"))))


class TestDamage:
    def test_no_interchange(self) -> None:
        for data in (
            b"",
            b"hello",
            message().encode(),
            b"UNA:+.? '" + message().encode(),
            b"\x00" * 5000,
        ):
            transmission = read(data)
            assert not transmission.readable
            assert errors_of(transmission) == {"EDI-01"}
            assert unaccounted(data, transmission) == []

    def test_every_truncation_is_unreadable(self) -> None:
        data = whole(message("A"), message("B"))
        for size in range(len(data) - 1):
            transmission = read(data[:size])
            assert not transmission.readable, data[:size]
            assert unaccounted(data[:size], transmission) == []

    def test_last_terminator_missing(self) -> None:
        transmission = read(whole(message())[:-1])
        assert transmission.readable
        assert rules_of(transmission) == {"EDI-22"}

    def test_missing_unt_resynchronises_at_the_next_unh(self) -> None:
        cut = message("B").replace("UNT+4+B'", "")
        transmission = read(whole(message("A"), cut, message("C")))
        assert not transmission.readable
        assert [(m.reference, m.readable) for _, m in transmission.messages()] == [
            ("A", True),
            ("B", False),
            ("C", True),
        ]
        assert one(transmission, "EDI-03").place is not None

    def test_missing_unz_before_the_next_interchange(self) -> None:
        transmission = read(whole(message("A"), foot=" ") + b"UNA:+.? '" + whole(message("B")))
        assert not transmission.readable
        assert [(i.complete, len(i.messages)) for i in transmission.interchanges] == [
            (False, 1),
            (True, 1),
        ]

    def test_broken_message_does_not_touch_its_neighbours(self) -> None:
        parts = [message(str(n)) for n in range(5)]
        parts[2] = message("2", body="BGM+380+RE-1'lost in translation'")
        transmission = read(whole(*parts))
        assert transmission.readable
        assert [m.readable for _, m in transmission.messages()] == [True, True, False, True, True]
        assert errors_of(transmission) == {"EDI-12"}

    def test_unh_missing(self) -> None:
        transmission = read(
            whole(message("A"), message("B").replace("UNH+B", "XXX+B"), foot="UNZ+2+IC4711'")
        )
        assert transmission.readable
        assert errors_of(transmission) == {
            "EDI-31"
        }  # and the count in UNZ is right: two messages were sent
        assert [m.reference for _, m in transmission.messages()] == ["A"]
        ((_, whole_one), (_, left)) = transmission.units()
        assert (whole_one.number, left.number, left.readable) == (1, -1, False)
        assert [s.tag for s in left.segments] == ["XXX", "BGM", "DTM", "UNT"]

    def test_unh_without_type(self) -> None:
        transmission = read(whole("UNH+M1'BGM+380'UNT+3+M1'"))
        assert not only_message(transmission).readable
        assert errors_of(transmission) == {"EDI-15"}

    def test_empty_segment(self) -> None:
        transmission = read(whole(message(body="BGM+380+1''DTM+137:20261015:102'", count=4)))
        assert rules_of(transmission) == {"EDI-14"}

    def test_security_segments_are_lawful_between_messages(self) -> None:
        transmission = read(
            whole("USH+7+1+3+1+2+1++++1'USA+16:16:1:6:1'", message(), foot="UNZ+1+IC4711'")
        )
        assert not rules_of(transmission)
        assert [s.tag for s in transmission.interchanges[0].envelope] == [
            "UNB",
            "USH",
            "USA",
            "UNZ",
        ]

    def test_findings_print_on_one_line(self) -> None:
        data = whole(message(body="B\x85GM+1'XX\nX'")) + b"\r\nSubject: x\r\n\x1b[31m"
        transmission = read(data)
        for finding in (*transmission.findings, *only_message(transmission).findings):
            assert "\n" not in finding.message.de + finding.message.en
            if finding.place is not None:
                assert finding.place.text.isprintable()
