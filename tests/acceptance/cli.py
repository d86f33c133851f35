"""The command line as users call it."""

import subprocess
import sys


def edigate(*arguments: str, stdin: bytes | None = None) -> "subprocess.CompletedProcess[str]":
    """Run a command; its output is text, its status is the caller's to judge."""
    done = subprocess.run(
        [sys.executable, "-m", "edigate", *arguments],
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    )
