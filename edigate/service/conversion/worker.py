"""A worker process: claims archive jobs, converts them, commits the outcomes.

The XSLT engine can abort its process, so it lives here and nowhere near a listener. Whatever kills
this process leaves a job whose lease runs out or that the daemon puts back; nothing is half done,
because an outcome is one transaction. Started by the daemon as `python -m
edigate.service.conversion.worker NAME` with the settings as JSON in the first line of standard
input; each further line means "look for jobs", end of file means "finish and go".
"""

import ctypes
import faulthandler
import os
import resource
import select
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TextIO

import structlog

from edigate.config import Settings, Tenant
from edigate.errors import EdigateError, Misconfigured, Unavailable
from edigate.mail.parts import NOT_CHECKED_RULE
from edigate.masterdata import PartnerDirectory, read_csv
from edigate.pipeline import Engines, Sealer
from edigate.report import letter
from edigate.service.conversion import branch
from edigate.service.conversion.agreed import partner_files
from edigate.service.conversion.bench import Bench
from edigate.service.conversion.collecting import give_back, keep_loaded, resident
from edigate.service.conversion.crew import trace_file
from edigate.service.conversion.heartbeat import Heart
from edigate.service.gateway import logs
from edigate.service.letters import notices
from edigate.service.sealing import certificates, keys
from edigate.store import (
    Dispatch,
    DocumentOutcome,
    DocumentState,
    DuplicateAppeared,
    Job,
    LeaseLost,
    Outcome,
    Store,
)

log = structlog.get_logger("edigate.worker")

_POLL_SECONDS = 2.0
_TRIES = 3
"""How often a job whose check did not run is tried before it is held."""
_RETRY_SECONDS = 20.0
_LONGEST_WAIT = 600.0
_MUCH = 48 * 2**20
"""Bytes by which a worker has grown when it looks for what it can give back."""


