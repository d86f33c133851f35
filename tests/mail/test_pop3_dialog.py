"""The POP3 dialog without sockets: the same replies in every chunking, octets exact, nothing
deleted without QUIT."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edigate.mail.pop3.pop3_actions import Fetch, Finish, HangUp, Login, Refusal, Send, StartTls
from edigate.mail.pop3.pop3_dialog import Dialog
from edigate.mail.smtp.data import stuffed

CONTENTS = {
    "u1": b"Subject: one\r\n\r\n.\r\n..two\r\nthree\r\n",
    "u2": b"Subject: two\r\n\r\n" + b"x" * 2000 + b"\r\n",
    "u3": b"no header at all",
}


@dataclass(frozen=True)
class Item:
    uidl: str
    size: int


ITEMS = tuple(Item(uidl, len(content)) for uidl, content in CONTENTS.items())


@dataclass
class Shell:
    """Answers the dialog's actions as a server would, with the password `right`."""

    dialog: Dialog
    sent: bytearray = field(default_factory=bytearray)
    deleted: tuple[str, ...] | None = None
    closed: bool = False
    tls: bool = False

    def run(self, chunks: Iterable[bytes]) -> bytes:
        self._drain()
        for chunk in chunks:
            if not self.closed:
                self.dialog.feed(chunk)
                self._drain()
        return bytes(self.sent)

    def _drain(self) -> None:
        while (action := self.dialog.next_action()) is not None:
            match action:
                case Send(octets):
                    self.sent += octets
                case Login(_, password):
                    if password == "right":
                        self.dialog.opened(ITEMS)
                    else:
                        self.dialog.refused(Refusal.WRONG)
                case Fetch(uidl, lines):
                    self.dialog.fetched(CONTENTS[uidl], lines)
                case Finish(deleted):
                    self.deleted = deleted
                    self.dialog.finished(done=True)
                case StartTls():
                    self.tls = True
                    self.dialog.secured()
                case HangUp():
                    self.closed = True


def shell(*, secure: bool = True, plain_login: bool = True, stls: bool = True) -> Shell:
    return Shell(
        Dialog(hostname="pop.edi.example", secure=secure, plain_login=plain_login, stls=stls)
    )


def talk(*lines: str | bytes, logged_in: bool = True, **settings: bool) -> list[str]:
    """The replies to commands sent one by one, without the greeting and the login's."""
    running = shell(**settings)
    running.run([b"USER a\r\nPASS right\r\n"] if logged_in else [])
    before = len(running.sent)
    running.run([(line.encode() if isinstance(line, str) else line) + b"\r\n" for line in lines])
    return bytes(running.sent[before:]).decode().split("\r\n")[:-1]


def test_greeting_and_login() -> None:
    running = shell()
    assert running.run([]) == b"+OK pop.edi.example edigate POP3 ready\r\n"
    total = sum(len(c) for c in CONTENTS.values())
    assert running.run([b"user A@edi.example\r\npass right\r\n"]).endswith(
        f"+OK Send PASS\r\n+OK 3 messages ({total} octets)\r\n".encode()
    )
    assert running.dialog.login == "A@edi.example"


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("STAT", ["+OK 3 2067"]),
        ("LIST", ["+OK 3 messages", "1 33", "2 2018", "3 16", "."]),
        ("LIST 2", ["+OK 2 2018"]),
        ("list 0", ["-ERR No such message; there are 3"]),
        ("LIST 4", ["-ERR No such message; there are 3"]),
        ("LIST -1", ["-ERR Give the number of a message"]),
        ("LIST ²", ["-ERR Give the number of a message"]),
        ("LIST 99999999999999999999", ["-ERR Give the number of a message"]),
        ("UIDL", ["+OK 3 messages", "1 u1", "2 u2", "3 u3", "."]),
        ("UIDL 3", ["+OK 3 u3"]),
        ("RETR 1", ["+OK message follows", "Subject: one", "", "..", "...two", "three", "."]),
        ("RETR 3", ["+OK message follows", "no header at all", "."]),
        ("RETR", ["-ERR Give the number of a message"]),
        ("TOP 1 0", ["+OK message follows", "Subject: one", "", "."]),
        ("TOP 1 2", ["+OK message follows", "Subject: one", "", "..", "...two", "."]),
        (
            "TOP 1 99999999",
            ["+OK message follows", "Subject: one", "", "..", "...two", "three", "."],
        ),
        ("TOP 1", ["-ERR TOP needs a message and a number of lines"]),
        ("NOOP", ["+OK "]),
        ("LAST", ["-ERR Unknown command"]),
        ("USER x", ["-ERR USER is not possible in this state"]),
        ("", ["-ERR Unknown command"]),
    ],
)
def test_commands_of_a_session(command: str, reply: list[str]) -> None:
    assert talk(command) == reply


