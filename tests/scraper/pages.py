"""Pages in the layouts of real sites, with words and figures of our own, and what a careful reader takes from them.

Each page is (address, page, what is stated). None means that no car may be read; a key whose value is None may not be
stated at all. Figures are in the units of `manage.py extract`: kW, l, km.
"""

from __future__ import annotations

import json

Expected = dict[str, object] | None


def ld(*nodes: dict[str, object]) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(node)}</script>' for node in nodes)


def page(body: str, *, title: str = "", lang: str = "en", head: str = "") -> str:
    return f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>{body}</body></html>'


def rows(facts: dict[str, str], row: str) -> str:
    return "".join(row.format(label=label, value=value) for label, value in facts.items())


TABLE = "<tr><td>{label}</td><td>{value}</td></tr>"
TERMS = "<dt>{label}</dt><dd>{value}</dd>"
SPANS = '<li class="fact"><span class="fact-label">{label}</span><span class="fact-value">{value}</span></li>'
BOXES = '<div class="row"><div class="col"><p>{label}:</p></div><div class="col"><p><b>{value}</b></p></div></div>'
LINES = "<p><strong>{label}:</strong> {value}</p>"

BREADCRUMBS = {
    "@type": "BreadcrumbList",
    "itemListElement": [{"@type": "ListItem", "position": 1, "name": "Used cars"}, {"@type": "ListItem", "position": 2, "name": "Audi"}],
}  # fmt: skip
DEALER = {
    "@context": "https://schema.org",
    "@type": "AutoDealer",
    "name": "Ford of Springfield",
    "telephone": "555 0100",
}


def car_node(**more: object) -> dict[str, object]:
    return {"@context": "https://schema.org", "@type": "Car"} | more


def quantity(value: object, code: str) -> dict[str, object]:
    return {"@type": "QuantitativeValue", "value": value, "unitCode": code}


MARKETPLACE_DE = page(
    "<h1>Skoda Octavia</h1><div class='price'>17.450 €</div><p>ab 189 € mtl.</p>",
    title="Skoda für € 17.450",
    lang="de-DE",
    head=ld(
        BREADCRUMBS,
        {
            "@type": "Product",
            "name": "Skoda für € 17.450",
            "brand": {"@type": "Brand", "name": "Skoda"},
            "offers": {
                "@type": "Offer",
                "price": 17450,
                "priceCurrency": "EUR",
                "itemOffered": car_node(
                    name="Skoda Octavia",
                    manufacturer="Skoda",
                    model="Octavia",
                    bodyType="Kombi",
                    productionDate="2019-06-01",
                    vehicleTransmission="Schaltgetriebe",
                    mileageFromOdometer=quantity(88120, "KMT"),
                    vehicleEngine=[{
                        "@type": "EngineSpecification",
                        "fuelType": "Diesel",
                        "enginePower": [quantity(150, "BHP"), quantity(110, "KWT")],
                        "engineDisplacement": quantity(1968, "CMQ"),
                    }],
                ),
            },
        },
    ),
)  # fmt: skip

CLASSIFIED_DE = page(
    "<h1>Kia EV6 58 kWh</h1><span data-testid='vip-price-label'>24.950 €</span><span>20.966 € Netto, 19% MwSt.</span><dl>"
    + rows({
        "Fahrzeugzustand": "Gebrauchtfahrzeug, Unfallfrei", "Kategorie": "SUV / Geländewagen", "Kilometerstand": "88.537 km",
        "Leistung": "125 kW (170 PS)", "Antriebsart": "Elektromotor", "Kraftstoffart": "Elektro", "Getriebe": "Automatik",
        "Erstzulassung": "11/2022", "HU": "11/2025", "Anzahl Sitzplätze": "5", "Anzahl der Türen": "4/5", "Gewicht": "1.875 kg",
    }, TERMS)
    + "</dl><h2>Ähnliche Fahrzeuge</h2><div><dl>" + rows({"Kilometerstand": "12.000 km", "Leistung": "239 kW (325 PS)"}, TERMS) + "</dl></div>",
    title="Kia EV6 gebraucht kaufen",
    lang="de",
)  # fmt: skip

