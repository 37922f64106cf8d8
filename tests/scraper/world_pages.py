"""Offers in the layouts of markets and dealers outside of the European continent; see `offer_pages`."""

from __future__ import annotations

import json

from tests.scraper.offer_pages import next_data, said
from tests.scraper.pages import LINES, SPANS, TABLE, TERMS, Expected, car_node, ld, page, quantity, rows

DEALER_PLATFORM = page(
    "<h1>2021 Honda CR-V EX-L SUV</h1><ul><li>Internet Price <span>$27,451</span></li></ul><div class='disclaimer'>Plus $799 fee</div>",
    title="Used 2021 Honda CR-V EX-L For Sale in Springfield",
    lang="en-US",
    head=(
        "<script>DDC = window.DDC || {}; DDC.dataLayer = {};\nDDC.dataLayer['dealership'] = {\n\"dealershipName\": \"Grand\\x20Ford\\x20of\\x20Springfield\"\n};\n"
        'DDC.dataLayer[\'vehicles\'] = [\n{"bodyStyle": "SUV", "driveLine": "Front\\-Wheel\\x20Drive", "make": "Honda", "model": "CR\\x2DV", "modelYear": "2021", "odometer": "34512", "trim": "EX\\x2DL",'
        ' "engine": "Regular\\x20Unleaded\\x20I\\x2D4\\x201.5\\x20L", "fuelType": "Gasoline", "transmission": "CVT", "askingPrice": "27451", "internetPrice": "27451", "msrp": "33500", "vin": "2HKRW1H80MH000001"}\n];\n</script>'
    ),
)  # fmt: skip

SIMILAR_NODES = page(
    "<h1>Pre-Owned 2019 Ford Escape SEL</h1><span class='price'>$18,998</span><div>Mileage: 48,133</div>",
    title="Pre-Owned 2019 Ford Escape SEL 4D Sport Utility in Springfield #P1042A | Toyota of Springfield",
    lang="en-US",
    head=ld(
        {"@context": "https://schema.org", "@type": "AutoDealer", "name": "Toyota of Springfield", "priceRange": "$$"},
        {"@context": "https://schema.org/", "@type": ["Product", "Car"], "@id": "KUA00001", "name": "Pre-Owned 2019 Ford Escape SEL", "vehicleIdentificationNumber": "1FMCU0HD0KUA00001",
            "fuelType": "Gasoline Fuel", "vehicleModelDate": "2019", "brand": {"@type": "Brand", "name": "Ford"}, "model": "Escape", "bodyType": "Sport Utility",
            "mileageFromOdometer": quantity("48133", "SMI"), "vehicleTransmission": "6-Speed Automatic", "vehicleEngine": {"name": "1.5L EcoBoost"},
            "offers": {"@type": "Offer", "priceCurrency": "USD", "price": "18998"}},
        *[{"@context": "https://schema.org/", "@type": ["Product", "Car"], "name": f"Pre-Owned 2018 Kia {model}", "vehicleModelDate": "2018", "brand": "Kia", "model": model, "offers": {"price": "15998", "priceCurrency": "USD"}} for model in ("Sorento", "Sportage")],
    ),
)  # fmt: skip

MODEL_IN_FULL = page(
    "<h1>2012 Honda Accord EX</h1>",
    title="2012 Honda Accord EX for sale",
    lang="en-US",
    head=f"""<script type="application/ld+json">[{json.dumps(car_node(
        name="2012 Honda Accord EX", model={"@type": "ProductModel", "name": "2012 Honda Accord EX", "isVariantOf": "https://x.example.com/research/honda-accord-2012/"},
        manufacturer={"@type": "Organization", "name": "Honda"}, vehicleModelDate=2012, vehicleTransmission="Automatic", fuelType="Gasoline", fuelEfficiency={"@type": "QuantitativeValue", "unitCode": "MPG", "value": ""},
        driveWheelConfiguration={"@type": "DriveWheelConfigurationValue", "name": "FWD"}, mileageFromOdometer=quantity(142745, "SMI"), vehicleEngine={"@type": "EngineSpecification", "name": "4-cylinder"},
        offers={"@type": "Offer", "price": 6800, "priceCurrency": "USD", "seller": {"@type": "Organization", "name": "Hardy"}}))},{{"@type":"BreadcrumbList","itemListElement":[]}}]</script>""",
)  # fmt: skip

