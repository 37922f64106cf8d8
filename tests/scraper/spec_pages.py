"""Pages of technical data in the layouts of spec sites, makers, magazines and encyclopedias; see `offer_pages`."""

from __future__ import annotations

from tests.scraper.offer_pages import said
from tests.scraper.pages import LINES, TABLE, Expected, car_node, ld, page, rows

HEADED = "<tr><th>{label}</th><td>{value}</td></tr>"
INFOBOX = "<h1>{title}</h1><table class='infobox'><tr><th colspan='2' class='fn'>{title}</th></tr>{rows}</table><p>Prose.</p>"


def infobox(title: str, facts: dict[str, str], lang: str = "en") -> str:
    return page(INFOBOX.format(title=title, rows=rows(facts, HEADED)), title=title, lang=lang)


DATA_SHEET = page(
    "<h1>Opel Astra L 1.2 Turbo (130 Hp)</h1><table>"
    + rows({"Brand": "Opel", "Model": "Astra", "Generation": "Astra L", "Modification (Engine)": "1.2 Turbo (130 Hp)", "Start of production": "January, 2022 year", "Powertrain Architecture": "Internal Combustion engine", "Body type": "Hatchback", "Seats": "5", "Fuel Type": "Petrol (Gasoline)", "Acceleration 0 - 100 km/h": "9.7 sec", "Power": "130 Hp @ 5500 rpm.", "Power per litre": "108.4 Hp/l", "Torque": "230 Nm @ 1750 rpm. 169.64 lb.-ft. @ 1750 rpm.", "Engine displacement": "1199 cm<sup>3</sup> 73.17 cu. in.", "Number of cylinders": "3", "Engine oil capacity": "3.8 l", "Kerb Weight": "1341 kg 2956.4 lbs.", "Length": "4374 mm 172.2 in.", "Number of gears and type of gearbox": "6 gears, manual transmission"}, HEADED)
    + "</table>",
    title="Opel Astra L 1.2 Turbo (130 Hp) | Technical specs, data, fuel consumption, Dimensions",
)  # fmt: skip

COLONS = page(
    "<h1>Seat Ibiza 5 1.0 TSI 95HP Specs</h1><table>"
    + rows({"Body": "Hatchback", "Num. of Doors": "5", "Wheelbase": "256.4 cm or 100.94 in.", "Length": "405.9 cm or 159.8 in.", "Engine type - Number of cylinders": "Inline 3", "Engine Code": "DKLA", "Fuel type": "Petrol - Gasoline", "Engine Displacement": "<b>999 cm3</b> or 61 cu-in", "Horsepower net": "95 PS / 94 HP / 70 kW", "Maximum torque": "175 Nm or 129 lb-ft @ 1500 rpm", "Transmission Gearbox - Number of speeds": "5 speed Manual", "Top Speed": "182 km/h or 113 Mph", "Production/Sales Period": "2017 - 2021"}, "<tr><td>{label} :</td><td>{value}</td></tr>")
    + "</table>",
    title="Seat Ibiza 5 1.0 TSI Technical Specs",
)  # fmt: skip

FICHE = page(
    "<h1>Fiche technique Renault Captur II 1.3 TCe 140 Intens</h1><table>"
    + rows({"Marque": "Renault", "Modèle": "Captur", "Version": "1.3 TCe 140 Intens", "Cylindrée": "1333 cm3", "Puissance réelle maxi": "140 ch / 103 kW à 4500 tr/mn", "Puissance fiscale": "7 CV", "Couple maxi": "260 Nm à 1750 tr/mn", "Boîte de vitesses": "manuelle", "Nb. de vitesses": "6", "Énergie": "Essence", "Longueur": "4,23 m", "Prix neuf": "27 000 €"}, TABLE)
    + "</table>",
    title="Fiche technique Renault Captur II 1.3 TCe 140 Intens (2021)",
    lang="fr",
)  # fmt: skip

CLUB_DE = page(
    "<h1>VW T-Roc 1.5 TSI OPF Life (ab 03/22)</h1><table>"
    + rows({"Marke": "VW", "Modell": "T-Roc", "Typ": "1.5 TSI OPF Life", "Baureihe": "T-Roc (A1) (ab 03/22)", "Modellstart": "03/22", "Motorart": "Otto", "Kraftstoffart": "Super", "Leistung maximal in kW (Systemleistung)": "110", "Leistung maximal in PS (Systemleistung)": "150", "Drehmoment (Systemleistung)": "250 Nm", "Hubraum (Verbrennungsmotor)": "1498 ccm", "Getriebeart": "Schaltgetriebe", "Anzahl Gänge": "6", "Antriebsart": "Front", "Länge": "4236 mm", "Grundpreis": "31.400 Euro"}, TABLE)
    + "</table>",
    title="VW T-Roc 1.5 TSI OPF Life: Technische Daten",
    lang="de",
)  # fmt: skip

