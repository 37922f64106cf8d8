"""Which car of the catalogue a staged car is: the one of its names, none, or one that a person chooses.

Names are compared without case, accents and signs. What is only similar is never taken for the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from catalog.choices import BodyStyle
from catalog.models import CarModel, Make, Variant
from core.text import squash
from scraper.models.staging import StagedCar

#: Percent of characters in common from which names may mean the same: "Sportback" and "Sport back" have
#: as many, "Golf" and "Polo" have not.
SIMILAR = 84
#: Cars that a person is shown to choose from.
MOST_CANDIDATES = 8


@dataclass(frozen=True)
class Found:
    """What became of a search. `variant` is set where there is no doubt."""

    match: StagedCar.Match
    variant: int | None = None
    candidates: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class _Known:
    pk: int
    trim: str
    body: str


@dataclass
class Names:
    """The names of the catalogue, read once for many cars. `load` reads what a batch of cars may be."""

    makes: dict[str, int] = field(default_factory=dict)
    models: dict[tuple[int, str], int] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)
    variants: dict[tuple[int, int | None], list[_Known]] = field(default_factory=dict)

    def load(self, cars: Iterable[StagedCar]) -> None:
        """Read makes, their models, and the cars of the models and years in question: three queries."""
        self.makes, self.models = {}, {}
        for pk, name, aliases in Make.objects.order_by().values_list("pk", "name", "aliases"):
            for alias in (name, *aliases):
                self.makes.setdefault(squash(alias), pk)
                self.spelled[squash(alias)] = alias
        for pk, make, name in CarModel.objects.order_by().values_list("pk", "make", "name"):
            self.models[make, squash(name)] = pk
            self.spelled[squash(name)] = name
        wanted = {self._model_of(car) for car in cars} - {None}
        years = {year for car in cars for year in _years(car)}
        self.variants = defaultdict(list)
        rows = Variant.objects.filter(model__in=wanted).order_by("pk")
        if not any(car.year is None for car in cars):
            rows = rows.filter(year__in=years)
        for pk, model, year, trim, body in rows.values_list("pk", "model", "year", "trim", "body_style"):
            self.variants[model, year].append(_Known(pk, squash(trim), body))

    def _model_of(self, car: StagedCar) -> int | None:
        make = self.makes.get(squash(car.make))
        return self.models.get((make, squash(car.model))) if make else None

    def find(self, car: StagedCar, *, names_are_sure: bool = False) -> Found:
        """The car of the catalogue that this is. `names_are_sure`: cars of similar names are other cars."""
        make = self.makes.get(squash(car.make))
        model = self.models.get((make, squash(car.model))) if make else None
        if model is None:
            doubt = None if names_are_sure else self._similar_name(car, make)
            return doubt or self._new(car)
        if car.year is None:
            return self._of_no_year(car, model)
        return self._of_year(car, model, names_are_sure=names_are_sure)

    def _of_year(self, car: StagedCar, model: int, *, names_are_sure: bool) -> Found:
        there = self.variants.get((model, car.year), [])
        trim = squash(car.trim)
        same_trim = [known for known in there if known.trim == trim]
        exact = [known for known in same_trim if known.body == car.body_style]
        if len(exact) == 1:
            return Found(StagedCar.Match.EXACT, exact[0].pk)
        if exact:
            return _person(exact, "The catalogue has several of this name.")
        doubt = None if names_are_sure else self._doubt(car, same_trim, there)
        new = Found(StagedCar.Match.NEW, candidates=tuple(known.pk for known in there[:MOST_CANDIDATES]))
        return doubt or new

    def _doubt(self, car: StagedCar, same_trim: list[_Known], there: list[_Known]) -> Found | None:
        """What a person has to decide: a body style that is not stated, or a trim of almost the same name."""
        unclear = [known for known in same_trim if BodyStyle.UNKNOWN in (known.body, car.body_style)]
        if unclear:
            return _person(unclear, "The body style is not known of both.")
        trim = squash(car.trim)
        alike = [known for known in there if known.trim and trim and _alike(known.trim, trim)]
        return _person(alike, "Similar trims are in the catalogue.") if alike else None

    def _new(self, car: StagedCar) -> Found:
        if car.year is None:
            return Found(
                StagedCar.Match.PERSON, note="Not in the catalogue, and the model year is not stated."
            )
        return Found(StagedCar.Match.NEW)

    def _similar_name(self, car: StagedCar, make: int | None) -> Found | None:
        if make is None:
            like = _most_like(squash(car.make), self.makes)
            return self._looks_like("make", car.make, like) if like else None
        own = [name for maker, name in self.models if maker == make]
        like = _most_like(squash(car.model), own)
        if like is None:
            return None
        there = Variant.objects.filter(model=self.models[make, like], year=car.year).order_by("pk")
        return self._looks_like("model", car.model, like, there.values_list("pk", flat=True))

    def _looks_like(self, what: str, name: str, like: str, candidates: Iterable[int] = ()) -> Found:
        note = f"The {what} “{name[:60]}” looks like “{self.spelled[like][:60]}”."
        return Found(StagedCar.Match.PERSON, candidates=tuple(candidates)[:MOST_CANDIDATES], note=note)

    def _of_no_year(self, car: StagedCar, model: int) -> Found:
        years = set(_years(car))
        there = [
            known
            for (of, year), cars in self.variants.items()
            if of == model and (not years or year in years)
            for known in cars
        ]
        all_years = [
            known for known in self.variants.get((model, None), []) if known.trim == squash(car.trim)
        ]
        if car.first_year is None and len(all_years) == 1 and all_years[0].body == car.body_style:
            return Found(StagedCar.Match.EXACT, all_years[0].pk)
        note = "It speaks of several model years." if years else "The model year is not stated."
        return _person(there, note)


def _years(car: StagedCar) -> range:
    return range(car.first_year or 0, (car.last_year or -1) + 1)


def _person(known: Iterable[_Known], note: str) -> Found:
    return Found(
        StagedCar.Match.PERSON, candidates=tuple(one.pk for one in known)[:MOST_CANDIDATES], note=note
    )


def _digits(name: str) -> str:
    return "".join(char for char in name if char.isdigit())


def _alike(one: str, other: str) -> bool:
    """Whether names may mean the same. Those with other figures never do: the 200 SX is no 240 SX."""
    from rapidfuzz import fuzz

    return _digits(one) == _digits(other) and fuzz.ratio(one, other) >= SIMILAR


def _most_like(name: str, names: Iterable[str]) -> str | None:
    from rapidfuzz import fuzz, process

    same_figures = [other for other in names if _digits(other) == _digits(name)]
    found = process.extractOne(name, same_figures, scorer=fuzz.ratio, score_cutoff=SIMILAR)
    return found[0] if found else None