DEALER_US = page(
    "<h1>2019 Honda Civic EX</h1>" + "<table>" + rows({"MSRP": "$24,100", "Sale Price": "$19,995", "Est. payment": "$299/mo"}, TABLE) + "</table>",
    title="Used 2019 Honda Civic EX for sale in Springfield",
    lang="en-US",
    head=ld(
        DEALER,
        car_node(
            name="2019 Honda Civic EX", brand={"@type": "Brand", "name": "Honda"}, model="Civic", vehicleModelDate="2019",
            vehicleIdentificationNumber="2HGFC2F75KH500001", vehicleTransmission="CVT", fuelType="Gasoline",
            driveWheelConfiguration="https://schema.org/FrontWheelDriveConfiguration", mileageFromOdometer=quantity("41,230", "SMI"),
            vehicleEngine={"@type": "EngineSpecification", "name": "2.0L I4 16V"}, offers={"@type": "Offer", "price": "0", "priceCurrency": "USD"},
        ),
        *[
            car_node(name=f"2021 Toyota Corolla {trim}", brand="Toyota", model="Corolla", vehicleModelDate="2021", mileageFromOdometer=quantity(9000, "SMI"))
            for trim in ("LE", "SE", "XLE")
        ],
    ),
)  # fmt: skip

PLACEHOLDERS_CA = page(
    "<h1>2022 Jeep Wrangler 4xe</h1><h3>Specifications</h3><ul>"
    + rows({"Year": "2022", "Mileage": "57,841 KM", "Transmission": "Automatic", "Drivetrain": "4x4", "Fuel": "Plug-in hybrid", "Engine": "2.0L 4 cyl."}, SPANS)
    + "</ul><h2>Similar Vehicles That May Interest You</h2><div>58602 km Purchase Price $37,995</div>",
    title="2022 Jeep Wrangler 4xe | dealer",
    lang="en-CA",
    head=ld(car_node(vehicleIdentificationNumber="00000000000000000", name="2022 Jeep Wrangler 4xe", mileageFromOdometer={"value": "1", "unitCode": "KMT"})),
)  # fmt: skip

FACTS_UK = page(
    "<h1>Ford Focus 1.0 EcoBoost Titanium 5dr</h1><div class='advert-price'>£9,750</div><div class='finance-price'>£189 per month</div>"
    "<ul class='key-facts'><li>2018</li><li>Hatchback</li><li>41,200 miles</li><li>1.0L</li><li>Manual</li><li>Petrol</li></ul>"
    "<p>Better than the Volkswagen Golf diesel that we sold in 2012 with 90,000 miles.</p>",
    title="Used 2018 Ford Focus 1.0 EcoBoost Titanium",
    lang="en-GB",
)

STATE_FR = page(
    "<h1>Renault Clio IV 0.9 TCe 90ch</h1>",
    lang="fr",
    title="Renault Clio IV - Voitures",
    head='<script id="__NEXT_DATA__" type="application/json">'
    + json.dumps({"props": {"pageProps": {"ad": {"price": [8490], "price_label": "8 490 €", "attributes": [
        {"key": "brand", "key_label": "Marque", "value": "renault", "value_label": "RENAULT"},
        {"key": "model", "key_label": "Modèle", "value": "clio", "value_label": "Clio"},
        {"key": "regdate", "key_label": "Année-modèle", "value": "2016", "value_label": "2016"},
        {"key": "mileage", "key_label": "Kilométrage", "value": "92000", "value_label": "92 000 km"},
        {"key": "fuel", "key_label": "Carburant", "value": "1", "value_label": "Essence"},
        {"key": "gearbox", "key_label": "Boîte de vitesse", "value": "1", "value_label": "Manuelle"},
        {"key": "horse_power_din", "key_label": "Puissance DIN", "value": "90", "value_label": "90 ch"},
    ]}}}})
    + "</script>",
)  # fmt: skip