TEST_US = page(
    "<h1>Tested: 2019 Honda Civic Sport Sedan</h1><p>We drove it.</p><h3>Specifications</h3>"
    + rows({"VEHICLE TYPE": "front-engine, front-wheel-drive, 5-passenger, 4-door sedan", "PRICE AS TESTED": "$22,545 (base price: $21,990)", "ENGINE TYPE": "DOHC 16-valve inline-4, aluminum block and head", "Displacement": "122 cu in, 1996 cc", "Power": "158 hp @ 6500 rpm", "Torque": "138 lb-ft @ 4200 rpm", "TRANSMISSION": "6-speed manual", "Wheelbase": "106.3 in"}, LINES),
    title="2019 Honda Civic Sport Tested",
    lang="en-US",
)  # fmt: skip

ELECTRIC = page(
    "<h1>Renault Megane E-Tech EV60 220hp</h1><table>"
    + rows({"Total Power": "160 kW (218 PS)", "Total Torque": "300 Nm", "Drive": "Front", "Battery Capacity": "65.0 kWh", "Electric Range": "375 km", "Top Speed": "160 km/h", "United Kingdom": "£36,995", "Germany": "€42,000", "Length": "4200 mm"}, TABLE)
    + "</table>",
    title="Renault Megane E-Tech EV60 220hp (2022-2024) price and specifications",
)  # fmt: skip

MAKER_FROM = page(
    "<h1>Der neue Astra</h1><p>Ab 25.900 €</p><p>Finanzierung ab 199 € mtl.</p><table><tr><th></th><th>1.2 Turbo</th><th>1.6 Hybrid</th></tr><tr><td>Leistung</td><td>96 kW (130 PS)</td><td>133 kW (180 PS)</td></tr><tr><td>Getriebe</td><td>Manuell</td><td>Automatik</td></tr><tr><td>Kraftstoff</td><td>Benzin</td><td>Plug-in-Hybrid</td></tr></table>",
    title="Opel Astra | Modelle",
    lang="de",
)  # fmt: skip

TRIM_PAGE = page(
    "<h1>2023 Subaru Forester Sport CVT</h1><div>Starting MSRP: $31,395</div><table>"
    + rows({"MSRP": "$31,395", "Engine Type": "Gas", "Cylinders": "Flat 4", "Base Engine Size": "2.5 L", "Horsepower": "182 hp", "Horsepower RPM": "5,800", "Torque": "176 ft-lbs.", "Drive Type": "All wheel drive", "Transmission": "continuously variable-speed automatic", "EPA mileage est. (cty/hwy)": "26/33 mpg", "Fuel tank capacity": "16.6 gal.", "Curb weight": "3,574 lbs."}, TABLE)
    + "</table>",
    title="2023 Subaru Forester Sport CVT Specs & Features",
    lang="en-US",
)  # fmt: skip

AUTOMOBILE_NODE = page(
    "<h1>Hyundai Creta SX</h1>",
    title="Hyundai Creta SX Price, Images, Mileage",
    lang="en-IN",
    head=ld(
        {"@context": "http://schema.org", "@type": "WebPage", "name": "Creta"},
        car_node(name="Hyundai Creta SX", brand={"@type": "Brand", "name": "Hyundai"}, model="Creta", fuelType="Petrol", bodyType="SUV", vehicleTransmission="Manual", manufacturer={"name": "Hyundai"},
            vehicleEngine={"@type": "EngineSpecification", "engineDisplacement": "1497 cc", "enginePower": "113 bhp @ 6300 rpm", "torque": "144 Nm @ 4500 rpm"},
            fuelEfficiency="17 kmpl", offers={"@type": "AggregateOffer", "lowPrice": 1415000, "highPrice": 1530000, "priceCurrency": "INR"}),
    ),
)  # fmt: skip

