"""The whole agent in this process: what keeps one part from being built keeps no other from its work."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from agent import api
from agent.app import Agent
from agent.config.load import Loaded, load
from agent.control_client import AgentError, ControlClient
from agent.store.engine import Engine
from agent.store.epochs import random_suffix
from tests.parts.snmpd import free_udp_port

SITE = """
[site]
id = "sh-0042"
name = "Lujiazui"
timezone = "Asia/Shanghai"
[agent]
data_dir = "{folder}/data"
socket = "{folder}/control/sock"
[[device]]
id = "pbx-1"
profile = "sip-pbx"
layer = "application"
name = "PBX"
address = "127.0.1.1"
port = {port}
snmp = {{ community_file = "{folder}/community" }}
interval = "1s"
[[device]]
id = "pbx-2"
profile = "sip-pbx"
layer = "application"
name = "PBX"
address = "127.0.1.1"
port = {port}
snmp = {{ community = "public" }}
interval = "1s"
"""


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    """A site of two devices where nothing listens; one has its community in a file."""
    (tmp_path / "community").write_text("secret-word\n")
    (tmp_path / "community").chmod(0o640)
    (tmp_path / "site.toml").write_text(SITE.format(folder=tmp_path, port=free_udp_port("127.0.1.1")))
    return load(tmp_path / "site.toml")


def causes(path: Path) -> dict[str, str]:
    """The first words of why each device does not answer, as the agent tells it; nothing before it does."""
    with suppress(AgentError), ControlClient(path) as client:
        branch = client.ask(api.AskBranch())
        assert isinstance(branch, api.BranchView)
        return {one.id: ": ".join(one.cause.split(": ")[:2]) for one in branch.devices}
    return {}


async def until_told(path: Path, told: dict[str, str]) -> None:
    """Wait until the agent gives these causes."""
    async with asyncio.timeout(60):
        while told.items() - (await asyncio.to_thread(causes, path)).items():  # noqa: ASYNC110  # asked, not told
            await asyncio.sleep(0.02)


def check_free(data: Path) -> None:
    """The agent has ended in good order: the store is free for the next one, and told the end."""
    engine = Engine(data, suffix=random_suffix)
    assert [record.entry.kind for record in engine.after(0, 0, 100)][-1] == "box.stopped"
    engine.close()


def test_a_secret_that_cannot_be_read_silences_one_device_only(loaded: Loaded, tmp_path: Path) -> None:
    """That device is lost for as long as its file is; the other is asked; the file's return is noticed."""
    (tmp_path / "community").unlink()

    port = loaded.site.device[0].port
    nobody = f"refused: nothing listens at 127.0.1.1 port {port}"

    async def story() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(Agent(loaded).run(stop))
        await until_told(tmp_path / "control/sock", {"pbx-1": f"lost: {tmp_path}/community", "pbx-2": nobody})
        (tmp_path / "community").write_text("secret-word\n")
        (tmp_path / "community").chmod(0o640)
        await until_told(tmp_path / "control/sock", {"pbx-1": nobody})
        stop.set()
        await running

    asyncio.run(story())
    check_free(tmp_path / "data")


def test_a_start_that_fails_ends_in_good_order(loaded: Loaded, tmp_path: Path) -> None:
    """Where the socket cannot be opened the agent says so, and leaves nothing open behind it."""
    (tmp_path / "control").write_text("in the way")
    with pytest.raises(OSError, match="control"):
        asyncio.run(Agent(loaded).run(asyncio.Event()))
    check_free(tmp_path / "data")
