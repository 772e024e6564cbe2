"""From one generation to the next, and back by itself where the branch would be worse off.

Whatever is killed or cut on the way, `trying.json` says that a change was under way: at the next start of the machine,
before the agent, `recover` goes back.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from agent.release import generation, health, journal, record
from agent.release.commands import run
from agent.release.errors import (
    BundleError,
    CommandError,
    ConfigurationError,
    JournalError,
    PostponedError,
    ReleaseError,
    UnhealthyError,
    on_disk,
)
from agent.release.health import Health
from agent.release.layout import Layout, check_room, check_writable, link, remove
from agent.release.record import Attempt
from agent.release.units import AGENT, PANEL, Units

LOOK_EVERY = 2.0
DAY = 86_400.0
LOOKED_UP = ("etc", "etc/site.toml", "etc/profiles", "etc/tls")
"""What agent and panel can look at anew while they run; of folders the modes."""

Ask = Callable[[Path, bool], Health]


@dataclass(frozen=True)
class Terms:
    """On which terms a new generation is let in."""

    patience: float = 180.0
    """Seconds after its start within which it has to be no worse than the one before."""
    settle: float = 20.0
    """Seconds for which it has to stay so."""
    days: float = 7.0
    """Days after which it is let in although something critical stands: a sick branch needs security fixes too."""
    override: bool = False
    """Let it in whatever stands, if it starts and can be asked: not measured by what the old one says."""
    room: int = 5_000_000
    """Bytes that have to be free wherever a change writes."""


class Switch:
    """Changes the generation of a box.

    Args:
        layout: where everything lies.
        units: agent and panel.
        terms: on which a new generation is let in.
        ask: how a branch is now, given the release that runs and whether its panel does.
        wait: lets seconds pass.
    """

    def __init__(
        self,
        layout: Layout,
        units: Units,
        terms: Terms | None = None,
        ask: Ask = lambda release, panel: health.ask(release, panel=panel),
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._layout, self._units, self._terms = layout, units, terms or Terms()
        self._ask, self._wait = ask, wait

    def apply(self, version: str) -> Attempt | None:
        """Have a release run with the configuration that is wanted; None where just that runs already, and well.

        Raises:
            BundleError: there is no such release.
            ConfigurationError: it does not take the configuration.
            PostponedError: something critical stands.
            UnhealthyError: the branch was worse off; what ran before runs again.
        """
        self._undo()
        if not self._layout.is_complete(version):
            raise BundleError(f"release {version} is not installed, or only in part; install its bundle")
        with on_disk():
            number = generation.stage(self._layout, version)
            if generation.is_what_runs(self._layout, number):
                remove(self._layout.generation(number))
                return None if self._runs_well() else self._once_more(version)
        try:
            self._check(number)
            before = self._present()
            self._let_in(number, version, before)
        except ReleaseError:
            remove(self._layout.generation(number))
            raise
        return self._try(self._attempt(number, version, self._back(before)), before)

    def would_change(self, version: str) -> bool:
        """Whether `apply` would do anything."""
        if not self._layout.is_complete(version) or record.read(self._layout, record.TRYING):
            return True
        number = generation.stage(self._layout, version)
        try:
            return not generation.is_what_runs(self._layout, number) or not self._runs_well()
        finally:
            remove(self._layout.generation(number))

    def back(self, reason: str) -> Attempt:
        """Go back to the last good generation before that which runs; to undo a change that was never ended is that, too.

        Raises:
            ConfigurationError: there is none.
        """
        undone = self._undo()
        if undone is not None:
            return undone
        running = self._layout.running
        older = [number for number in self._proven() if running is not None and number < running]
        if running is None or not older:
            raise ConfigurationError("there is no generation to go back to that is known to be good")
        attempt = Attempt(
            running, older[-1], self._layout.version_of(running), self._layout.version_of(older[-1]), "trying"
        )
        record.begin(self._layout, attempt)
        return self._return(attempt, "rolled-back", reason)

    def recover(self) -> Attempt | None:
        """Before the agent is started: undo a change that was under way when the machine went down."""
        attempt = record.read(self._layout, record.TRYING)
        if attempt is None:
            return None
        ended, whole = self._replaced(attempt, "interrupted", ["the machine went down during the update"])
        return self._ended(ended, whole=whole)

    # --- before ------------------------------------------------------------------------------------------------------

    def _check(self, number: int) -> None:
        """Whatever can be known before anything is stopped."""
        places = self._layout
        for place in (places.current.parent, places.units, places.memory):
            check_writable(place)
            check_room(place, self._terms.room)
        check_room(places.data, self._terms.room)
        with on_disk():
            generation.units_of(places, number)
        folder = self._layout.generation(number)
        try:
            run([folder / "release/bin/linewarden", "check", "--site", folder / "etc/site.toml"])
        except CommandError as error:
            raise ConfigurationError(f"the release does not take the configuration: {error}") from error

    def _present(self) -> Health:
        running = self._layout.running
        if running is None:
            return Health(error="nothing runs yet")
        return self._ask(self._layout.generation(running) / "release", self._units.is_active(PANEL))

    def _let_in(self, number: int, version: str, before: Health) -> None:
        if not before.critical or self._terms.override:
            return
        now = time.time()
        waited = (now - record.waiting_since(self._layout, version, now)) / DAY
        if waited >= self._terms.days:
            return
        reason = f"something critical stands: {', '.join(before.critical)}"
        running = self._layout.running
        old = self._layout.version_of(running)
        record.end(self._layout, Attempt(number, running, version, old, "postponed", reason))
        left = self._terms.days - waited
        raise PostponedError(f"{reason}; try again when it is over, in {left:.0f} days it is let in anyway")

    def _undo(self) -> Attempt | None:
        """Undo a change whose program was ended before its end, though the machine went on; know how the last one ended."""
        attempt, last = record.read(self._layout, record.TRYING), record.read(self._layout)
        if attempt is not None:
            return self._return(attempt, "interrupted", "the update was ended before it was done")
        if last is not None and (last.number, last.result) == (self._layout.running, "running"):
            generation.prove(self._layout, last.number)  # whose mark may not have reached the card
        return None

    def _runs_well(self) -> bool:
        running = self._layout.running
        if running is None or not generation.is_proven(self._layout, running):
            return False
        return self._units.is_active(AGENT) and (not self._has_panel(running) or self._units.is_active(PANEL))

    def _once_more(self, version: str) -> Attempt:
        """Have run what ought to run already: it never did, or it was stopped since."""
        running = self._layout.running
        assert running is not None  # noqa: S101  # it was just compared with
        return self._try(self._attempt(running, version, None), Health(error="it did not run"))

    def _back(self, before: Health) -> int | None:
        """What to go back to: that which runs, if it is known to be good, or can at least be asked."""
        running = self._layout.running
        known = running is not None and (generation.is_proven(self._layout, running) or not before.error)
        return running if known else None

    def _proven(self) -> list[int]:
        return [number for number in self._layout.numbers() if generation.is_proven(self._layout, number)]

    def _attempt(self, number: int, version: str, back: int | None) -> Attempt:
        return Attempt(number, back, version, self._layout.version_of(back), "trying")

    # --- there and back --------------------------------------------------------------------------------------------

    def _try(self, attempt: Attempt, before: Health) -> Attempt:
        with on_disk():
            record.begin(self._layout, attempt)
        try:
            with on_disk():
                trouble = self._go(attempt, before)
                if not trouble:
                    return self._arrive(attempt)
        except ReleaseError as error:
            trouble = [str(error)]
        raise self._failed(attempt, "; ".join(trouble))

    def _go(self, attempt: Attempt, before: Health) -> list[str]:
        panel, config = self._has_panel(attempt.number), self._reloadable(attempt)
        if config:
            self._place_generation(attempt.number)
            self._units.reload_agent()
        else:
            self._restart(attempt, panel=panel)
        return self._trouble(attempt.number, before, config, panel=panel)

    def _arrive(self, attempt: Attempt) -> Attempt:
        self._units.enable(panel=self._has_panel(attempt.number))
        ended = replace(attempt, result="running", at=time.time())
        record.end(self._layout, ended)
        _said(lambda: generation.prove(self._layout, attempt.number))
        self._prune()
        return ended

    def _failed(self, attempt: Attempt, reason: str) -> UnhealthyError:
        if attempt.back is not None:
            ended = self._return(attempt, "rolled-back", reason)
            return UnhealthyError(f"{attempt.version}: {ended.result}: {ended.reason}")
        with on_disk():
            generation.disprove(self._layout, attempt.number)
            record.end(self._layout, replace(attempt, result="failed", reason=reason, at=time.time()))
        return UnhealthyError(
            f"{attempt.version} does not run well, and there is none to go back to: {reason}"
        )

    def _restart(self, attempt: Attempt, *, panel: bool) -> None:
        if self._layout.running not in (None, attempt.number):
            self._units.stop()
        if attempt.back is not None:
            journal.keep(self._layout, attempt.back, attempt.number)
        self._place_generation(attempt.number)
        self._units.start(panel=panel)

    def _reloadable(self, attempt: Attempt) -> str:
        """The hash of a configuration that the running agent can take up as it runs; empty where it has to be restarted."""
        if attempt.back is None or not self._units.is_active(AGENT):
            return ""
        old, new = self._layout.generation(attempt.back), self._layout.generation(attempt.number)
        differ = generation.differ_in(old, new)
        if not all(path in LOOKED_UP or path.startswith(("etc/profiles/", "etc/tls/")) for path in differ):
            return ""
        program, site = new / "release/bin/linewarden", "etc/site.toml"
        try:
            return run([program, "check", "--site", new / site, "--reloadable-from", old / site]).strip()
        except CommandError:
            return ""

    def _trouble(self, number: int, before: Health, config: str, *, panel: bool) -> list[str]:
        """What stays worse than before until patience ends; empty once nothing has been worse for long enough."""
        release, passed, well = self._layout.generation(number) / "release", 0.0, 0.0
        found: list[str] = []
        while passed < self._terms.patience or (not found and well < self._terms.settle):
            now = self._ask(release, self._units.is_active(PANEL))
            found = health.worse(self._measure(before), now, panel_wanted=panel)
            if config and not now.error and now.config != config:
                found.append("the agent has not taken up the configuration")
            well = 0.0 if found else well + LOOK_EVERY
            if well >= self._terms.settle:
                return []
            self._wait(LOOK_EVERY)
            passed += LOOK_EVERY
        return found

    def _measure(self, before: Health) -> Health:
        """With an override no word of the old agent counts: one that was taken over could veto what is to replace it."""
        return Health(error="overridden") if self._terms.override else before

    def _return(self, attempt: Attempt, result: str, reason: str) -> Attempt:
        """Whatever fails on the way back, what is then in force is started: a branch is never left unwatched for it."""
        back, wrong = attempt.back is not None, []
        if back:
            wrong += _said(self._units.stop)
        ended, whole = self._replaced(attempt, result, [reason, *wrong])
        running = self._layout.running
        if back and running is not None:
            wrong = _said(lambda: self._units.start(panel=self._has_panel(running)))
            ended = replace(ended, reason="; and it does not start: ".join([ended.reason, *wrong]))
        return self._ended(ended, whole=whole)

    def _replaced(self, attempt: Attempt, result: str, reasons: list[str]) -> tuple[Attempt, bool]:
        """Have everything as it was before an attempt; gives how that ended, and whether all of it could be placed."""
        number, wrong = attempt.back, list[str]()
        if number is not None:
            reasons += _said(lambda: generation.disprove(self._layout, attempt.number))
            try:
                reasons += journal.step_back(self._layout, attempt.number, number)
            except JournalError as error:
                # The older one would not even start over it.
                number, result = attempt.number, "failed"
                reasons.append(f"{error}; so {attempt.version} is kept")
            wrong = _said(lambda: self._place_generation(number))
        reason = "; ".join([*reasons, *wrong])
        return replace(attempt, result=result, reason=reason, at=time.time()), not wrong

    def _ended(self, attempt: Attempt, *, whole: bool) -> Attempt:
        """Say how a change ended; one whose way back was not gone to its end is gone on with at the next occasion."""
        with on_disk():
            if not whole:
                record.note(self._layout, attempt)
                return attempt
            record.end(self._layout, attempt)
        self._prune()
        return attempt

    def _prune(self) -> None:
        _said(lambda: generation.prune(self._layout))
        _said(lambda: journal.prune(self._layout))

    def _place_generation(self, number: int) -> None:
        link(self._layout.current, self._layout.generation(number))
        if generation.place_units(self._layout, number):
            self._units.reload()

    def _has_panel(self, number: int) -> bool:
        return (self._layout.generation(number) / "etc/panel.toml").is_file()


def _said(step: Callable[[], object]) -> list[str]:
    """What went wrong with a step, in words, where the next one is done all the same."""
    try:
        with on_disk():
            step()
    except ReleaseError as error:
        return [str(error)]
    return []
