"""Answers in words: as much as is certain, and no more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.answers.fused import FusedAnswer
    from classifier.models import Identification

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
    "timeout": "Looking at the photo took too long, so it was stopped. Trying again usually helps.",
    "worker_lost": "The program that looks at photos stopped three times in the middle of yours. "
    "Trying again may help; if it does not, the photo itself may be at fault: try another one.",
}


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


def share_lines(pairs: Iterable[tuple[str, float]]) -> list[dict[str, str]]:
    """Names that are worth naming, with their probability in words; `pairs` come likeliest first."""
    return [{"name": name, "percent": percent(p)} for name, p in pairs if p >= 0.02][:3]


def _article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}"


def _capital(text: str) -> str:
    """First letter large; `str.capitalize` would make all others small."""
    return text[:1].upper() + text[1:]


def headline(row: Identification | FusedAnswer) -> Headline:
    """The answer to an exterior photo, or to several of one car, as far as it is certain: variant, else model, else make, else a shortlist."""
    best = row.best
    if best is None:
        return Headline("No answer", "")
    name = str(best.variant) if best.variant else best.label
    if row.decision == row.Decision.SURE:
        return Headline(name, f"{percent(best.probability)} sure")
    if row.decision == row.Decision.UNKNOWN:
        return Headline("A car we don't know", f"The closest is the {name}, but it is hardly that one.")
    return _backed_off(row, name, best.probability)


def _backed_off(row: Identification | FusedAnswer, name: str, probability: float) -> Headline:
    """What is certain although the variant is not."""
    make, model = row.makes[0], row.car_models[0]
    if model["probability"] >= CERTAIN:
        return Headline(
            f"{model['make']} {model['model']}",
            f"{percent(model['probability'])} sure of the model; which year or body is less clear, most likely {name}.",
        )
    if make["probability"] >= CERTAIN:
        title = f"{_capital(_article(make['make']))} for certain"
        if model["make"] != make["make"] or model["probability"] < LIKELY:
            return Headline(title, "Which model is not clear: one of these, perhaps.")
        return Headline(
            f"{title}, probably the {model['model']}", f"{percent(model['probability'])} for the model."
        )
    if probability >= LIKELY:
        return Headline(
            f"Probably {_article(name)}", f"{percent(probability)}: check it against the others below."
        )
    return Headline("One of these, perhaps", "No car fits well enough to name it.")


def summary(row: Identification) -> str:
    """One line for an enquiry: the likeliest car and how sure the model is."""
    if row.scene != row.Scene.EXTERIOR or row.best is None:
        return row.get_scene_display()
    name = str(row.best.variant) if row.best.variant else row.best.label
    return f"{name}, {percent(row.best.probability)} sure"


def hints(row: Identification) -> list[str]:
    """What the sender can do for a better answer."""
    return [_HINTS[hint] for hint in row.hints if hint in _HINTS]


def failure(row: Identification) -> str:
    """Why an identification failed, for people."""
    return _FAILURES.get(row.failure, "Something went wrong on our side. Trying again usually helps.")
