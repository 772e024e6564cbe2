"""The enumerated words of the agent in the language of the reader. An unknown word is shown as it is."""

from collections.abc import Mapping

from web.i18n import gettext, mark

SEVERITIES: Mapping[str, str] = {
    "critical": mark("Critical"),
    "major": mark("Major"),
    "minor": mark("Minor"),
    "warning": mark("Warning"),
}
"""X.733 words, the most urgent first."""

ALARM_STATES: Mapping[str, str] = {
    "unacknowledged": mark("not acknowledged"),
    "acknowledged": mark("acknowledged"),
    "returned-unacknowledged": mark("over, not acknowledged"),
    "closed": mark("closed, not over yet"),
}

LAYERS: Mapping[str, str] = {
    "power": mark("Power"),
    "environment": mark("Environment"),
    "network": mark("Network"),
    "access": mark("Access"),
    "application": mark("Application"),
    "data": mark("Data"),
    "management": mark("Management"),
}
"""In the order of dependence."""

QUALITIES: Mapping[str, str] = {
    "good": mark("good"),
    "bad": mark("bad"),
    "stale": mark("stale"),
}

BAD_CAUSES: Mapping[str, str] = {
    "missing": mark("the device does not tell it"),
    "type": mark("not of the expected kind"),
    "unknown": mark("the device does not know it"),
    "implausible": mark("not plausible"),
}

POLL_CAUSES: Mapping[str, str] = {
    "timeout": mark("no answer in time"),
    "refused": mark("the device refuses"),
    "garbled": mark("the answer cannot be read"),
    "lost": mark("the line is lost"),
    "auth": mark("the access data are not accepted"),
    "silent": mark("nothing is heard"),
}

DOORS: Mapping[str, str] = {
    "panel": mark("panel"),
    "cli": mark("command line"),
    "button": mark("button in the room"),
}

SHOWS: Mapping[str, str] = {
    "off": mark("off"),
    "steady": mark("lit"),
    "flash": mark("flashing"),
    "fast flash": mark("flashing fast"),
    "slow flash": mark("flashing slowly"),
    "double flash": mark("double flash: came first"),
    "steady heartbeat": mark("lit, with a heartbeat"),
}

CLOCKS: Mapping[str, str] = {
    "ntp": mark("synchronised (NTP)"),
    "gsm": mark("from the mobile network"),
    "rtc": mark("from the battery clock"),
    "holdover": mark("running on since the last synchronisation"),
    "unsynced": mark("not synchronised"),
}

JOURNALS: Mapping[str, str] = {
    "healthy": mark("healthy"),
    "degraded": mark("degraded: events cannot be stored"),
}

BROKERS: Mapping[str, str] = {
    "connected": mark("connected"),
    "lost": mark("lost"),
    "none": mark("not configured"),
}

SUPPRESSIONS: Mapping[str, str] = {
    "shelved": mark("shelved"),
    "window": mark("in a maintenance window"),
    "out-of-service": mark("out of service"),
    "by-design": mark("suppressed by design"),
}