class Worker:
    """One process's engines and store, and what it does with a job."""

    def __init__(self, name: str, settings: Settings, trace: TextIO) -> None:
        """trace: where a job that takes too long leaves its stack."""
        self.name = name
        self.trace = trace
        self.settings = settings
        reserve = settings.store.reserve_mib * 2**20
        self.store = Store.open(settings.store.database or None, settings.data, reserve=reserve)
        self.engines = Engines.start(
            settings.validation.engine, settings.validation.allow_unknown_artefacts
        )
        self.sealer: Sealer | None = self._sealer()
        self._trouble = ""
        self._directories: dict[str, tuple[tuple[float, ...], PartnerDirectory]] = {}

    def _sealer(self) -> Sealer | None:
        """The seal, its certificate named in the audit chain before anything is sealed with it."""
        if not self.settings.seal.enabled:
            return None
        sealer = keys.sealer(self.settings)
        if certificates.chain_use(self.store, sealer):
            log.info("seal.certificate-first-used", sha256=sealer.fingerprint)
        return sealer

    def work(self) -> bool:
        """Convert one job, if there is one; whether there was."""
        job = self._claim()
        if job is None:
            return False
        give_back: Callable[[], None] | None = None
        # In C code no signal handler would run: the watchdog thread ends the process, the lease
        # does the rest.
        faulthandler.dump_traceback_later(
            self.settings.workers.timeout_seconds, exit=True, file=self.trace
        )
        try:
            self._convert(job)
        except LeaseLost:
            log.warning("job.lease-lost", job=job.id, mail=job.mail_id)
        except DuplicateAppeared as reason:
            give_back = partial(self.store.requeue, job, reason.message)
        except Unavailable as reason:
            give_back = partial(self._wait, job, reason)
        except EdigateError as reason:
            give_back = partial(self._later, job, f"{reason.code}: {reason.message}")
        except Exception as defect:  # one job must not stop the others
            # it is held as not checked, and the admins are told
            log.exception("job.defect", job=job.id, mail=job.mail_id, tenant=job.tenant)
            give_back = partial(self._later, job, f"{type(defect).__name__}: {defect}")
        finally:
            faulthandler.cancel_dump_traceback_later()
        if give_back is not None:
            self._until_stored(job, give_back)
        return True

    def _claim(self) -> Job | None:
        """A job, or None when there is none or the store cannot be used now (said once, not at
        every look)."""
        try:
            self.store.require_room()
            job = self.store.claim_job(self.name, self.settings.workers.timeout_seconds + 60.0)
        except EdigateError as reason:
            if reason.code != self._trouble:
                log.warning(
                    "store.trouble", worker=self.name, code=reason.code, reason=reason.message
                )
            self._trouble = reason.code
            return None
        self._trouble = ""
        return job

    def _until_stored(self, job: Job, write: Callable[[], None]) -> None:
        """Write what becomes of a job, as soon as the store can be written; without it there is no
        other work.

        When the daemon ends meanwhile, it puts the job back itself.
        """
        while True:
            try:
                write()
            except LeaseLost:
                log.warning("job.lease-lost", job=job.id, mail=job.mail_id)
            except EdigateError as reason:
                log.warning("job.not-given-back", job=job.id, mail=job.mail_id, code=reason.code)
                if _more_input(_POLL_SECONDS):
                    continue
            return

    def _convert(self, job: Job) -> None:
        started = datetime.now(UTC)
        tenant = self.settings.tenant_of(job.tenant)
        if tenant is None:
            reason = f"tenant {job.tenant} is no longer configured"
            self.store.give_up(job, reason, Outcome(mails=self._alarm(job, reason)))
            return
        mail = self.store.mail(job.mail_id)
        bench = Bench(
            self.settings, tenant, self._partners(tenant), self.engines, self.sealer, _logo(tenant)
        )
        converted = branch.convert(
            job, mail, self.store.mail_content(job.mail_id), bench, self.store
        )
        outcome, rest = converted.outcome, converted.rest
        unchecked = [d for d in outcome.documents if _engine_failed(d)]
        if unchecked and self._may_try_again(job):
            self.store.requeue(
                job, "the official rules did not run to their end", delay=_RETRY_SECONDS
            )
            return
        if unchecked:
            outcome = Outcome(
                outcome.documents,
                (*outcome.mails, *self._alarm(job, "NOT-CHECKED")),
                outcome.events,
            )
        self.store.commit_outcome(job, outcome, rest)
        log.info(
            "job.done",
            job=job.id,
            mail=job.mail_id,
            tenant=job.tenant,
            documents=[
                f"{d.document.document_id}:{d.document.state.value}" for d in outcome.documents
            ],
            duration=round((datetime.now(UTC) - started).total_seconds(), 3),
            **({"left": len(rest)} if rest else {}),
            **({"damaged": list(outcome.damaged)} if outcome.damaged else {}),
            **({"parts": list(converted.parts)} if _to_be_explained(outcome) else {}),
        )

    def _may_try_again(self, job: Job) -> bool:
        """A run that comes after a good one (the next portion of a large mail) has a try of its
        own."""
        return job.attempts < _TRIES or job.last_result is None

    def _wait(self, job: Job, reason: Unavailable) -> None:
        """The disk is full or the database away: nothing is wrong with the job, so it waits until
        that is over."""
        log.warning(
            "job.waits", job=job.id, mail=job.mail_id, tenant=job.tenant, reason=reason.message
        )
        delay = min(_LONGEST_WAIT, _RETRY_SECONDS * 2 ** min(job.attempts - 1, 10))
        self.store.requeue(job, reason.message, delay=delay)

    def _later(self, job: Job, reason: str) -> None:
        """Try again in a while, or hold the job as not checked and tell the admins; the tenant is
        not blamed."""
        log.warning(
            "job.failed",
            job=job.id,
            mail=job.mail_id,
            tenant=job.tenant,
            reason=reason,
            try_=job.attempts,
        )
        if self._may_try_again(job):
            self.store.requeue(job, reason, delay=_RETRY_SECONDS)
        else:
            self.store.give_up(job, reason, Outcome(mails=self._alarm(job, reason)))

    def _alarm(self, job: Job, reason: str) -> tuple[Dispatch, ...]:
        made = notices.to_admins(
            letter.alarm(
                "not_checked",
                {"mail": job.mail_id, "tenant": job.tenant, "job": str(job.id), "reason": reason},
            ),
            self.settings,
            about=f"not-checked.{job.id}.{job.attempts}",
            at=datetime.now(UTC),
        )
        return (made,) if made else ()

    def _partners(self, tenant: Tenant) -> PartnerDirectory:
        """The tenant's master data, read again when a file has changed."""
        files = partner_files(self.settings, tenant)
        stamp = tuple(f.stat().st_mtime if f.exists() else 0.0 for f in files)
        known = self._directories.get(tenant.account)
        if known is None or known[0] != stamp:
            directory = PartnerDirectory()
            for file in files:
                if file.exists():
                    directory = directory.merged(read_csv(file.read_text("utf-8-sig")))
            known = self._directories[tenant.account] = (stamp, directory)
        return known[1]


