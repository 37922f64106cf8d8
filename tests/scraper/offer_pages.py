"""Offers in the layouts of European markets and dealers, with words and figures of our own; see `pages`.

What is stated comes in the order of `TEN`; None is what the page does not state, and what may not be read.
"""

from __future__ import annotations

import json

from tests.scraper.pages import BREADCRUMBS, TABLE, TERMS, Expected, car_node, ld, page, quantity, rows

TEN = ("make", "model", "year", "price", "currency", "mileage", "fuel", "transmission", "power", "displacement")  # fmt: skip


def said(*values: object) -> dict[str, object]:
    return dict(zip(TEN, values, strict=True))


def next_data(props: dict[str, object]) -> str:
    state = json.dumps({"props": {"pageProps": props}, "page": "/detail", "query": {}})
    return f'<script id="__NEXT_DATA__" type="application/json">{state}</script>'


PAIR = "<div class='key-feature'><div class='label'>{label}</div><div class='value'>{value}</div></div>"
SPLIT = "<li class='detail'>{label}<span class='detail-value'>{value}</span></li>"
CRITERIA = "<div data-qa-id='criteria_item'><p>{label}</p><p title='{value}'>{value}</p></div>"

MARKET_GRAPH_DE = page(
    "<h1><span>Audi A4</span><div>Avant 40 TDI quattro S line LED*AHK*</div></h1><div>€ 27.890<sup>1</sup></div>"
    "<div>Finanzierung ab € 312 mtl.</div>"
    + rows({"Kilometerstand": "61.250 km", "Getriebe": "Automatik", "Erstzulassung": "03/2019", "Kraftstoff": "Diesel", "Leistung": "140 kW (190 PS)", "Verkäufer": "Händler"}, PAIR)
    + "<h2>Technische Daten</h2><dl>"
    + rows({"Leistung": "140 kW (190 PS)", "Getriebe": "Automatik", "Hubraum": "1.968 cm³", "Gänge": "7", "Zylinder": "4", "Leergewicht": "1.630 kg"}, TERMS)
    + "</dl><h2>Weitere Fahrzeuge des Anbieters</h2><div>" + rows({"Kilometerstand": "9.000 km", "Leistung": "110 kW (150 PS)"}, PAIR) + "</div>",
    title="Audi A4 gebraucht für € 27.890",
    lang="de",
    head=ld(
        {"@context": "https://schema.org", "@graph": [
            BREADCRUMBS,
            {"@type": "Organization", "name": "Marktplatz", "logo": "https://m.example.de/l.png"},
            {"@type": "Product", "name": "Audi A4", "brand": {"@type": "Brand", "name": "Audi"}, "offers": {
                "@type": "Offer", "price": 27890, "priceCurrency": "EUR", "seller": {"@type": "AutoDealer", "name": "BMW Haus Nord"},
                "itemOffered": {"@type": "Car", "name": "Audi A4", "manufacturer": "Audi", "model": "A4", "productionDate": "2019-03-01", "bodyType": "Kombi",
                    "mileageFromOdometer": {"@type": "QuantitativeValue", "value": "61.250", "unitText": "KMT"},
                    "vehicleEngine": [{"@type": "EngineSpecification", "fuelType": "Diesel", "engineDisplacement": quantity("1968", "CMQ"), "enginePower": [quantity(190, "BHP"), quantity(140, "KWT")]}]}}},
        ]},
    ),
)  # fmt: skip

CLASSIFIED_SPLIT_DE = page(
    "<h1 id='ad-title'><span class='hidden'>Reserviert &bull; </span><span class='hidden'>Gelöscht &bull; </span> VW Golf 7 1.4 TSI Highline</h1>"
    "<h2 id='ad-price'>11.500 € VB</h2><ul>"
    + rows({"Marke": "Volkswagen", "Modell": "Golf", "Kilometerstand": "98.000 km", "Fahrzeugzustand": "Unbeschädigtes Fahrzeug", "Erstzulassung": "März 2016", "Kraftstoffart": "Benzin", "Leistung": "125 PS", "Getriebe": "Manuell", "Fahrzeugtyp": "Limousine", "Anzahl Türen": "4/5", "HU bis": "Mai 2026"}, SPLIT)
    + "</ul><p>Verkaufe meinen Golf, Neupreis war 28.000 Euro. Motorrad 650 ccm auch im Tausch.</p>",
    title="VW Golf 7 1.4 TSI Highline in Bayern - Würzburg",
    lang="de",
)  # fmt: skip

