"""The mail clients that archive systems and EDI converters use, against real listeners."""

import os
import poplib
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mail.gateway import HOST, PASSWORD, Gateway, Wire, client_tls

MAILS = (
    b"From: a@b.example\r\nSubject: one\r\n\r\n.first\r\n..\r\nlast\r\n",
    b"From: a@b.example\r\nSubject: two\r\n\r\n" + b"UNA:+.? 'UNB+UNOC:3'" * 60 + b"\r\n",
    b"From: a@b.example\r\nSubject: three\r\n\r\n" + b"line\r\n" * 2000,
)
MAIN = "2800001946@edi.example"


@pytest.fixture
def filled(gateway: Gateway) -> Iterator[Gateway]:
    gateway.mailboxes.fill("2800001946", *MAILS)
    yield gateway
    # No client may leave the mailbox locked.
    assert not gateway.mailboxes.locked


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def run(*command: str, **kwargs: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, capture_output=True, timeout=240, check=False, **kwargs)  # type: ignore[call-overload,no-any-return]


def left(gateway: Gateway) -> int:
    return len(gateway.mailboxes.items["2800001946"])


def test_poplib(filled: Gateway) -> None:
    client = poplib.POP3(HOST, filled.pop3)
    client.user(MAIN)
    client.pass_(PASSWORD)
    assert client.stat() == (3, sum(map(len, MAILS)))
    for number, mail in enumerate(MAILS, 1):
        assert b"\r\n".join(client.retr(number)[1]) + b"\r\n" == mail
    assert client.uidl()[1][0] == b"1 uid-2800001946-1"
    client.dele(2)
    assert left(filled) == 3
    client.quit()
    assert left(filled) == 2


def test_second_session_is_told_that_the_mailbox_is_in_use(filled: Gateway) -> None:
    first = poplib.POP3(HOST, filled.pop3)
    first.user(MAIN)
    first.pass_(PASSWORD)
    second = poplib.POP3(HOST, filled.pop3)
    second.user(MAIN)
    with pytest.raises(poplib.error_proto, match=r"\[IN-USE\]"):
        second.pass_(PASSWORD)
    second.quit()
    first.dele(1)
    first.close()  # no QUIT: nothing is deleted, and the lock is free
    third = poplib.POP3(HOST, filled.pop3)
    third.user(MAIN)
    third.pass_(PASSWORD)
    assert third.stat()[0] == 3
    third.quit()


def test_stls_and_pop3s(certificates: Path) -> None:
    with Gateway(tls=certificates, remote=True) as gateway:
        gateway.mailboxes.fill("shop.111", *MAILS)
        client = poplib.POP3("localhost", gateway.pop3)
        with pytest.raises(poplib.error_proto, match="TLS"):
            client.user("shop.111")
        client.stls(client_tls(certificates))
        client.user("shop.111")
        client.pass_(PASSWORD)
        assert b"\r\n".join(client.retr(3)[1]) + b"\r\n" == MAILS[2]
        client.quit()
    with Gateway(tls=certificates, implicit_tls=True, remote=True) as gateway:
        gateway.mailboxes.fill("shop.111", *MAILS)
        secure = poplib.POP3_SSL("localhost", gateway.pop3, context=client_tls(certificates))
        secure.user("shop.111@edi.example")
        secure.pass_(PASSWORD)
        assert secure.stat()[0] == 3
        secure.quit()


def test_curl(filled: Gateway) -> None:
    curl, url = program("curl"), f"pop3://{HOST}:{filled.pop3}"
    user = ("-sS", "--user", f"{MAIN}:{PASSWORD}")
    listing = run(curl, *user, f"{url}/").stdout.split()
    assert [int(word) for word in listing] == [1, len(MAILS[0]), 2, len(MAILS[1]), 3, len(MAILS[2])]
    assert run(curl, *user, f"{url}/1").stdout == MAILS[0]
    assert run(curl, *user, "-X", "UIDL", f"{url}/").stdout.split()[1] == b"uid-2800001946-1"
    run(curl, *user, "-X", "DELE", "-l", f"{url}/1")
    assert left(filled) == 2


def test_curl_sends(gateway: Gateway, tmp_path: Path) -> None:
    mail = tmp_path / "mail.eml"
    mail.write_bytes(MAILS[1])
    url = f"smtp://{HOST}:{gateway.mx}/partner.example"
    done = run(
        program("curl"),
        "-sS",
        url,
        "--mail-from",
        "a@b.example",
        "--mail-rcpt",
        MAIN,
        "-T",
        str(mail),
    )
    assert done.returncode == 0, done.stderr
    assert gateway.mails[0].content.partition(b"\r\n")[2] == MAILS[1]


