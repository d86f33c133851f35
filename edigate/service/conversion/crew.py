"""The worker processes: started, nudged, replaced when they end, and their jobs put back when they
die."""

import asyncio
import contextlib
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import structlog

from edigate.config import Settings
from edigate.errors import EdigateError
from edigate.report import letter
from edigate.service.conversion.heartbeat import BEAT_SECONDS, Pulse
from edigate.service.letters import notices
from edigate.store import JobState, LeaseLost, Outcome, Store

log = structlog.get_logger("edigate.crew")

_CRASHES = 2
"""A job over which so many workers died is held as not checked."""
_LONGEST_PAUSE = 30.0
_LONGEST_TRACE = 20_000
_PATIENCE = 5.0
"""Seconds between attempts to write to a store that cannot be written."""


def trace_file(settings: Settings, name: str) -> Path:
    """Where a worker that is ended from within writes its stack, for the daemon to log in one
    piece."""
    return settings.data / f".{name}.trace"


class Crew:
    """As many workers as the settings ask for."""

    def __init__(
        self, store: Store, settings: Callable[[], Settings], failed: Callable[[], None]
    ) -> None:
        """failed: called when workers cannot be kept any more, by a defect of ours."""
        self._failed = failed
        self._store = store
        self._settings = settings
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stopped: set[str] = set()
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Start the workers."""
        count = self._settings().workers.count
        self._tasks = [asyncio.create_task(self._keep(f"worker-{n}")) for n in range(1, count + 1)]
        for task in self._tasks:
            task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (defect := task.exception()) is not None:
            log.critical("crew.defect", exc_info=defect)
            self._failed()

    def nudge(self) -> None:
        """There may be jobs: wake the workers."""
        for process in self._processes.values():
            if process.stdin is not None and not process.stdin.is_closing():
                process.stdin.write(b"\n")

    def recycle(self) -> None:
        """Have every worker finish its job and start anew (new settings, new master data)."""
        for process in self._processes.values():
            if process.stdin is not None:
                process.stdin.close()

    async def stop(self, grace: float = 20.0) -> None:
        """Let the workers finish what they have, then end them."""
        self._stopping.set()
        self.recycle()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=grace)
            for process in self._processes.values():
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            if late:
                await asyncio.wait(late, timeout=5)

    async def _keep(self, name: str) -> None:
        failures = 0
        while not self._stopping.is_set():
            started = asyncio.get_running_loop().time()
            try:
                status = await self._run(name)
            except OSError as error:  # no process or pipe to be had just now
                log.warning("worker.not-started", worker=name, reason=error.strerror)
                status = -1
            if status == 0:
                failures = 0
                continue
            trace = self._trace(name)
            log.error(
                "worker.died", worker=name, status=status, **({"exception": trace} if trace else {})
            )
            await self._until_put_back(name)
            lived = asyncio.get_running_loop().time() - started
            failures = failures + 1 if lived < _LONGEST_PAUSE else 1
            if failures == 3:
                await self._alarm(name, status)
            await self._pause(min(_LONGEST_PAUSE, 0.5 * 2 ** min(failures, 6)))

    def _trace(self, name: str) -> str:
        """What the dead worker was at, if it was ended from within."""
        try:
            return trace_file(self._settings(), name).read_text("utf-8", "replace")[:_LONGEST_TRACE]
        except OSError:
            return ""

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or until we stop."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _until_put_back(self, name: str) -> None:
        """`_put_back`, as soon as the store can be written: before that the successor would only
        die of it too."""
        while not self._stopping.is_set():
            try:
                await self._put_back(name)
            except EdigateError as reason:
                log.warning(
                    "worker.jobs-not-put-back", worker=name, code=reason.code, reason=reason.message
                )
                await self._pause(_PATIENCE)
            else:
                return

    async def _run(self, name: str) -> int:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "edigate.service.conversion.worker", name, stdin=pipe, stdout=pipe
        )
        self._processes[name] = process
        assert process.stdin is not None
        pulse = asyncio.create_task(self._feel(name, process))
        try:
            process.stdin.write(self._settings().model_dump_json().encode() + b"\n")
            if self._stopping.is_set():
                process.stdin.close()
            return await process.wait()
        finally:
            pulse.cancel()
            self._processes.pop(name, None)

    async def _feel(self, name: str, process: asyncio.subprocess.Process) -> None:
        """End the worker when it has fallen silent, also one that is stopped and cannot end
        itself."""
        assert process.stdout is not None
        pulse = Pulse(process.pid, self._settings().workers.timeout_seconds)
        hearing = asyncio.create_task(_hear(process.stdout, pulse))
        try:
            while not pulse.look():
                await asyncio.sleep(BEAT_SECONDS)
        finally:
            hearing.cancel()
        log.error("worker.silent", worker=name, pid=process.pid, stopped=pulse.stopped)
        if pulse.stopped:
            self._stopped.add(name)
        with contextlib.suppress(ProcessLookupError):
            process.kill()

    async def _put_back(self, name: str) -> None:
        """The jobs a dead worker had: try again, or hold what killed two workers; the tenant is not
        blamed."""
        store = self._store
        stopped = name in self._stopped
        for job in await store.in_thread(store.jobs, state=JobState.RUNNING):
            if job.worker != name:
                continue
            with contextlib.suppress(LeaseLost):
                if stopped:  # by somebody else: the job has nothing to do with it
                    await store.in_thread(store.requeue, job, "the worker process was stopped")
                    continue
                if job.crashes + 1 < _CRASHES:
                    await store.in_thread(
                        store.requeue, job, "the worker process died", crashed=True
                    )
                    continue
                facts = {
                    "mail": job.mail_id,
                    "tenant": job.tenant,
                    "job": str(job.id),
                    "reason": "two workers died",
                }
                made = notices.to_admins(
                    letter.alarm("not_checked", facts),
                    self._settings(),
                    about=f"not-checked.{job.id}.{job.attempts}",
                    at=datetime.now(UTC),
                )
                outcome = Outcome(mails=(made,) if made else ())
                await store.in_thread(store.give_up, job, "two workers died over it", outcome)
                log.error("job.held", job=job.id, mail=job.mail_id, tenant=job.tenant)
        self._stopped.discard(name)
        self.nudge()

    async def _alarm(self, name: str, status: int) -> None:
        made = notices.to_admins(
            letter.alarm("worker", {"worker": name, "status": str(status)}),
            self._settings(),
            about=f"worker.{datetime.now(UTC):%Y%m%d%H}",
            at=datetime.now(UTC),
        )
        if made:
            try:
                await self._store.in_thread(self._store.accept, made.mail, made.deliveries)
            except EdigateError as reason:
                log.warning("alarm.not-sent", code=reason.code, reason=reason.message)


async def _hear(beats: asyncio.StreamReader, pulse: Pulse) -> None:
    while await beats.read(4096):
        pulse.heard()
