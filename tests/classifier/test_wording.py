"""Every answer makes one statement: headline, percentages and advice never contradict each other."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import product

import pytest

from classifier.answers import presenter, wording
from classifier.answers.wording import Level
from classifier.serializers import HeadlineSerializer

SHARES = (0.005, 0.2, 0.49, 0.5, 0.56, 0.64, 0.88, 0.895, 0.9, 0.97, 0.995, 1.0)
HINTS = ((), ("dark",), ("dark", "bright"), ("small", "blurred"), ("nonsense",))
#: Words that claim, and the least probability that they may be said of.
CERTAIN_WORDS = ("Definitely", "certain")
DOUBT = re.compile(r"^(Probably|Perhaps|Looks like|A car we don't know)")


@dataclass(frozen=True)
class Candidate:
    rank: int
    label: str
    probability: float
    variant: None = None


@dataclass(frozen=True)
class Answer:
    decision: str
    candidates: list[Candidate]
    makes: list[dict]
    car_models: list[dict]
    hints: tuple[str, ...] = ()
    scene: str = "exterior"
    status: str = "done"
    feedback: None = field(default=None)


def answer_of(decision: str, car: float, model: float, make: float, hints: tuple[str, ...] = ()) -> Answer:
    return Answer(
        decision,
        [
            Candidate(1, "BMW X5 SUV 2007", car),
            Candidate(2, "Audi Q7 SUV 2012", min(car, 1 - car)),
            Candidate(3, "Kia Soul", 0),
        ],
        [
            {"make": "BMW", "probability": make},
            {"make": "Audi", "probability": min(car, 1 - car)},
        ],
        [
            {"make": "BMW", "model": "X5", "probability": model},
            {"make": "Audi", "model": "Q7", "probability": min(car, 1 - car)},
        ],
        hints,
    )


GRID = [
    answer_of(decision, car, model, make, hints)
    for decision, car, model, make, hints in product(
        ("sure", "unsure", "unknown"), SHARES, SHARES, SHARES, HINTS
    )
    if car <= model <= make
]


def texts(answer: Answer) -> tuple[wording.Headline, presenter.PresentedAnswer, list[str]]:
    return wording.headline(answer), presenter.present(answer), wording.advice(answer)  # type: ignore[arg-type]


def percentages(*said: str) -> list[str]:
    return [found for text in said for found in re.findall(r"(?:over |under )?\d+%", text)]


def test_the_headline_names_what_is_likely_and_only_that():
    for one in GRID:
        said, shown, _ = texts(one)
        car, model, make = (
            one.candidates[0].probability,
            one.car_models[0]["probability"],
            one.makes[0]["probability"],
        )
        if wording.reaches(model, 0.5):
            assert "BMW X5" in said.title, (one, said)
        elif wording.reaches(make, 0.5):
            assert "BMW" in said.title, (one, said)
            assert "X5" not in said.title, (one, said)
        else:
            assert "BMW" not in said.title, (one, said)
        if "2007" in said.title:
            assert wording.reaches(car, 0.5)
            assert one.decision != "unknown"
        if "don't know" in said.title or "Perhaps" in said.title:
            assert all(not wording.reaches(line.probability, 0.5) for line in shown.others), (one, said)


def test_confidence_is_said_once_and_agrees_with_the_words():
    for one in GRID:
        said, shown, _ = texts(one)
        stated = percentages(said.title, said.detail)
        assert len(stated) <= 1, (one, said)
        assert stated == ([wording.percent(said.stated)] if said.stated is not None else []), (one, said)
        if said.level == Level.CAR:
            assert all(line.name not in said.title for line in shown.others), (one, said)
        if said.certain:
            assert wording.reaches(said.stated or 0, 0.9), (one, said)
            assert not DOUBT.match(said.title), (one, said)
        if one.decision == "unknown":
            assert said.stated is None, "nothing is sure of a photo that is unlike all known ones"
            assert not said.certain
            assert DOUBT.match(said.title), (one, said)
            assert shown.heading == "If it is one of the cars that we know"
        if said.title.startswith("Probably"):
            assert said.stated is not None
            assert round(said.stated, 2) >= 0.5, (one, said)
        assert "none of them" not in shown.heading


def test_no_advice_doubts_a_certain_answer_and_no_two_contradict_each_other():
    for one in GRID:
        said, shown, advice = texts(one)
        assert bool(advice) == (not said.certain), (one, said)
        assert not {"dark", "washed out"} <= {
            word for word in ("dark", "washed out") if word in " ".join(advice)
        }
        if shown.variant:
            assert said.level != Level.NOTHING


def test_programs_read_the_same_words():
    for one in GRID[:: len(GRID) // 200]:
        said, _, _ = texts(one)
        assert HeadlineSerializer(wording.spoken(one)).data == {  # type: ignore[arg-type]
            "title": said.title,
            "detail": said.detail,
            "level": said.level.value,
            "stated": said.stated,
        }


def test_the_one_line_of_an_enquiry_says_no_more_than_the_headline():
    for one in GRID[:: len(GRID) // 200]:
        said, _, _ = texts(one)
        line = wording.summary(one)  # type: ignore[arg-type]
        assert line.startswith(said.title)
        assert len(percentages(line)) <= 1


@pytest.mark.parametrize("decision", ["sure", "unsure", "unknown"])
def test_an_answer_without_candidates_or_shares_still_says_something(decision):
    empty = Answer(decision, [], [], [])
    assert wording.headline(empty).title == "No answer"
    lonely = Answer(decision, [Candidate(1, "BMW X5 SUV 2007", 0.95)], [], [])
    assert "BMW X5 SUV 2007" in wording.headline(lonely).title


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Audi A5", "an Audi A5"),
        ("BMW X5", "a BMW X5"),
        ("MG ZS", "an MG ZS"),
        ("GMC Sierra", "a GMC Sierra"),
        ("Opel Corsa", "an Opel Corsa"),
        ("UAZ Patriot", "a UAZ Patriot"),
        ("HUMMER H2", "a HUMMER H2"),
        ("LDV Maxus", "an LDV Maxus"),
        ("FIAT 500", "a FIAT 500"),
        ("Škoda Octavia", "a Škoda Octavia"),
    ],
)
def test_articles_are_those_that_people_say(name, said):
    assert wording.with_article(name) == said
