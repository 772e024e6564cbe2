"""A bundle: everything of one release in one file, for machines that reach no package index.

A tar file without compression (wheels are compressed already) whose single folder holds

- `manifest.json`: version, machine, Pythons, commit;
- `requirements.txt`, `wheels/`: every Python part, by hash;
- `systemd/`: the units;
- `sbom.cdx.json`: what it consists of (CycloneDX);
- `SHA256SUMS` over all of these, and `SHA256SUMS.sig`, which signs that (`ssh-keygen -Y`, namespace below).

A thin one lacks wheels that the box needs not be brought (`thin`); sums and signature are the same.
"""

import hashlib
import json
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from agent.release import wheels
from agent.release.commands import run
from agent.release.errors import BundleError, CommandError, SignatureError
from agent.release.wheels import Stock

NAMESPACE = "linewarden-bundle"
SIGNER = "release"
"""The name that signers have in the box's file of allowed signers."""
MANIFEST, SUMS, SIGNATURE = "manifest.json", "SHA256SUMS", "SHA256SUMS.sig"
PIECE = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What a bundle says of itself."""

    version: str
    machine: str
    """As `uname -m` has it."""
    pythons: list[str]
    """Minor versions of Python that its wheels serve."""
    commit: str = ""

    def encode(self) -> str:
        """As the file has it."""
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """That of an unpacked bundle.

        Raises:
            BundleError: it has none that can be understood.
        """
        try:
            given = json.loads((folder / MANIFEST).read_text())
            return cls(
                str(given["version"]),
                str(given["machine"]),
                [str(one) for one in given["pythons"]],
                str(given.get("commit", "")),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BundleError(f"the bundle has no usable {MANIFEST}: {error}") from error


def unpack(archive: Path, into: Path) -> Path:
    """Unpack a bundle; gives its folder.

    Raises:
        BundleError: it is no whole archive, or reaches out of its folder.
    """
    try:
        with tarfile.open(archive, "r:") as tar:
            for entry in tar:
                _take(tar, entry, into)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BundleError(f"{archive.name} is no whole bundle: {error}") from error
    folders = [one for one in into.iterdir() if one.is_dir()]
    if len(folders) != 1:
        raise BundleError(f"{archive.name} holds no single folder; it is not one of our bundles")
    return folders[0]


def _take(tar: tarfile.TarFile, entry: tarfile.TarInfo, into: Path) -> None:
    """Unpack one entry of an archive that nobody has vouched for yet: files and folders within ours, nothing else.

    By hand, since the Python of Debian 12 has no extraction filters.
    """
    parts = PurePosixPath(entry.name).parts
    if not parts or parts[0] == "/" or ".." in parts or not (entry.isreg() or entry.isdir()):
        raise BundleError(f"the bundle holds {entry.name!r}, which is no plain file below its folder")
    place = into.joinpath(*parts)
    if entry.isdir():
        place.mkdir(parents=True, exist_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    content = tar.extractfile(entry)
    if content is None:
        raise BundleError(f"the bundle holds {entry.name!r} without its content")
    with content, place.open("xb") as file:
        shutil.copyfileobj(content, file, PIECE)


def files(folder: Path) -> Iterator[str]:
    """The names of all files that are summed, in order."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in (SUMS, SIGNATURE):
            yield name


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    summed = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            summed.update(piece)
    return summed.hexdigest()


def sums(folder: Path) -> str:
    """What `SHA256SUMS` should say."""
    return "".join(f"{digest(folder / name)}  {name}\n" for name in files(folder))


def verify(folder: Path, signers: Path, stock: Stock) -> Manifest:
    """Whether an unpacked bundle is whole, as far as the box needs it, and signed by somebody whom the box trusts.

    Args:
        folder: of the bundle.
        signers: file of allowed signers (ssh-keygen(1)).
        stock: what the box has: of that wheels may be missing, and of what its Python does not take.

    Raises:
        SignatureError: it is not signed so.
        BundleError: a file is missing, added or changed.
    """
    for name in (SUMS, SIGNATURE):
        if not (folder / name).is_file():
            raise BundleError(f"the bundle has no {name}: it was copied in part, or never finished")
    check_signature(folder, signers)
    told = read_sums((folder / SUMS).read_text())
    found = set(files(folder))
    _check_names(found, told, stock)
    for name in sorted(found):
        if digest(folder / name) != told[name]:
            raise BundleError(f"{name} in the bundle is damaged: its SHA-256 is another one")
    return Manifest.read(folder)


def _check_names(found: set[str], told: dict[str, str], stock: Stock) -> None:
    for name in sorted(found - set(told)):
        raise BundleError(f"the bundle has in addition {name}")
    parts = {wheel.path: wheel.part for wheel in wheels.listed(told)}
    for name in sorted(set(told) - found - wheels.spare(told, stock)):
        has = (
            f", and the box has no whole part {parts[name]}; bring the whole bundle" if name in parts else ""
        )
        raise BundleError(f"the bundle lacks {name}{has}")


def read_sums(text: str) -> dict[str, str]:
    """Sums by name."""
    pairs = (line.partition("  ") for line in text.splitlines())
    return {name: sum_ for sum_, _, name in pairs}


def check_signature(folder: Path, signers: Path) -> None:
    """Whether its sums are signed.

    Raises:
        SignatureError: they are not, or not by an allowed signer.
    """
    if not signers.is_file():
        raise SignatureError(f"{signers} is missing: nobody is trusted to sign bundles yet")
    signature = folder / SIGNATURE
    command: list[str | Path] = [
        "ssh-keygen",
        "-Y",
        "verify",
        "-f",
        signers,
        "-I",
        SIGNER,
        "-n",
        NAMESPACE,
        "-s",
        signature,
    ]
    try:
        run(command, stdin=(folder / SUMS).read_bytes())
    except CommandError as error:
        raise SignatureError(f"the bundle is not signed by anybody in {signers}: {error}") from error


def sign(folder: Path, key: Path) -> None:
    """Write sums and signature into the folder of a bundle."""
    (folder / SUMS).write_text(sums(folder))
    sign_file(folder / SUMS, key)


def sign_file(path: Path, key: Path) -> None:
    """Write the signature of a file beside it."""
    path.with_name(f"{path.name}.sig").unlink(missing_ok=True)
    run(["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", NAMESPACE, path])
