"""Pages of the demonstration site: a shell that JavaScript fills, or the same page whole under `/plain/`."""

from __future__ import annotations

import json
from html import escape

from scraper.demo_site.cars import DemoCar, demo_cars

PER_PAGE = 8
ROBOTS = "User-agent: *\nDisallow: /staff/\nDisallow: /cars/staff-\nDisallow: /plain/cars/staff-\n"
_BODIES = {
    "suv": "SUV", "sedan": "Sedan", "wagon": "Estate", "hatchback": "Hatchback", "coupe": "Coupé",
    "pickup": "Pickup", "minivan": "Minivan",
}  # fmt: skip
_HEAD = '<!doctype html><html lang="en"><head><meta charset="{charset}"><title>{title}</title>'


def shell(title: str, part: str) -> str:
    """A page that is empty until its script has run; with what a crawl should not load."""
    return (
        _HEAD.format(title=escape(title), charset="utf-8")
        + '<script src="/app.js" defer></script><link rel="stylesheet" href="/style.css"></head>'
        f'<body data-part="{escape(part)}"><main id="main"></main>'
        '<video src="/advert.mp4" autoplay muted></video></body></html>'
    )


def whole(title: str, content: str, *, charset: str = "utf-8") -> str:
    """A page that needs no script."""
    head = _HEAD.format(title=escape(title), charset=charset)
    return f"{head}</head><body><main>{content}</main></body></html>"


def list_part(page: int, prefix: str, extra: tuple[str, ...] = ()) -> str:
    """The cars of one page of the list, and where it goes on; `extra` are further links to cars' pages."""
    cars = demo_cars()[(page - 1) * PER_PAGE : page * PER_PAGE]
    links = [(f"{prefix}/cars/{car.slug}/", car.name) for car in cars]
    links += [(f"{prefix}/cars/{slug}/", slug) for slug in extra]
    items = "".join(f'<li><a href="{escape(href)}">{escape(name)}</a></li>' for href, name in links)
    more = (
        f'<a href="{prefix}/cars/?page={page + 1}">More cars</a>'
        if page * PER_PAGE < len(demo_cars())
        else ""
    )
    return f'<h1>Cars that do not exist</h1><ul>{items}</ul>{more}<a href="/staff/">Staff</a>'


def car_part(car: DemoCar, origin: str) -> str:
    """A car's figures as a table and as structured data, and its photos."""
    rows = "".join(f"<tr><th>{label}</th><td>{escape(text)}</td></tr>" for label, text in _facts(car))
    photos = "".join(
        f'<figure><img src="/photos/{name}" alt="{escape(car.name)}">'
        "<figcaption>Rendered by Carsite, CC0</figcaption></figure>"
        for name in car.photos
    )
    data = escape(json.dumps(_structured(car, origin), ensure_ascii=False), quote=False)
    return (
        f'<link rel="canonical" href="{origin}/cars/{car.slug}/">'
        f'<script type="application/ld+json">{data.replace("&amp;", "&")}</script>'
        f"<h1>{escape(car.name)}</h1><p>An imaginary car of the demonstration site.</p>"
        f'<table class="specs">{rows}</table>{photos}<p><a href="/cars/?page=1">All cars</a></p>'
    )


def changed_part(car: DemoCar) -> str:
    """The same page after a redesign that no reader expects."""
    return f"<h1>Discover</h1><p>{escape(car.fuel)} fun from {escape(car.price)}. Ask us for more.</p>"


def trap_part(vault: str) -> str:
    """A page that makes a browser ask at a private address, in every way that a page can."""
    return (
        f'<h1>Trap</h1><iframe src="{vault}/frame"></iframe><img src="{vault}/picture.png">'
        f'<link rel="stylesheet" href="{vault}/style.css">'
        f'<p data-fetch="{vault}/data.json">Figures follow.</p>'
        '<p data-fetch="/away/vault">More follow.</p>'
    )


def _facts(car: DemoCar) -> list[tuple[str, str]]:
    facts = [
        ("Make", car.make), ("Model", car.model), ("Trim", car.trim), ("Model year", car.year),
        ("Body style", _BODIES[car.body]), ("Fuel type", car.fuel), ("Transmission", car.transmission),
        ("Drivetrain", car.drive), ("Displacement", f"{car.litres} l" if car.litres else ""),
        ("Power", car.power), ("Torque", car.torque), ("Length", car.length), ("Width", car.width),
        ("Height", car.height), ("Kerb weight", car.mass), ("Combined consumption", car.consumption),
        ("List price", car.price),
    ]  # fmt: skip
    return [(label, text) for label, text in facts if text]


def _structured(car: DemoCar, origin: str) -> dict[str, object]:
    price = car.price.removeprefix("€ ").replace(".", "")
    return {
        "@context": "https://schema.org",
        "@type": "Car",
        "name": car.name,
        "brand": {"@type": "Brand", "name": car.make},
        "model": car.model,
        "vehicleConfiguration": car.trim,
        "vehicleModelDate": car.year,
        "bodyType": _BODIES[car.body],
        "fuelType": car.fuel,
        "image": [f"{origin}/photos/{name}" for name in car.photos],
        "offers": {
            "@type": "Offer",
            "price": price,
            "priceCurrency": "EUR",
            "itemCondition": "https://schema.org/NewCondition",
        },
    }
