"""Pages in layouts found in others' recordings, on which the reader failed first. The cars are invented."""

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
    "the years of building and of the model": (
        "https://www.carros.example.br/1",
        page("<h1>Fiat Argo 1.0 Drive</h1><p>R$ 54.900</p>"+rows({"Marca":"Fiat","Modelo":"Argo","Ano":"2020/2021","Combustível":"Flex","Câmbio":"Manual","Quilometragem":"38.000 km"},TABLE),lang="pt-BR"),
        said("Fiat","Argo",2021,54900,"BRL",38000,"Flex-fuel","Manual",None,None),
    ),
    "a class and a number": (
        "https://www.oldies.example.com/vehicles/1",
        page("<h1>1979 Mercedes-Benz 450 SL</h1><div class='price'>$18,500</div>"+rows({"Mileage":"71,300 miles","Engine":"4.5L V8","Transmission":"3-Speed Automatic"},SPANS),lang="en-US"),
        said("Mercedes-Benz","450 SL",1979,18500,"USD",114746,None,"Automatic, 3 gears",None,4.5),
    ),
    "a power in two units in a strip": (
        "https://cars.example.co.uk/details/1",
        page("<h1>Kia EV6</h1><h2>£31,990</h2><ul><li>18/03/2023</li><li>21,450 mi</li><li>325 PS / 239 kW</li><li>Electric</li><li>Automatic</li></ul>",lang="en-GB"),
        said("Kia","EV6",None,31990,"GBP",34520,"Electric","Automatic",239,None),
    ),
    "a model that no list knows, in its breadcrumbs": (
        "https://www.autos.example.com/ad/1",
        page("<ul class='breadcrumb'><li>Home</li><li>Tata</li><li>Meridia</li></ul><h1>Tata Meridia XZ Plus 2016</h1><p class='price'>Rs <b>6.5</b> lacs</p>"+rows({"Mileage":"61,000 km","Fuel Type":"Petrol","Transmission":"Manual","Engine Capacity":"1200 cc"},SPANS),lang="en-IN"),
        said("Tata","Meridia",2016,650000,"INR",61000,"Petrol","Manual",None,1.2),
    ),
    "a body in the title": (
        "https://www.fahrzeuge.example.de/1",
        page("<h1>Skoda Octavia Combi 2.0 TDI Style</h1><p class='price'>17.450 €</p>"+rows({"Erstzulassung":"05/2018","Kilometerstand":"92.100 km","Kraftstoff":"Diesel","Getriebe":"Automatik","Leistung":"110 kW (150 PS)"},TERMS),lang="de"),
        said("Škoda","Octavia",2018,17450,"EUR",92100,"Diesel","Automatic",110,None),
    ),
    "litres without their unit": (
        "https://www.doska.example/ru/1",
        page("<h1>Volvo V60, продажа</h1><table>"+rows({"Марка":"Volvo V60","Год выпуска":"2016 май","Двигатель":"2.4 дизель","Коробка передач":"Автомат","Пробег, км":"187 500","Цена":"12 900 €"},TABLE)+"</table>",lang="ru"),
        said("Volvo","V60",2016,12900,"EUR",187500,"Diesel","Automatic",None,2.4),
    ),
    "the years of a generation in the heading": (
        "https://www.specs.example.com/honda-jazz",
        page("<h1>Honda Jazz <span>2008 - 2014</span></h1><table>"+rows({"Displacement:":"1339 cm3","Power:":"73 kW @ 6000 RPM<br>99 HP @ 6000 RPM","Fuel:":"Gasoline","Gearbox:":"5-Speed Manual"},TABLE)+"</table>"),
        said("Honda","Jazz",[2008,2014],None,None,None,"Petrol","Manual, 5 gears",73,1.339),
    ),
    "a thousand miles as a k": (
        "https://hammer.example.com/lot/1",
        page("<h1>1999 Honda Prelude</h1><p>Sold for <strong>USD $14,250</strong></p><ul><li>Chassis: <a>JHMBB6140XC000000</a></li><li>83k Miles</li><li>2.2-Liter Inline-Four</li><li>Five-Speed Manual Transaxle</li><li>Electron Blue Paint</li></ul>",lang="en-US"),
        said("Honda","Prelude",1999,14250,"USD",133576,None,"Manual",None,2.2),
    ),
    "an odometer whose unit stands elsewhere": (
        "https://hammer.example.com/auctions/2",
        page("<h1>2016 Audi S3</h1><h2>~58,200 Miles, 6-Speed Automatic, Unmodified</h2><dl>"+rows({"Make":"Audi","Model":"S3","Mileage":"58,200","Engine":"2.0L Turbocharged I4","Transmission":"Automatic (6-Speed)"},TERMS)+"</dl>"),
        said("Audi","S3",2016,None,None,93664,None,"Automatic, 6 gears",None,2.0),
    ),
    "a German box, its maker in the heading": (
        "https://de.example.org/wiki/Opel_Adam",
        page('<h1>Opel Adam</h1><table class="infobox toptextcells"><tr><th colspan="2">Opel</th></tr><tr><td>Produktionszeitraum:</td><td>10/2012–05/2019</td></tr><tr><td>Klasse:</td><td>Kleinstwagen</td></tr><tr><td>Karosserieversionen:</td><td>Kombilimousine</td></tr><tr><td>Motoren:</td><td>Ottomotoren:<br>1,0–1,4 Liter<br>(51–110 kW)</td></tr></table>',lang="de"),
        said("Opel","Adam",[2012,2019],None,None,None,"Petrol",None,[51,110],[1.0,1.4]),
    ),
    "a car that is let by the day": (
        "https://drive.example.ae/ferrari-roma",
        '<html lang="en"><head><title>Ferrari Roma Rental Dubai</title><script type="application/ld+json">{"@type":"Car","name":"Ferrari Roma","manufacturer":"Ferrari","model":"Roma","fuelType":"Petrol","vehicleTransmission":"8-Speed Automatic"}</script></head><body><h1>Ferrari Roma Rental in Dubai</h1><p>From AED 3,100 per day</p></body></html>',
        None,
    ),
    "two pairs in each row": (
        "https://export.example.jp/mazda/demio/1",
        page("<h1>2013 MAZDA DEMIO 13C</h1><p>FOB USD 2,840</p><table><tr><th>Mileage</th><td>77,310 km</td><th>Ref. No.</th><td>EX77</td></tr><tr><th>Engine Size</th><td>1,348cc</td><th>Ext. Color</th><td>White</td></tr><tr><th>Fuel</th><td>Petrol</td><th>Drive</th><td>2wheel drive</td></tr><tr><th>Transmission</th><td>Automatic</td><th>M3</th><td>10.1</td></tr></table>"),
        said("Mazda","Demio",2013,2840,"USD",77310,"Petrol","Automatic",None,1.348),
    ),
    "a price between two others": (
        "https://www.autohaus.example.de/superb",
        page("<h1>Skoda Superb 2.0 TDI Style</h1><div class='preis'><span class='alt'>UVP 47.100 €</span><strong class='brutto'>26.480 €</strong><span>22.252 € (netto) 19% MwSt.</span></div><p>oder ab 319 € mtl.*</p>"+rows({"Erstzulassung":"10/2020","Kilometerstand":"58.700 km","Kraftstoffart":"Diesel","Leistung":"110 kW (150 PS)","Getriebe":"Automatik"},TERMS),lang="de"),
        said("Škoda","Superb",2020,26480,"EUR",58700,"Diesel","Automatic",110,None),
    ),
    "a bid is no price": (
        "https://www.lots.example.com/lot/1",
        page("<h1>2017 HONDA ACCORD LX</h1><div><label>Odometer:</label><span>91,402 mi (ACTUAL)</span></div><div><label>Engine type:</label><span>2.4L  4</span></div><div><label>Transmission:</label><span>AUTOMATIC</span></div><div><label>Fuel:</label><span>GAS</span></div><div><span>Current bid:</span> <span class='bid-price'>$2,650 USD</span></div>",lang="en-US"),
        said("Honda","Accord",2017,None,None,147097,"Petrol","Automatic",None,2.4),
    ),
    "several engines in one row": (
        "https://fr.example.org/wiki/Renault_Vel_Satis",
        page('<h1>Renault Vel Satis</h1><table class="infobox"><caption>Renault Vel Satis</caption>'+rows({"Marque":"Renault","Années de production":"2002 - 2009","Classe":"Routière","Moteur(s)":"2.0 T, 3.5 V6","Puissance maximale":"163 à 241 ch"},"<tr><th>{label}</th><td>{value}</td></tr>")+"</table>",lang="fr"),
        said("Renault","Vel Satis",[2002,2009],None,None,None,None,None,[119.9,177.3],None),
    ),
    "Slovene, under a lower heading": (
        "https://www.avto.example.si/1",
        page("<h3>Renault Clio TCe 90 Energy</h3><p class='h2'>9.480 €</p><table>"+rows({"Prva registracija:":"2018 / 4","Prevoženi km:":"71300","Gorivo:":"bencinski motor","Motor:":"898 ccm, 66 kW / 90 KM","Menjalnik:":"ročni (5 pr.)"},"<tr><th>{label}</th><td>{value}</td></tr>")+"</table>",title="Renault Clio TCe 90 Energy, letnik:2018",lang="sl"),
        said("Renault","Clio",2018,9480,"EUR",71300,"Petrol","Manual",66,0.898),
    ),
    "two words for one fuel": (
        "https://katalog.example.de/astra",
        page("<h1>Opel Astra 1.2 Turbo Edition (01/22 - 06/23)</h1><table>"+rows({"Marke":"Opel","Modell":"Astra","Baureihe":"Astra (L) (ab 01/22)","Motorart":"Otto (Mild-Hybrid)","Kraftstoffart":"Super","Leistung maximal in kW (Systemleistung)":"96","Hubraum (Verbrennungsmotor)":"1199 ccm","Getriebeart":"Schaltgetriebe","Anzahl Gänge":"6"},TABLE)+"</table>",lang="de"),
        said("Opel","Astra",None,None,None,None,"Petrol","Manual, 6 gears",96,1.199),
    ),
    "a model that repeats make and version": (
        "https://www.anuncios.example.br/tucson-1",
        '<html lang="pt-BR"><head><title>HYUNDAI 2.0 MPFI GLS 16V 2010 - 771</title><script>window.dataLayer = [{"page":{"adDetail":{"brand":"HYUNDAI","model":"TUCSON","version":"2.0 MPFI GLS 16V","gearbox":"Manual","regdate":"2010","mileage":"98000","fuel":"Gasolina"}}}]</script><script type="application/ld+json">{"@type":"Person","name":"Rita","makesOffer":{"@type":"Offer","priceSpecification":{"priceCurrency":"BRL","price":"39900"},"itemOffered":{"@type":"Car","name":"TUCSON GLS 2010","brand":"HYUNDAI","model":"HYUNDAI 2.0 MPFI GLS 16V","modelDate":"2010","vehicleTransmission":"Manual","fuelType":"Gasolina","mileageFromOdometer":"98000"}}}</script></head><body><h1>Hyundai TUCSON GLS 2010</h1><h2>R$ 39.900</h2></body></html>',
        said("Hyundai","Tucson",2010,39900,"BRL",98000,"Petrol","Manual",None,None),
    ),
    "cubic inches": (
        "https://www.oldies.example.com/listing/2",
        page("<h1>1966 Pontiac GTO Coupe</h1><div class='price'>$58,400</div>"+rows({"Mileage":"44,870","Engine":"389ci V8","Transmission":"Manual"},SPANS),lang="en-US"),
        said("Pontiac","GTO",1966,58400,"USD",72211,None,"Manual",None,6.375),
    ),
    "a range is no mileage": (
        "https://www.press.example.com/en/kia-ev3",
        page("<h1>Kia EV3 Long Range</h1><table>"+rows({"Power output":"150 kW (204 PS)","Range (WLTP)":"605 km","Drive":"Front-wheel drive","Gearbox":"Single-speed","Length":"4300 mm","Fuel":"Electric"},"<tr><th>{label}</th><td>{value}</td></tr>")+"</table>"),
        said("Kia","EV3",None,None,None,None,"Electric","Single gear",150,None),
    ),
    "a motorcycle's box": (
        "https://de.example.org/wiki/Honda_CB_500",
        page('<h1>Honda CB 500</h1><table class="infobox"><tr><th colspan="2">Honda</th></tr>'+rows({"Hersteller":"Honda","Produktionszeitraum":"1993–2003","Klasse":"Motorrad","Hubraum (cm³)":"499","Radstand (mm)":"1430"},TABLE)+"</table>",lang="de"),
        None,
    ),
    "a list that marks up its last car": (
        "https://www.lot.example.com/vehicles",
        '<html><body><a href="/vehicles/7/2018-mazda-mx-5"><h3>2018 Mazda</h3><h2>MX-5 Miata Club</h2><div>$21,400</div><script type="application/ld+json">{"@type":"Car","name":"2018 Mazda MX-5 Miata Club","url":"https://www.lot.example.com/vehicles/7/2018-mazda-mx-5","vehicleModelDate":"2018","model":"MX-5 Miata","offers":{"@type":"Offer","price":"21400","priceCurrency":"USD"},"mileageFromOdometer":{"value":"30100","unitCode":"SMI"}}</script></a><a href="/vehicles/8/x"><h3>1969 Buick</h3><h2>Skylark</h2><div>$27,900</div></a></body></html>',
        None,
    ),
    "a search that found a single car": (
        "https://www.bilar.example.se/sok/saab/9-3",
        page("<div class='card'><h3><a href='#'>Saab 9-3 2.0T Linear</a></h3><div class='card-price'>Pris <p>24 900 kr</p></div><dl><dt>Mil:</dt><dd>18 210</dd><dt>År:</dt><dd>2005</dd></dl></div>",title="Saab 9-3 till salu - Bilar",lang="sv"),
        None,
    ),
    "a car for rent": (
        "https://www.drive.example.ae/bentley-bentayga",
        '<html lang="en"><head><title>Rent Bentley Bentayga in Dubai</title><script type="application/ld+json">{"@type":"Car","name":"Bentley Bentayga","manufacturer":"Bentley","model":"Bentayga","fuelType":"Petrol","vehicleTransmission":"8-Speed Automatic","vehicleEngine":{"@type":"EngineSpecification","name":"4.0L V8"}}</script></head><body><h1>Rent Bentley Bentayga Dubai</h1><p>AED 2,400 / day</p></body></html>',
        None,
    ),
}  # fmt: skip
