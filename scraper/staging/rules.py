"""What the rules of a source publish without a person; everything else is held back with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from catalog.specs.sheet import NBSP
from scraper.models.staging import ApprovalRule
from scraper.staging.compare import Line

#: Where no rule says otherwise, a figure that differs by more than this share is pointed out.
JUMP = 0.2


@dataclass(frozen=True)
class RuleBook:
    """The active rules of one source."""

    by_key: dict[str, ApprovalRule] = field(default_factory=dict)

    @classmethod
    def of(cls, source_id: int) -> RuleBook:
        """The active rules of a source, by one query."""
        rules = ApprovalRule.objects.filter(source=source_id, is_active=True)
        return cls({rule.key: rule for rule in rules})

    @property
    def adds_cars(self) -> bool:
        """Whether cars that the catalogue does not have may be added."""
        return bool((rule := self.by_key.get("")) and rule.new_cars)

    def rule_for(self, key: str) -> ApprovalRule | None:
        """The rule for a kind of fact: its own before the one for everything."""
        return self.by_key.get(key) or self.by_key.get("")

    def passing(self, found: Iterable[Line]) -> set[str]:
        """The kinds of facts of which nothing has to be seen by a person."""
        return {
            line.key
            for line in found
            if line.state != "same" and self.rule_for(line.key) and not self.held(line)
        }

    def held(self, line: Line) -> str:
        """Why a fact does not pass, in words; empty where nothing speaks against it."""
        if line.doubt and line.state != "same":
            return line.doubt
        rule = self.rule_for(line.key)
        limit = rule.max_change if rule else JUMP
        if line.change is not None and line.change > limit:
            return f"differs by {line.change * 100:.0f}{NBSP}%"
        if line.state == "changed" and line.of_another_record:
            return "another page of this source says otherwise"
        if line.denied_by:
            return f"{line.denied_by[0].source} says otherwise"
        if rule and _is_out_of_bounds(rule, line.value.get("low"), line.value.get("high")):
            return "outside the bounds of its rule"
        return ""


def _is_out_of_bounds(rule: ApprovalRule, low: float | None, high: float | None) -> bool:
    """`high` is None where the figure is one number, `low` where it is no figure."""
    if low is None:
        return False
    high = low if high is None else high
    return (rule.low is not None and low < rule.low) or (rule.high is not None and high > rule.high)
