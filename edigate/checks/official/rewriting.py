"""The official compiled Schematron -> a stylesheet that says the same in a fraction of the time.

A compiled Schematron walks the whole document once per pattern, tells of every rule it tries, and
this one reads and scans its code lists for every code. The rewriting is mechanical and knows no
rule by name:

- a pattern of one rule goes straight to the elements its context selects, in document order,
  instead of walking;
- code lists are found by key in documents that are parsed once and passed in as parameters;
- where a finding stands among its siblings is counted by the instruction made for it, not by
  comparing names;
- what is said besides findings (fired rules, active patterns, the texts of the tests) is left out.

Whatever does not have the expected form stays as it is: slower, never different. That the findings
are the same is proven by `tests/conformance/schematron_equality.py`. This module must not know
invoices.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

XSL = "{http://www.w3.org/1999/XSL/Transform}"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"

_Element = etree._Element

# Ways in which compiled Schematron goes on to the children; each of them reaches every element in
# document order.
_WALKS = {"*", "@*|*", "@*|node()", "node()", "*|comment()|processing-instruction()"}
# Instructions whose meaning does not depend on how the rule's element was reached.
_CONTEXT_FREE = {
    XSL + name
    for name in ("choose", "when", "otherwise", "if", "variable", "attribute", "value-of", "text")
} | {
    SVRL + name
    for name in ("failed-assert", "successful-report", "text", "fired-rule", "diagnostic-reference")
}

# `document('x.xml')/codedb/cl[@id=7]/enumeration[@value=$codeValue7]`
_LOOK_UP = re.compile(
    r"document\('(?P<file>[^']+)'\)/codedb/cl\[@id=(?P<list>[0-9]+)\]/enumeration\[@value=\$(?P<code>[\w.-]+)\]"
)
_DOCUMENT = re.compile(r"document\('([^']+)'\)")
_XML_SCHEMA = "http://www.w3.org/2001/XMLSchema"
_SIBLINGS_BEFORE = re.compile(
    r"count\(preceding-sibling::\*\[local-name\(\) ?= ?local-name\(current\(\)\) "
    r"and namespace-uri\(\) ?= ?namespace-uri\(current\(\)\)\]\)"
)

# A context that cannot fail: names, paths, and comparisons of nodes with strings. An error inside a
# match pattern means "no match", the same error inside a selection would end the transformation;
# numbers, casts and functions that want a single item can err, so they are not among these.
_HARMLESS = re.compile(
    r"""\s+ | '[^']*' | "[^"]*" | (?:not|normalize-space)(?=\() | normalize-space\(\)
      | [A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?(?!\()
      | // | / | \.\. | \. | @ | \* | \[ | \] | \( | \) | != | = | \|""",
    re.VERBOSE,
)
_NORMALIZE_WITH_ARGUMENT = re.compile(r"normalize-space\s*\(\s*[^)\s]")
_LAST_STEP = re.compile(r"(?:^|/)(?P<name>[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?|\*)$")
_POSITIONAL = re.compile(r"\b(?:position|last)\s*\(")
_DOCUMENT_ELEMENT = re.compile(r"/[A-Za-z_][\w.:-]*")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The new stylesheet, and its parameters: name -> file (beside the original) whose document it
    wants."""

    text: str
    documents: Mapping[str, str]


def rewrite(stylesheet: bytes) -> Rewritten | None:
    """Rewrite a compiled Schematron so that it needs no base URI; None when it reads documents in
    an unknown way.

    Raises: lxml.etree.XMLSyntaxError when it is not XML.
    """
    root = etree.fromstring(stylesheet)
    _drop_trace(root)
    _number_siblings(root)
    documents = _use_keys(root)
    if any(
        "document(" in value or "doc(" in value
        for element in _elements(root)
        for _, value in _attributes(element)
    ):
        return None
    for mode, start in _patterns(root):
        _go_straight(root, mode, start)
    for output in root.iter(XSL + "output"):
        output.set("indent", "no")
    return Rewritten(etree.tostring(root, encoding="unicode"), documents)


def document_contexts(stylesheet: bytes) -> frozenset[str]:
    """The contexts of rules that fire at the document element: if none of them fired, no rule knew
    the document.

    Raises: as `rewrite`.
    """
    rules = etree.fromstring(stylesheet).iter(SVRL + "fired-rule")
    return frozenset(
        r.get("context", "")
        for r in rules
        if _DOCUMENT_ELEMENT.fullmatch(_parent(r).get("match", ""))
    )


def _use_keys(root: _Element) -> dict[str, str]:
    """Replace reading and scanning of code lists by look-ups in parameters; returns parameter ->
    file."""
    parameters: dict[str, str] = {}
    keys: dict[str, str] = {}

    def parameter(file: str) -> str:
        return parameters.setdefault(file, f"edigate-document-{len(parameters) + 1}")

    def look_up(found: re.Match[str]) -> str:
        number = found["list"]
        key = f"edigate-list-{number}"
        keys[key] = f"/codedb/cl[@id={number}]/enumeration"
        return f"key('{key}',${found['code']},${parameter(found['file'])})"

    for element in _elements(root):
        for name, value in _attributes(element):
            if "document('" in value and element.tag in _CONTEXT_FREE:
                with_keys = _LOOK_UP.sub(look_up, value)
                element.set(name, _DOCUMENT.sub(lambda found: f"${parameter(found[1])}", with_keys))
    for file in parameters.values():
        root.append(root.makeelement(XSL + "param", {"name": file}))
    for key, match in keys.items():
        root.append(root.makeelement(XSL + "key", {"name": key, "match": match, "use": "@value"}))
    return {name: file for file, name in parameters.items()}


def _number_siblings(root: _Element) -> None:
    """Count the siblings of the same name before an element by xsl:number: an invoice of a thousand
    faulty lines has a thousand places with up to a thousand siblings."""
    prefix = next((p for p, uri in root.nsmap.items() if p and uri == _XML_SCHEMA), None)
    for variable in list(root.iter(XSL + "variable")):
        template = _parent(variable)
        counts = _SIBLINGS_BEFORE.fullmatch(" ".join(variable.get("select", "").split()))
        if (
            prefix is None
            or counts is None
            or template.tag != XSL + "template"
            or template.get("match") != "*"
        ):
            continue
        numbered = root.makeelement(XSL + "variable", {"name": "edigate-number"})
        numbered.append(root.makeelement(XSL + "number"))
        variable.addprevious(numbered)
        variable.set("select", f"{prefix}:integer($edigate-number) - 1")


def _drop_trace(root: _Element) -> None:
    """Leave out what is neither a finding nor needed to make one; one fired rule stays as proof of
    life."""
    for element in list(root.iter(SVRL + "failed-assert", SVRL + "successful-report")):
        if "test" in element.attrib:
            del element.attrib["test"]
    fired = list(root.iter(SVRL + "fired-rule"))
    heads = {rule for rule in fired if _DOCUMENT_ELEMENT.fullmatch(_parent(rule).get("match", ""))}
    for rule in fired:
        if heads and rule not in heads:
            _parent(rule).remove(rule)
    if not _speaks_without_mode(root):
        for pattern in list(root.iter(SVRL + "active-pattern")):
            _parent(pattern).remove(pattern)


def _speaks_without_mode(root: _Element) -> bool:
    """Whether the walks in the default mode, of which every active pattern holds one, can say
    anything."""
    return any(
        template.get("mode") is None
        and template.get("match") != "/"
        and (
            template.get("match") != "text()"
            or len(template) > 0
            or (template.text or "").strip() != ""
        )
        for template in root.findall(XSL + "template")
    )


def _patterns(root: _Element) -> Iterator[tuple[str, _Element]]:
    """The mode of every pattern that is started in one place only, and the instruction that starts
    it."""
    calls: dict[str, list[_Element]] = {}
    for call in root.iter(XSL + "apply-templates"):
        inside = next((t for t in call.iterancestors(XSL + "template")), root)
        if (mode := call.get("mode")) and inside.get("mode") != mode:
            calls.setdefault(mode, []).append(call)
    for mode, starts in calls.items():
        if len(starts) == 1 and starts[0].get("select") == "/" and len(starts[0]) == 0:
            yield mode, starts[0]


def _go_straight(root: _Element, mode: str, start: _Element) -> None:
    """Turn the walk of a pattern with one rule into a selection, if it has the usual form and
    cannot err."""
    templates = [t for t in root.findall(XSL + "template") if mode in t.get("mode", "").split()]
    rule = _only_rule(root, templates, mode)
    if rule is None:
        return
    match = rule.get("match", "")
    names, selection = _last_names(match), _selection(match)
    if selection is not None:
        _select_in_place(root, rule, selection, start)
        for template in templates:
            root.remove(template)
    elif names is not None:
        # The context stays a pattern, tried on all elements of the right names, whose default is
        # now to do nothing.
        rule.remove(rule[-1])
        start.set("select", " | ".join(f"//{name}" for name in names))
        _empty(template for template in templates if template is not rule)


def _only_rule(root: _Element, templates: list[_Element], mode: str) -> _Element | None:
    """The one rule of a pattern, when it ends in the usual walk and means the same without it."""
    rules = [t for t in templates if not _is_default(t, mode)]
    if len(rules) != 1 or any(t.get("mode") != mode for t in templates):
        return None
    rule = rules[0]
    if len(rule) == 0 or not _is_walk(rule[-1], mode):
        return None
    return rule if _is_context_free(root, rule, rule[-1], mode) else None


def _select_in_place(root: _Element, rule: _Element, selection: str, start: _Element) -> None:
    """Put a loop over what the rule is for in the place of the instruction that starts its walk."""
    rule.remove(rule[-1])
    loop = root.makeelement(XSL + "for-each", {"select": selection})
    loop.text = rule.text
    loop.extend(list(rule))
    _parent(start).replace(start, loop)


def _empty(templates: Iterable[_Element]) -> None:
    for template in templates:
        for child in list(template):
            template.remove(child)


def _is_default(template: _Element, mode: str) -> bool:
    """The templates every pattern has: text says nothing, any other node leads on to its
    children."""
    if template.get("match") == "text()":
        return len(template) == 0
    return (
        template.get("match") == "@*|node()" and len(template) == 1 and _is_walk(template[0], mode)
    )


def _is_walk(element: _Element, mode: str) -> bool:
    return (
        element.tag == XSL + "apply-templates"
        and element.get("mode") == mode
        and element.get("select") in _WALKS
        and len(element) == 0
    )


def _is_context_free(root: _Element, rule: _Element, walk: _Element, mode: str) -> bool:
    """Whether the body of a rule, its last walk aside, means the same in whatever way its element
    is reached."""
    if not set(rule.attrib) <= {"match", "mode", "priority"} or rule.nsmap != root.nsmap:
        return False
    inside = (e for e in _elements(rule) if e is not rule and e is not walk)
    return all(_means_the_same(element, mode) for element in inside)


def _means_the_same(element: _Element, mode: str) -> bool:
    elsewhere = element.tag == XSL + "apply-templates" and element.get("mode") not in {None, mode}
    if element.tag not in _CONTEXT_FREE and not elsewhere:
        return False
    return not any(_POSITIONAL.search(value) for _, value in _attributes(element))


def _selection(match: str) -> str | None:
    """A context as an expression that selects, from the document node, all it matches; None when it
    could err."""
    position = 0
    while position < len(match):
        token = _HARMLESS.match(match, position)
        if token is None:
            return None
        position = token.end()
    if _NORMALIZE_WITH_ARGUMENT.search(match) is not None or _last_names(match) is None:
        return None
    if all(
        alternative.strip().startswith("/") for alternative in _outside_predicates(match).split("|")
    ):
        return match
    return None if "|" in match else f"//{match}"


def _last_names(match: str) -> list[str] | None:
    """The element names a context can end in (`*`: any), or None if it can end in something
    else."""
    names = []
    for alternative in _outside_predicates(match).split("|"):
        step = _LAST_STEP.search(alternative.strip())
        if step is None:
            return None
        names.append(step["name"])
    return sorted(set(names))


def _outside_predicates(match: str) -> str:
    """The context without its predicates and strings, innermost brackets first."""
    rest = re.sub(r"'[^']*'|\"[^\"]*\"", "", match)
    while (shorter := re.sub(r"\[[^\[\]]*\]", "", rest)) != rest:
        rest = shorter
    return rest


def _elements(root: _Element) -> Iterator[_Element]:
    return root.iter("{*}*")


def _attributes(element: _Element) -> list[tuple[str, str]]:
    return [(str(name), str(value)) for name, value in element.items()]


def _parent(element: _Element) -> _Element:
    parent = element.getparent()
    assert parent is not None
    return parent