LISTING_US = page(
    "<h1>2019 BMW 3 Series 330i xDrive Sedan AWD</h1><div class='price'><h2>$24,995</h2><p>$700 below market</p></div><p>IMV of $25,700</p><dl>"
    + rows({"Make:": "BMW", "Model:": "3 Series", "Year:": "2019", "Trim:": "330i xDrive Sedan AWD", "Body type:": "Sedan", "Exterior color:": "Gray", "Mileage:": "41,870 mi", "Fuel tank size:": "16 gal", "Combined gas mileage:": "28 MPG", "Fuel type:": "Gasoline", "Transmission:": "8-Speed Automatic", "Drivetrain:": "All-Wheel Drive", "Engine:": "255 hp 2L I4", "Horsepower:": "255 hp", "Stock #:": "B2047", "Doors:": "4 doors"}, TERMS)
    + "</dl><h3>Price history</h3><table><tr><td>03/01</td><td>$26,495</td></tr></table>",
    title="2019 BMW 3 Series 330i xDrive for Sale in Springfield",
    lang="en",
)  # fmt: skip

ABBREVIATED_MILES = page(
    "<h1><span>2019 Toyota Camry</span> <span>SE</span></h1><span class='price'>$21,998*</span><span>36K mi</span><div>Est. $389/mo</div><ul>"
    + rows({"Mileage": "36,201 miles", "Transmission": "8-Speed Automatic", "Drivetrain": "Front wheel drive", "Fuel type": "Gas", "MPG City/Hwy": "28/39", "Horsepower": "203 @ 6600 RPM", "Engine size": "2.5L"}, SPANS)
    + "</ul>",
    title="Used 2019 Toyota Camry SE",
    lang="en-US",
)  # fmt: skip

AUCTION = page(
    "<h1>20k-Mile 2009 Porsche 911 Carrera S Coupe 6-Speed</h1><div>Current Bid: <strong>USD $51,000</strong></div><div class='essentials'><ul><li>Chassis: WP0AB29909S000001</li><li>20,100 Miles</li><li>3.8-Liter Flat-Six</li><li>Six-Speed Manual Transaxle</li></ul></div>"
    "<h3>Models</h3><p>Porsche 911</p>",
    title="20k-Mile 2009 Porsche 911 Carrera S Coupe 6-Speed for sale",
    lang="en-US",
)  # fmt: skip

USED_INDIA = page(
    "<h1>2018 Maruti Suzuki Swift VXI</h1><div class='price'>₹ 5.45 Lakh</div><div>EMI ₹ 10,521/m</div><ul>"
    + rows({"Registration Year": "Mar 2018", "Insurance": "Comprehensive", "Fuel Type": "Petrol", "Seats": "5 Seats", "Kms Driven": "45,000 Kms", "RTO": "Pune", "Ownership": "First Owner", "Engine Displacement": "1197 cc", "Transmission": "Manual", "Year of Manufacture": "2018"}, SPANS)
    + "</ul><h3>Specifications</h3><ul>" + rows({"Mileage": "20.4 kmpl", "Max Power": "81.80bhp@6000rpm", "Torque": "113nm@4200rpm"}, SPANS) + "</ul>",
    title="2018 Maruti Swift VXI for sale in Pune",
    lang="en",
)  # fmt: skip

NEW_ZEALAND = page(
    "<h1>2014 Toyota Corolla GX 1.8</h1><p>Asking price <b>$13,990</b></p>"
    + rows({"Kilometres": "85,000km", "Body": "Hatchback, 5 doors", "Seats": "5", "Fuel type": "Petrol", "Engine size": "1,800cc", "Transmission": "Automatic", "Registration expires": "Oct 2025", "WoF expires": "Nov 2025", "Number plate": "HAB123"}, "<div><div class='t'>{label}</div><div class='v'>{value}</div></div>"),
    title="Toyota Corolla 2014 | Used cars",
    lang="en-NZ",
)  # fmt: skip

GULF = page(
    "<h1>Toyota Land Cruiser GXR V6</h1><p>AED 189,000</p>"
    + rows({"Year": "2020", "Kilometers": "96,000", "Regional Specs": "GCC Specs", "Steering Side": "Left Hand", "Body Type": "SUV", "Fuel Type": "Petrol", "Transmission Type": "Automatic Transmission", "Horsepower": "200 - 299 HP", "No. of Cylinders": "6", "Seller type": "Dealer"}, TERMS),
    title="Toyota Land Cruiser GXR V6 2020 | cars",
    lang="en",
)  # fmt: skip