TABLE_NL = page(
    "<h1>Volkswagen Polo 1.0 TSI Comfortline</h1><strong class='vehicle-price'>€ 13.950,-</strong><table>"
    + rows({
        "Merk": "Volkswagen", "Model": "Polo", "Bouwjaar": "2018", "Tellerstand": "65.412 km", "Brandstof": "Benzine", "Transmissie": "Handgeschakeld",
        "Vermogen": "70 kW (95 pk)", "Cilinderinhoud": "999 cc", "Aantal deuren": "5", "Prijs": "€ 13.950,-", "Maandbedrag": "€ 219,- p/m",
    }, TABLE)
    + "</table>",
    lang="nl",
)  # fmt: skip

BOXES_ES = page(
    "<h1>SEAT León 1.5 TSI FR</h1>"
    + rows({"Precio al contado": "17.900 €", "Precio financiado": "15.900 €", "Año": "2020", "Kilómetros": "45.300 km", "Combustible": "Gasolina", "Cambio": "Manual", "Potencia": "150 CV", "Cilindrada": "1.498 cc", "Puertas": "5"}, BOXES),
    lang="es",
)  # fmt: skip

TERMS_IT = page(
    "<h1>Fiat Panda 1.2 Easy</h1><dl>"
    + rows({"Prezzo": "€ 7.900", "Immatricolazione": "03/2017", "Chilometri": "61.000 km", "Carburante": "Benzina", "Cambio": "Manuale", "Potenza": "51 kW (69 CV)", "Cilindrata": "1.242 cm³", "Carrozzeria": "Utilitaria"}, TERMS)
    + "</dl>",
    lang="it",
)  # fmt: skip

LINES_RO = page(
    "<h1>Dacia Duster 1.5 dCi 4x4</h1>"
    + rows({"Marca": "Dacia", "Model": "Duster", "An fabricatie": "2018", "Rulaj": "98 000 km", "Combustibil": "Motorină", "Cutie de viteze": "Manuală", "Putere": "109 CP", "Capacitate cilindrica": "1 461 cm3", "Pret": "12 490 EUR"}, LINES),
    lang="ro",
)  # fmt: skip

TERMS_SV = page(
    "<h1>Volvo V60 D4 Momentum</h1><div class='price'>189 900 kr</div><div class='price-month'>2 315 kr/mån</div><dl>"
    + rows({"Märke": "Volvo", "Modell": "V60", "Årsmodell": "2018", "Miltal": "8 826 mil", "Drivmedel": "Diesel", "Växellåda": "Automat", "Effekt": "190 hk"}, TERMS)
    + "</dl>",
    lang="sv",
)  # fmt: skip

SPECS_INDIA = page(
    "<h1>Tata Nexon Creative</h1><p>Rs. 11.02 Lakh* Ex-showroom Price</p><table>"
    + rows({"Ex-Showroom Price": "Rs. 11.02 Lakh", "Mileage (ARAI)": "17.4 kmpl", "Engine": "1199 cc, 3 Cylinders Inline", "Engine Displacement": "1199 cc", "Fuel Type": "Petrol", "Max Power": "118 bhp @ 5500 rpm", "Max Torque": "170 Nm @ 1750 rpm", "Transmission": "Manual - 6 Gears", "Drivetrain": "FWD", "Length": "3995 mm", "Wheelbase": "2498 mm", "Seating Capacity": "5 Person"}, TABLE)
    + "</table><h2>Similar cars</h2><table>" + rows({"Engine": "1497 cc", "Fuel Type": "Diesel"}, TABLE) + "</table>",
    title="Tata Nexon Creative Price, Specs, Mileage",
    lang="en-IN",
)  # fmt: skip

HINDI = page(
    "<h1>Maruti Suzuki Swift VXI</h1><table>"
    + rows(
        {
            "कीमत": "₹ 7.29 लाख",
            "ईंधन": "पेट्रोल",
            "ट्रांसमिशन": "मैनुअल",
            "इंजन क्षमता": "1197 सीसी",
            "अधिकतम पावर": "80 बीएचपी",
        },
        TABLE,
    )
    + "</table>",
    lang="hi",
)