def test_deleted_messages_are_gone_for_the_session_and_back_after_rset() -> None:
    replies = talk("DELE 2", "STAT", "LIST", "RETR 2", "DELE 2", "UIDL 2", "RSET", "STAT")
    assert replies == [
        "+OK Message 2 will be deleted at QUIT",
        "+OK 2 49",
        *("+OK 2 messages", "1 33", "3 16", "."),
        *["-ERR Message 2 is deleted"] * 3,
        "+OK 3 messages",
        "+OK 3 2067",
    ]


def test_deletion_needs_quit() -> None:
    running = shell()
    running.run([b"USER a\r\nPASS right\r\nDELE 1\r\nDELE 3\r\n"])
    assert running.deleted is None
    assert running.run([b"QUIT\r\nDELE 2\r\n"]).endswith(
        b"+OK pop.edi.example closing connection\r\n"
    )
    assert running.deleted == ("u1", "u3")
    assert running.closed


def test_failed_deletion_is_said() -> None:
    dialog = Dialog(hostname="h", secure=True, plain_login=True, stls=False)
    dialog.feed(b"USER a\r\nPASS right\r\nDELE 1\r\nQUIT\r\n")
    sent = b""
    while (action := dialog.next_action()) is not None:
        match action:
            case Send(octets):
                sent += octets
            case Login():
                dialog.opened(ITEMS)
            case Finish():
                dialog.finished(done=False)
    assert sent.endswith(b"-ERR [SYS/TEMP] Some deleted messages not removed\r\n")


def test_login_is_hidden_and_refused_before_tls() -> None:
    plain = {"secure": False, "plain_login": False}
    capabilities = talk("CAPA", logged_in=False, **plain)
    assert "STLS" in capabilities
    assert not {"USER", "SASL PLAIN"} & set(capabilities)
    for command in ("USER a", "AUTH PLAIN AGEAcmlnaHQ="):
        assert talk(command, logged_in=False, **plain)[0].startswith("-ERR [AUTH]")
    assert talk("AUTH", logged_in=False, **plain) == ["+OK Mechanisms follow", "."]


def test_stls_forgets_what_was_said_before() -> None:
    running = shell(secure=False)
    running.run([b"USER a\r\n", b"STLS\r\n"])
    assert running.tls
    assert running.run([b"PASS right\r\n"]).endswith(b"-ERR USER comes first\r\n")
    assert b"STLS" not in running.run([b"CAPA\r\n"]).rpartition(b"Capability")[2]


def test_commands_sent_with_stls_end_the_session() -> None:
    running = shell(secure=False)
    running.run([b"STLS\r\nUSER a\r\nPASS right\r\n"])
    assert running.closed
    assert not running.tls


@pytest.mark.parametrize(
    ("lines", "reply"),
    [
        (["AUTH PLAIN " + b64encode(b"\0a\0right").decode()], "+OK 3 messages (2067 octets)"),
        (["auth plain", b64encode(b"\0a\0right").decode()], "+OK 3 messages (2067 octets)"),
        (["AUTH PLAIN", "*"], "-ERR AUTH given up"),
        (["AUTH PLAIN", "%%%"], "-ERR That is not base64"),
        (
            ["AUTH PLAIN " + b64encode(b"right").decode()],
            "-ERR AUTH PLAIN takes NUL login NUL password, in base64",
        ),
        (["AUTH CRAM-MD5"], "-ERR AUTH PLAIN is the only mechanism here"),
        (["PASS right"], "-ERR USER comes first"),
        (["USER a", "PASS wrong"], "-ERR [AUTH] Login or password is wrong"),
        (["STAT"], "-ERR STAT is not possible in this state"),
    ],
)
def test_authentication(lines: Sequence[str], reply: str) -> None:
    assert talk(*lines, logged_in=False)[-1] == reply