MAKER_FINDER_UK = page(
    "<h1>Taycan Cross Turismo</h1><p>£54,890</p>",
    title="Porsche Taycan Cross Turismo - used - Porsche Centre",
    lang="en-GB",
    head=ld(
        car_node(
            name="Taycan Cross Turismo (MY22)", model="J1", brand={"@type": "Brand", "name": "Porsche"}, manufacturer={"@type": "Organization"},
            dateVehicleFirstRegistered="2022-10-26T00:00:00.000Z", mileageFromOdometer=quantity(21399, "SMI"), vehicleTransmission="Automatic",
            modelDate="2022-01-01T00:00:00.000Z", vehicleModelDate="2022-01-01T00:00:00.000Z", itemCondition="https://schema.org/UsedCondition",
            vehicleEngine={"@type": "EngineSpecification", "fuelType": "Electric", "enginePower": quantity(280, "KWT")},
            offers={"@type": "Offer", "price": 54890, "priceCurrency": "GBP", "warranty": {"durationOfWarranty": quantity(24, "MON")}},
        )
    ),
)  # fmt: skip

OVERVIEW_UK = page(
    "<nav><a>Used cars</a></nav><h1>Volkswagen Golf</h1><p>1.5 TSI EVO Match DSG Euro 6 (s/s) 5dr</p><h2>£15,995</h2><span>£271 per month</span><span>Representative example: cash price £15,995, deposit £1,600</span>"
    "<h2>Overview</h2><dl>"
    + rows({"Mileage": "31,204 miles", "Registration": "2019 (69 reg)", "Owners": "2", "Fuel type": "Petrol", "Body type": "Hatchback", "Engine": "1.5L", "Gearbox": "Automatic", "Doors": "5", "Seats": "5", "Emission class": "Euro 6", "Body colour": "Grey"}, TERMS)
    + "</dl>",
    title="Used 2019 Volkswagen Golf 1.5 TSI EVO Match DSG Euro 6 (s/s) 5dr for sale | Market UK",
    lang="en-GB",
)  # fmt: skip

CRITERIA_FR = page(
    "<h1>Peugeot 308 SW 1.5 BlueHDi 130ch Allure</h1><p data-qa-id='adview_price'>16 990 €</p><p>ou dès 245 €/mois*</p>"
    + rows({"Marque": "PEUGEOT", "Modèle": "308", "Année modèle": "2019", "Kilométrage": "78 400 km", "Carburant": "Diesel", "Boîte de vitesse": "Automatique", "Date de première mise en circulation": "03/2019", "Nombre de portes": "5", "Puissance fiscale": "6 Cv", "Puissance DIN": "130 Ch", "Crit'Air": "2"}, CRITERIA),
    title="Peugeot 308 SW 1.5 BlueHDi 130ch Allure - Voitures",
    lang="fr",
)  # fmt: skip

ARGUS_FR = page(
    "<h1>PEUGEOT 208 II 1.2 PURETECH 100 S&amp;S ALLURE</h1><div class='price-block'><strong>15 990 €</strong><em>Estimation 16 200 €</em></div><ul>"
    + rows({"Année": "2021", "Provenance": "France", "Mise en circulation": "12/03/2021", "Contrôle technique": "non requis", "Kilométrage compteur": "21 540 km", "Énergie": "Essence", "Boîte de vitesse": "Mécanique", "Couleur extérieure": "gris", "Nombre de portes": "5", "Puissance fiscale": "5 CV", "Puissance din": "101 ch (74 kW)", "Emission de CO2": "98 g/km"}, "<li><span>{label} :</span> <strong>{value}</strong></li>")
    + "</ul>",
    title="PEUGEOT 208 occasion Essence 2021 - annonce",
    lang="fr-FR",
)  # fmt: skip

ATTRIBUTES_NL = page(
    "<h1>Volkswagen Up! 1.0 60PK 5D 2017 Wit</h1><div class='Listing-price'>€ 8.950,00</div>"
    + rows({"Merk &amp; Model": "Volkswagen up!", "Bouwjaar": "2017", "Uitvoering": "1.0 BMT move up!", "Carrosserie": "Hatchback", "Brandstof": "Benzine", "Kilometerstand": "74.310 km", "Transmissie": "Handgeschakeld", "Vermogen": "60 pk", "Motorinhoud": "999 cc", "Wegenbelasting": "€ 75 - € 90 per kwartaal", "Verbruik": "4,4 liter op 100 km"}, "<div class='CarAttributesGroup-item'><span class='l'>{label}</span><span class='v'>{value}</span></div>"),
    title="Volkswagen up! 1.0 2017 Wit | markt",
    lang="nl",
)  # fmt: skip

