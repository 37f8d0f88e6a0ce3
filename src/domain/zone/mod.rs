//! A guess at a contact's time zone from what an address book says of the place.
//!
//! A city in the table is the best evidence, then a state or province, then a country with one zone. Of a country with several,
//! only its capital's zone is left as a guess, and it is marked as one. Nothing is said where people of the same words live
//! hours apart (`WA` may be Washington or Western Australia).

mod places;

use unicode_normalization::UnicodeNormalization;

use places::{CITIES, COUNTRIES, Country, NAMESAKES, Place, STATES, State};

/// The longest place name that is looked up.
const MAX_BYTES: usize = 120;

/// What a guess rests on, the best first.
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

/// A zone and what the guess rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct ZoneGuess {
    /// The IANA name.
    pub zone: &'static str,
    /// What it rests on.
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

    let known = country.as_deref().and_then(find_country);
    let known = match &country {
        Some(_) => known,
        None => beside.last().and_then(|part| find_country_by_name(part)),
    };
    let states = match (&state, beside.first()) {
        (Some(state), _) => find_states(state, known),
        (None, Some(part)) => find_states(part, known),
        (None, None) => Vec::new(),
    };
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
    let fits = |place: &Place| {
        place.names.split('|').any(|name| name == city)
            && country.is_none_or(|country| country.code == place.country)
            && (states.is_empty()
                || states.iter().any(|state| {
                    state.country == place.country
                        && (place.state.is_empty() || state.code == place.state)
                }))
    };
    let (from_table, narrowed) = (
        CITIES.iter().find(|p| fits(p)),
        country.is_some() || !states.is_empty(),
    );
    from_table
        .or_else(|| NAMESAKES.iter().filter(|_| narrowed).find(|p| fits(p)))
        .map(|place| place.zone)
}

fn find_country(words: &str) -> Option<&'static Country> {
    COUNTRIES
        .iter()
        .find(|country| country.code.eq_ignore_ascii_case(words))
        .or_else(|| find_country_by_name(words))
}

/// Finds a country by anything but its two-letter code, which beside a city is as often a state ("CA", "DE", "IN").
fn find_country_by_name(words: &str) -> Option<&'static Country> {
    let words = words.strip_prefix("the ").unwrap_or(words);
    COUNTRIES
        .iter()
        .find(|country| country.names.split('|').any(|name| name == words))
}

/// Returns every state that the words name, in the country if one is known.
fn find_states(words: &str, country: Option<&Country>) -> Vec<&'static State> {
    let words = words
        .strip_prefix("state of ")
        .or_else(|| words.strip_suffix(" state"))
        .unwrap_or(words);
    STATES
        .iter()
        .filter(|state| country.is_none_or(|country| country.code == state.country))
        .filter(|state| {
            state.code.eq_ignore_ascii_case(words) || state.names.split('|').any(|n| n == words)
        })
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
