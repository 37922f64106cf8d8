"""Pages in layouts that were found in what others recorded, and on which the reader failed first. The cars are
invented.
"""

from __future__ import annotations

from tests.scraper.offer_pages import said
from tests.scraper.pages import SPANS, TABLE, TERMS, Expected, page, rows

_PAIRS = "<div class='p'><div>{label}</div><div>{value}</div></div>"
_STRONG = "<li><strong>{label}</strong>&nbsp;<span>{value}</span></li>"

FOUND_PAGES: dict[str, tuple[str, str, Expected]] = {
    "Turkish, model beside its series": (
        "https://www.ilan.example/ilan/1",
        page("<h1>TEMİZ AİLE ARABASI</h1><h3>845.500 TL</h3><ul>"+rows({"İlan No":"900111","Marka":"Renault","Seri":"Megane","Model":"1.5 dCi Touch","Yıl":"2017","Yakıt":"Dizel","Vites":"Otomatik","KM":"148.200","Motor Gücü":"110 hp","Motor Hacmi":"1461 cc","Çekiş":"Önden Çekiş"},_STRONG)+"</ul>",lang="tr"),
        said("Renault","Megane",2017,845500,"TRY",148200,"Diesel","Automatic",82,1.461),
    ),
    "Hungarian, power in LE": (
        "https://www.autok.example.hu/auto/1",
        page("<h1>SKODA FABIA 1.2 TSI Style</h1>"+rows({"Vételár:":"3 190 000 Ft","Évjárat:":"2016/8","Kivitel:":"Ferdehátú","Km. óra állás:":"97 400 km","Üzemanyag:":"Benzin","Hengerűrtartalom:":"1197 cm³","Teljesítmény:":"66 kW, 90 LE","Sebességváltó fajtája:":"Manuális (5 fokozatú) sebességváltó"},_PAIRS),lang="hu"),
        said("Škoda","Fabia",2016,3190000,"HUF",97400,"Petrol","Manual, 5 gears",66,1.197),
    ),
    "Bulgarian, units in brackets": (
        "https://www.koli.example.bg/1",
        page("<h1>Opel Zafira 1.7 CDTI</h1><div class='Price'> 6 450 € </div>"+rows({"Дата на производство":"март 2011 г.","Двигател":"Дизелов","Мощност":"125 к.с.","Кубатура [куб.см]":"1686 куб.см","Скоростна кутия":"Ръчна","Пробег [км]":"186000 км"},_PAIRS),lang="bg"),
        said("Opel","Zafira",2011,6450,"EUR",186000,"Diesel","Manual",91.9,1.686),
    ),
    "Finnish": (
        "https://www.autot.example.fi/1",
        page("<h1>Toyota Auris 1.8 Hybrid Active</h1><p>13 900 €</p>"+rows({"Vuosimalli":"2015","Mittarilukema":"121 000 km","Käyttövoima":"Hybridi (bensiini/sähkö)","Vaihteisto":"Automaatti","Teho":"73 kW","Iskutilavuus":"1,8 l"},TABLE),lang="fi"),
        said("Toyota","Auris",2015,13900,"EUR",121000,"Hybrid","Automatic",73,1.8),
    ),
    "Serbian, power in two units": (
        "https://www.auta.example/1",
        page("<h1>Peugeot 308 1.6 BlueHDi</h1><div class='price'>8.950 €</div>"+rows({"Marka":"Peugeot","Model":"308","Godište":"2016.","Kilometraža":"164.000 km","Gorivo":"Dizel","Kubikaža":"1560 cm3","Snaga motora":"88/120 (kW/KS)","Menjač":"Manuelni 6 brzina"},SPANS),lang="sr"),
        said("Peugeot","308",2016,8950,"EUR",164000,"Diesel","Manual, 6 gears",88,1.56),
    ),
    "Greek": (
        "https://www.amaxia.example.gr/1",
        page("<h1>Ford Fiesta 1.0 EcoBoost</h1><p>9.800 €</p>"+rows({"Χρονολογία":"6 / 2017","Χιλιόμετρα":"88.000 χλμ","Κυβικά":"998 κ.εκ.","Ιπποδύναμη":"100 bhp","Καύσιμο":"Βενζίνη","Κιβώτιο ταχυτήτων":"Χειροκίνητο"},TERMS),lang="el"),
        said("Ford","Fiesta",2017,9800,"EUR",88000,"Petrol","Manual",74.6,0.998),
    ),
    "Lithuanian": (
        "https://auto.example.lt/1",
        page("<h1>Volvo V60 2.0 l.</h1><div class='price'>12 300 €</div>"+rows({"Pagaminimo data":"2014-05","Rida":"201 000 km","Variklis":"1969 cm³, 181 AG (133kW)","Kuro tipas":"Dyzelinas","Pavarų dėžė":"Automatinė"},_PAIRS),lang="lt"),
        said("Volvo","V60",2014,12300,"EUR",201000,"Diesel","Automatic",133,1.969),
    ),
    "the one offer that a dealer makes": (
        "https://www.lot.example.com/inventory/mazda/cx5/m77/",
        '<html lang="en"><head><title>2019 MAZDA CX-5 - Lot</title><script type="application/ld+json">{"@type":"AutoDealer","name":"Lot","makesOffer":{"@type":"Offer","priceSpecification":{"@type":"UnitPriceSpecification","priceCurrency":"USD","price":17450},"itemOffered":{"@type":"Car","name":"2019 MAZDA CX-5","fuelType":"GASOLINE","modelDate":2019,"vehicleTransmission":"AUTOMATIC","vehicleEngine":"4-CYL, 2.5 LITER"}}}</script></head><body><h1>2019 MAZDA CX-5</h1>'+rows({"VIN":"JM3KFBCM0K0000000","Mileage":"52,000","Engine":"4-CYL, 2.5 LITER"},"<div><span></span><span>{label}</span><span>{value}</span></div>")+"</body></html>",
        said("Mazda","CX-5",2019,17450,"USD",83686,"Petrol","Automatic",None,2.5),
    ),
    "an inch in structured data": (
        "https://www.trucks.example.com/2021-ford-f-150",
        '<html lang="en"><head><title>2021 Ford F-150</title><script type="application/ld+json">{"@type":["Product","Car"],"name":"2021 Ford F-150 SuperCrew 145&quot; XLT","vehicleConfiguration":"SuperCrew 145" XLT","vehicleModelDate":"2021","brand":{"@type":"Brand","name":"Ford"},"model":"F-150","mileageFromOdometer":{"value":"40100","unitCode":"SMI"},"fuelType":"Gasoline","vehicleTransmission":"Automatic","offers":{"@type":"Offer","price":"36880","priceCurrency":"USD"}}</script></head><body><h1>2021 Ford F-150 SuperCrew 145" XLT</h1><div class="price">$36,880</div></body></html>',
        said("Ford","F-150",2021,36880,"USD",64535,"Petrol","Automatic",None,None),
    ),
}  # fmt: skip
