//! A guess at a contact's time zone from the place in an address book.
//!
//! A city in the table is the best evidence, then a state or province, then a country with one zone. Of a country with several,
//! only its capital's zone is left as a guess, and it is marked as one. Nothing is said where people of the same words live
//! hours apart (`WA` may be Washington or Western Australia).

mod places;

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use places::{CITIES, COUNTRIES, Country, NAMESAKES, Place, STATES, State};

/// The longest place name that is looked up.
const MAX_BYTES: usize = 120;

/// The evidence for a guess, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZoneEvidence {
    /// The city.
    City,
    /// The state or province; where one has two zones, that of most of its people.
    State,
    /// The country, which has one zone (or all but one for far islands).
    Country,
    /// The capital of a country with several zones; the person may live elsewhere.
    Capital,
}

/// A zone and the evidence for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct ZoneGuess {
    /// The IANA name.
    pub zone: &'static str,
    /// The evidence.
    pub from: ZoneEvidence,
}

impl ZoneGuess {
    /// Tells whether it is a mere guess that the operator should see as one.
    #[must_use]
    pub fn is_uncertain(self) -> bool {
        self.from == ZoneEvidence::Capital
    }
}

/// Returns the zone of a place; `None` if the words name none, or several. Countries are known by ISO 3166 code, English name and
/// native name, states by name and postal code, cities by English and native name, all in any case and with or without accents.
#[must_use]
pub fn guess_zone(
    country: Option<&str>,
    state: Option<&str>,
    city: Option<&str>,
) -> Option<ZoneGuess> {
    let field = |text: Option<&str>| text.map(folded).filter(|text| !text.is_empty());
    let (country, state) = (field(country), field(state));
    // Address books put "Madrid, Spain" and "Austin, TX, USA" into one field.
    let mut parts = city
        .filter(|text| text.len() <= MAX_BYTES)
        .into_iter()
        .flat_map(|text| text.split(','))
        .map(folded)
        .filter(|part| !part.is_empty());
    let city = parts.next().map(bare_city);
    let beside: Vec<String> = parts.collect();

    let known = match &country {
        Some(words) => find_country(words),
        None => beside.last().and_then(|part| find_country_by_name(part)),
    };
    let region = state.as_deref().or(beside.first().map(String::as_str));
    // "Atlanta, Georgia" and "Tbilisi, Georgia": the city alone can tell.
    if country.is_none()
        && let ([only], Some(city)) = (beside.as_slice(), &city)
        && known.is_some()
        && state.is_none()
        && !find_states(only, None).is_empty()
    {
        let zone = find_city(city, known, &[], false)
            .or_else(|| find_city(city, None, &find_states(only, None), false))?;
        return Some(ZoneGuess {
            zone,
            from: ZoneEvidence::City,
        });
    }
    let states = region.map_or_else(Vec::new, |words| find_states(words, known));
    let evidence = |zone, from| Some(ZoneGuess { zone, from });

    if let Some(city) = &city
        && let Some(zone) = find_city(city, known, &states, country.is_some())
    {
        return evidence(zone, ZoneEvidence::City);
    }
    if let [state] = states.as_slice() {
        return evidence(state.zone, ZoneEvidence::State);
    }
    if let Some(known) = known {
        let from = if known.has_one_zone {
            ZoneEvidence::Country
        } else {
            ZoneEvidence::Capital
        };
        return evidence(known.zone, from);
    }
    None
}

/// Returns the city's zone, if it lies in the country and state that are known.
fn find_city(
    city: &str,
    country: Option<&Country>,
    states: &[&State],
    country_given: bool,
) -> Option<&'static str> {
    // A country that we do not know holds none of our cities.
    if country_given && country.is_none() {
        return None;
    }
    let narrowed = country.is_some() || !states.is_empty();
    let fits = |place: &Place| {
        country.is_none_or(|country| country.code == place.country)
            && (states.is_empty()
                || states.iter().any(|state| {
                    state.country == place.country
                        && (place.state.is_empty() || state.code == place.state)
                }))
    };
    INDEX
        .cities
        .get(city)?
        .iter()
        .find(|(place, is_namesake)| (narrowed || !is_namesake) && fits(place))
        .map(|(place, _)| place.zone)
}