CASH_AND_CREDIT_ES = page(
    "<h1>BMW Serie 3 320d 4p.</h1><div><span>Precio al contado</span><span>18.900 €</span></div><div><span>Precio financiado</span><span>17.400 €</span></div><ul>"
    + rows({"Año": "2018", "Kilómetros": "94.500 km", "Combustible": "Diésel", "Cambio": "Automático", "Potencia": "190 cv", "Cilindrada": "1.995 cm3", "Nº de puertas": "4", "Plazas": "5", "Emisiones": "111 gr/km"}, "<li><strong>{value}</strong><p>{label}</p></li>")
    + "</ul>",
    title="BMW Serie 3 320d 4p. - coches de ocasión",
    lang="es",
)  # fmt: skip

FEATURES_IT = page(
    "<h1>Ford Kuga 2018</h1><p class='AdInfo_price'>€ 15.500</p><ul>"
    + rows({"Marca": "Ford", "Modello": "Kuga", "Versione": "1.5 TDCi 120 CV S&S 2WD Titanium", "Immatricolazione": "05/2018", "Km": "89.000", "Carburante": "Diesel", "Cambio": "Manuale", "Classe emissioni": "Euro 6", "Potenza": "88 kW / 120 CV", "Cilindrata": "1.499 cc", "Numero di porte": "5 porte"}, "<li><span class='feature-label'>{label}</span><span class='feature-value'>{value}</span></li>")
    + "</ul>",
    title="Ford kuga 2018 - Auto usate",
    lang="it",
)  # fmt: skip

SWEDEN = page(
    "<h1>Volvo XC60 D4 AWD Momentum Aut 190hk</h1><div class='Price'>269 900 kr</div><div>Lån från 2 890 kr/mån</div><dl>"
    + rows({"Bränsle": "Diesel", "Växellåda": "Automat", "Miltal": "11 230 mil", "Modellår": "2018", "Biltyp": "SUV", "Drivning": "Fyrhjulsdriven", "Hästkrafter": "190 hk", "Motorstorlek": "1 969 cc", "I trafik": "2018-02-14", "Märke": "Volvo", "Modell": "XC60"}, TERMS)
    + "</dl>",
    title="Volvo XC60 2018 - begagnad",
    lang="sv",
)  # fmt: skip

ATTRIBUTES_AT = page(
    "<h1>Škoda Superb Combi 2,0 TDI Style</h1>",
    title="Škoda Superb Combi 2,0 TDI Style, € 19.900",
    lang="de",
    head=next_data({"advertDetails": {"id": "1", "description": "Škoda Superb Combi 2,0 TDI Style", "attributes": {"attribute": [
        {"name": "CAR_MODEL/MAKE", "values": ["Skoda"]}, {"name": "CAR_MODEL/MODEL", "values": ["Superb"]}, {"name": "YEAR_MODEL", "values": ["2018"]}, {"name": "MILEAGE", "values": ["121000"]},
        {"name": "ENGINE/FUEL_RESOLVED", "values": ["Diesel"]}, {"name": "TRANSMISSION_RESOLVED", "values": ["Automatik"]}, {"name": "ENGINE/EFFECT", "values": ["110"]},
        {"name": "PRICE/AMOUNT", "values": ["19900"]}, {"name": "PRICE_FOR_DISPLAY", "values": ["€ 19.900"]}, {"name": "LOCATION", "values": ["Graz"]}, {"name": "NOOFOWNERS", "values": ["2"]},
    ]}}}),
)  # fmt: skip

