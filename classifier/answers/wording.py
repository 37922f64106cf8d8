"""Answers in words: as much as is certain, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypedDict

from classifier.choices import Decision, IdentificationStatus, Scene, Verdict

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


class Level(StrEnum):
    """What a headline names."""

    CAR = "car"
    MODEL = "model"
    MAKE = "make"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Headline:
    """What to say first of an answer, and in one sentence more.

    `level` is what the title names, `stated` the one probability that `detail` says: that of what is named.
    It is None where no figure would be honest: of a photo that is unlike all that the model knows.
    `certain` says that the title leaves no doubt.
    """

    title: str
    detail: str
    level: Level = Level.NOTHING
    stated: float | None = None
    certain: bool = False


def percent(probability: float) -> str:
    """A probability for people; never "100%" or "0%", since nothing is that certain."""
    if probability > 0.99:
        return "over 99%"
    if probability < 0.01:
        return "under 1%"
    return f"{round(probability * 100)}%"


def reaches(probability: float, bound: float) -> bool:
    """Whether a probability, as rounded as people read it, is at least `bound`."""
    return round(probability, 2) >= bound


def car_name(candidate: Candidate) -> str:
    """The catalogue's name of a car, else the model's."""
    return str(candidate.variant) if candidate.variant else candidate.label


def candidate_text(candidate: Candidate | None) -> str:
    """A candidate with its probability, in one line for staff."""
    return f"{candidate.label} {percent(candidate.probability)}" if candidate else "–"


def with_article(name: str) -> str:
    """The name as one of its kind: "an Audi", "a BMW", "an MG"."""
    first, _, _ = name.partition(" ")
    spelled = first.isupper() and not set(first) & set("AEIOUY")
    vowel = first[:1] in "FHLMNRSX" if spelled else first[:1].lower() in tuple("aeio")
    return f"{'an' if vowel else 'a'} {name}"


@dataclass(frozen=True)
class _Likeliest:
    """The likeliest car, its model and its make. A whole is never less likely than its part."""

    car: str
    p_car: float
    model: str
    p_model: float
    make: str
    p_make: float

    @classmethod
    def of(cls, answer: Answer) -> _Likeliest:
        best = answer.candidates[0]
        model = answer.car_models[0] if answer.car_models else None
        make = answer.makes[0] if answer.makes else None
        p_model = max(best.probability, model["probability"] if model else 0.0)
        return cls(
            car=car_name(best),
            p_car=best.probability,
            model=f"{model['make']} {model['model']}" if model else car_name(best),
            p_model=p_model,
            make=make["make"] if make else car_name(best),
            p_make=max(p_model, make["probability"] if make else 0.0),
        )


def headline(answer: Answer) -> Headline:
    """As much as is likely of a car seen from outside: the car, else its model, else its make.

    What is named follows from the probabilities alone, so that no word contradicts a percentage; only of a
    photo that is unlike all known ones nothing is said to be sure.
    """
    if not answer.candidates:
        return Headline("No answer", "No car was named for this photo.")
    best = _Likeliest.of(answer)
    return _likeness(best) if answer.decision == Decision.UNKNOWN else _named(best)


def _named(best: _Likeliest) -> Headline:
    """Of a photo that is like known ones: a certain car or model before a likely car, and so on."""
    car, model, make = best.p_car, best.p_model, best.p_make
    if reaches(car, CERTAIN):
        return Headline(best.car, f"We are {percent(car)} sure.", Level.CAR, car, certain=True)
    if reaches(model, CERTAIN):
        rest = f"most likely the {best.car}" if reaches(car, LIKELY) else "it may be any of these"
        detail = f"We are {percent(model)} sure of the model. The year or body is less clear: {rest}."
        return Headline(best.model, detail, Level.MODEL, model)
    if reaches(car, LIKELY):
        title = f"Probably {with_article(best.car)}"
        return Headline(title, f"We are {percent(car)} sure: compare it with the others.", Level.CAR, car)
    if reaches(model, LIKELY):
        title = f"Probably {with_article(best.model)}"
        detail = f"We are {percent(model)} sure of the model. The year or body is not clear."
        return Headline(title, detail, Level.MODEL, model)
    if reaches(make, LIKELY):
        kind = with_article(best.make)
        title = f"{kind[0].upper()}{kind[1:]}" if reaches(make, CERTAIN) else f"Probably {kind}"
        detail = f"We are {percent(make)} sure of the make. Which model is not clear."
        return Headline(title, detail, Level.MAKE, make)
    return Headline("Perhaps one of these", "No car matches well enough to name it.")


def _likeness(best: _Likeliest) -> Headline:
    """Of a photo that is unlike all known ones: what it looks like, without a claim of being sure."""
    if reaches(best.p_model, LIKELY):
        return Headline(
            f"Looks like {with_article(best.model)}",
            "It differs from those that we know, so it may be another year or version, or another car.",
            Level.MODEL,
        )
    if reaches(best.p_make, LIKELY):
        return Headline(
            f"Looks like {with_article(best.make)}",
            "Which model is not clear: it differs from those that we know.",
            Level.MAKE,
        )
    return Headline("A car we don't know", "None of the cars that we know matches it well.")


#: What is said of photos that show no car from outside.
_SCENES = {
    Scene.INTERIOR: Headline(
        "This is the inside of a car",
        "Car interiors look too much alike to tell which car it is. Send a photo of the outside instead.",
    ),
    Scene.OTHER: Headline(
        "We see no car here", "If there is a car in your photo, it is probably too small or partly hidden."
    ),
}
_NO_HEADLINE = Headline("No answer", "")


def spoken(row: Identification) -> Headline:
    """What is said first of an answered photo: what its sender said it shows, else the model's answer."""
    said = getattr(row, "feedback", None)
    model_said = of_model(row)
    if said is None:
        return model_said
    if said.verdict == Verdict.RIGHT:
        confirmed = str(said.variant) if said.variant else model_said.title
        return replace(model_said, title=confirmed, detail="You said that this is right.", stated=None)
    name = "Not a car" if said.verdict == Verdict.NOT_A_CAR else str(said.variant or said.text)
    if not name:
        return model_said
    level = Level.CAR if said.variant else Level.NOTHING
    return Headline(name, f"As you told us. Our answer was: {_lower(model_said.title)}.", level)


