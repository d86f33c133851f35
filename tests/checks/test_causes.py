"""One mistake, one finding: what follows from another finding goes with it, and nothing else
does."""

from dataclasses import replace
from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st

from edigate.checks.cause_links import rules_of_the_table
from edigate.checks.causes import merged
from edigate.checks.official.hits import rule_for
from edigate.findings import Finding, Place, Severity, catalogue, finding

NAD = Place(7, "NAD", "NAD+BY+4000001000036::9'", 100, 124)
MOA = Place(20, "MOA", "MOA+77:119.00'", 300, 314)
DATE = Place(3, "DTM", "DTM+137:20261345:102'", 40, 61)


def official(rule: str, term: str | None = None, **more: object) -> Finding:
    entry = rule_for(rule, "Element 'ram:X' must occur exactly 1 times.")
    made = finding(entry.id, term=term, **more)  # type: ignore[arg-type]
    return replace(made, rule=rule, term=term or made.term, official="official text")


def rules(*found: Finding) -> list[tuple[str, tuple[str, ...]]]:
    return [(f.rule, f.also) for f in merged(found)]


def test_the_table_names_rules_that_exist() -> None:
    known = {*catalogue(), "FX-SCH-A-000019"}
    for name in rules_of_the_table():
        assert name.startswith("FX-SCH-A-") or any(fnmatchcase(rule, name) for rule in known), name


def test_an_unknown_gln_is_one_finding() -> None:
    unknown = finding("MAP-04", place=NAD, term="BT-44", gln="4000001000036", role="BY")
    found = rules(
        unknown,
        official("BR-07", place=NAD),
        official("BR-10", place=NAD),
        official("BR-11", place=NAD),
    )
    assert found in (
        [("MAP-04", ("BR-10", "BR-11", "BR-07"))],
        [("MAP-04", ("BR-07", "BR-10", "BR-11"))],
    )


def test_two_unknown_glns_stay_two() -> None:
    other = replace(NAD, index=5)
    found = merged(
        [finding("MAP-04", place=NAD, term="BT-44"), finding("MAP-04", place=other, term="BT-27")]
    )
    assert [f.rule for f in found] == ["MAP-04", "MAP-04"]


def test_an_unreadable_date_is_not_missing() -> None:
    missing = finding("UST-08", place=NAD, missing="DTM+137:20261015:102'")
    (only,) = merged([finding("MAP-03", place=DATE, value="20261345"), missing])
    assert (only.rule, only.place, only.missing, only.also) == ("UST-08", DATE, None, ("MAP-03",))


def test_a_sum_is_given_to_the_official_rule_with_the_law_beside() -> None:
    ours = finding("UST-23", place=MOA, term="BT-120", severity=Severity.WARNING, category="E")
    (only,) = merged([ours, official("BR-E-10", "BT-120", place=MOA)])
    assert only.rule == "BR-E-10"
    assert only.also == ("UST-23",)
    assert only.basis.endswith("§ 14 Abs. 4 Satz 1 Nr. 8 UStG")


def test_what_is_missing_at_one_line_does_not_explain_another() -> None:
    found = rules(
        official("BR-22", line="1"), official("BR-23", line="1"), official("BR-23", line="2")
    )
    assert ("BR-22", ("BR-23",)) in found
    assert ("BR-23", ()) in found


def test_a_warning_explains_no_error() -> None:
    found = rules(
        finding("MAP-43", place=MOA, line="1"),
        finding("SUM-06", place=MOA, line="1", severity=Severity.ERROR),
    )
    assert found == [("SUM-06", ("MAP-43",))]


def test_a_gap_in_the_xml_alone_stays() -> None:
    assert rules(finding("XSD-MISSING", element="ram:X", expected="ram:Y")) == [("XSD-MISSING", ())]


_ANY = st.lists(
    st.builds(
        lambda rule, line, place: finding(rule, line=line, place=place),
        st.sampled_from(sorted(catalogue())),
        st.sampled_from([None, "1", "2"]),
        st.sampled_from([None, NAD, MOA]),
    ),
    max_size=12,
)


@given(_ANY)
def test_merging_loses_no_rule_and_no_error_and_is_final(found: list[Finding]) -> None:
    once = merged(found)
    assert merged(once) == once
    assert {f.rule for f in found} == {r for f in once for r in (f.rule, *f.also)}
    held = any(f.severity is Severity.ERROR for f in found)
    assert any(f.severity is Severity.ERROR for f in once) is held