SPECS_US = page(
    "<h1>2014 Chevrolet Camaro Specifications</h1><div>"
    + rows({"Engine": "Gas V6, 3.6L/217", "SAE Net Horsepower @ RPM": "323 @ 6800", "SAE Net Torque @ RPM": "278 @ 4800", "Trans Description Cont.": "Manual w/OD", "Transmission": "6-Speed Manual", "Drivetrain": "Rear Wheel Drive", "Base Curb Weight (lbs)": "3702", "MSRP": "$26,660", "EPA Fuel Economy Est - City (MPG)": "17"}, SPANS)
    + "</div>",
    lang="en-us",
)  # fmt: skip

MICRODATA = page(
    '<div itemscope itemtype="https://schema.org/Vehicle"><h1 itemprop="name">2015 Mazda MX-5 Sport</h1>'
    '<span itemprop="brand" itemscope itemtype="https://schema.org/Brand"><span itemprop="name">Mazda</span></span>'
    '<span itemprop="model">MX-5</span><time itemprop="vehicleModelDate">2015</time><span itemprop="fuelType">Petrol</span>'
    '<span itemprop="vehicleTransmission">6-speed manual</span>'
    '<div itemprop="mileageFromOdometer" itemscope itemtype="https://schema.org/QuantitativeValue"><meta itemprop="unitCode" content="SMI"><span itemprop="value">33,100</span></div>'
    '<div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><meta itemprop="priceCurrency" content="GBP"><span itemprop="price" content="11495">£11,495</span></div></div>',
    lang="en-GB",
)

RDFA = page(
    '<div vocab="https://schema.org/" typeof="Car"><h1 property="name">Opel Corsa 1.2</h1><span property="brand">Opel</span><span property="model">Corsa</span>'
    '<span property="fuelType">Benzin</span><span property="vehicleModelDate">2016</span></div>',
    lang="de",
)

CRAIGSLIST = page(
    "<h1>2014 ford focus se - $6,500 (springfield)</h1><span class='price'>$6,500</span><p class='attrgroup'>"
    "<span><b>2014 ford focus se</b></span><br><span>fuel: <b>gas</b></span><br><span>odometer: <b>103,400</b></span><br>"
    "<span>title status: <b>clean</b></span><br><span>transmission: <b>automatic</b></span></p>",
    lang="en-US",
)

AUSTRALIA = page(
    "<h1>2020 Hyundai i30 N Line Auto MY20</h1><div class='price'>$27,990</div><dl>"
    + rows(
        {
            "Odometer": "45,120 km",
            "Body": "5 doors 5 seat Hatch",
            "Transmission": "7 speed Sports Automatic Dual Clutch",
            "Engine": "4cyl 1.6L Turbo Petrol",
        },
        TERMS,
    )
    + "</dl>",
    lang="en-AU",
)

