"""What the pipeline read, as the EDIFACT it was in these tests."""

from edigate import pipeline
from edigate.edifact.syntax.segments import Interchange, Message, Transmission


def transmission_of(examination: pipeline.Examination) -> Transmission:
    assert isinstance(examination.transmission, Transmission)
    return examination.transmission


def message_of(document: pipeline.JudgedMessage) -> Message:
    assert isinstance(document.message, Message)
    return document.message


def interchanges_of(survey: pipeline.Survey) -> tuple[Interchange, ...]:
    found = tuple(i for i in survey.interchanges if isinstance(i, Interchange))
    assert len(found) == len(survey.interchanges)
    return found
