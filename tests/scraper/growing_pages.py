"""Pages of any length, each with one thing over and over: what a careless or hostile site can send."""

from __future__ import annotations

import json
from collections.abc import Callable

Made = Callable[[int], bytes]
_CAR = {
    "@type": "Car", "name": "Audi A5", "brand": "Audi", "model": "A5", "vehicleModelDate": "2012",
    "mileageFromOdometer": "10000",
}  # fmt: skip


def _page(body: str, head: str = "<title>2012 Audi A5 for sale</title>") -> bytes:
    return f"<!doctype html><html lang=en><head>{head}</head><body>{body}</body></html>".encode()


def _body(before: str, piece: str, after: str = "") -> Made:
    """A body with a piece over and over; "#" in it is the piece's number."""
    if "#" not in piece:
        return lambda n: _page(f"<h1>Audi A5</h1>{before}{piece * n}{after}")
    return lambda n: _page(
        f"<h1>Audi A5</h1>{before}{''.join(piece.replace('#', str(i)) for i in range(n))}{after}"
    )


def _head(before: str, piece: str, after: str) -> Made:
    return lambda n: _page("<h1>Audi A5</h1>", f"{before}{piece * n}{after}")


def _linked(text: str) -> bytes:
    return _page("<h1>Audi A5</h1>", f'<script type="application/ld+json">{text}</script>')


def _marked(**values: Callable[[int], object]) -> Made:
    """A car in JSON-LD with properties that grow."""
    return lambda n: _linked(json.dumps(_CAR | {name: made(n) for name, made in values.items()}))


def _text(before: str, piece: str, after: str = "") -> Made:
    """JSON-LD as text, whole or broken."""
    return lambda n: _linked(before + piece * n + after)


def _script(piece: str, kind: str = "", before: str = "", after: str = "") -> Made:
    return lambda n: _page("<h1>Audi A5</h1>", f"<script {kind}>{before}{piece * n}{after}</script>")


def _state(made: Callable[[int], object], name: str = "__NEXT_DATA__") -> Made:
    kind = f'id="{name}" type="application/json"'
    return lambda n: _page("<h1>Audi A5</h1>", f"<script {kind}>{json.dumps(made(n))}</script>")


_STATED = {"make": "Audi", "model": "A5", "year": 2012, "mileage": 10000}
_SCHEMA = 'itemscope itemtype="https://schema.org/Car"'