VALUES: Mapping[str, str] = {
    "up": mark("up"),
    "down": mark("down"),
    "testing": mark("under test"),
    "dormant": mark("dormant"),
    "notPresent": mark("not present"),
    "lowerLayerDown": mark("lower layer down"),
    "normal": mark("normal"),
    "low": mark("low"),
    "fault": mark("fault"),
    "absent": mark("absent"),
    "depleted": mark("depleted"),
    "passed": mark("passed"),
    "warning": mark("passed with a warning"),
    "failed": mark("failed"),
    "aborted": mark("aborted"),
    "declined": mark("declined"),
    "pending": mark("pending"),
    "invalid": mark("invalid"),
    "in progress": mark("in progress"),
    "none": mark("none"),
    "ok": mark("in order"),
    "lost": mark("lost"),
    "no": mark("no"),
    "yes": mark("yes"),
    "halted": mark("halted"),
    "congested": mark("congested"),
    "restarting": mark("restarting"),
    "quiescing": mark("going out of service"),
    "noAlarm": mark("no alarm"),
    "healthy": mark("healthy"),
    "degraded": mark("degraded: events cannot be stored"),
    "enabled": mark("enabled"),
    "disabled": mark("disabled"),
    "muted": mark("muted"),
    "standby": mark("standby"),
    "online": mark("double conversion"),
    "offline / line interactive": mark("offline or line interactive"),
    "high line voltage": mark("mains voltage too high"),
    "brownout": mark("mains voltage too low"),
    "blackout": mark("mains failure"),
    "small sag": mark("small sag of the mains"),
    "deep sag": mark("deep sag of the mains"),
    "small spike": mark("small spike on the mains"),
    "large spike": mark("large spike on the mains"),
    "self-test": mark("self-test"),
    "rate of voltage change": mark("mains voltage changed fast"),
    "unsynced": mark("not synchronised"),
    "holdover": mark("running on since the last synchronisation"),
    "rtc": mark("from the battery clock"),
    "gsm": mark("from the mobile network"),
    "ntp": mark("synchronised (NTP)"),
    "clear": mark("clear"),
    "critical": mark("critical"),
    "major": mark("major"),
    "minor": mark("minor"),
    "answers": mark("answers"),
    "unheard": mark("says nothing"),
    "idle": mark("idle"),
    "active": mark("in use"),
    "busy": mark("full"),
    "unreachable": mark("nobody can be reached there"),
    "silent": mark("it answers nothing in time"),
    "refused": mark("the broker refuses"),
    "version-refused": mark("the broker does not speak this version"),
    "credentials-refused": mark("the broker refuses user or password"),
    "client-certificate-refused": mark("the broker does not take our certificate"),
    "packets-too-small": mark("the broker takes no packet as large"),
    "not-trusted": mark("its certificate is not trusted"),
    "unknown-authority": mark("its certificate is signed by an unknown authority"),
    "certificate-expired": mark("its certificate is not valid now by our clock"),
    "hostname-mismatch": mark("its certificate is that of another host"),
    "tls-failed": mark("TLS cannot be set up"),
    "not-mqtt": mark("what answers there is not MQTT"),
    "secret-unusable": mark("our certificate, key or password file cannot be used"),
}
"""Values of points that are one word: of enumerations, and why the broker is away."""

TOKENS: Mapping[str, str] = {
    "OL": mark("on mains"),
    "OB": mark("on battery"),
    "LB": mark("battery low"),
    "HB": mark("battery high"),
    "RB": mark("replace battery"),
    "CHRG": mark("charging"),
    "DISCHRG": mark("discharging"),
    "BYPASS": mark("on bypass"),
    "CAL": mark("calibrating"),
    "OFF": mark("switched off"),
    "OVER": mark("overloaded"),
    "TRIM": mark("trims high mains"),
    "BOOST": mark("boosts low mains"),
    "FSD": mark("forced shutdown"),
    "ALARM": mark("fault reported"),
    "TEST": mark("self-test"),
    "SLEEP": mark("asleep until the mains returns"),
    "REBOOT": mark("restarting"),
    "WAIT": mark("waiting"),
    "FAULT": mark("fault"),
    "ECO": mark("economy mode"),
    "STANDBY": mark("standby"),
    "SPOT": mark("output switched by hand"),
    "LOAD": mark("load supplied"),
    "CHARGER": mark("charger at work"),
    "DER": mark("derated"),
    "LOS": mark("loss of signal"),
    "LOF": mark("loss of frame"),
    "AIS": mark("alarm indication from the far end"),
    "RAI": mark("far end reports loss of frame"),
    "LOMF": mark("loss of multiframe"),
    "TS16-AIS": mark("alarm indication in time slot 16"),
    "loopback": mark("looped"),
    "testCode": mark("test code received"),
    "equipOOS": mark("out of service"),
    "otherFailure": mark("other failure"),
    "XmtAIS": mark("sends alarm indication"),
    "XmtRAI": mark("tells the far end of loss of frame"),
    "XmtLOMF": mark("tells the far end of loss of multiframe"),
    "unavailSig": mark("unavailable"),
    "payloadAIS": mark("alarm indication in the payload"),
    "DS2-threshold": mark("error threshold exceeded"),
}
"""Status words of NUT (`ups.status`) and of the DS1-MIB, which come several at a time."""


def word(table: Mapping[str, str], key: str) -> str:
    """The word for `key` in the language of the reader."""
    return gettext(table[key]) if key in table else key


def value_word(text: str) -> str:
    """The value of a text point: known words in the language of the reader, with the wire's own words after them."""
    tokens = text.split()
    if tokens and all(token in TOKENS for token in tokens):
        told = gettext(", ").join(gettext(TOKENS[token]) for token in tokens)
        return f"{told} ({text})"
    return word(VALUES, text)