PARAMS_PL = page(
    "<h1>Toyota Corolla 1.8 Hybrid Comfort</h1><div class='offer-price'><h3 class='offer-price__number'>79 900</h3><p>PLN</p></div>"
    + rows({"Marka pojazdu": "Toyota", "Model pojazdu": "Corolla", "Rok produkcji": "2020", "Przebieg": "54 300 km", "Pojemność skokowa": "1 798 cm3", "Rodzaj paliwa": "Hybryda", "Moc": "122 KM", "Skrzynia biegów": "Automatyczna", "Typ nadwozia": "Sedan", "Liczba drzwi": "4"}, "<div data-testid='p'><p class='a'>{label}</p><p class='b'>{value}</p></div>"),
    title="Toyota Corolla 2020 - 79 900 PLN",
    lang="pl",
)  # fmt: skip

PORTUGAL = page(
    "<h1>Renault Clio 0.9 TCe Limited</h1><span class='offer-price'>11 450 EUR</span><ul>"
    + rows({"Marca": "Renault", "Modelo": "Clio", "Versão": "0.9 TCe Limited", "Combustível": "Gasolina", "Mês de Registo": "Maio", "Ano": "2018", "Quilómetros": "63 200 km", "Cilindrada": "898 cm3", "Potência": "90 cv", "Tipo de Caixa": "Manual", "Nº de portas": "5"}, "<li><span>{label}</span><div>{value}</div></li>")
    + "</ul>",
    title="Usados Renault Clio",
    lang="pt",
)  # fmt: skip

NORWAY = page(
    "<h1>Toyota Auris</h1><p>1,8 Hybrid E-CVT Active S</p><div>Totalpris</div><h2>149 900 kr</h2><dl>"
    + rows({"Omregistrering": "4 291 kr", "Merke": "Toyota", "Modell": "Auris", "Modellår": "2015", "1. gang registrert": "14.08.2015", "Karosseri": "Kombi 5-dørs", "Drivstoff": "Bensin + hybrid", "Effekt": "99 hk", "Slagvolum": "1,8 l", "Kilometerstand": "118 000 km", "Girkasse": "Automat", "Antall seter": "5"}, TERMS)
    + "</dl>",
    title="Toyota Auris 2015 til salgs",
    lang="nb",
)  # fmt: skip

DENMARK = page(
    "<h1>VW Passat 2,0 TDi 150 Highline Variant DSG</h1><div class='price'>189.900 kr.</div><dl>"
    + rows({"Modelår": "2017", "1. registrering": "4/2017", "Kilometertal": "142.000 km", "Drivmiddel": "Diesel", "Brændstofforbrug": "21,7 km/l", "Geartype": "Automatisk", "Effekt": "150 hk", "Motorstørrelse": "2,0 L", "Antal døre": "5"}, TERMS)
    + "</dl>",
    title="VW Passat 2,0 TDi 150 Highline Variant DSG",
    lang="da",
)  # fmt: skip

CZECHIA = page(
    "<h1>Škoda Fabia 1.0 TSI Style</h1><div class='price'>279 000 Kč</div><table>"
    + rows({"Značka": "Škoda", "Model": "Fabia", "Rok výroby": "2020", "Tachometr": "48 500 km", "Palivo": "Benzín", "Převodovka": "Manuální", "Výkon": "70 kW", "Objem": "999 ccm", "Karoserie": "Hatchback"}, TABLE)
    + "</table>",
    title="Škoda Fabia 1.0 TSI Style",
    lang="cs",
)  # fmt: skip

SWITZERLAND_FR = page(
    "<h1>VOLVO XC40 T4 Recharge</h1><p>CHF 34'900.–</p><p>dès CHF 399.– / mois</p><dl>"
    + rows({"1ère mise en circulation": "09.2021", "Kilométrage": "28'400 km", "Carburant": "Hybride rechargeable (essence)", "Transmission": "Automatique", "Puissance en PS": "211 PS", "Cylindrée": "1'477 cm³", "Roues motrices": "Traction avant"}, TERMS)
    + "</dl>",
    title="VOLVO XC40 d'occasion",
    lang="fr-CH",
)  # fmt: skip

ZERO_KM_DE = page(
    "<h1>Cupra Formentor 1.5 TSI DSG</h1><p class='price'>Barpreis: 31.490 € <s>UVP 39.870 €</s></p><p>Leasing ab 279 € mtl.</p><table>"
    + rows({"Fahrzeugart": "Neuwagen", "Kilometerstand": "0 km", "Kraftstoff": "Benzin", "Leistung": "110 kW / 150 PS", "Hubraum": "1.498 ccm", "Getriebe": "Automatik"}, TABLE)
    + "</table>",
    title="Cupra Formentor 1.5 TSI DSG Neuwagen",
    lang="de",
)  # fmt: skip

