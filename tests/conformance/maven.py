"""Java programs from Maven Central, fetched once into `.cache/` of the checkout (git-ignored),
pinned by version.

Nothing of edigate needs them to run: they are the official opinion that the tests ask for.
"""

import fcntl
import shutil
import subprocess
import tempfile
from pathlib import Path

_CACHE = Path(__file__).parents[2] / ".cache"


class Unavailable(Exception):
    """The validator cannot be had on this machine; the text says why."""


def java() -> str:
    """Path of the Java program. Raises: Unavailable."""
    found = shutil.which("java")
    if found is None:
        raise Unavailable("unavailable: no java on the path (OpenJDK 17 or newer)")
    return found


def fetch(name: str, project: str, files: dict[str, str] | None = None) -> Path:
    """Folder with the jars that the Maven `project` (a pom) depends on, from the cache or from
    Maven Central.

    files: further files beside the pom, by path (`@folder@` in the pom reads as the folder's own
    path). Raises: Unavailable when neither has them.
    """
    java()
    target = _CACHE / name
    done = target / "complete"
    if done.exists():
        return target
    maven = shutil.which("mvn")
    if maven is None:
        raise Unavailable(f"unavailable: no mvn on the path to fetch {name}")
    _CACHE.mkdir(exist_ok=True)
    with (_CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists():
            return target
        with tempfile.TemporaryDirectory() as folder:
            for path, text in {
                "pom.xml": project.replace("@folder@", folder),
                **(files or {}),
            }.items():
                (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
                (Path(folder) / path).write_text(text, "utf-8")
            command = [
                maven,
                "-q",
                "-B",
                "dependency:copy-dependencies",
                f"-DoutputDirectory={target}",
            ]
            run = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=900, check=False
            )
        if run.returncode:
            reason = next(
                (line for line in run.stdout.splitlines() if "ERROR" in line), "no reason given"
            )
            raise Unavailable(
                f"unavailable: {name} could not be fetched with Maven: {reason[:300]}"
            )
        done.write_text("", "utf-8")
    return target