SPEC_PAGES: dict[str, tuple[str, str, Expected]] = {
    "data sheet": ("https://www.data.example.net/en/opel-astra-1", DATA_SHEET, said("Opel", "Astra", 2022, None, None, None, "Petrol", "Manual, 6 gears", 96.9, 1.199)),
    "labels with colons": ("https://www.u.example.com/car-specs/Seat/1.html", COLONS, said("SEAT", "Ibiza", [2017, 2021], None, None, None, "Petrol", "Manual, 5 gears", 70, 0.999)),
    "data sheet, French": ("https://www.f.example.fr/fiche/1", FICHE, said("Renault", "Captur", 2021, 27000, "EUR", None, "Petrol", "Manual, 6 gears", 103, 1.333)),
    "motoring club, German": ("https://www.a.example.de/autokatalog/1", CLUB_DE, said("Volkswagen", "T-Roc", 2022, 31400, "EUR", None, "Petrol", "Manual, 6 gears", 110, 1.498)),
    "road test, American": ("https://www.c.example.com/reviews/1", TEST_US, said("Honda", "Civic", 2019, None, None, None, None, "Manual, 6 gears", 117.8, 1.996)),
    "electric car, prices of two countries": ("https://ev.example.org/car/1", ELECTRIC, said("Renault", "Megane E-Tech", [2022, 2024], None, None, None, None, None, 160, None)),
    "engines side by side": ("https://www.o.example.de/astra", MAKER_FROM, None),
    "trim, American": ("https://www.k.example.com/subaru/forester/2023/sport/specs", TRIM_PAGE, said("Subaru", "Forester", 2023, 31395, "USD", None, "Petrol", "Continuously variable", 135.7, 2.5)),
    "structured data with a span of prices": ("https://www.cd.example.com/hyundai/creta/sx", AUTOMOBILE_NODE, said("Hyundai", "Creta", None, None, None, None, "Petrol", "Manual", 84.3, 1.497)),
    "encyclopedia, German": ("https://de.wikipedia.org/wiki/X", infobox("Opel Kadett E", {"Hersteller": "Opel", "Produktionszeitraum": "1984–1993", "Klasse": "Kompaktklasse", "Karosserieversionen": "Limousine, Kombi, Cabriolet", "Motoren": "Ottomotoren:<br>1,2–2,0 Liter<br>(40–115 kW)<br>Dieselmotoren:<br>1,5–1,7 Liter<br>(40–60 kW)", "Länge": "3998–4228 mm", "Radstand": "2520 mm", "Leergewicht": "830–1090 kg"}, "de"), said("Opel", "Kadett", [1984, 1993], None, None, None, "Petrol; Diesel", None, [40, 115], [1.2, 2])),
    "encyclopedia, French": ("https://fr.wikipedia.org/wiki/X", infobox("Peugeot 205", {"Marque": "Peugeot", "Années de production": "1983 - 1998", "Classe": "Citadine", "Énergie": "Essence, Diesel", "Moteur(s)": "4 cylindres en ligne", "Cylindrée": "954 à 1 905 cm<sup>3</sup>", "Puissance maximale": "45 à 130 ch", "Boîte de vitesses": "Manuelle à 4 ou 5 rapports", "Poids à vide": "740 à 910 kg", "Carrosserie(s)": "Berline", "Empattement": "2 420 mm"}, "fr"), said("Peugeot", "205", [1983, 1998], None, None, None, "Petrol; Diesel", "Manual", [33.1, 95.6], [0.954, 1.905])),
    "encyclopedia, in production": ("https://en.wikipedia.org/wiki/X", infobox("Dacia Spring", {"Manufacturer": "Renault", "Production": "2021–present", "Class": "City car", "Body style": "5-door hatchback", "Layout": "Front-motor, front-wheel-drive", "Power output": "33 kW (44 hp; 45 PS)<br>48 kW (64 hp; 65 PS)", "Wheelbase": "2,423 mm (95.4 in)", "Curb weight": "970 kg"}), said("Dacia", "Spring", 2021, None, None, None, None, None, [33, 48], None)),
    "encyclopedia, Italian": ("https://it.wikipedia.org/wiki/X", infobox("Fiat Tipo (2015)", {"Costruttore": "Fiat", "Tipo principale": "Berlina", "Produzione": "dal 2015", "Lunghezza": "4530 mm", "Passo": "2637 mm", "Massa": "1195 kg"}, "it"), said("Fiat", "Tipo", 2015, None, None, None, None, None, None, None)),
}  # fmt: skip
