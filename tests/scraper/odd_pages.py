"""Pages that state a car in unusual ways, or wrongly beside rightly; see `offer_pages`."""

from __future__ import annotations

import html
import json

from tests.scraper.offer_pages import said
from tests.scraper.pages import LINES, SPANS, TABLE, TERMS, Expected, car_node, ld, page, quantity, rows

STREAMED = page(
    "<main><h1>2021 Kia Niro 2</h1></main>",
    title="Kia Niro 2 2021",
    lang="en-GB",
    head="".join(
        f"<script>self.__next_f.push([1,{json.dumps(piece)}])</script>"
        for piece in (
            '1:I["(app)"]\n5:["$","div",null,{"vehicle":{"make":"Kia","model":"Niro","derivative":"2","year":2021,"mileage":{"value":',
            '23100,"unit":"miles"},"fuelType":"Hybrid","transmission":"Automatic","price":{"value":16495,"currency":"GBP"},"engineSize":"1.6 l"}}]\n',
        )
    ),
)
NUXT = page(
    "<h1>Škoda Karoq Style</h1>",
    title="Škoda Karoq Style",
    lang="cs",
    head='<script type="application/json" id="__NUXT_DATA__">'
    + json.dumps([["Reactive", 1], {"data": 2}, {"car": 3}, {"manufacturer": 4, "model": 5, "year": 6, "fuel": 7, "gearbox": 8, "mileageKm": 9, "powerKw": 10, "price": 11}, "Škoda", "Karoq", 2019, "Diesel", "automatická", 87000, 110, {"value": 12, "currency": 13}, 489000, "CZK"])
    + "</script>",
)  # fmt: skip
ATTRIBUTE = page(
    "<h1>2017 Dodge Durango GT</h1><div data-vehicle='"
    + html.escape(json.dumps({"year": 2017, "make": "Dodge", "model": "Durango", "trim": "GT", "mileageInMiles": 71020, "transmission": "8-Speed Automatic", "fuelType": "Gasoline", "stock": "D1", "sellingPrice": "$19,250"}))
    + "'></div>",
    title="2017 Dodge Durango GT | Motors",
    lang="en-US",
)  # fmt: skip
PUSHED = page(
    "<h1>Peugeot 3008 Allure</h1><p>Ring for a viewing.</p>",
    title="Peugeot 3008 Allure",
    lang="en-GB",
    head="<script>window.dataLayer = window.dataLayer || [];dataLayer.push("
    + json.dumps({"event": "view", "make": "Peugeot", "model": "3008", "year": "2020", "fuelType": "Diesel", "transmission": "Manual", "mileage": "41200 miles", "price": "£17,250"})
    + ");</script>",
)  # fmt: skip
WRONG_UNIT_CODE = page(
    "<h1>2018 Nissan Rogue SV</h1><p>62,310 miles</p>",
    title="2018 Nissan Rogue SV",
    lang="en-US",
    head=ld(car_node(name="2018 Nissan Rogue SV", brand="Nissan", model="Rogue", vehicleModelDate="2018", fuelType="Gasoline", mileageFromOdometer=quantity(62310, "KMT"), offers={"price": "$16,495", "priceCurrency": "USD"})),
)  # fmt: skip
LEASE_OFFER = page(
    "<h1>Renault Austral Techno</h1>",
    title="Renault Austral Techno",
    lang="de",
    head=ld(car_node(name="Renault Austral Techno", brand="Renault", model="Austral", fuelType="Hybrid", vehicleTransmission="Automatik", offers=[{"@type": "OfferForLease", "price": 329, "priceCurrency": "EUR"}, {"@type": "Offer", "price": 35990, "priceCurrency": "EUR"}])),
)  # fmt: skip
OFFERS_DISAGREE = page(
    "<h1>Renault Austral Techno</h1>",
    title="Renault Austral Techno",
    lang="de",
    head=ld(car_node(name="Renault Austral Techno", brand="Renault", model="Austral", fuelType="Hybrid", offers=[{"price": 31990, "priceCurrency": "EUR"}, {"price": 35990, "priceCurrency": "EUR"}])),
)  # fmt: skip
DEALER_AS_BRAND = page(
    "<h1>2020 Volkswagen Tiguan 2.0 TDI Life</h1><table>" + rows({"Mileage": "41,000 miles", "Gearbox": "Automatic", "Fuel": "Diesel", "Power": "148 bhp"}, TABLE) + "</table>",
    title="2020 Volkswagen Tiguan 2.0 TDI Life",
    lang="en-GB",
    head=ld({"@type": "Product", "name": "2020 Volkswagen Tiguan 2.0 TDI Life", "brand": {"@type": "Brand", "name": "Springfield Motor Company"}, "offers": {"price": "21995.00", "priceCurrency": "GBP"}}),
)  # fmt: skip
MAKE_IN_BREADCRUMBS = page(
    "<nav aria-label='breadcrumb'><a>Home</a><a>Gebrauchtwagen</a><a>Volkswagen</a><a>Golf</a></nav><h1>Golf VII 1.6 TDI Comfortline</h1><dl>"
    + rows({"Erstzulassung": "04/2017", "Kilometerstand": "88.100 km", "Leistung": "85 kW (115 PS)", "Kraftstoff": "Diesel", "Getriebe": "Schaltgetriebe", "Preis": "12.900 €"}, TERMS)
    + "</dl>",
    title="Golf VII 1.6 TDI Comfortline",
    lang="de",
)  # fmt: skip
IMPLIED_MAKE = page(
    "<h1>2016 Range Rover Evoque 2.0 TD4 SE Tech</h1><ul>" + rows({"Mileage": "58,200 miles", "Fuel type": "Diesel", "Transmission": "Automatic", "Engine size": "1999 cc", "Engine power": "180 PS"}, SPANS) + "</ul><p class='price'>£15,750</p>",
    title="2016 Range Rover Evoque 2.0 TD4 SE Tech",
    lang="en-GB",
)  # fmt: skip
POWER_AND_TURNS = page(
    "<h1>Hyundai i20 1.0 T-GDi N Line</h1><table>" + rows({"Power": "120PS (88 kW) / 6,000 rpm", "Torque": "172Nm @ 1,500 - 4,000 rpm", "Engine": "998cc 3-cylinder petrol", "Transmission": "7-speed DCT", "Year": "2022", "On the road price": "£23,850"}, TABLE) + "</table>",
    title="Hyundai i20 N Line specs",
    lang="en-GB",
)  # fmt: skip
ENTITIES = page(
    "<h1>Citroën C4 PureTech 130</h1>",
    title="Citroën C4",
    lang="fr",
    head='<script type="application/ld+json">{"@context":"https:\\/\\/schema.org","@type":"Car","name":"Citro&euml;n C4 PureTech 130","brand":{"@type":"Brand","name":"CITRO&Euml;N"},"model":"C4","vehicleModelDate":"2022","fuelType":"Essence","vehicleTransmission":"Manuelle","mileageFromOdometer":{"@type":"QuantitativeValue","value":"18 450","unitCode":"KMT"},"offers":{"@type":"Offer","price":"17490,00","priceCurrency":"EUR"}}</script>',
)  # fmt: skip
TOOLTIPS = page(
    "<h1>Toyota Yaris Hybrid 1.5 Design</h1><table>"
    + rows({"Mileage <button>?</button><div class='tip'>Taken from the last inspection.</div>": "24,012 mi", "Fuel type <i></i>": "Petrol Hybrid", "Gearbox <i></i>": "CVT", "First registered": "14 Sep 2021", "Power": "116 hp"}, "<tr><th>{label}</th><td>{value}</td></tr>")
    + "</table><div id='finance'><p>Cash price £17,000</p><p>Deposit £1,000</p></div>",
    title="Toyota Yaris Hybrid",
    lang="en-GB",
)  # fmt: skip
REDUCED = page(
    "<h1>2019 Mini Cooper S</h1><div><span class='old-price'>£15,995</span> <span>£14,750</span> <span>Save £1,245</span></div>" + rows({"Mileage": "33,700", "Fuel": "Petrol", "Transmission": "Manual", "Body": "3 door hatchback"}, LINES),
    title="2019 Mini Cooper S",
    lang="en-GB",
)  # fmt: skip
PRICE_AGAINST_PAGE = page(
    "<h1>2021 Skoda Kamiq SE</h1><p class='price'>£16,250</p>",
    title="2021 Skoda Kamiq SE",
    lang="en-GB",
    head=ld(car_node(name="2021 Skoda Kamiq SE", brand="Skoda", model="Kamiq", vehicleModelDate="2021", fuelType="Petrol", offers={"price": "17995", "priceCurrency": "GBP"})),
)  # fmt: skip
TWO_CARS_COMPARED = page(
    "<h1>Audi A4 40 TDI</h1><table>"
    + "".join(f"<tr><th>{label}</th><td>{one}</td><td>{other}</td></tr>" for label, one, other in (("Model", "Audi A4", "BMW 320d"), ("Year", "2019", "2020"), ("Power", "190 PS", "184 PS"), ("Fuel", "Diesel", "Diesel"), ("Gearbox", "Automatic", "Manual"), ("Price", "£22,000", "£24,000")))
    + "</table>",
    title="Audi A4 40 TDI and its rivals",
    lang="en-GB",
)  # fmt: skip
SPARSE = page(
    "<h1>1972 Volkswagen Beetle</h1><p>Asking: $12,500</p><p>A lovely car with 4-speed manual and 1600 cc engine, 60 hp.</p>",
    title="1972 Volkswagen Beetle",
    lang="en-US",
    head=ld(car_node(name="1972 Volkswagen Beetle", brand="Volkswagen", model="Beetle", vehicleModelDate="1972", offers={"price": "12500", "priceCurrency": "USD"}, mileageFromOdometer=quantity("0", "SMI"))),
)  # fmt: skip

