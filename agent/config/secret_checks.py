"""Files with secrets: whether they are there, readable for few, and hold something that can be used."""

import os

from agent.config.errors import ConfigError, Report
from agent.config.secrets import CREDENTIAL, PHRASE_MIN, place, read_secret_file

CREDENTIALS = "/run/credentials/"
"""Where systemd puts the credentials of a service, only while it runs: not to be looked for beforehand."""
FILE_REMEDY = "create it, or name another"
PRIVATE_REMEDY = "chmod 640, owned by root and the agent's group"


def check_file(file: str | None, where: str, report: Report) -> bool:
    """Note a file that is not there; says whether it is there to be looked at."""
    if file is None or _is_out_of_sight(file):
        return False
    path = place(file)
    if not os.path.isfile(path):  # noqa: PTH113  # Path.is_file raises where it may not look
        report.add(where, f"file does not exist: {path}", FILE_REMEDY)
        return False
    return True


def _is_out_of_sight(file: str) -> bool:
    """Whether it exists only while the service runs, or lies where only root may look."""
    if file.startswith(CREDENTIALS):
        return True
    folder = os.path.dirname(place(file))  # noqa: PTH120  # no Path for one look
    return file.startswith(CREDENTIAL) and os.path.isdir(folder) and not os.access(folder, os.X_OK)  # noqa: PTH112


def check_private(path: str | None, where: str, report: Report) -> None:
    """Note a secret that everybody on the box may read: it is none."""
    if path is None or path.startswith(CREDENTIALS):
        return
    path = place(path)
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116  # one look, as above
    except OSError:
        return  # told already
    if mode & 0o007:
        report.add(where, f"may be read by everybody (mode {mode & 0o777:o}): {path}", PRIVATE_REMEDY)


def check_word(path: str | None, where: str, report: Report, least: int = 1) -> None:
    """Note a secret file that is missing, open to everybody, empty, or too short to be taken.

    Args:
        path: of the file whose first line is the secret; None where none is named.
        where: the place in the site file.
        report: takes the mistakes.
        least: octets that it must have.
    """
    if path is None or not check_file(path, where, report):
        return
    path = place(path)
    check_private(path, where, report)
    if not os.access(path, os.R_OK):
        return  # only who may read it can check it
    try:
        word = read_secret_file(path)
    except ConfigError as error:
        for mistake in error.mistakes:
            report.add(where, f"{mistake.path} of {path} {mistake.problem}", mistake.remedy)
        return
    if len(word.reveal().encode()) < least:
        report.add(
            where,
            f"line 1 of {path} is shorter than {least} characters",
            "agree on a longer one with the device",
        )


def check_snmp_secrets(
    community: str | None, phrases: dict[str, str | None], path: str, report: Report
) -> None:
    """Note what is wrong with the secrets of one device.

    Args:
        community: file with the community.
        phrases: key of the site file → file with a phrase (RFC 3414 wants eight octets).
        path: of the device's table.
        report: takes the mistakes.
    """
    check_word(community, f"{path}.community_file", report)
    for key, file in phrases.items():
        check_word(file, f"{path}.{key}", report, PHRASE_MIN)