REVIEW = page(
    "<h1>Which hybrid should you buy?</h1><p>The Toyota Prius has 122 hp, the Kia Niro 141 hp. Both are automatic.</p>"
    * 8,
    title="Hybrids compared",
)
LIST = page(
    "<h1>Used Audi A4 cars for sale</h1>"
    + "".join(
        f"<div class='card'><h3>Audi A4 {year}</h3><ul><li>{year}</li><li>{miles},000 miles</li><li>Diesel</li><li>Automatic</li></ul><span class='price'>£{price},500</span></div>"
        for year, miles, price in ((2015, 71, 9), (2016, 63, 11), (2017, 52, 13), (2018, 40, 16), (2019, 31, 19))
    ),
    lang="en-GB",
    head=ld({"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": car_node(name=f"Audi A4 {n}", brand="Audi", model="A4", vehicleModelDate="2015")} for n in range(5)]}),
)  # fmt: skip
VEHICLE_LIST = page(
    "<h1>Our stock</h1>",
    head=ld(
        *[
            car_node(
                name=f"Kia Rio {n}", brand="Kia", model="Rio", fuelType="Petrol", vehicleModelDate="2018"
            )
            for n in range(3)
        ]
    ),
)
CAPTCHA = page("<h1>Access Denied</h1><p>You don't have permission.</p>", title="Access Denied")
GONE = page(
    "<h1>Page not found</h1>"
    + "<table>"
    + rows({"Fuel type": "Diesel", "Year": "2018", "Transmission": "Manual"}, TABLE)
    + "</table>",
    title="404 - Page not found",
)
NO_RESULTS = page("<h1>BMW 3 Series</h1><p>0 results. Update your search.</p>", title="BMW 3 Series")
SHELL = page('<div id="root"></div>' + "<script>" + "var x = 1;" * 900 + "</script>", title="Kia Rio")
ENGINE = page(
    "<table class='infobox'><tr><th>Manufacturer</th><td>Nissan Motors</td></tr><tr><th>Production</th><td>1989–2002</td></tr><tr><th>Displacement</th><td>2.0 L (1,998 cc)</td></tr><tr><th>Fuel type</th><td>Gasoline</td></tr><tr><th>Power output</th><td>205 hp</td></tr></table><p>The SR20DET is an engine.</p>",
    title="Nissan SR engine",
)  # fmt: skip
LEASE = page(
    "<h1>Hyundai Tucson lease deals</h1><p>from £249 per month</p><ul><li>SUV</li><li>Petrol</li></ul>",
    lang="en-GB",
)
FILTERS = page(
    "<h1>Porsche 718 Boxster for Sale in Springfield</h1>"
    + rows(
        {
            "Body Style": "Convertible",
            "Fuel Type": "Gasoline",
            "Transmission": "Automatic",
            "Drive Type": "Rear Wheel Drive",
            "Doors": "Two Door",
        },
        LINES,
    ),
    lang="en-US",
)

