"""Pages that carry no car, or no one car: walls, errors, parts, other vehicles, lists, articles; see `offer_pages`."""

from __future__ import annotations

from tests.scraper.offer_pages import next_data
from tests.scraper.pages import SPANS, TABLE, TERMS, Expected, car_node, ld, page, rows

FILLER = "<p>Read more about our services, our history and our opening hours in this paragraph.</p>" * 12


def product(**more: object) -> str:
    return ld({"@context": "https://schema.org", "@type": "Product"} | more)


def missing(title: str, lang: str, text: str = "") -> str:
    return page(f"<h1>{title}</h1><p>{text}</p><a href='/'>Home</a>", title=title, lang=lang)


BRAKES = page(
    "<h1>Front brake pads for BMW 3 Series E90 320d 2008</h1><span class='price'>€ 640,00</span><table>"
    + rows({"Brand": "Stopwell", "Manufacturer part number": "ST-100", "Fits": "BMW 3 Series (E90) 320d", "Model": "3 Series", "Year": "2008", "Fuel": "Diesel", "Power": "130 kW", "Displacement": "1995 cc"}, TABLE)
    + "</table>",
    title="Brake pads BMW 3 Series E90 | Parts shop",
    head=product(name="Brake pads for BMW 3 Series E90", brand={"@type": "Brand", "name": "Stopwell"}, mpn="ST-100", offers={"price": "640.00", "priceCurrency": "EUR"}),
)  # fmt: skip
ENGINE_USED = page(
    "<h1>Motor VW Golf 7 1.6 TDI CXXB 85 kW 110 PS gebraucht</h1><div class='price'>1.450,00 €</div><dl>"
    + rows({"Hersteller": "VW", "Fahrzeug": "VW Golf VII", "Modell": "Golf", "Baujahr": "2016", "Kilometerstand": "88.000 km", "Kraftstoff": "Diesel", "Hubraum": "1598 ccm", "Teilenummer": "04L100036", "Motorcode": "CXXB"}, TERMS)
    + "</dl>",
    title="Motor VW Golf 7 1.6 TDI | Gebrauchtteile",
    lang="de",
)  # fmt: skip
MATS = page("<h1>Audi A4 B9 floor mats</h1><span class='price'>£549</span><p>Fits Audi A4 2015-2023, automatic and manual.</p>", title="Audi A4 floor mats", lang="en-GB", head=product(name="Audi A4 B9 floor mats", brand="Audi", model="A4", sku="M1", offers={"price": "549", "priceCurrency": "GBP", "itemCondition": "NewCondition"}))  # fmt: skip
TOY = page("<h1>Ferrari F40 1:18 model car</h1><span class='price'>€ 549,00</span>", title="Ferrari F40 1:18", head=product(name="Ferrari F40 1987 1:18", brand="Miniatura", model="F40", releaseDate="2021", color="red", offers={"price": 549, "priceCurrency": "EUR"}))  # fmt: skip
TYRES = page("<h1>Summer tyres for Volkswagen Golf 2018 1.5 TSI Petrol</h1><table>" + rows({"Brand": "Gripfast", "Model": "Sport 4", "Width": "225", "Season": "Summer", "Price": "£712.00", "Year": "2018"}, TABLE) + "</table>", title="Tyres for VW Golf 2018", lang="en-GB")  # fmt: skip
MOTORBIKE = page(
    "<h1>2019 Honda CB500F</h1><div class='price'>£4,295</div><dl>" + rows({"Make": "Honda", "Model": "CB500F", "Year": "2019", "Mileage": "5,012 miles", "Engine size": "471 cc", "Fuel type": "Petrol", "Transmission": "Manual", "Type": "Naked"}, TERMS) + "</dl>",
    title="Honda CB500F 2019 for sale", lang="en-GB",
    head=ld({"@type": "BreadcrumbList", "itemListElement": [{"@type": "ListItem", "position": 1, "name": "Motorbikes"}, {"@type": "ListItem", "position": 2, "name": "Honda"}]}),
)  # fmt: skip
MOTORBIKE_NODE = page("<h1>Suzuki GSX-R 750</h1>", lang="da", title="Suzuki GSX-R 750", head=ld(car_node(**{"@type": ["Product", "Motorcycle"]}, name="Suzuki GSX-R 750", brand="Suzuki", model="GSX-R 750", vehicleModelDate="2006", mileageFromOdometer={"value": 31000, "unitCode": "KMT"}, fuelType="Benzin")))  # fmt: skip
CAMPER = page("<h1>Fiat Ducato Knaus BoxStar 600</h1><div class='price'>58.900 €</div><dl>" + rows({"Kategorie": "Wohnmobil / Kastenwagen", "Erstzulassung": "05/2022", "Kilometerstand": "12.000 km", "Leistung": "103 kW (140 PS)", "Kraftstoff": "Diesel", "Schlafplätze": "2"}, TERMS) + "</dl>", title="Knaus BoxStar 600 Wohnmobil gebraucht", lang="de")  # fmt: skip
LORRY = page("<h1>Mercedes-Benz Actros 1845</h1><dl>" + rows({"Make": "Mercedes-Benz", "Model": "Actros", "Year": "2018", "Mileage": "560,000 km", "Power": "330 kW", "Fuel": "Diesel"}, TERMS) + "</dl>", title="Mercedes-Benz Actros 1845 tractor unit - trucks for sale")  # fmt: skip
BOAT = page("<h1>2015 Yamaha 242X</h1><dl>" + rows({"Make": "Yamaha", "Model": "242X", "Year": "2015", "Engine": "2 x 1.8 l petrol", "Fuel type": "Petrol", "Length": "7.3 m"}, TERMS) + "</dl>", title="2015 Yamaha 242X boat for sale")  # fmt: skip
INSURANCE = page("<h1>Ford Focus car insurance</h1><table>" + rows({"Average price": "£642", "Insurance group": "11", "Engine size": "1.0L", "Fuel": "Petrol", "Year": "2018"}, TABLE) + "</table>" + FILLER, title="Ford Focus car insurance: compare quotes", lang="en-GB")  # fmt: skip
VALUATION = page("<h1>2015 Honda Civic value</h1><table><tr><th>Trim</th><th>Trade-in</th><th>Private</th></tr><tr><td>LX</td><td>$9,000</td><td>$10,500</td></tr><tr><td>EX</td><td>$9,900</td><td>$11,200</td></tr></table><p>Based on 85,000 miles.</p>" + FILLER, title="2015 Honda Civic trade-in value", lang="en-US")  # fmt: skip
RECALL = page("<h1>2016 Ford Explorer recalls and problems</h1><ul><li>Fuel type: petrol leak</li><li>Transmission: shudder</li><li>Engine: 3.5 l stalls</li></ul>" + FILLER, title="2016 Ford Explorer recalls", lang="en-US")  # fmt: skip
FORUM = page("<h1>DSG shudder at 60 mph</h1>" + "".join(f"<div class='post'><b>{user}</b><dl>{rows({'Location': 'Leeds', 'Car': car, 'Year': year, 'Fuel': fuel}, TERMS)}</dl><p>Mine does the same at 70,000 miles.</p></div>" for user, car, year, fuel in (("ann", "Golf GTI", "2016", "Petrol"), ("bob", "Audi A3", "2017", "Diesel"), ("cy", "Leon", "2015", "Petrol"))), title="DSG shudder at 60 mph | VW forum")  # fmt: skip
TOP_TEN = page("<h1>The 10 best family cars of 2024</h1>" + "".join(f"<h2>{n}. {name}</h2><p>From £{price},000. {fuel}, automatic, {hp} bhp.</p>" for n, (name, price, fuel, hp) in enumerate((("Kia EV9", 65, "Electric", 378), ("Skoda Kodiaq", 36, "Petrol", 148), ("Dacia Jogger", 18, "Petrol", 109)), 1)), title="Best family cars 2024", lang="en-GB")  # fmt: skip
REVIEW_ONE = page("<h1>Kia EV9 review</h1><p>The EV9 costs from £65,025 and has 378 bhp; the Volvo EX90 has 402 bhp.</p>" + FILLER + "<div class='verdict'>Rating: 9/10</div>", title="Kia EV9 review 2024", lang="en-GB", head=ld({"@context": "https://schema.org", "@type": "Review", "itemReviewed": {"@type": "Car", "name": "Kia EV9", "brand": "Kia", "model": "EV9", "vehicleModelDate": "2024"}, "reviewRating": {"ratingValue": 9}}))  # fmt: skip
ONE_RESULT = page("<h1>Audi A3 offers near you</h1><p>1 offer</p>", title="Audi A3 offers", lang="en-CA", head=ld({"@context": "https://schema.org", "@graph": [{"@type": "SearchResultsPage", "mainEntity": {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "position": 1, "item": {"@type": ["Car", "Product"], "name": "Audi A3 Progressiv", "brand": {"@type": "Brand", "name": "Audi"}, "model": "A3", "mileageFromOdometer": {"value": 61351, "unitCode": "KMT"}, "offers": {"price": 25995, "priceCurrency": "CAD"}}}]}}]}))  # fmt: skip
STATE_LIST = page("<h1>Gebrauchte BMW 3er</h1>", title="BMW 3er kaufen", lang="de", head=next_data({"listings": [{"make": "BMW", "model": "320", "year": 2016 + n, "fuelType": "Diesel", "mileage": f"{n}1.000 km", "price": f"€ 1{n}.900"} for n in range(1, 6)]}))  # fmt: skip
GRID = page("<h1>BMW</h1>" + "".join(f"<div class='tile'><a><h2>BMW {m}</h2></a><div>{rows({'Année': y, 'Kilométrage': k, 'Énergie': 'Diesel'}, SPANS)}</div><span class='prix'>{p} €</span></div>" for m, y, k, p in (("Série 1", "2016", "88 000 km", "13 900"), ("Série 3", "2017", "99 000 km", "17 900"), ("X1", "2018", "66 000 km", "21 900"))), title="BMW d'occasion", lang="fr")  # fmt: skip
DEALER_HOME = page("<h1>Welcome to Springfield Motors</h1>" + FILLER + "".join(f"<div><h3>{name}</h3><p>{miles} miles</p><p>${price}</p></div>" for name, miles, price in (("2019 Ford Escape", "40,000", "18,998"), ("2018 Kia Rio", "51,000", "9,998"))), title="Springfield Motors | Used cars", lang="en-US", head=ld({"@type": "AutoDealer", "name": "Springfield Motors"}))  # fmt: skip
MODEL_RANGE = page("<h1>Toyota Yaris</h1><p>from £22,630</p><h2>Choose your grade</h2>" + "".join(f"<div class='grade'><h3>{g}</h3><ul><li>Price: £{p}</li><li>Power: {bhp} bhp</li><li>Fuel: Hybrid</li><li>Year: {y}</li></ul></div>" for g, p, bhp, y in (("Icon", "22,630", 114, 2023), ("Design", "24,005", 116, 2024), ("GR Sport", "27,145", 128, 2025))), title="Toyota Yaris | Models", lang="en-GB")  # fmt: skip
LOGIN = page("<h1>Sign in to continue</h1><form><label>E-mail <input></label><label>Password <input type=password></label></form>", title="Sign in | Market")  # fmt: skip
COOKIES = page("<div class='cookie-wall'><h2>Before you continue</h2><p>We and our 812 partners use cookies. Accept all or manage your choices.</p><button>Accept all</button></div>", title="2018 BMW X5 for sale | Market")  # fmt: skip
ROBOT = page(
    "<h1>Just a moment...</h1><p>Checking your browser before accessing.</p>", title="Just a moment..."
)
ROBOT_DE = page("<h1>Ups, bist Du ein Mensch?</h1><p>Um fortzufahren, aktiviere bitte JavaScript. Referenz-Fehler: 0.1</p>", title="Zugriff verweigert", lang="de")  # fmt: skip
ROBOT_FR = page("<p id='cmsg'>Please enable JS and disable any ad blocker</p>", title="annonces.example.fr", lang="fr", head="<script>var dd={'rt':'c','cid':'AHrl','hsh':'05B3','t':'bv','host':'geo.captcha-delivery.com'}</script>")  # fmt: skip
SHELL_META = page("<div id='app'></div><script>" + "a.b.c=function(){return 1};" * 400 + "</script>", title="2018 BMW X5 xDrive30d for sale", head="<meta property='og:title' content='2018 BMW X5 xDrive30d'><meta property='og:image' content='/x.jpg'>")  # fmt: skip
SOLD = page("<h1>This vehicle has been sold</h1><p>Sorry, the 2016 Kia Rio is no longer available.</p><h2>Similar vehicles</h2><div><h3>2017 Kia Rio</h3><p>30,000 miles</p><p>$9,000</p></div>", title="2016 Kia Rio - sold", lang="en-US")  # fmt: skip
RENTAL = page("<h1>Fiat 500 or similar</h1><p>from €29 per day</p><ul>" + rows({"Transmission": "Manual", "Doors": "3", "Seats": "4", "Fuel": "Petrol", "Year": "2022"}, SPANS) + "</ul>", title="Rent a Fiat 500: car hire Palma")  # fmt: skip