/// The tables by name; an import asks for every row.
struct Index {
    /// Each city and whether others share its name; the sure ones first.
    cities: HashMap<&'static str, Vec<(&'static Place, bool)>>,
    /// By state code and by name.
    states: HashMap<&'static str, Vec<&'static State>>,
    /// By name, and by the code of three letters.
    countries: HashMap<&'static str, &'static Country>,
    /// By the code of two letters.
    codes: HashMap<&'static str, &'static Country>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index {
        cities: HashMap::new(),
        states: HashMap::new(),
        countries: HashMap::new(),
        codes: HashMap::new(),
    };
    let sure = CITIES.iter().map(|place| (place, false));
    for (place, is_namesake) in sure.chain(NAMESAKES.iter().map(|place| (place, true))) {
        for name in place.names.split('|') {
            let places = index.cities.entry(name).or_default();
            places.push((place, is_namesake));
        }
    }
    for state in STATES {
        for name in state.names.split('|').chain([state.code]) {
            index.states.entry(name).or_default().push(state);
        }
    }
    for country in COUNTRIES {
        index.codes.insert(country.code, country);
        for name in country.names.split('|') {
            index.countries.insert(name, country);
        }
    }
    index
});

fn find_country(words: &str) -> Option<&'static Country> {
    let code = INDEX.codes.get(words.to_uppercase().as_str()).copied();
    code.or_else(|| find_country_by_name(words))
}

/// Finds a country by anything but its two-letter code, which beside a city is as often a state ("CA", "DE", "IN").
fn find_country_by_name(words: &str) -> Option<&'static Country> {
    let words = words.strip_prefix("the ").unwrap_or(words);
    INDEX.countries.get(words).copied()
}

/// Returns every state that the words name, in the country if one is known.
fn find_states(words: &str, country: Option<&Country>) -> Vec<&'static State> {
    let words = words
        .strip_prefix("state of ")
        .or_else(|| words.strip_suffix(" state"))
        .unwrap_or(words);
    [words, words.to_uppercase().as_str()]
        .into_iter()
        .filter_map(|key| INDEX.states.get(key))
        .flatten()
        .filter(|state| country.is_none_or(|country| country.code == state.country))
        .copied()
        .collect()
}

/// Returns the words in lower case, without accents and punctuation, with single spaces between them.
fn folded(text: &str) -> String {
    if text.len() > MAX_BYTES {
        return String::new();
    }
    let mut out = String::with_capacity(text.len());
    // Accents go; the marks that other scripts spell with stay, and Hangul is put together again.
    let bare = text.nfkd().filter(|c| !('\u{300}'..='\u{36F}').contains(c));
    for c in bare.nfc() {
        match c {
            // "U.S.A." and "St. John's" are one with "USA" and "St Johns".
            '.' | '\'' | '’' => {}
            'ß' => out.push_str("ss"),
            'ø' | 'Ø' => out.push('o'),
            'ł' | 'Ł' => out.push('l'),
            'æ' | 'Æ' => out.push_str("ae"),
            'ı' => out.push('i'),
            'đ' | 'Đ' => out.push('d'),
            c if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            _ if out.ends_with(' ') => {}
            _ => out.push(' '),
        }
    }
    out.trim().to_owned()
}

/// Takes away what networks put around a city: "Greater Madrid Area", "San Francisco Bay Area", "City of London".
fn bare_city(city: String) -> String {
    let mut bare = city.as_str();
    for prefix in [
        "greater ",
        "city of ",
        "metropolitan ",
        "metro ",
        "area metropolitana de ",
    ] {
        bare = bare.strip_prefix(prefix).unwrap_or(bare);
    }
    for suffix in [
        " bay area",
        " metropolitan area",
        " metroplex",
        " metro area",
        " metropolitan region",
        " area",
        " city region",
        " metro",
        " region",
    ] {
        bare = bare.strip_suffix(suffix).unwrap_or(bare);
    }
    bare.to_owned()
}

#[cfg(test)]
mod tests;
