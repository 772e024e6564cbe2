"""The messages that cross the control socket, one JSON object a line.

A client asks, the agent answers each question with one message. The panel, the command line and the demo know the
agent only by these. Times are seconds since 1970 (UTC); texts come in both languages.
"""

from typing import Any

import msgspec

from agent.api.answers import (
    AlarmView,
    Answer,
    BranchView,
    Change,
    DeviceView,
    Done,
    Failed,
    Figures,
    Impacted,
    MaintenanceView,
    OperatorNote,
    PassedView,
    PointView,
    Polls,
    RootCause,
    Status,
    Support,
    SuppressionView,
    TrendLimit,
    TrendPoint,
    TrendView,
    Why,
    WhyStep,
    WindowView,
)
from agent.api.limits import LimitsView, LimitView, NumberView
from agent.api.questions import (
    OCCURRENCE_MAX,
    AskBranch,
    AskDevice,
    AskFigures,
    AskLimits,
    AskMaintenance,
    AskSupport,
    AskTrend,
    AskWhy,
    GiveOrder,
    Question,
    Watch,
)
from agent.api.refusals import in_words
from agent.api.refusals import verb as verb_word
from agent.api.urgency import SEVERITIES, in_order, urgencies
from agent.core.adjustments import TEXTS as NUMBER_TEXTS
from agent.core.annunciator import Indication
from agent.core.inputs import Door, Verb
from agent.core.model import Layer, Quality, Text
from agent.core.suppression.nouns import Kind
from agent.core.values import TIME, in_chinese, read_number, show_exactly

__all__ = [
    "NUMBER_TEXTS",
    "OCCURRENCE_MAX",
    "SEVERITIES",
    "TIME",
    "AlarmView",
    "Answer",
    "AskBranch",
    "AskDevice",
    "AskFigures",
    "AskLimits",
    "AskMaintenance",
    "AskSupport",
    "AskTrend",
    "AskWhy",
    "BranchView",
    "Change",
    "DeviceView",
    "Done",
    "Door",
    "Failed",
    "Figures",
    "GiveOrder",
    "Impacted",
    "Indication",
    "Kind",
    "Layer",
    "LimitView",
    "LimitsView",
    "MaintenanceView",
    "NumberView",
    "OperatorNote",
    "PassedView",
    "PointView",
    "Polls",
    "Quality",
    "Question",
    "RootCause",
    "Status",
    "Support",
    "SuppressionView",
    "Text",
    "TrendLimit",
    "TrendPoint",
    "TrendView",
    "Verb",
    "Watch",
    "Why",
    "WhyStep",
    "WindowView",
    "decode_answer",
    "decode_question",
    "encode",
    "in_chinese",
    "in_order",
    "in_words",
    "read_number",
    "show_exactly",
    "urgencies",
    "verb_word",
]

_encoder = msgspec.json.Encoder()
_questions: msgspec.json.Decoder[Question] = msgspec.json.Decoder(Question)
_answers: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)


def encode(message: Any) -> bytes:
    """A message as one line."""
    return _encoder.encode(message) + b"\n"


def decode_question(line: bytes) -> Question:
    """A question from its line.

    Raises:
        msgspec.MsgspecError: the line is no question.
    """
    return _questions.decode(line)


def decode_answer(line: bytes) -> Answer:
    """An answer from its line.

    Raises:
        msgspec.MsgspecError: the line is no answer of this version.
    """
    return _answers.decode(line)