EXPORT_JAPAN = page(
    "<h1>2015 TOYOTA AQUA S DAA-NHP10</h1><div>Vehicle Price: <span class='price'>$5,280</span></div><div>Total Price (CIF) $7,150</div><table>"
    "<tr><th>Ref. No.</th><td>BX1</td><th>Mileage</th><td>58,000 km</td></tr><tr><th>Chassis No.</th><td>NHP10-1</td><th>Engine Code</th><td>1NZ</td></tr>"
    "<tr><th>Model Code</th><td>DAA-NHP10</td><th>Steering</th><td>Right</td></tr><tr><th>Engine Size</th><td>1,500cc</td><th>Transmission</th><td>Automatic</td></tr>"
    "<tr><th>Registration Year/month</th><td>2015/4</td><th>Fuel</th><td>Hybrid(Petrol)</td></tr><tr><th>Drive</th><td>2wheel drive</td><th>Seats</th><td>5</td></tr></table>",
    title="Used 2015 TOYOTA AQUA for Sale",
    lang="en",
)  # fmt: skip

VERSIONS_CA_FR = page(
    "<h1>2020 Hyundai Kona Preferred TI</h1><div class='vehicle-price'>19 995 $</div><div>82 $ /semaine</div><ul>"
    + rows({"Kilométrage": "61 204 km", "Transmission": "Automatique", "Rouage": "AWD", "Type de carburant": "Essence", "Cylindrée": "2.0 L", "Carrosserie": "VUS", "No d'inventaire": "A1"}, SPANS)
    + "</ul>",
    title="Hyundai Kona 2020 d'occasion",
    lang="fr-CA",
)  # fmt: skip

RUSSIAN = page(
    "<h1>Продажа Toyota Camry, 2017 год</h1>",
    title="Продажа Toyota Camry, 2017 год, бензин",
    lang="ru",
    head=ld(car_node(name="Toyota Camry", brand={"@type": "Brand", "name": "Toyota"}, model="Camry", vehicleModelDate="2017", bodyType="Седан", mileageFromOdometer={"@type": "QuantitativeValue", "value": "84000", "unitCode": "KMT"}, fuelType="бензин", vehicleTransmission="автомат", vehicleEngine={"@type": "EngineSpecification", "enginePower": "181 л.с.", "engineDisplacement": "2.5 л"}, offers={"@type": "Offer", "price": 2150000, "priceCurrency": "RUB"})),
)  # fmt: skip

TWO_NODES = page(
    "<h1>BMW X5 2021</h1>",
    title="BMW X5 2021",
    lang="uk",
    head=ld(
        car_node(name="BMW X5 2021", brand="BMW", model="X5", productionDate=2021, mileageFromOdometer=quantity(56000, "KMT"), fuelType="Бензин", vehicleTransmission="Автомат", vehicleEngine={"fuelType": "Бензин"}, **{"@id": "https://a.example.ua/auto_bmw_x5_1.html"}),
        car_node(name="BMW X5 2021", image=["https://a.example.ua/1.jpg"], offers={"@type": "Offer", "price": 52900, "priceCurrency": "USD"}, **{"@id": "https://a.example.ua/auto_bmw_x5_1.html"}),
    ),
)  # fmt: skip

PRICES_STACKED = page(
    "<h1>New 2024 Ram 1500 Big Horn</h1><dl>"
    + rows({"MSRP": "$58,230", "Dealer Discount": "-$4,500", "Rebates": "-$2,000", "Sale Price": "$51,730", "Down Payment": "$5,000", "Monthly payment": "$699"}, TERMS)
    + "</dl><table>" + rows({"Engine": "3.6L V6 24V VVT", "Transmission": "8-Speed Automatic", "Drivetrain": "4WD", "Fuel Type": "Gasoline", "Mileage": "12"}, TABLE) + "</table>",
    title="New 2024 Ram 1500 Big Horn",
    lang="en-US",
)  # fmt: skip

META_ONLY = page(
    "<h1>2022 Jeep Grand Cherokee Limited</h1>" + rows({"Odometer": "31,000 mi", "Engine": "3.6L V6", "Transmission": "8-speed automatic"}, LINES),
    title="Used 2022 Jeep Grand Cherokee Limited for Sale | Crown",
    lang="en-US",
    head='<meta property="product:price:amount" content="34,750"><meta property="product:price:currency" content="USD"><meta property="og:title" content="Used 2022 Jeep Grand Cherokee Limited">',
)  # fmt: skip

