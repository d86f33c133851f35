"""A letter -> plain text of at most 78 columns where words allow; excerpts and quotes keep their lines."""

import textwrap

from edigate.report.letter import Block, FindingBlock, Heading, Letter, Paragraph, Quote, Steps, Table

_WIDTH = 78


def text(letter: Letter) -> str:
    """The whole letter, LF line ends."""
    parts = ["\n".join(_block(block)) for block in letter.blocks]
    return "\n\n".join([*parts, "-- \n" + "\n".join(_wrap(letter.footer, ""))]) + "\n"


def _wrap(paragraph: str, indent: str, first: str | None = None) -> list[str]:
    return textwrap.wrap(
        paragraph,
        _WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]


def _block(block: Block) -> list[str]:
    match block:
        case Heading(words):
            return [words.upper(), "=" * min(len(words), _WIDTH)]
        case Paragraph(words):
            return _wrap(words, "")
        case Table(rows):
            width = max((len(label) for label, _ in rows), default=0) + 2
            return [line for label, value in rows for line in _wrap(value, " " * width, f"{label}:".ljust(width))]
        case Steps(items):
            return [line for n, item in enumerate(items, 1) for line in _wrap(item, "   ", f"{n}. ")]
        case Quote(words):
            return [f"| {line}".rstrip() for line in words.split("\n")]
        case FindingBlock():
            return _finding(block)


def _finding(block: FindingBlock) -> list[str]:
    out = _wrap(f"{block.tag}: {block.title}", "   ", f"{block.number}. ")
    out += [f"   [{block.rule_line}]"]
    if block.message:
        out += _wrap(block.message, "   ")
    for line in block.excerpt:
        if line.missing:
            out.append(f"   >       {line.text}   <- {block.missing_label}")
        else:
            number = str(line.index) if line.index else ""
            out.append(f"   {'>' if line.marked else ' '} {number:>4}  {line.text}")
    for label, value in block.labels:
        out += _wrap(f"{label}: {value}", "      ", "   ")
    return out
