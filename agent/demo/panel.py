"""The panel of the demo: the real panel with one page more, `python -m agent.demo.panel FOLDER`.

The page exists only here: the panel itself knows no demo, it takes extensions.
"""

import sys
from pathlib import Path

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from agent.core.model import Text
from agent.demo.child import end_with_parent
from agent.demo.scenarios import CALM, SCENARIOS
from agent.demo.stage import ask
from agent.logs import configure
from web.extension import Nav
from web.pages import gateway, live
from web.server import build, serve
from web.settings import load

WORDS = {
    "title": Text("Demo", "演示"),
    "intro": Text(
        "This branch is simulated on this machine. Play what may happen to it, then look at its page.",
        "本网点全部由本机模拟。先触发一个场景，再到网点页面查看。",
    ),
    "begin": Text("Begin", "开始"),
    "end": Text("End", "结束"),
    "playing": Text("going on", "进行中"),
    "over": Text("ended", "已结束"),
    "calm": Text("End everything", "全部结束"),
    "room": Text("Buttons in the room", "机房按钮"),
    "acknowledge": Text("Acknowledge", "确认"),
    "silence": Text("Silence", "消音"),
    "test": Text("Lamp test", "试灯"),
    "pressed": Text("Pressed", "已按下"),
    "branch": Text("Branch now", "网点现状"),
    "again": Text(
        "A device that was silent is asked again within 30 s of the end; until then its alarm stands.",
        "结束后，曾无应答的设备会在 30 秒内重新被轮询；在此之前其告警仍在。",
    ),
    "only-lamps": Text(
        "They act on lamps and horn only; an alarm itself is acknowledged on the branch's page.",
        "只作用于告警灯和喇叭；告警本身请在网点页面确认。",
    ),
}
"""The page's words; it is no part of the panel and so not of its catalogue."""

SILENCING = ("pbx-crash", "ups-dead")
"""Scenarios that silence a device: it comes back only when it is asked again."""

PRESSES = ("acknowledge", "silence", "test")


class DemoPage:
    """The page that plays scenarios and presses the buttons of the room.

    Args:
        stage: the stage's socket.
    """

    nav = Nav(WORDS["title"], "demo.page")

    def __init__(self, stage: Path) -> None:
        self._stage = stage
        self.blueprint = Blueprint(
            "demo", __name__, url_prefix="/demo", template_folder="templates", static_folder="static"
        )
        self.blueprint.get("/")(self.page)
        self.blueprint.post("/play")(self.play)
        self.blueprint.post("/press")(self.press)

    def page(self) -> ResponseReturnValue:
        """All scenarios, and which go on."""
        playing = set(ask(self._stage, {})["playing"])
        return render_template(
            "demo.html",
            view=gateway().branch(),
            scenarios=SCENARIOS,
            silencing=SILENCING,
            playing=playing,
            presses=PRESSES,
            words=WORDS,
            live=live(),
        )

    def play(self) -> ResponseReturnValue:
        """Begin or end a scenario."""
        name = request.form.get("scenario", "")
        if name in SCENARIOS or name == CALM:
            begin = request.form.get("begin") == "1"
            ask(self._stage, {"play": name, "begin": begin})
            title = SCENARIOS[name].title.in_language(_language()) if name in SCENARIOS else self._word(CALM)
            flash(f"{title}: {self._word('playing' if begin else 'over')}", "done")
            if not begin and name in (*SILENCING, CALM):
                flash(self._word("again"), "done")
        return redirect(url_for("demo.page"), 303)

    @staticmethod
    def _word(name: str) -> str:
        return WORDS[name].in_language(_language())

    def press(self) -> ResponseReturnValue:
        """Press a button of the room."""
        name = request.form.get("button", "")
        if name in PRESSES:
            ask(self._stage, {"press": name})
            flash(f"{self._word('pressed')}: {self._word(name)}", "done")
        return redirect(url_for("demo.page"), 303)


def _language() -> str:
    return "zh" if str(get_locale()).startswith("zh") else "en"


def main() -> None:
    """Serve until told to end."""
    configure()
    end_with_parent()
    folder = Path(sys.argv[1])
    serve(build(load(folder / "panel.toml"), [DemoPage(folder / "stage.sock")]))


if __name__ == "__main__":
    main()