STATE_WITH_SIMILAR = page(
    "<div id='__next'><h1>2020 Mazda CX-5 Touring</h1></div>",
    title="2020 Mazda CX-5 Touring",
    lang="en-US",
    head=next_data({"listing": {"vehicle": {"make": {"id": 4, "name": "Mazda"}, "model": {"id": 9, "name": "CX-5"}, "year": 2020, "trim": "Touring", "odometer": {"value": 40122, "unit": "mi"}, "transmission": "Automatic", "fuelType": "Gasoline", "engine": "2.5L 4 Cylinder", "listPrice": 22450, "currency": "USD"}},
        "similar": [{"make": {"name": "Honda"}, "model": {"name": "CR-V"}, "year": 2020, "trim": "LX", "transmission": "CVT", "fuelType": "Gasoline"}, {"make": {"name": "Kia"}, "model": {"name": "Sportage"}, "year": 2019, "trim": "LX", "transmission": "Automatic", "fuelType": "Gasoline"}]}),
)  # fmt: skip

WORLD_PAGES: dict[str, tuple[str, str, Expected]] = {
    "data layer of a dealer platform": ("https://www.grandford.example.com/used/Honda/1.htm", DEALER_PLATFORM, said("Honda", "CR-V", 2021, 27451, "USD", 55542, "Petrol", "Continuously variable", None, 1.5)),
    "similar cars as nodes of their own": ("https://www.toyotaofspringfield.example.com/inventory/1FMCU0HD0KUA00001/", SIMILAR_NODES, said("Ford", "Escape", 2019, 18998, "USD", 77463, "Petrol", "Automatic, 6 gears", None, 1.5)),
    "a model that says everything": ("https://x.example.com/vehicledetail/1/", MODEL_IN_FULL, said("Honda", "Accord", 2012, 6800, "USD", 229726, "Petrol", "Automatic", None, None)),
    "listing with a valuation": ("https://g.example.com/l/1", LISTING_US, said("BMW", "3 Series", 2019, 24995, "USD", 67383, "Petrol", "Automatic, 8 gears", 190.2, 2)),
    "abbreviated miles": ("https://x.example.com/car/1", ABBREVIATED_MILES, said("Toyota", "Camry", 2019, 21998, "USD", 58260, "Petrol", "Automatic, 8 gears", 151.4, 2.5)),
    "auction": ("https://b.example.com/listing/1/", AUCTION, said("Porsche", "911", 2009, None, None, 32348, None, "Manual", None, 3.8)),
    "used car, Indian": ("https://c.example.com/used-car-details/1", USED_INDIA, said("Maruti Suzuki", "Swift", 2018, 545000, "INR", 45000, "Petrol", "Manual", 61, 1.197)),
    "listing, New Zealand": ("https://t.example.co.nz/a/1", NEW_ZEALAND, said("Toyota", "Corolla", 2014, 13990, "NZD", 85000, "Petrol", "Automatic", None, 1.8)),
    "classes of power, Emirates": ("https://d.example.com/motors/1", GULF, said("Toyota", "Land Cruiser", 2020, 189000, "AED", 96000, "Petrol", "Automatic", None, None)),
    "exporter, two pairs a row": ("https://b.example.jp/toyota/aqua/1/", EXPORT_JAPAN, said("Toyota", "Aqua", 2015, 5280, "USD", 58000, "Hybrid", "Automatic", None, 1.5)),
    "dealer, Quebec": ("https://h.example.ca/fr/1", VERSIONS_CA_FR, said("Hyundai", "Kona", 2020, 19995, "CAD", 61204, "Petrol", "Automatic", None, 2)),
    "structured data, Russian": ("https://auto.example.ru/toyota/camry/1.html", RUSSIAN, said("Toyota", "Camry", 2017, 2150000, "RUB", 84000, "Petrol", "Automatic", 133.1, 2.5)),
    "one car in two nodes": ("https://a.example.ua/auto_bmw_x5_1.html", TWO_NODES, said("BMW", "X5", 2021, 52900, "USD", 56000, "Petrol", "Automatic", None, None)),
    "prices stacked": ("https://r.example.com/new/1", PRICES_STACKED, said("Ram", "1500", 2024, 51730, "USD", 19, "Petrol", "Automatic, 8 gears", None, 3.6)),
    "price in meta tags": ("https://c.example.com/used/1", META_ONLY, said("Jeep", "Grand Cherokee", 2022, 34750, "USD", 49890, None, "Automatic, 8 gears", None, 3.6)),
    "nested names in state": ("https://t.example.com/used-cars-for-sale/listing/1/", STATE_WITH_SIMILAR, said("Mazda", "CX-5", 2020, 22450, "USD", 64570, "Petrol", "Automatic", None, 2.5)),
}  # fmt: skip