PAGES: dict[str, Made] = {
    # Headings
    "h1": _body("", "<h1>Audi A5</h1>"),
    "h2": _body("", "<h2>Heading #</h2><p>x"),
    "h2 of other cars": _body("", "<h2>BMW X5 #</h2><p>x"),
    "h3 of other cars in boxes": _body("", "<div><div><h3>BMW X# #</h3></div><p>x</div>"),
    "h3 of similar cars": _body("<div>", "<p>x</p><h3>Similar cars</h3>", "</div>"),
    "h2 deep inside": _body("<div>" * 200, "<h2>BMW X5</h2>", "</div>" * 200),
    "h2 in h2": _body("", "<h2>BMW X5 "),
    "h1 of one word": _body("<h1>", "Audi", "</h1>"),
    "h1 of years": _body("<h1>Audi A5", " 2012", "</h1>"),
    "h1 of brackets": _body("<h1>Audi A5 ", "[(", "</h1>"),
    "h1 of separators": _body("<h1>Audi A5", " - |", "</h1>"),
    "h1 used": _body("<h1>", "used ", "Audi A5</h1>"),
    "title": _head("<title>", "Audi A5 | ", "</title>"),
    "og:title": _head('<meta property="og:title" content="', "Audi A5 ", '">'),
    "og:image": _head('<meta property="og:image" content="', "a/../", '">'),
    "canonical": _head('<link rel=canonical href="https://cars.example/', "a-b/", '">'),
    "metas": _head("", "<meta name=a content=b>", ""),
    # Nesting and boxes
    "nested div": _body("", "<div>"),
    "nested span with text": _body("", "<span>x "),
    "nested list": _body("", "<ul><li>Power: 5"),
    "nested tables": _body("", "<table><tr><td>Power<td>100 kW<td>"),
    "nested similar": _body("", "<div class='similar'>"),
    "nested menus": _body("", "<nav>x"),
    "nested fields to tick": _body("", "<fieldset>", "<input type=radio>"),
    "breadcrumbs": _body("", "<ol class=breadcrumb><li>Audi<li>A5</ol>"),
    "one list of breadcrumbs": _body("<ol class=breadcrumb>", "<li>Audi</li>", "</ol>"),
    "scripts with text behind": _body("", "<script>1</script>tail "),
    "pictures with text behind": _body("<div>", "<svg></svg>t", "</div>"),
    "menus with text behind": _body("<div>", "<nav>a</nav>t", "</div>"),
    "choices": _body("", "<select><option>a<option>b</select>"),
    "ticks": _body("", "<label>a<input type=checkbox></label>"),
    "a class": _body("<div class='", "a-", "'>x</div>"),
    "children of a long class": lambda n: _page(
        f"<h1>Audi A5</h1><div class='price {'x' * n}'>{'<p>€ 10,000</p><h2>BMW X5</h2>' * (n // 20)}</div>"
    ),
    "attributes": _body("<div ", "a#=1 ", ">x</div>"),
    "comments": _body("", "<!-- x -->"),
    "angle brackets": _body("", "<"),
    "tags without end": _body("", "<a b='"),
    "one line": _body("", "a1"),
    "digits": _body("<p class=price>€ ", "1", "</p>"),
    # Labels and values
    "rows": _body("<table>", "<tr><th>Power</th><td>#0 kW</td></tr>", "</table>"),
    "a row": _body("<table><tr>", "<td>Power</td><td>110 kW</td>", "</tr></table>"),
    "labels in a row": _body("<table><tr>", "<th>Power</th>", "</tr></table>"),
    "a label and values": _body("<table><tr><th>Power</th>", "<td>#</td>", "</tr></table>"),
    "terms": _body("<dl>", "<dt>Power<dd># kW", "</dl>"),
    "terms alone": _body("<dl>", "<dt>Power", "</dl>"),
    "items": _body("<ul>", "<li>Power: # kW", "</ul>"),
    "boxes": _body("", "<div><div>Power</div><div># kW</div></div>"),
    "boxes side by side": _body("<div>", "<span>Power</span><span># kW</span>", "</div>"),
    "empty boxes": _body("<div>", "<span>Power</span><b></b><i></i>", "</div>"),
    "labels alone": _body("<div>", "<span>Power</span>", "</div>"),
    "lines": _body("<p>", "Power: 100 kW<br>", "</p>"),
    "facts": _body("", "<p>2012 · #,000 miles · Diesel · Automatic</p>"),
    "prices": _body("", "<span>€ 1#0</span>"),
    "prices in a box": _body("<p class=price>", "<b>€ 10,000</b>", "</p>"),
    "rows of an infobox": _body("<table class=infobox>", "<tr><th>Power<td>100 kW", "</table>"),
    "infoboxes": _body("", "<table class=infobox><tr><th>Power<td>100 kW</table>"),
    "a cell of an infobox": _body(
        "<table class=infobox><tr><th>Manufacturer<td>Audi<tr><th>Layout<td>", "100 kW [1] <br>", "</table>"
    ),
    # What is marked up
    "cars": _text("[", json.dumps(_CAR) + ",", json.dumps(_CAR) + "]"),
    "cars of an offer": lambda n: _linked(
        json.dumps({"@type": ["a"] * n, "offers": [{"price": 1}] * n, "x": [_CAR] * n})
    ),
    "blocks": _script(json.dumps(_CAR) + '</script><script type="application/ld+json">',
                      'type="application/ld+json"'),
    "lists in lists": _text("[", "[", ""),
    "objects in objects": _text("", '{"a":', "1"),
    "name": _marked(name=lambda n: "Audi A5 " * n),
    "name of one word": _marked(name=lambda n: "A" * n, brand=lambda n: "B" * n),
    "model": _marked(model=lambda n: "A5 x" * n),
    "marks upon a letter": _marked(name=lambda n: "Audi A5 e" + "\u0301\u0316" * n),
    "engine": _marked(vehicleEngine=lambda n: {"name": "2.0 TDI 110 kW " * n}),
    "mileage": _marked(mileageFromOdometer=lambda n: "10,000 km " * n),
    "mileages": _marked(mileageFromOdometer=lambda n: [str(i) for i in range(n)]),
    "groups of digits": _marked(mileageFromOdometer=lambda n: "1" + " 111" * n + "1"),
    "years": _marked(vehicleModelDate=lambda n: ["2012"] * n),
    "fuel": _marked(fuelType=lambda n: "petrol, diesel " * n),
    "price": _marked(offers=lambda n: {"@type": "Offer", "price": "10,000 € " * n}),
    "cents": _marked(offers=lambda n: {"@type": "Offer", "price": f"10000.{'0' * n}x"}),
    "offers": _marked(offers=lambda n: [{"@type": "Offer", "price": str(i)} for i in range(n)]),
    "images": _marked(image=lambda n: [f"https://cars.example/{i}.jpg" for i in range(n)]),
    "images and a name": _marked(image=lambda n: ["a.jpg"] * n, name=lambda n: "A" * n),
    "properties": _marked(additionalProperty=lambda n: [{"name": "Power", "value": f"{i} kW"} for i in range(n)]),
    "ways to write a name": lambda n: _linked(json.dumps(_CAR | _spellings(n))),
    "commas": _text('{"@type":"Car",', ", ", "x"),
    "quotes": _text('{"@type":"Car","name":', '"a" "'),
    "spaces": _text('{"@type":"Car",', " ", "x"),
    "entities": _text('{"@type":"Car","name":"', "&amp;quot;", '"}'),
    "microdata": _body("", f"<div {_SCHEMA}><b itemprop=name>Audi A5</b></div>"),
    "properties of microdata": _body(f"<div {_SCHEMA}>", "<b itemprop=name>Audi A5</b>", "</div>"),
    "nested microdata": _body("", f"<div {_SCHEMA} itemprop=x>"),
    "nested properties": _body(f"<div {_SCHEMA}>", "<div itemprop=name>Audi"),
    "nested RDFa": _body("", '<div typeof=Car property=x vocab="https://schema.org/">'),
    # Scripts
    "state": _state(lambda n: {"cars": [_STATED | {"mileage": i} for i in range(n)]}),
    "flat state": _state(lambda n: _STATED | {f"k{i}": "v" for i in range(n)}),
    "lists of a state": _state(lambda n: {"a": [[[i]] for i in range(n)], "b": _STATED}),
    "Nuxt": _state(lambda n: [list(range(1, n)), *[{"make": 0}] * n], "__NUXT_DATA__"),
    "Nuxt that laughs": _state(lambda n: [[i + 1] * 10 for i in range(n)], "__NUXT_DATA__"),
    "assigned": _script('window.__INITIAL_STATE__={"make":"Audi"};'),
    "assigned without end": _script("window.__INITIAL_STATE__={"),
    "quoted": _script('__STATE__=JSON.parse("'),
    "escaped": _script('\\\\"', before='window.__STATE__=JSON.parse("'),
    "streamed": _script('self.__next_f.push([1,"a:{}\\n"])'),
    "streamed without end": _script('self.__next_f.push([1,"'),
    "equals": _script("= "),
    "data layer": _script('dataLayer.push({"make":"Audi"});'),
    "attributes with JSON": _body("", "<div data-v='" + json.dumps(_STATED | {"x": "y" * 60}) + "'></div>"),
}  # fmt: skip


def _spellings(n: int) -> dict[str, str]:
    """The same name, in n ways of upper and lower case."""
    word = "vehicletransmission"
    return {
        "".join(c.upper() if number >> place & 1 else c for place, c in enumerate(word)): "manual"
        for number in range(n)
    }
