"""How the API reads and answers: deep JSON is a wrong body, and no answer depends on Accept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import IO, Any

from rest_framework import exceptions, parsers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

_NO_TEXT = "A string has NUL or half of a surrogate pair in it, which no text has."


class JSONParser(parsers.JSONParser):
    """DRF's, which takes a deep body for a defect of the site."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The values in a body. Raises ParseError, or ValidationError where a field's text can't be kept."""
        try:
            values = super().parse(stream, media_type, parser_context)
            _check_text(values)
        except RecursionError:
            raise exceptions.ParseError("The JSON is nested too deep.") from None
        except LookupError:
            raise exceptions.ParseError("The encoding of the JSON is unknown. Send UTF-8.") from None
        return values


def _check_text(values: object) -> None:
    """Raises ValidationError by field, or ParseError where no field can be named."""
    if _is_text(values):
        return
    if isinstance(values, dict) and all(map(_is_text, values)):
        wrong = [name for name, value in values.items() if not _is_text(value)]
        raise exceptions.ValidationError({name: [_NO_TEXT] for name in wrong})
    raise exceptions.ParseError(_NO_TEXT)


def _is_text(value: object) -> bool:
    """Whether every string in it can be kept by a database."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)
    if isinstance(value, dict):
        return all(map(_is_text, value)) and all(map(_is_text, value.values()))
    return not isinstance(value, list) or all(map(_is_text, value))


class AnyAccept(DefaultContentNegotiation):
    """Whatever a program accepts gets what there is: JSON, or a picture where the address is one's.

    A photo asked for with `Accept: image/jpeg` is there, though no renderer says so; and an error has to
    reach a program that asked for something else.
    """

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The renderer that suits best, or the first."""
        try:
            found: tuple[BaseRenderer, str] = super().select_renderer(request, renderers, format_suffix)
        except exceptions.NotAcceptable:
            first = next(iter(renderers))
            return first, first.media_type
        return found
