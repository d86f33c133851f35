"""POP3 as a dialog without sockets: bytes from the client -> actions for the shell, answers ->
bytes to the client.

`feed` takes what came over the wire in whatever pieces; `next_action` gives what is to be done, one
thing at a time; an action that asks for something (Login, Fetch, Finish) is answered by the method
named in its description before the next command is looked at, so pipelined commands wait their
turn. Must not know sockets, passwords or the store.

RFC 1939, 2449 (CAPA, response codes, pipelining), 2595 (STLS), 3206 (AUTH and SYS codes), 5034
(AUTH), 8314.
"""

import base64
import binascii
from collections.abc import Callable, Sequence

from edigate.mail.pop3.pop3_actions import (
    Action,
    DropMessage,
    Fetch,
    Finish,
    HangUp,
    Login,
    Refusal,
    Send,
    SessionState,
    StartTls,
)
from edigate.mail.smtp.data import stuffed

_LINE_LIMIT = 255  # RFC 2449 section 4
_AUTH_LINE_LIMIT = 12_288  # RFC 5034 section 4 lifts the limit for AUTH
_WHOLE = 1_000_000  # body lines; some clients read whole messages by TOP


class Dialog:
    """One session. secure: TLS is in use. plain_login: a login without TLS is allowed. stls: STLS
    is offered."""

    def __init__(
        self,
        *,
        hostname: str,
        secure: bool,
        plain_login: bool,
        stls: bool,
        max_failures: int = 3,
        max_errors: int = 20,
    ) -> None:
        self.state = SessionState.AUTHORIZATION
        self.login = ""
        self.deleted: set[int] = set()
        self._hostname = hostname
        self._secure = secure
        self._plain_login = plain_login
        self._stls = stls and not secure
        self._failures_left = max_failures
        self._errors_left = max_errors
        self._pending = bytearray()
        self._skipping = False
        self._waiting = False
        self._user: str | None = None
        self._sasl = False
        self._entries: Sequence[DropMessage] = ()
        self._asked = ""
        self._queue: list[Action] = [Send(f"+OK {hostname} edigate POP3 ready\r\n".encode())]

    # The shell's side

    def feed(self, octets: bytes) -> None:
        """Take what came from the client."""
        if self.state is not SessionState.CLOSED:
            self._pending += octets

    def next_action(self) -> Action | None:
        """What to do next; None when more bytes or an answer are needed."""
        while not self._queue:
            line = None if self._waiting or self.state is SessionState.CLOSED else self._line()
            if line is not None:
                self._command(line)
            elif not self._queue:
                return None
        action = self._queue.pop(0)
        self._waiting = isinstance(action, Login | Fetch | Finish | StartTls)
        if isinstance(action, Fetch):
            self._asked = action.uidl
        return action

    def opened(self, entries: Sequence[DropMessage]) -> None:
        """The login was right and the maildrop is locked: its messages, oldest first."""
        self._waiting = False
        self.state = SessionState.TRANSACTION
        self._entries = tuple(entries)
        self._ok(f"{len(self._entries)} messages ({sum(e.size for e in self._entries)} octets)")

    def refused(self, why: Refusal) -> None:
        """The login failed."""
        self._waiting = False
        self._say(why.value)
        self._failures_left -= 1
        if self._failures_left <= 0 or why is Refusal.BLOCKED:
            self._close()

    def fetched(
        self, content: bytes | None, lines: int | None = None, *, damaged: bool = False
    ) -> None:
        """The message asked for (its top `lines` lines of body, if given), or None when it cannot
        be read."""
        self._waiting = False
        if content is None:
            temporary = "-ERR [SYS/TEMP] The message cannot be read now, try again later"
            self._say(
                (
                    "-ERR [SYS/PERM] The message is damaged in the store, tell the operator; the "
                    "others can be fetched"
                )
                if damaged
                else temporary
            )
            return
        whole = lines is None or lines >= _WHOLE
        if lines is not None:
            shown = _top(content, lines)
            whole, content = whole and len(shown) == len(content), shown
        reply = b"+OK message follows\r\n" + stuffed(content)
        self._queue.append(Send(reply, self._asked if whole else None))

    def finished(self, *, done: bool) -> None:
        """The deletions were carried out, or none of them was."""
        self._waiting = False
        if done:
            self._ok(f"{self._hostname} closing connection")
        else:
            self._say("-ERR [SYS/TEMP] Some deleted messages not removed")
        self._close()

    def secured(self) -> None:
        """TLS is up: nothing that was said before counts (RFC 2595 section 4)."""
        self._waiting = False
        self._pending.clear()
        self._skipping = False
        self._secure, self._stls, self._user, self._sasl = True, False, None, False

    # The client's side

    def _line(self) -> bytes | None:
        """The next full command line without its end, or None; a line that is too long is answered
        and left out."""
        while True:
            limit = (
                _AUTH_LINE_LIMIT
                if self._sasl or self._pending[:5].upper() == b"AUTH "
                else _LINE_LIMIT
            )
            end = self._pending.find(b"\n")
            if not self._skipping and (end > limit or (end < 0 and len(self._pending) > limit)):
                self._skipping, self._sasl = True, False
                self._error("-ERR Command line too long")
            if not self._skipping:
                break
            self._skipping = end < 0
            del self._pending[: end + 1 if end >= 0 else len(self._pending)]
            if end < 0:
                return None
        if end < 0:
            return None
        line = bytes(self._pending[:end])
        del self._pending[: end + 1]
        return line.removesuffix(b"\r")

    def _command(self, line: bytes) -> None:
        if self._sasl:
            self._sasl = False
            self._sasl_answer(line)
            return
        text = line.decode("utf-8", "replace")
        keyword, _, argument = text.partition(" ")
        keyword = keyword.upper()
        table = _COMMANDS[self.state]
        action = table.get(keyword)
        if action is not None:
            # A password may hold spaces, also at its ends (RFC 1939 section 7, PASS).
            action(self, argument if keyword == "PASS" else argument.strip())
        elif any(keyword in other for other in _COMMANDS.values()):
            self._error(f"-ERR {keyword} is not possible in this state")
        else:
            self._error("-ERR Unknown command")

    def _say(self, reply: str) -> None:
        self._queue.append(Send(reply.encode() + b"\r\n"))

    def _ok(self, text: str) -> None:
        self._say(f"+OK {text}")

    def _error(self, reply: str) -> None:
        self._say(reply)
        self._errors_left -= 1
        if self._errors_left <= 0:
            self._say("-ERR Too many errors, closing connection")
            self._close()

    def _close(self) -> None:
        self.state = SessionState.CLOSED
        self._pending.clear()
        self._queue.append(HangUp())

    def _login_allowed(self) -> bool:
        return self._secure or self._plain_login

    # Both states

    def _capa(self, _argument: str) -> None:
        lines = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER"]
        if self._login_allowed() and self.state is SessionState.AUTHORIZATION:
            lines += ["USER", "SASL PLAIN"]
        if self._stls and self.state is SessionState.AUTHORIZATION:
            lines.append("STLS")
        lines.append("IMPLEMENTATION edigate")
        self._say("\r\n".join(["+OK Capability list follows", *lines, "."]))

    # Authorization

    def _user_command(self, argument: str) -> None:
        if not self._login_allowed():
            self._error("-ERR [AUTH] TLS is needed before a login: STLS")
        elif not argument:
            self._error("-ERR USER needs a name")
        else:
            self._user = argument
            self._ok("Send PASS")

    def _pass_command(self, argument: str) -> None:
        if self._user is None:
            self._error("-ERR USER comes first")
            return
        login, self._user = self._user, None
        self._try(login, argument)

    def _auth_command(self, argument: str) -> None:
        mechanism, _, initial = argument.partition(" ")
        if not argument:
            offered = ["PLAIN"] if self._login_allowed() else []
            self._say("\r\n".join(["+OK Mechanisms follow", *offered, "."]))
        elif mechanism.upper() != "PLAIN":
            self._error("-ERR AUTH PLAIN is the only mechanism here")
        elif not self._login_allowed():
            self._error("-ERR [AUTH] TLS is needed before a login: STLS")
        elif initial:
            self._sasl_answer(initial.strip().encode())
        else:
            self._sasl = True
            self._say("+ ")

    def _sasl_answer(self, line: bytes) -> None:
        if line.strip() == b"*":
            self._error("-ERR AUTH given up")
            return
        try:
            parts = base64.b64decode(line.strip(), validate=True).split(b"\0")
        except (binascii.Error, ValueError):
            self._error("-ERR That is not base64")
            return
        if len(parts) != 3:
            self._error("-ERR AUTH PLAIN takes NUL login NUL password, in base64")
            return
        self._try(parts[1].decode("utf-8", "replace"), parts[2].decode("utf-8", "replace"))

    def _try(self, login: str, password: str) -> None:
        self.login = login
        self._queue.append(Login(login, password))

    def _stls_command(self, _argument: str) -> None:
        if not self._stls:
            self._error(
                "-ERR TLS is in use already" if self._secure else "-ERR No certificate, no TLS here"
            )
        elif self._pending:
            # Nobody honest sends commands together with STLS; they might be meant to be read after
            # the handshake.
            self._say("-ERR Commands after STLS before TLS was up, closing connection")
            self._close()
        else:
            self._ok("Begin TLS")
            self._queue.append(StartTls())

    def _quit_before_login(self, _argument: str) -> None:
        self._ok(f"{self._hostname} closing connection")
        self._close()

    # Transaction

    def _live(self) -> list[tuple[int, DropMessage]]:
        return [(n, e) for n, e in enumerate(self._entries, 1) if n not in self.deleted]

    def _pick(self, argument: str) -> tuple[int, DropMessage] | None:
        """The message an argument names, or None after the error reply."""
        if not (argument.isascii() and argument.isdigit()) or len(argument) > 9:
            self._error("-ERR Give the number of a message")
            return None
        number = int(argument)
        if not 1 <= number <= len(self._entries):
            self._error(f"-ERR No such message; there are {len(self._entries)}")
            return None
        if number in self.deleted:
            self._error(f"-ERR Message {number} is deleted")
            return None
        return number, self._entries[number - 1]

    def _stat(self, _argument: str) -> None:
        live = self._live()
        self._ok(f"{len(live)} {sum(entry.size for _, entry in live)}")

    def _listing(self, argument: str, shown: Callable[[DropMessage], object]) -> None:
        if argument:
            picked = self._pick(argument)
            if picked:
                self._ok(f"{picked[0]} {shown(picked[1])}")
            return
        lines = [f"{number} {shown(entry)}" for number, entry in self._live()]
        self._say("\r\n".join([f"+OK {len(lines)} messages", *lines, "."]))

    def _list(self, argument: str) -> None:
        self._listing(argument, lambda entry: entry.size)

    def _uidl(self, argument: str) -> None:
        self._listing(argument, lambda entry: entry.uidl)

    def _retr(self, argument: str) -> None:
        picked = self._pick(argument)
        if picked:
            self._queue.append(Fetch(picked[1].uidl, None))

    def _top_command(self, argument: str) -> None:
        number, _, lines = argument.partition(" ")
        lines = lines.strip()
        if not (lines.isascii() and lines.isdigit()):
            self._error("-ERR TOP needs a message and a number of lines")
            return
        picked = self._pick(number)
        if picked:
            self._queue.append(Fetch(picked[1].uidl, min(int(lines[:9]), 999_999_999)))

    def _dele(self, argument: str) -> None:
        picked = self._pick(argument)
        if picked:
            self.deleted.add(picked[0])
            self._ok(f"Message {picked[0]} will be deleted at QUIT")

    def _rset(self, _argument: str) -> None:
        self.deleted.clear()
        self._ok(f"{len(self._entries)} messages")

    def _noop(self, _argument: str) -> None:
        self._ok("")

    def _quit(self, _argument: str) -> None:
        self._queue.append(
            Finish(tuple(self._entries[number - 1].uidl for number in sorted(self.deleted)))
        )


def _top(content: bytes, lines: int) -> bytes:
    """Header, blank line and the first `lines` lines of the body (RFC 1939 section 7, TOP)."""
    blank = content.find(b"\r\n\r\n")
    if blank < 0:
        return content
    end = blank + 4
    for _ in range(lines):
        found = content.find(b"\n", end)
        if found < 0:
            return content
        end = found + 1
    return content[:end]


_COMMANDS: dict[SessionState, dict[str, Callable[[Dialog, str], None]]] = {
    SessionState.AUTHORIZATION: {
        "CAPA": Dialog._capa,
        "USER": Dialog._user_command,
        "PASS": Dialog._pass_command,
        "AUTH": Dialog._auth_command,
        "STLS": Dialog._stls_command,
        "QUIT": Dialog._quit_before_login,
    },
    SessionState.TRANSACTION: {
        "CAPA": Dialog._capa,
        "STAT": Dialog._stat,
        "LIST": Dialog._list,
        "UIDL": Dialog._uidl,
        "RETR": Dialog._retr,
        "TOP": Dialog._top_command,
        "DELE": Dialog._dele,
        "RSET": Dialog._rset,
        "NOOP": Dialog._noop,
        "QUIT": Dialog._quit,
    },
}