ERRORS = {
    "gone, German": missing("Die Seite wurde nicht gefunden", "de"),
    "gone, French": missing("Page introuvable", "fr", "Désolé, cette page n'existe plus."),
    "gone, Spanish": missing("Página no encontrada", "es"),
    "gone, Italian": missing("Pagina non trovata", "it"),
    "gone, Dutch": missing("Pagina niet gevonden", "nl"),
    "gone, Romanian": missing("Pagina nu a fost găsită", "ro"),
    "gone, Swedish": missing("Sidan kunde inte hittas", "sv"),
    "gone, Hindi": missing("पृष्ठ नहीं मिला", "hi"),
    "ended, German": missing("Dieses Inserat ist nicht mehr verfügbar", "de"),
    "ended, French": missing("Cette annonce est désactivée", "fr"),
}

CARLESS_PAGES: dict[str, tuple[str, str, Expected]] = {
    name: (f"https://{host}/{n}", text, None)
    for n, (name, (host, text)) in enumerate(
        {
            "brake pads": ("parts.example.com", BRAKES), "used engine": ("teile.example.de", ENGINE_USED), "floor mats": ("mats.example.co.uk", MATS),
            "toy": ("toys.example.com", TOY), "tyres": ("tyres.example.co.uk", TYRES), "motorcycle by its breadcrumbs": ("m.example.co.uk", MOTORBIKE),
            "motorcycle in structured data": ("m.example.dk", MOTORBIKE_NODE), "camper": ("m.example.de", CAMPER), "lorry": ("t.example.com", LORRY), "boat": ("b.example.com", BOAT),
            "insurance": ("i.example.co.uk", INSURANCE), "valuation": ("v.example.com", VALUATION), "recalls": ("r.example.com", RECALL), "forum": ("f.example.com", FORUM),
            "best of": ("mag.example.co.uk", TOP_TEN), "review of one car": ("mag.example.co.uk", REVIEW_ONE), "search with one result": ("m.example.ca", ONE_RESULT),
            "search in state": ("m.example.de", STATE_LIST), "tiles": ("m.example.fr", GRID), "dealer's home": ("d.example.com", DEALER_HOME), "range of a model": ("toyota.example.co.uk", MODEL_RANGE),
            "login": ("m.example.com", LOGIN), "cookies": ("m.example.com", COOKIES), "browser check": ("m.example.com", ROBOT), "browser check, German": ("m.example.de", ROBOT_DE),
            "browser check, French": ("annonces.example.fr", ROBOT_FR), "shell with meta tags": ("m.example.com", SHELL_META), "sold": ("d.example.com", SOLD), "rental": ("rent.example.com", RENTAL),
        }.items()
    )
} | {name: ("https://m.example.com/x", text, None) for name, text in ERRORS.items()}  # fmt: skip
