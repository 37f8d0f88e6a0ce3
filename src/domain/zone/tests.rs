//! The guess on addresses as they come, and the tables against the zone database.

use proptest::prelude::*;

use super::ZoneEvidence::{Capital, City, Country, State};
use super::*;
use crate::domain::schedule::parse_zone;

fn guess(country: &str, state: &str, city: &str) -> Option<(&'static str, ZoneEvidence)> {
    guess_zone(Some(country), Some(state), Some(city)).map(|g| (g.zone, g.from))
}

#[test]
fn addresses_as_they_come_have_their_zone() {
    let check = |(country, state, city): (&str, &str, &str), zone: &str, from: ZoneEvidence| {
        assert_eq!(
            guess(country, state, city),
            Some((zone, from)),
            "{country}, {state}, {city}"
        );
    };
    check(("Germany", "", ""), "Europe/Berlin", Country);
    check(("Deutschland", "", ""), "Europe/Berlin", Country);
    check(("DE", "", ""), "Europe/Berlin", Country);
    check(
        ("de", "Bayern", "Kleinkleckersdorf"),
        "Europe/Berlin",
        Country,
    );
    check(("DEU", "", "München"), "Europe/Berlin", City);
    check(("España", "", ""), "Europe/Madrid", Country);
    check(
        ("Spain", "", "Las Palmas de Gran Canaria"),
        "Atlantic/Canary",
        City,
    );
    check(("Österreich", "", ""), "Europe/Vienna", Country);
    check(("Türkiye", "", ""), "Europe/Istanbul", Country);
    check(("Côte d'Ivoire", "", ""), "Africa/Abidjan", Country);
    check(("日本", "", ""), "Asia/Tokyo", Country);
    check(("대한민국", "", ""), "Asia/Seoul", Country);
    check(("भारत", "", ""), "Asia/Kolkata", Country);
    check(("U.S.A.", "CA", ""), "America/Los_Angeles", State);
    check(
        ("United States", "Texas", "El Paso"),
        "America/Denver",
        City,
    );
    check(
        ("United States", "Texas", "Marfa"),
        "America/Chicago",
        State,
    );
    check(("US", "", ""), "America/New_York", Capital);
    check(("US", "ME", "Portland"), "America/New_York", City);
    check(("US", "OR", "Portland"), "America/Los_Angeles", City);
    check(("US", "TX", "Paris"), "America/Chicago", City);
    check(("US", "WA", ""), "America/Los_Angeles", State);
    check(("US", "Georgia", ""), "America/New_York", State);
    check(("Georgia", "", ""), "Asia/Tbilisi", Country);
    check(("Australia", "WA", ""), "Australia/Perth", State);
    check(("Australia", "", ""), "Australia/Sydney", Capital);
    check(("Canada", "NT", ""), "America/Edmonton", State);
    check(("Canada", "ON", "London"), "America/Toronto", City);
    check(("Brasil", "AM", ""), "America/Manaus", State);
    check(("", "", "London"), "Europe/London", City);
    check(("", "TX", "Paris"), "America/Chicago", City);
    check(("", "QLD", ""), "Australia/Brisbane", State);
    check(("", "", "São Paulo"), "America/Sao_Paulo", City);
    check(("", "", "Greater Madrid Area"), "Europe/Madrid", City);
    check(
        ("", "", "San Francisco Bay Area"),
        "America/Los_Angeles",
        City,
    );
    check(("", "", "Munich, Bavaria, Germany"), "Europe/Berlin", City);
    check(("", "", "Cordoba, Spain"), "Europe/Madrid", City);
    check(("", "", "Marfa, TX"), "America/Chicago", State);
    check(("", "", "Nowhere, Portugal"), "Europe/Lisbon", Country);
    check(("", "", "Atlanta, Georgia"), "America/New_York", City);
    check(("", "", "Tbilisi, Georgia"), "Asia/Tbilisi", City);
    check(
        ("", "", "Atlanta, GA, United States"),
        "America/New_York",
        City,
    );
    check(("UK", "", "Birmingham"), "Europe/London", City);
    check(("The Netherlands", "", ""), "Europe/Amsterdam", Country);
}

#[test]
fn where_people_of_the_same_words_live_hours_apart_nothing_is_said() {
    let check = |country: &str, state: &str, city: &str| {
        assert_eq!(
            guess(country, state, city),
            None,
            "{country}, {state}, {city}"
        );
    };
    check("", "", "");
    check("", "WA", "");
    check("", "", "Birmingham");
    check("", "", "Portland");
    check("", "", "Springfield");
    check("", "", "Smallville, Georgia");
    check("Atlantis", "", "London");
    check("Atlantis", "", "");
    check("", "", &"x".repeat(10_000));
    assert_eq!(guess_zone(None, None, None), None);
}

#[test]
fn only_a_capital_is_uncertain() {
    assert!(
        guess_zone(Some("Russia"), None, None)
            .unwrap()
            .is_uncertain()
    );
    assert!(
        !guess_zone(Some("France"), None, None)
            .unwrap()
            .is_uncertain()
    );
}

#[test]
fn every_zone_exists_and_every_name_is_folded() {
    let zones = CITIES.iter().chain(NAMESAKES).map(|p| (p.names, p.zone));
    let zones = zones.chain(STATES.iter().map(|s| (s.names, s.zone)));
    for (names, zone) in zones.chain(COUNTRIES.iter().map(|c| (c.names, c.zone))) {
        assert!(parse_zone(zone).is_ok(), "{zone}");
        for name in names.split('|') {
            assert!(!name.is_empty());
            assert_eq!(folded(name), name);
        }
    }
    for place in CITIES.iter().chain(NAMESAKES) {
        assert!(
            COUNTRIES.iter().any(|c| c.code == place.country),
            "{}",
            place.names
        );
        let listed = STATES
            .iter()
            .any(|s| s.country == place.country && s.code == place.state);
        assert!(place.state.is_empty() || listed, "{}", place.names);
    }
}

#[test]
fn no_two_countries_and_no_two_sure_cities_share_a_name() {
    let mut names: Vec<&str> = COUNTRIES
        .iter()
        .flat_map(|c| c.names.split('|').chain([c.code]))
        .collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
    let mut names: Vec<&str> = CITIES.iter().flat_map(|c| c.names.split('|')).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

proptest! {
    #[test]
    fn no_place_panics(country in "\\PC{0,12}", state in "\\PC{0,12}", city in "\\PC{0,30}") {
        let _ = guess_zone(Some(&country), Some(&state), Some(&city));
    }
}
