"""Signs and codes of currencies, and whose money each country counts in."""

from __future__ import annotations

# Currency → its signs, as `fold` writes them; each belongs to it alone.
_OWN_SIGNS = {
    "EUR": ("€", "euro", "euros", "eur"), "INR": ("₹", "inr", "रु", "रुपये"),
    "RUB": ("₽", "rub", "руб", "rur"), "TRY": ("₺", "try", "tl"), "UAH": ("₴", "uah", "грн"),
    "KRW": ("₩", "krw"), "ILS": ("₪", "ils"), "PLN": ("zł", "zl", "pln"), "CZK": ("kč", "kc", "czk"),
    "HUF": ("ft", "huf"), "RON": ("lei", "ron"), "USD": ("usd", "us$", "us $"), "GBP": ("gbp",),
    "CHF": ("chf", "sfr", "fr"), "BRL": ("r$", "brl"), "CAD": ("c$", "ca$", "cad"),
    "AUD": ("a$", "au$", "aud"), "NZD": ("nz$", "nzd"), "SGD": ("s$", "sgd"), "HKD": ("hk$", "hkd"),
    "MXN": ("mx$", "mxn"), "SEK": ("sek",), "NOK": ("nok",), "DKK": ("dkk",), "AED": ("aed", "dhs", "dh"),
    "BGN": ("bgn", "лв"), "RSD": ("din", "rsd"), "ZAR": ("zar",), "PKR": ("pkr",), "LKR": ("lkr",),
    "JPY": ("jpy",), "QAR": ("qar",), "SAR": ("sar",), "KWD": ("kwd",), "OMR": ("omr",), "BHD": ("bhd",),
    "CNY": ("cny",), "KES": ("kes", "ksh"), "NGN": ("ngn", "₦"), "GHS": ("ghs",), "PHP": ("php", "₱"),
    "THB": ("thb", "฿"), "BDT": ("bdt",), "NPR": ("npr",), "VND": ("vnd", "₫"), "IDR": ("idr",),
    "MYR": ("myr",), "TWD": ("twd",), "GEL": ("gel", "₾"), "KZT": ("kzt", "₸"), "BYN": ("byn",),
    "ISK": ("isk",), "MDL": ("mdl",), "EGP": ("egp",), "CLP": ("clp",), "COP": ("cop",), "ARS": ("ars",),
    "UYU": ("uyu",), "TND": ("tnd",), "DZD": ("dzd",),
}  # fmt: skip
#: Sign → its currency.
SIGNS = {sign: currency for currency, signs in _OWN_SIGNS.items() for sign in signs}
#: Signs that several countries share: the page's country decides, and the first is meant where it doesn't.
SHARED_SIGNS: dict[str, tuple[str, ...]] = {
    "$": ("USD", "CAD", "AUD", "NZD", "MXN", "SGD", "HKD", "ARS", "CLP", "COP", "JMD", "TTD"),
    "kr": ("", "SEK", "NOK", "DKK", "ISK"),
    "kr.": ("DKK", "SEK", "NOK"),
    "rs": ("", "INR", "PKR", "LKR", "NPR"),
    "rs.": ("", "INR", "PKR", "LKR", "NPR"),
    "¥": ("JPY", "CNY"),
    "r": ("ZAR",),
    "£": ("GBP", "EGP"),
    "rm": ("MYR",),
    "rp": ("IDR",),
}
_EURO = (
    "AT", "BE", "CY", "DE", "EE", "ES", "FI", "FR", "GR", "HR", "IE", "IT", "LT", "LU", "LV", "MT", "NL",
    "PT", "SI", "SK",
)  # fmt: skip
#: Country → its currency.
CURRENCIES = {
    "US": "USD", "CA": "CAD", "AU": "AUD", "NZ": "NZD", "MX": "MXN", "SG": "SGD", "HK": "HKD", "AR": "ARS",
    "CL": "CLP", "CO": "COP", "SE": "SEK", "NO": "NOK", "DK": "DKK", "IS": "ISK", "IN": "INR", "PK": "PKR",
    "LK": "LKR", "NP": "NPR", "RO": "RON", "MD": "MDL", "GB": "GBP", "CH": "CHF", "BR": "BRL", "ZA": "ZAR",
    "JP": "JPY", "CN": "CNY", "PL": "PLN", "CZ": "CZK", "HU": "HUF", "TR": "TRY", "AE": "AED", "JM": "JMD",
    "TT": "TTD", "EG": "EGP", "ID": "IDR", "MY": "MYR", "RU": "RUB", "SA": "SAR", "QA": "QAR", "KW": "KWD",
    "PH": "PHP", "TH": "THB", "KE": "KES", "NG": "NGN", "UA": "UAH", "BG": "BGN", "IL": "ILS",
} | dict.fromkeys(_EURO, "EUR")  # fmt: skip
#: Where cars are as often priced in another country's money: a bare figure says nothing.
PRICED_ABROAD = {"AR", "BG", "EG", "IL", "MD", "NG", "RO", "UA"}