def test_swaks_logs_in_and_sends(gateway: Gateway) -> None:
    where = (
        "--server",
        HOST,
        "--port",
        str(gateway.submission),
        "--to",
        MAIN,
        "--from",
        "a@b.example",
    )
    login = ("--auth", "PLAIN", "--auth-user", "2800001946", "--auth-password", PASSWORD)
    done = run(program("swaks"), *where, *login, "--pipeline")
    assert done.returncode == 0, done.stdout
    assert gateway.mails[0].authenticated == "2800001946"


def test_fetchmail(filled: Gateway, tmp_path: Path) -> None:
    fetchmail, box = program("fetchmail"), tmp_path / "box"
    rc = tmp_path / "rc"
    rc.write_text(
        f'poll {HOST} protocol pop3 port {filled.pop3} username "{MAIN}" password "{PASSWORD}" '
        f'no sslcertck sslproto "" mda "cat >> {box}" fetchall no keep\n'
    )
    rc.chmod(0o600)
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = run(fetchmail, "-v", "-f", str(rc), "--pidfile", str(tmp_path / "pid"), env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert b"UNA:+.? 'UNB+UNOC:3'" * 60 in box.read_bytes()
    assert left(filled) == 0


def test_mpop(filled: Gateway, tmp_path: Path) -> None:
    mpop = program("mpop")
    rc = tmp_path / "rc"
    rc.write_text(
        f"account default\nhost {HOST}\nport {filled.pop3}\nuser {MAIN}\nauth user\ntls "
        "off\ntls_starttls off\n"
        f"passwordeval \"printf %s '{PASSWORD}'\"\ndelivery mbox {tmp_path}/box\nkeep "
        "off\nreceived_header off\n"
        f"uidls_file {tmp_path}/uidls\n"
    )
    rc.chmod(0o600)
    done = run(mpop, "-C", str(rc))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "box").read_bytes().count(b"Subject: ") == 3
    assert left(filled) == 0


def test_getmail(filled: Gateway, tmp_path: Path) -> None:
    getmail, mbox, rc = program("getmail"), tmp_path / "box", tmp_path / "getmailrc"
    rc.write_text(
        f"[retriever]\ntype = SimplePOP3Retriever\nserver = {HOST}\nport = "
        f"{filled.pop3}\nusername = {MAIN}\n"
        f"password = {PASSWORD}\n[destination]\ntype = Mboxrd\npath = {mbox}\n[options]\ndelete = "
        "true\n"
        "delivered_to = false\nreceived = false\n"
    )
    mbox.touch()
    identity: dict[str, object] = {}
    if os.geteuid() == 0:  # getmail delivers nothing as root
        nobody = pwd.getpwnam("nobody")
        for path in (tmp_path, mbox):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
        for folder in tmp_path.parents:
            if "pytest-" in str(folder):
                folder.chmod(0o711)
        identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    done = run(getmail, f"--getmaildir={tmp_path}", f"--rcfile={rc}", env=environment, **identity)
    assert done.returncode == 0, done.stdout + done.stderr
    assert mbox.read_bytes().count(b"Subject: ") == 3
    assert left(filled) == 0


def test_openssl_s_client_speaks_stls(certificates: Path) -> None:
    with Gateway(tls=certificates) as gateway:
        gateway.mailboxes.fill("shop", *MAILS)
        commands = f"USER shop\nPASS {PASSWORD}\nSTAT\nQUIT\n".encode()
        where = f"{HOST}:{gateway.pop3}"
        done = run(
            program("openssl"),
            "s_client",
            "-quiet",
            "-crlf",
            "-starttls",
            "pop3",
            "-connect",
            where,
            input=commands,
        )
        assert f"+OK 3 {sum(map(len, MAILS))}".encode() in done.stdout


def test_stopping_takes_leave_of_clients_that_do_not_hang_up(filled: Gateway) -> None:
    """Their last word is waited for when the stop comes; the gateway of these tests looks for an
    exception that nobody took."""
    with Wire(filled.pop3) as wire:
        assert wire.say("QUIT").startswith("+OK")
        filled.stop()
        assert wire.rest() == ""
