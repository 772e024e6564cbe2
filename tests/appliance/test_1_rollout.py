"""Show 1: the real playbook from the bundle on a bare machine, twice; then the end-to-end tests inside it."""

import pytest

from tests.appliance.conftest import Installed

pytestmark = pytest.mark.timeout(5400)


def test_one_run_makes_an_appliance_of_a_bare_machine(installed: Installed) -> None:
    """Agent and panel are ready when it ends, from the bundle alone."""
    assert installed.first.failed == 0, installed.first.text
    assert installed.first.changed > 0
    for unit in ("linewarden-agent", "linewarden-panel", "chrony"):
        assert installed.machine.run(f"systemctl is-active {unit}", check=False).strip() == "active"
    assert installed.machine.run("ls /var/lib/linewarden-release").split() == [
        "last.json",
        "lock",
    ]


def test_a_second_run_changes_nothing(installed: Installed) -> None:
    """Nor would a third one, says check mode; and diff shows nothing."""
    for recap in (installed.second, installed.checked):
        assert (recap.failed, recap.changed) == (0, 0), recap.text
        assert "--- before" not in recap.text
        assert "+++ after" not in recap.text
