"""Names that programmers use in the state that pages carry for their scripts.

Which variables hold the state, and what the names inside of it stand for. In lower case, letters only.
"""

from __future__ import annotations

#: Variables that hold a page's state.
STATE_VARIABLES = frozenset({
    "ad", "advert", "apollostate", "appstate", "bonnetdata", "car", "cardata", "config", "data", "datalayer",
    "digitaldata", "initialcontextvalue", "initialdata", "initialprops", "initialstate", "listing",
    "nextdata", "nuxt", "pagedata", "preflight", "preloadedstate", "props", "reduxstate", "remixcontext",
    "state", "staticrouterhydrationdata", "utagdata", "vehicle", "vehicledata", "vehicles",
})  # fmt: skip
# What a name stands for; behind a bar the unit that it says.
_NAMES = {
    "make": "make makename brand brandname manufacturer makelabel maketitle marke marque marca",
    "model": "model modelname modellabel modell modele modelo modello",
    "trim": "trim trimname version variant versionname variantname modelversioninput derivative",
    "year": (
        "modelyear yearmodel constructionyear registrationyear year productionyear yearofmanufacture "
        "manufactureyear vehicleyear makeyear regdate"
    ),
    "first_registration": (
        "firstregistrationdate firstregistration registrationdate firstregistrationdateraw"
    ),
    "body_style": "bodytype bodystyle bodytypename",
    "fuel": "fueltype fuel fueltypename fuelcategory primaryfuel",
    "transmission": "transmission gearbox transmissiontype transmissionname",
    "drive": "drivetrain drivetype drivetraintype driveline",
    "engine": "engine enginename enginedescription",
    "mileage": "mileage odometer",
    "mileage|km": "mileageinkm mileageinkmraw mileagekm kilometers odometerkm kmdriven kilometrage",
    "mileage|mi": "mileageinmiles odometerinmiles milesdriven",
    "power": "power enginepower",
    "power|kW": "powerinkw rawpowerinkw powerkw kw",
    "power|PS": "powerinhp rawpowerinhp powerps",
    "power|hp": "horsepower powerhp",
    "power|bhp": "bhp enginepowerbhp powerbhp",
    "displacement": "displacement enginedisplacement enginesize enginecapacity",
    "displacement|cc": (
        "displacementinccm rawdisplacementinccm enginecc cubiccapacity enginecapacitycc enginesizecc"
    ),
    "displacement|l": "enginesizelitres",
    "price": (
        "price askingprice saleprice sellingprice listprice pricelabel formattedprice priceformatted "
        "internetprice finalprice pricefordisplay pricedisplay displayprice priceamount"
    ),
    "currency": "currency pricecurrency currencycode",
    "doors": "doors numberofdoors",
    "seats": "seats numberofseats",
}
#: Name → (key, unit); the unit is empty where the name says none.
KEYS_BY_NAME = {
    name: (key, unit)
    for meaning, names in _NAMES.items()
    for key, _, unit in (meaning.partition("|"),)
    for name in names.split()
}