def test_password_keeps_its_spaces() -> None:
    dialog = Dialog(hostname="h", secure=True, plain_login=True, stls=False)
    dialog.feed(b"USER  a \r\nPASS  two words \r\n")
    actions = []
    while (action := dialog.next_action()) is not None:
        actions.append(action)
    assert actions[-1] == Login("a", " two words ")


def test_three_failed_logins_end_the_session() -> None:
    running = shell()
    running.run([b"USER a\r\nPASS wrong\r\n"] * 5)
    assert running.closed
    assert running.sent.count(b"[AUTH]") == 3


def test_line_too_long_is_left_out_and_the_next_is_read() -> None:
    replies = talk("NOOP " + "x" * 300, "STAT")
    assert replies == ["-ERR Command line too long", "+OK 3 2067"]
    running = shell()
    running.run([b"USER a\r\nPASS right\r\n", b"x" * 300, b"y" * 300, b"\r\nSTAT\r\n"])
    assert running.sent.endswith(b"-ERR Command line too long\r\n+OK 3 2067\r\n")


def test_a_long_auth_is_read_after_a_line_that_was_left_out() -> None:
    """Whatever pieces the two lines come in: the limit of a line is its own."""
    wanted = b"AUTH PLAIN " + b"A" * 300
    for pieces in (
        [b"x" * 300 + b"\r\n" + wanted + b"\r\n"],
        [b"x" * 300 + b"\r\n", wanted + b"\r\n"],
    ):
        running = shell()
        running.run(pieces)
        assert running.sent.count(b"Command line too long") == 1


def test_nonsense_ends_the_session() -> None:
    running = shell()
    running.run([b"GET / HTTP/1.1\r\n"] * 30)
    assert running.closed


COMMANDS = st.sampled_from(
    (
        *(
            b"STAT",
            b"LIST",
            b"LIST 1",
            b"UIDL",
            b"UIDL 9",
            b"RETR 1",
            b"RETR 2",
            b"TOP 2 1",
            b"DELE 1",
            b"DELE 2",
        ),
        *(b"RSET", b"NOOP", b"CAPA", b"", b"XYZ", b"RETR", b"\xff\xfe", b"A" * 400),
    )
)


@given(st.lists(COMMANDS, max_size=12), st.data())
def test_replies_do_not_depend_on_chunking(commands: list[bytes], data: st.DataObject) -> None:
    octets = (
        b"USER a\r\nPASS right\r\n"
        + b"".join(command + b"\r\n" for command in commands)
        + b"QUIT\r\n"
    )
    cuts = data.draw(st.lists(st.integers(0, len(octets)), max_size=20).map(sorted))
    edges = [0, *cuts, len(octets)]
    whole, pieces = shell(), shell()
    expected = whole.run([octets])
    assert pieces.run(octets[a:b] for a, b in pairwise(edges)) == expected
    assert pieces.deleted == whole.deleted


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_no_bytes_break_the_dialog(chunks: list[bytes]) -> None:
    running = shell()
    running.run([b"USER a\r\nPASS right\r\n", *chunks])
    for line in bytes(running.sent).split(b"\r\n")[:-1]:
        assert line.startswith((b"+", b"-")) or b"\r" not in line
    assert running.deleted is None or b"QUIT" in b"".join(chunks).upper()


def unstuffed(octets: bytes) -> bytes:
    """What a client makes of a multi-line reply (RFC 1939 section 3)."""
    lines = octets.split(b"\r\n")
    assert lines[-1] == b""
    end = lines.index(b".")
    assert end == len(lines) - 2
    return b"".join((line[1:] if line.startswith(b".") else line) + b"\r\n" for line in lines[:end])


@given(
    st.lists(
        st.sampled_from([b".", b"\r\n", b"x", b"..", b".\r\n", b"\r\n.\r\n", b" "]), max_size=20
    )
)
def test_stuffing_is_undone_by_the_client(pieces: list[bytes]) -> None:
    content = b"".join(pieces)
    whole = content if content.endswith(b"\r\n") or not content else content + b"\r\n"
    assert unstuffed(stuffed(content)) == whole