OFFER_PAGES: dict[str, tuple[str, str, Expected]] = {
    "graph with breadcrumbs, organisation and offer": ("https://m.example.de/angebote/audi-a4", MARKET_GRAPH_DE, said("Audi", "A4", 2019, 27890, "EUR", 61250, "Diesel", "Automatic, 7 gears", 140, 1.968)),
    "label and value in one entry, German": ("https://k.example.de/s-anzeige/1", CLASSIFIED_SPLIT_DE, said("Volkswagen", "Golf", 2016, 11500, "EUR", 98000, "Petrol", "Manual", 91.9, None)),
    "a maker's own code for a model": ("https://finder.example.com/gb/en-GB/details/1", MAKER_FINDER_UK, said("Porsche", "Taycan Cross Turismo", 2022, 54890, "GBP", 34438, "Electric", "Automatic", 280, None)),
    "overview beneath a short heading, British": ("https://m.example.co.uk/car-details/1", OVERVIEW_UK, said("Volkswagen", "Golf", 2019, 15995, "GBP", 50218, "Petrol", "Automatic", None, 1.5)),
    "criteria, French": ("https://m.example.fr/ad/voitures/1", CRITERIA_FR, said("Peugeot", "308", 2019, 16990, "EUR", 78400, "Diesel", "Automatic", 95.6, None)),
    "price beside an estimate, French": ("https://c.example.fr/auto-occasion-annonce-1.html", ARGUS_FR, said("Peugeot", "208", 2021, 15990, "EUR", 21540, "Petrol", "Manual", 74, None)),
    "make and model in one value, Dutch": ("https://m.example.nl/v/autos/1", ATTRIBUTES_NL, said("Volkswagen", "up!", 2017, 8950, "EUR", 74310, "Petrol", "Manual", 44.1, 0.999)),
    "cash and credit, value before label, Spanish": ("https://c.example.es/bmw-serie-3", CASH_AND_CREDIT_ES, said("BMW", "Serie 3", 2018, 18900, "EUR", 94500, "Diesel", "Automatic", 139.7, 1.995)),
    "features, Italian": ("https://s.example.it/auto/1", FEATURES_IT, said("Ford", "Kuga", 2018, 15500, "EUR", 89000, "Diesel", "Manual", 88, 1.499)),
    "Swedish miles and horses": ("https://b.example.se/annons/1", SWEDEN, said("Volvo", "XC60", 2018, 269900, "SEK", 112300, "Diesel", "Automatic", 139.7, 1.969)),
    "attributes in state, Austrian": ("https://w.example.at/iad/1", ATTRIBUTES_AT, said("Škoda", "Superb", 2018, 19900, "EUR", 121000, "Diesel", "Automatic", None, None)),
    "parameters, Polish": ("https://o.example.pl/oferta/1", PARAMS_PL, said("Toyota", "Corolla", 2020, 79900, "PLN", 54300, "Hybrid", "Automatic", 89.7, 1.798)),
    "list, Portuguese": ("https://s.example.pt/anuncio/1", PORTUGAL, said("Renault", "Clio", 2018, 11450, "EUR", 63200, "Petrol", "Manual", 66.2, 0.898)),
    "definition list, Norwegian": ("https://f.example.no/car/1", NORWAY, said("Toyota", "Auris", 2015, 149900, "NOK", 118000, "Hybrid", "Automatic", 72.8, 1.8)),
    "definition list, Danish": ("https://b.example.dk/bil/1", DENMARK, said("Volkswagen", "Passat", 2017, 189900, "DKK", 142000, "Diesel", "Automatic", 110.3, 2)),
    "table, Czech": ("https://s.example.cz/detail/1", CZECHIA, said("Škoda", "Fabia", 2020, 279000, "CZK", 48500, "Petrol", "Manual", 70, 0.999)),
    "dealer, Swiss French": ("https://a.example.ch/fr/1", SWITZERLAND_FR, said("Volvo", "XC40", 2021, 34900, "CHF", 28400, "Plug-in hybrid", "Automatic", 155.2, 1.477)),
    "new car with a list price crossed out": ("https://a.example.de/neuwagen/1", ZERO_KM_DE, said("Cupra", "Formentor", None, 31490, "EUR", 0, "Petrol", "Automatic", 110, 1.498)),
}  # fmt: skip
