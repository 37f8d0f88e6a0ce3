//! Currencies: their codes, symbols, decimals, and the mark that stands before those decimals where they are spent.

use std::fmt;

use crate::domain::words::words;

words! {
    /// The mark before the decimals of a number.
    pub enum Decimal ("a decimal mark") {
        /// As in 1.234,50.
        Comma = "comma",
        /// As in 1,234.50.
        Point = "point",
    }
}

impl Decimal {
    pub(super) const fn mark(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Point => '.',
        }
    }
}

/// Codes of ISO 4217 whose amounts are mostly written with a decimal comma.
const COMMA: &str = "EUR ALL AMD AOA ARS AZN BAM BGN BOB BRL BYN CLP COP CUP CVE CZK DKK DZD GEL HRK HUF IDR ISK KGS KZT MAD MDL MKD MZN NOK \
    PLN PYG RON RSD RUB SEK TJS TMT TND TRY UAH UYU UZS VES VND XAF XOF XPF";
/// Codes whose amounts are mostly written with a decimal point.
const POINT: &str = "USD AED AFN AUD BBD BDT BHD BMD BND BSD BTN BWP BZD CNY DJF DOP EGP ERN ETB FJD GBP GHS GIP GMD GTQ GYD HKD HNL ILS INR \
    IQD JMD JOD JPY KES KHR KRW KWD KYD LBP LKR LRD LYD MMK MOP MUR MVR MWK MXN MYR NGN NIO NPR NZD OMR PAB PEN PGK PHP PKR QAR RWF SAR \
    SBD SGD SLE SOS SSP SVC SYP SZL THB TOP TTD TWD TZS UGX WST XCD YER ZMW ZWG";
/// Codes of countries that write both.
const MIXED: &str = "CAD CHF CRC ANG AWG BIF CDF FKP GNF HTG IRR KMF KPW LAK LSL MGA MNT MRU NAD SCR SDG SHP SRD STN VUV XCG ZAR";

/// Codes that people write in small letters; others would be words: "top 500".
const SMALL: &str = "usd eur gbp chf cad aud nzd inr jpy cny sek nok dkk pln";

const NO_DECIMALS: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
const THREE_DECIMALS: &str = "BHD IQD JOD KWD LYD OMR TND";

/// Symbols with the currencies that use them, the one that is meant by itself first; a dash first where none is.
const SYMBOLS: &[(&str, &str)] = &[
    (
        "$",
        "USD CAD AUD NZD SGD HKD MXN ARS CLP COP TWD BRL UYU JMD TTD BBD BSD BZD",
    ),
    ("€", "EUR"),
    ("£", "GBP EGP GIP FKP SHP LBP SYP SSP SDG"),
    ("¥", "JPY CNY"),
    ("￥", "JPY CNY"),
    ("₹", "INR"),
    ("₩", "KRW KPW"),
    ("₽", "RUB"),
    ("₺", "TRY"),
    ("₴", "UAH"),
    ("₪", "ILS"),
    ("₫", "VND"),
    ("₱", "PHP CUP"),
    ("₦", "NGN"),
    ("฿", "THB"),
    ("₸", "KZT"),
    ("₡", "CRC"),
    ("₲", "PYG"),
    ("₵", "GHS"),
    ("₾", "GEL"),
    ("us$", "USD"),
    ("a$", "AUD"),
    ("au$", "AUD"),
    ("c$", "CAD"),
    ("ca$", "CAD"),
    ("nz$", "NZD"),
    ("hk$", "HKD"),
    ("s$", "SGD"),
    ("mx$", "MXN"),
    ("nt$", "TWD"),
    ("r$", "BRL"),
    ("rs", "INR PKR LKR NPR MUR SCR"),
    ("fr", "CHF"),
    ("sfr", "CHF"),
    ("zł", "PLN"),
    ("zl", "PLN"),
    ("kč", "CZK"),
    ("ft", "HUF"),
    ("lei", "RON MDL"),
    ("rp", "IDR"),
    ("rm", "MYR"),
    ("r", "ZAR"),
    ("kr", "- SEK NOK DKK ISK"),
];

/// A currency, by its code of ISO 4217.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(&'static str);

impl Currency {
    /// Reads a code such as `EUR`, in any case, or a symbol that means one currency by itself.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::of_code(text).or_else(|| Named::parse(text)?.by_itself())
    }

    fn of_code(text: &str) -> Option<Self> {
        [COMMA, POINT, MIXED]
            .iter()
            .flat_map(|list| list.split_whitespace())
            .find(|code| code.eq_ignore_ascii_case(text))
            .map(Self)
    }

    /// Returns the code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Returns the number of decimals of its smallest coin.
    pub(super) fn decimals(self) -> u8 {
        let among = |list: &str| list.split_whitespace().any(|code| code == self.0);
        match (among(NO_DECIMALS), among(THREE_DECIMALS)) {
            (true, _) => 0,
            (_, true) => 3,
            _ => 2,
        }
    }

    /// Returns the mark before decimals where the currency is spent; none where both are written.
    pub(super) fn habit(self) -> Option<Decimal> {
        let among = |list: &str| list.split_whitespace().any(|code| code == self.0);
        match (among(COMMA), among(POINT)) {
            (true, _) => Some(Decimal::Comma),
            (_, true) => Some(Decimal::Point),
            _ => None,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// A code or symbol as it stands in an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Named {
    /// Codes of the currencies that it may mean.
    codes: &'static str,
}

impl Named {
    /// Reads a code or a symbol.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_code = text.chars().all(|c| c.is_ascii_uppercase())
            || SMALL.split_whitespace().any(|code| code == text);
        if let Some(currency) = Currency::of_code(text).filter(|_| is_code) {
            return Some(Self { codes: currency.0 });
        }
        let text = text.to_lowercase();
        SYMBOLS
            .iter()
            .find(|(symbol, _)| *symbol == text)
            .map(|(_, codes)| Self { codes })
    }

    /// Counts the currencies that it may mean.
    pub(super) fn meanings(&self) -> usize {
        self.codes.split_whitespace().count()
    }

    /// Returns the currency that it means where nothing else is known.
    fn by_itself(self) -> Option<Currency> {
        Currency::of_code(self.codes.split_whitespace().next()?)
    }

    /// Returns the currency of an amount that it stands in; the error is the one that it contradicts.
    pub(super) fn settle(self, known: Option<Currency>) -> Result<Option<Currency>, Currency> {
        match known {
            None => Ok(self.by_itself()),
            Some(known) if self.codes.split_whitespace().any(|code| code == known.0) => {
                Ok(Some(known))
            }
            Some(known) => Err(known),
        }
    }
}
