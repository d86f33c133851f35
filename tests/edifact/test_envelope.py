"""One message in an interchange of its own, made of the bytes received."""

from edigate.edifact.syntax.extraction import single_message
from edigate.edifact.syntax.reader import read
from tests.edifact.account import rules_of
from tests.edifact.test_reader import message, whole


def test_a_single_message_is_the_interchange_exactly_as_received() -> None:
    inner = b"UNA:+.? '\r\n" + whole(message(count=99), foot="UNZ+7+X'")
    data = b"\xef\xbb\xbf" + inner + b"\r\ntrailing"
    ((interchange, found),) = read(data).messages()
    assert single_message(data, interchange, found) == inner


def test_one_of_several_gets_counts_of_one() -> None:
    data = whole(message("A"), message("B"))
    (_, second) = read(data).messages()
    alone = single_message(data, *second)
    head = data[: data.index(b"UNH")]
    assert alone == b"UNA:+.? '" + head + message("B").encode() + b"UNZ+1+IC4711'"
    assert not rules_of(read(alone))


def test_group_packages_own_separators_and_line_ends() -> None:
    package = "UNO+P1+1:X+13:text+4'abcdUNP+4+P1'"
    group = "UNG+INVOIC+A+B+261015:0930+G?+1'"
    text = whole(
        group + message("A") + package + message("B") + "UNE+2+G?+1'", foot="UNZ+1+IC4711'"
    ).decode()
    data = (
        ("UNA^*,? ~" + text.translate(str.maketrans("+:'", "*^~"))).replace("~", "~\r\n").encode()
    )
    first, second = read(data).messages()
    alone = single_message(data, *first)
    assert alone.startswith(b"UNA^*,? ~\r\nUNB*UNOC^3*")
    assert alone.endswith(
        b"UNO*P1*1^X*13^text*4~\r\nabcdUNP*4*P1~\r\nUNE*1*G?*1~\r\nUNZ*1*IC4711~\r\n"
    )
    again = read(alone)
    ((interchange, copy),) = again.messages()
    assert copy.group is not None
    assert copy.group.reference == "G*1"
    assert interchange.service.element == "*"
    assert b"UNO*" not in single_message(data, *second)