PAGES: dict[str, tuple[str, str, Expected]] = {
    "marketplace, German": ("https://www.markt.example.de/angebot/1", MARKETPLACE_DE, {"make": "Škoda", "model": "Octavia", "year": 2019, "price": 17450, "currency": "EUR", "mileage": 88120, "fuel": "Diesel", "transmission": "Manual", "power": 110, "displacement": 1.968, "body_style": "wagon"}),
    "classified advert, German": ("https://auto.example.de/kia", CLASSIFIED_DE, {"make": "Kia", "model": "EV6", "year": 2022, "price": 24950, "currency": "EUR", "mileage": 88537, "fuel": "Electric", "transmission": "Automatic", "power": 125, "displacement": None, "body_style": "suv"}),
    "American dealer, price of nought": ("https://dealer.example.com/used/2019-honda-civic", DEALER_US, {"make": "Honda", "model": "Civic", "trim": "EX", "year": 2019, "price": 19995, "currency": "USD", "mileage": 66353, "fuel": "Petrol", "transmission": "Continuously variable", "displacement": 2, "drive": "Front-wheel"}),
    "placeholders in structured data": ("https://dealer.example.ca/jeep", PLACEHOLDERS_CA, {"make": "Jeep", "model": "Wrangler 4xe", "year": 2022, "mileage": 57841, "fuel": "Plug-in hybrid", "transmission": "Automatic", "displacement": 2, "price": None}),
    "facts without labels, British": ("https://cars.example.co.uk/ford", FACTS_UK, {"make": "Ford", "model": "Focus", "year": 2018, "price": 9750, "currency": "GBP", "mileage": 66305, "fuel": "Petrol", "transmission": "Manual", "displacement": 1}),
    "state for scripts, French": ("https://annonces.example.fr/1", STATE_FR, {"make": "Renault", "model": "Clio", "year": 2016, "price": 8490, "currency": "EUR", "mileage": 92000, "fuel": "Petrol", "transmission": "Manual", "power": 66.2}),
    "table, Dutch": ("https://autos.example.nl/1", TABLE_NL, {"make": "Volkswagen", "model": "Polo", "year": 2018, "price": 13950, "currency": "EUR", "mileage": 65412, "fuel": "Petrol", "transmission": "Manual", "power": 70, "displacement": 0.999}),
    "boxes, Spanish": ("https://coches.example.es/1", BOXES_ES, {"make": "SEAT", "model": "León", "year": 2020, "price": 17900, "currency": "EUR", "mileage": 45300, "fuel": "Petrol", "transmission": "Manual", "power": 110.3, "displacement": 1.498}),
    "definition list, Italian": ("https://auto.example.it/1", TERMS_IT, {"make": "Fiat", "model": "Panda", "year": 2017, "price": 7900, "currency": "EUR", "mileage": 61000, "fuel": "Petrol", "transmission": "Manual", "power": 51, "displacement": 1.242}),
    "lines, Romanian": ("https://masini.example.ro/1", LINES_RO, {"make": "Dacia", "model": "Duster", "year": 2018, "price": 12490, "currency": "EUR", "mileage": 98000, "fuel": "Diesel", "transmission": "Manual", "power": 80.2, "displacement": 1.461}),
    "definition list, Swedish": ("https://bilar.example.se/1", TERMS_SV, {"make": "Volvo", "model": "V60", "year": 2018, "price": 189900, "currency": "SEK", "mileage": 88260, "fuel": "Diesel", "transmission": "Automatic", "power": 139.7}),
    "spec table, Indian": ("https://cars.example.in/tata", SPECS_INDIA, {"make": "Tata", "model": "Nexon", "price": 1102000, "currency": "INR", "mileage": None, "fuel": "Petrol", "transmission": "Manual, 6 gears", "power": 88, "displacement": 1.199, "drive": "Front-wheel"}),
    "table, Hindi": ("https://cars.example.in/hi/maruti", HINDI, {"make": "Maruti Suzuki", "model": "Swift", "price": 729000, "currency": "INR", "fuel": "Petrol", "transmission": "Manual", "power": 59.7, "displacement": 1.197}),
    "spec site, American": ("https://www.thecarconnection.com/specifications/x", SPECS_US, {"make": "Chevrolet", "model": "Camaro", "year": 2014, "price": 26660, "currency": "USD", "fuel": "Petrol", "transmission": "Manual, 6 gears", "power": 240.9, "displacement": 3.6, "drive": "Rear-wheel"}),
    "microdata": ("https://cars.example.co.uk/mazda", MICRODATA, {"make": "Mazda", "model": "MX-5", "year": 2015, "price": 11495, "currency": "GBP", "mileage": 53269, "fuel": "Petrol", "transmission": "Manual, 6 gears"}),
    "RDFa": ("https://autos.example.de/opel", RDFA, {"make": "Opel", "model": "Corsa", "year": 2016, "fuel": "Petrol"}),
    "small advert, American": ("https://list.example.org/1", CRAIGSLIST, {"make": "Ford", "model": "Focus", "year": 2014, "price": 6500, "currency": "USD", "mileage": 166406, "fuel": "Petrol", "transmission": "Automatic"}),
    "classified advert, Australian": ("https://cars.example.com.au/1", AUSTRALIA, {"make": "Hyundai", "model": "i30", "year": 2020, "price": 27990, "currency": "AUD", "mileage": 45120, "fuel": "Petrol", "transmission": "Dual clutch, 7 gears", "displacement": 1.6}),
    "article that compares": ("https://mag.example.com/1", REVIEW, None),
    "list of adverts": ("https://cars.example.co.uk/audi", LIST, None),
    "list in structured data": ("https://dealer.example.com/stock", VEHICLE_LIST, None),
    "refused": ("https://dealer.example.com/x", CAPTCHA, None),
    "gone": ("https://dealer.example.com/gone", GONE, None),
    "no results": ("https://dealer.example.com/bmw", NO_RESULTS, None),
    "unrendered": ("https://dealer.example.com/kia", SHELL, None),
    "engine article": ("https://wiki.example.org/sr", ENGINE, None),
    "lease offers": ("https://lease.example.co.uk/tucson", LEASE, None),
    "filters of a search": ("https://cars.example.com/718", FILTERS, None),
}  # fmt: skip
