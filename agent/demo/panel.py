"""The panel of the demo: the real panel with one page more, `python -m agent.demo.panel FOLDER`.

The page exists only here: the panel itself knows no demo, it takes extensions.
"""

import sys
from pathlib import Path

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from agent.demo.child import end_with_parent
from agent.demo.scenarios import CALM, SCENARIOS
from agent.demo.stage import ask

PRESSES = ("acknowledge", "silence", "test")


def page(stage: Path) -> Blueprint:
    """The page that plays scenarios and presses the buttons of the room.

    Args:
        stage: the stage's socket.
    """
    demo = Blueprint("demo", __name__, url_prefix="/demo", template_folder="templates")

    @demo.get("/")
    def show() -> ResponseReturnValue:
        playing = set(ask(stage, {})["playing"])
        language = "zh" if str(get_locale()).startswith("zh") else "en"
        return render_template(
            "demo.html", scenarios=SCENARIOS, playing=playing, presses=PRESSES, language=language
        )

    @demo.post("/play")
    def play() -> ResponseReturnValue:
        name = request.form.get("scenario", "")
        if name in SCENARIOS or name == CALM:
            ask(stage, {"play": name, "begin": request.form.get("begin") == "1"})
        return redirect(url_for("demo.show"), 303)

    @demo.post("/press")
    def press() -> ResponseReturnValue:
        name = request.form.get("button", "")
        if name in PRESSES:
            ask(stage, {"press": name})
        return redirect(url_for("demo.show"), 303)

    return demo


def main() -> None:
    """Serve until told to end."""
    end_with_parent()
    folder = Path(sys.argv[1])
    sys.exit(f"{folder}: not built yet")


if __name__ == "__main__":
    main()