def _engine_failed(made: DocumentOutcome) -> bool:
    """Whether a document is not checked for want of a stage, and not because nobody can open it."""
    return (
        made.document.state is DocumentState.NOT_CHECKED
        and NOT_CHECKED_RULE not in made.document.rules
    )


def _to_be_explained(outcome: Outcome) -> bool:
    """Whether the log has to say why there is no document, or no document that was looked into."""
    rules = (d.document.rules for d in outcome.documents)
    return bool(outcome.events) or all(NOT_CHECKED_RULE in found for found in rules)


def _logo(tenant: Tenant) -> bytes | None:
    return tenant.logo.read_bytes() if tenant.logo else None


def _own(descriptor: int) -> int:
    """Standard output or error for us alone: the XSLT engine prints lines of its own there, with
    values of the invoice in them, so the descriptor it knows leads nowhere."""
    out = os.dup(descriptor)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
    return out


def _end_with_the_daemon() -> None:
    """Have the kernel end this process when the daemon has died, also while it is stopped: nobody
    else would, and its locks would keep the next daemon waiting (prctl(2), PR_SET_PDEATHSIG; Linux
    only)."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(1, int(signal.SIGKILL))


def _limit_memory(megabytes: int) -> None:
    """No more than so much address space beyond what the engines have taken: a runaway job ends
    here, not the host."""
    pages = (
        int(Path("/proc/self/statm").read_text("ascii").split()[0])
        if Path("/proc/self/statm").exists()
        else 0
    )
    if pages:
        limit = pages * resource.getpagesize() + megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def main() -> int:
    """Serve until standard input ends, the recycle count is reached or memory has grown too far; 0
    each time."""
    name = sys.argv[1]
    # The daemon ends its workers by closing their input; a signal to the whole group is meant for
    # the daemon.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    _end_with_the_daemon()
    os.umask(0o077)
    heart = Heart(_own(1))
    settings = Settings.model_validate_json(sys.stdin.readline())
    out = os.fdopen(_own(2), "w", encoding="utf-8", buffering=1)
    logs.configure(settings.log.level, settings.log.format, out)
    try:
        path = trace_file(settings, name)
        path.unlink(missing_ok=True)
        trace = path.open("w", encoding="utf-8")  # for us alone, by the umask
        faulthandler.enable(trace)
        worker = Worker(name, settings, trace)
        heart.watch(worker.store.writing_seconds)
    except OSError as error:
        log.critical(
            "worker.cannot-start", code="DATA-FOLDER", reason=f"{error.filename}: {error.strerror}"
        )
        return Misconfigured.exit_status
    except EdigateError as reason:
        log.critical("worker.cannot-start", code=reason.code, reason=reason.message)
        return reason.exit_status
    _limit_memory(settings.workers.memory_mb)
    keep_loaded()
    log.info("worker.ready", worker=name, pid=os.getpid())
    done, at_start = 0, resident()
    most = (
        settings.workers.recycle_grown_mb * 2**20
    )  # the heap of the XSLT engine does not shrink by itself
    with worker.store:
        while done < settings.workers.recycle_after and resident() - at_start < most:
            if worker.work():
                done += 1
                if resident() - at_start > _MUCH:
                    give_back()
                if not _more_input(0.0):
                    return 0
            elif not _more_input(_POLL_SECONDS):
                return 0
    return 0


def _more_input(seconds: float) -> bool:
    """Wait for a nudge at most so long; False when the daemon has closed the pipe."""
    ready, _, _ = select.select([sys.stdin.fileno()], [], [], seconds)
    return not ready or bool(os.read(sys.stdin.fileno(), 65536))


if __name__ == "__main__":
    sys.exit(main())
