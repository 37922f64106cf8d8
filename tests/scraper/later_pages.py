"""Pages that were written after the reader and first read as they stand here; see `offer_pages`."""

from __future__ import annotations

from tests.scraper.offer_pages import said
from tests.scraper.pages import SPANS, TABLE, TERMS, Expected, page, rows

LATER_PAGES: dict[str, tuple[str, str, Expected]] = {
    "listing with rows of boxes": (
        "https://t.example.com/l/1",
        page("<h1><span>2020 Nissan</span> <span>Altima 2.5 SV</span></h1><div data-test='vdpPrice'>$17,500</div><div><div>Mileage</div><div>38,120 miles</div></div><div><div>Exterior</div><div>White</div></div><div><div>Engine</div><div>2.5L 4-Cyl</div></div><div><div>Drive Type</div><div>FWD</div></div><div><div>Fuel Type</div><div>Gas</div></div><div><div>Transmission</div><div>Automatic CVT</div></div><h2>Similar Listings</h2><div><h3>2020 Nissan Altima 2.5 S</h3><div>$16,000</div></div>",title="Used 2020 Nissan Altima 2.5 SV",lang='en-US'),
        said('Nissan','Altima',2020,17500,'USD',61348,'Petrol','Continuously variable',None,2.5),
    ),
    "list, Russian": (
        "https://a.example.ru/1",
        page("<h1>Kia Rio IV, 2019</h1><span>1 249 000 ₽</span><ul>"+rows({"Пробег":"64 500 км","Кузов":"седан","Двигатель":"1.6 л / 123 л.с. / Бензин","Коробка":"автоматическая","Привод":"передний"},"<li><span>{label}</span><span>{value}</span></li>")+"</ul>",lang='ru'),
        said('Kia','Rio',2019,1249000,'RUB',64500,'Petrol','Automatic',90.5,1.6),
    ),
    "strip in a list, German": (
        "https://h.example.de/1",
        page("<h1>Mercedes-Benz C 220 d T AMG Line</h1><p>24.990 €</p><p>inkl. MwSt.</p><ul><li>EZ 06/2018</li><li>99.850 km</li><li>143 kW (194 PS)</li><li>Diesel</li><li>Automatik</li></ul>",lang='de'),
        said('Mercedes-Benz','C 220',2018,24990,'EUR',99850,'Diesel','Automatic',143,None),
    ),
    "dealer in capitals, French": (
        "https://g.example.fr/1",
        page("<h1>CITROEN C4 CACTUS PURETECH 110 SHINE</h1><div class='prix-vehicule'>9 990 €</div><table>"+rows({"Marque":"CITROEN","Modèle":"C4 CACTUS","Date de MEC":"15/09/2018","Kilométrage":"71 203 km","Energie":"ESSENCE","Boîte":"MECANIQUE","Puissance fiscale":"6 CV","Puissance":"110 ch"},TABLE)+"</table>",lang='fr'),
        said('Citroën','C4 Cactus',2018,9990,'EUR',71203,'Petrol','Manual',80.9,None),
    ),
    "facts between points, Spanish": (
        "https://m.example.es/1",
        page("<h1>Seat Arona 1.0 TSI Style</h1><p>13.490 €</p><p>Financiado: 12.490 €</p><div>2019 · 78.000 km · Gasolina · Manual · 95 CV</div>",lang='es'),
        said('SEAT','Arona',2019,13490,'EUR',78000,'Petrol','Manual',69.9,None),
    ),
    "table, Italian": (
        "https://a.example.it/1",
        page("<h1>Jeep Renegade 1.6 Mjt 120 CV Limited</h1><p>Prezzo: <b>15.900 €</b></p><table>"+rows({"Tipo di veicolo":"Usato","Chilometraggio":"83.000 km","Anno":"09/2018","Alimentazione":"Diesel","Tipo di cambio":"Manuale","Potenza":"88 kW (120 CV)","Cilindrata":"1.598 cm³","Trazione":"Anteriore"},TABLE)+"</table>",lang='it'),
        said('Jeep','Renegade',2018,15900,'EUR',83000,'Diesel','Manual',88,1.598),
    ),
    "boxes, Romanian": (
        "https://a.example.ro/1",
        page("<h1>Volkswagen Golf 1.6 TDI</h1><div class='price-wrapper'><span>11 200</span> <span>EUR</span></div><p>Prețul nu include TVA</p><div><p>Anul fabricației</p><p>2016</p></div><div><p>Km</p><p>162 300 km</p></div><div><p>Combustibil</p><p>Diesel</p></div><div><p>Putere</p><p>110 CP</p></div><div><p>Capacitate cilindrică</p><p>1 598 cm3</p></div><div><p>Cutie de viteze</p><p>Manuală</p></div>",lang='ro'),
        said('Volkswagen','Golf',2016,11200,'EUR',162300,'Diesel','Manual',80.9,1.598),
    ),
    "electric car, Swedish": (
        "https://b.example.se/1",
        page("<h1>Volkswagen ID.4 Pro Performance 204hk</h1><p>329 900 kr</p><ul>"+rows({"Årsmodell":"2021","Mätarställning":"5 210 mil","Drivmedel":"El","Växellåda":"Automat","Effekt":"204 hk (150 kW)","Räckvidd":"517 km"},"<li><b>{label}</b> {value}</li>")+"</ul>",lang='sv'),
        said('Volkswagen','ID.4',2021,329900,'SEK',52100,'Electric','Automatic',150,None),
    ),
    "list of spans, Dutch": (
        "https://d.example.nl/1",
        page("<h1>Kia Niro 1.6 GDi Hybrid ExecutiveLine</h1><span>€ 18.945</span><ul>"+rows({"Bouwjaar":"maart 2018","Kilometerstand":"88.412 km","Brandstof":"Hybride","Transmissie":"Automaat","Motorinhoud":"1.580 cc","Vermogen":"105 pk (77 kW)","APK tot":"03-2026"},"<li><span>{label}</span><span>{value}</span></li>")+"</ul>",lang='nl'),
        said('Kia','Niro',2018,18945,'EUR',88412,'Hybrid','Automatic',77,1.58),
    ),
    "new car, Indian": (
        "https://c.example.com/x",
        page("<h1>Mahindra XUV300 W8</h1><div>Rs.11.50 Lakh*</div><p>*Ex-showroom Price in New Delhi</p><table>"+rows({"Engine":"1197 cc","Power":"108.62 bhp","Torque":"200 Nm","Transmission":"Manual","Mileage":"16.82 kmpl","Fuel":"Petrol","Seating Capacity":"5"},TABLE)+"</table><h2>XUV300 Alternatives</h2><div><h3>Tata Nexon</h3><p>Rs.8.10 Lakh</p></div>",title="Mahindra XUV300 W8 On Road Price",lang='en-IN'),
        said('Mahindra','XUV300',None,1150000,'INR',None,'Petrol','Manual',81,1.197),
    ),
    "encyclopedia, Spanish": (
        "https://es.wikipedia.org/x",
        page("<h1>SEAT Toledo</h1><table class='infobox'><tr><th colspan=2>SEAT Toledo</th></tr>"+rows({"Fabricante":"SEAT","Período":"1991-2019","Segmento":"C","Carrocerías":"Sedán 5 puertas","Batalla":"2471 mm"},"<tr><th>{label}</th><td>{value}</td></tr>")+"</table>",lang='es'),
        said('SEAT','Toledo',[1991,2019],None,None,None,None,None,None,None),
    ),
    "features and specs": (
        "https://c.example.com/honda/accord/specs/2023",
        page("<h1>2023 Honda Accord EX 4dr Sedan Features And Specs</h1><p>Starting at $29,610</p><table>"+rows({"Engine, Type and Displacement":"Intercooled Turbo Regular Unleaded I-4, 1.5 L","Horsepower (Net @ RPM)":"192 @ 6000","Torque (Net @ RPM)":"192 @ 1700","Drivetrain":"Front-Wheel Drive","Transmission":"Continuously Variable Automatic","Fuel Capacity":"14.8 gal."},TABLE)+"</table>",lang='en-US'),
        said('Honda','Accord',2023,None,None,None,'Petrol','Continuously variable',143.2,1.5),
    ),
    "wheels": (
        "https://s.example.de/1",
        page("<h1>Winterkompletträder Audi A4 B9 17 Zoll</h1><p>899,00 €</p><dl>"+rows({"Hersteller":"Audi","Modell":"A4","Baujahr":"2018","Zustand":"Gebraucht"},TERMS)+"</dl>",lang='de'),
        None,
    ),
    "news of a car": (
        "https://n.example.com/1",
        page("<h1>New 2026 Toyota RAV4 revealed with 320 hp plug-in hybrid</h1><p>By John. Toyota has shown the car.</p><ul><li>Power: 320 hp</li><li>Electric range: 50 miles</li><li>On sale: 2026</li></ul><p>The Honda CR-V has 204 hp.</p>",title="2026 Toyota RAV4 revealed",lang='en-US'),
        None,
    ),
    "sold, German": (
        "https://m.example.de/1",
        page("<h1>Dieses Fahrzeug wurde verkauft</h1><p>VW Golf 1.6 TDI</p><h2>Alternativen</h2>"+"".join(f"<div><h3>VW Golf {x}</h3><p>{k} km</p><p>{p} €</p></div>" for x,k,p in (("1.5","12.000","18.000"),("GTI","40.000","22.000"))),lang='de'),
        None,
    ),
    "motorcycle by its address": (
        "https://m.example.fr/motos/1",
        page("<h1>BMW R 1250 GS</h1><p>15 900 €</p><ul>"+rows({"Marque":"BMW","Modèle":"R 1250 GS","Année":"2020","Kilométrage":"22 000 km","Cylindrée":"1254 cm3"},SPANS)+"</ul>",lang='fr'),
        None,
    ),
}  # fmt: skip