def first_words(row: Identification, *, away: bool = False) -> Headline:
    """What is said first of a photo in any state. `away`: no model can answer it at the moment."""
    match row.status:
        case IdentificationStatus.DONE:
            return spoken(row)
        case IdentificationStatus.FAILED:
            return Headline("This photo could not be identified", "")
    if away:
        return Headline("Your photo is saved and waiting", "")
    is_running = row.status == IdentificationStatus.RUNNING
    return Headline("Looking at your photo …" if is_running else "Your photo is in the queue …", "")


def of_model(row: Identification) -> Headline:
    """What the model's answer to a photo says first, whatever its sender said of it."""
    if row.scene == Scene.EXTERIOR:
        return headline(row)
    return _SCENES.get(Scene(row.scene), _NO_HEADLINE) if row.scene else _NO_HEADLINE


def _lower(title: str) -> str:
    """A title within a sentence: only the words that begin our own titles are made small."""
    starts = ("Probably ", "Looks like ", "A ", "An ", "Perhaps ", "This is ", "We see ", "No answer")
    return title[:1].lower() + title[1:] if title.startswith(starts) else title


def summary(row: Identification) -> str:
    """One line for an enquiry or a table: what is said first, and how sure the model is of it."""
    said = of_model(row)
    if row.scene != Scene.EXTERIOR or not row.candidates:
        return str(row.get_scene_display())
    return f"{said.title}, {percent(said.stated)} sure" if said.stated is not None else said.title


def output_summary(output: ModelOutput) -> str:
    """What a model said of a photo, in a few words."""
    if output.failure:
        return "no answer"
    if output.scene == Scene.EXTERIOR and output.best:
        label, probability = output.best["label"], output.best["probability"]
        if output.decision == Decision.UNKNOWN:
            like = f", which looks like {with_article(label)}" if reaches(probability, LIKELY) else ""
            return f"a car that it did not know{like}"
        return f"{label}, {percent(probability)}"
    return {Scene.INTERIOR.value: "the inside of a car", Scene.OTHER.value: "not a car"}.get(
        output.scene, "no answer"
    )


def advice(row: Identification) -> list[str]:
    """What the sender can do for a better answer; nothing where the answer leaves no doubt.

    What is wrong with the photo comes before what usually helps.
    """
    if row.scene != Scene.EXTERIOR or headline(row).certain:
        return []
    # A photo that is too dark is not too bright as well, whatever was recorded.
    wrong = [hint for hint in row.hints if hint in _HINTS and not (hint == "bright" and "dark" in row.hints)]
    if wrong:
        return [_HINTS[hint] for hint in wrong]
    return ["A photo of the whole car, taken from a front or rear corner, usually settles it."]


def failure(row: Identification) -> str:
    """Why an identification failed, for people."""
    return _FAILURES.get(row.failure, "Something went wrong on our side. Trying again usually helps.")