ODD_PAGES: dict[str, tuple[str, str, Expected]] = {
    "state in a stream": ("https://h.example.co.uk/cars/1", STREAMED, said("Kia", "Niro", 2021, 16495, "GBP", 37176, "Hybrid", "Automatic", None, 1.6)),
    "state by places in a list": ("https://c.example.cz/auto/1", NUXT, said("Škoda", "Karoq", 2019, 489000, "CZK", 87000, "Diesel", "Automatic", 110, None)),
    "state in an attribute": ("https://d.example.com/used/1", ATTRIBUTE, said("Dodge", "Durango", 2017, 19250, "USD", 114296, "Petrol", "Automatic, 8 gears", None, None)),
    "state for analytics": ("https://p.example.co.uk/used/1", PUSHED, said("Peugeot", "3008", 2020, 17250, "GBP", 66305, "Diesel", "Manual", None, None)),
    "kilometres in the code, miles on the page": ("https://d.example.com/used/2", WRONG_UNIT_CODE, said("Nissan", "Rogue", 2018, 16495, "USD", 100278, "Petrol", None, None, None)),
    "offer for lease beside the price": ("https://a.example.de/1", LEASE_OFFER, said("Renault", "Austral", None, 35990, "EUR", None, "Hybrid", "Automatic", None, None)),
    "offers that disagree": ("https://a.example.de/2", OFFERS_DISAGREE, said("Renault", "Austral", None, None, None, None, "Hybrid", None, None, None)),
    "dealer as brand of a product": ("https://a.example.co.uk/2", DEALER_AS_BRAND, said("Volkswagen", "Tiguan", 2020, 21995, "GBP", 65983, "Diesel", "Automatic", 110.4, None)),
    "make in breadcrumbs only": ("https://a.example.de/3", MAKE_IN_BREADCRUMBS, said("Volkswagen", "Golf", 2017, 12900, "EUR", 88100, "Diesel", "Manual", 85, None)),
    "model without its make": ("https://a.example.co.uk/3", IMPLIED_MAKE, said("Land Rover", "Range Rover Evoque", 2016, 15750, "GBP", 93664, "Diesel", "Automatic", 132.4, 1.999)),
    "power at so many turns": ("https://a.example.co.uk/4", POWER_AND_TURNS, said("Hyundai", "i20", 2022, 23850, "GBP", None, "Petrol", "Dual clutch, 7 gears", 88, 0.998)),
    "entities in structured data": ("https://a.example.fr/1", ENTITIES, said("Citroën", "C4", 2022, 17490, "EUR", 18450, "Petrol", "Manual", None, None)),
    "tooltips in labels": ("https://a.example.co.uk/5", TOOLTIPS, said("Toyota", "Yaris", 2021, None, None, 38644, "Hybrid", "Continuously variable", 86.5, None)),
    "reduced price": ("https://a.example.co.uk/6", REDUCED, said("MINI", "Cooper S", 2019, 14750, "GBP", 54235, "Petrol", "Manual", None, None)),
    "price that the page denies": ("https://a.example.co.uk/7", PRICE_AGAINST_PAGE, said("Škoda", "Kamiq", 2021, None, None, None, "Petrol", None, None, None)),
    "two cars compared": ("https://a.example.co.uk/8", TWO_CARS_COMPARED, None),
    "facts in prose": ("https://a.example.com/9", SPARSE, said("Volkswagen", "Beetle", 1972, 12500, "USD", None, None, None, None, None)),
}  # fmt: skip
