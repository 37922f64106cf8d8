"""Answers in words: as much as is certain, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypedDict

from classifier.choices import Decision, Scene

if TYPE_CHECKING:
    from catalog.models import Variant
    from classifier.models import Identification, ModelOutput

#: From this probability on a make or model is named as certain.
CERTAIN = 0.9
#: From this probability on it is named as the likely one.
LIKELY = 0.5

_HINTS = {
    "small": "The photo is very small. Send the original instead of a thumbnail or screenshot.",
    "dark": "The photo is dark. Try again with more light, or raise its brightness.",
    "bright": "The photo is washed out. Try again with the sun behind you.",
    "blurred": "The photo is blurred. Hold still, tap the car to focus, and try again.",
}
_FAILURES = {
    "unreadable": "The photo could not be read: it is damaged. Send it again, or another photo of the car.",
    "photo_missing": "The photo is no longer in our storage. Send it again.",
    "timeout": "Identifying this photo took too long, so we stopped. Trying again usually helps.",
    "worker_lost": "Identifying this photo was interrupted three times. "
    "Trying again may help; if it does not, the photo itself may be the reason: try another one.",
}


class Candidate(Protocol):
    """One car that an answer names."""

    @property
    def rank(self) -> int: ...
    @property
    def label(self) -> str: ...
    @property
    def probability(self) -> float: ...
    @property
    def variant(self) -> Variant | None: ...


class MakeShare(TypedDict):
    """Probability of a make, all its cars together."""

    make: str
    probability: float


class ModelShare(MakeShare):
    """Probability of a model, all its years and bodies together."""

    model: str


class Answer(Protocol):
    """What answers have in common: to one photo (`Identification`), to several of one car (`FusedAnswer`)."""

    @property
    def decision(self) -> str: ...
    @property
    def candidates(self) -> Sequence[Candidate]: ...
    @property
    def makes(self) -> list[MakeShare]: ...
    @property
    def car_models(self) -> list[ModelShare]: ...


@dataclass(frozen=True)
class Headline:
    """What to say first of an answer, and in one sentence more."""

    title: str
    detail: str


def percent(probability: float) -> str:
    """A probability for people; never "100%" or "0%", since nothing is that certain."""
    if probability > 0.99:
        return "over 99%"
    if probability < 0.01:
        return "under 1%"
    return f"{round(probability * 100)}%"


def car_name(candidate: Candidate) -> str:
    """The catalogue's name of a car, else the model's."""
    return str(candidate.variant) if candidate.variant else candidate.label


def candidate_text(candidate: Candidate | None) -> str:
    """A candidate with its probability, in one line for staff."""
    return f"{candidate.label} {percent(candidate.probability)}" if candidate else "–"


def _article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}"


def _capital(text: str) -> str:
    """First letter large; `str.capitalize` would make all others small."""
    return text[:1].upper() + text[1:]


def headline(answer: Answer) -> Headline:
    """What is certain of a car seen from outside: its variant, else model, else make, else a shortlist."""
    if not answer.candidates:
        return Headline("No answer", "")
    best = answer.candidates[0]
    name = car_name(best)
    if answer.decision == Decision.SURE:
        return Headline(name, f"{percent(best.probability)} sure")
    if answer.decision == Decision.UNKNOWN:
        return Headline(
            "A car we don't know", f"The closest match is the {name}, but it is probably a different car."
        )
    return _backed_off(answer, name, best.probability)


def _backed_off(answer: Answer, name: str, probability: float) -> Headline:
    """What is certain although the variant is not."""
    make, model = answer.makes[0], answer.car_models[0]
    if model["probability"] >= CERTAIN:
        sure = f"{percent(model['probability'])} sure of the model"
        return Headline(
            f"{model['make']} {model['model']}",
            f"{sure}; the year or body is less clear, most likely {name}.",
        )
    if make["probability"] >= CERTAIN:
        title = f"Definitely {_article(make['make'])}"
        if model["make"] != make["make"] or model["probability"] < LIKELY:
            return Headline(title, "Which model is not clear: perhaps one of these.")
        return Headline(
            f"{title}, probably the {model['model']}", f"{percent(model['probability'])} sure of the model."
        )
    if probability >= LIKELY:
        return Headline(
            f"Probably {_article(name)}", f"{percent(probability)} sure: compare it with the others below."
        )
    return Headline("Perhaps one of these", "No car matches well enough to name it.")


def summary(row: Identification) -> str:
    """One line for an enquiry: the likeliest car and how sure the model is."""
    if row.scene != Scene.EXTERIOR or row.best is None:
        return str(row.get_scene_display())
    return f"{car_name(row.best)}, {percent(row.best.probability)} sure"


def output_summary(output: ModelOutput) -> str:
    """What a model said of a photo, in a few words."""
    if output.failure:
        return "no answer"
    if output.scene == Scene.EXTERIOR and output.best:
        return f"{output.best['label']}, {percent(output.best['probability'])}"
    return {Scene.INTERIOR.value: "the inside of a car", Scene.OTHER.value: "not a car"}.get(
        output.scene, "no answer"
    )


def hints(row: Identification) -> list[str]:
    """What the sender can do for a better answer."""
    return [_HINTS[hint] for hint in row.hints if hint in _HINTS]


def failure(row: Identification) -> str:
    """Why an identification failed, for people."""
    return _FAILURES.get(row.failure, "Something went wrong on our side. Trying again usually helps.")
