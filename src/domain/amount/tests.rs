use proptest::prelude::*;

use super::*;

/// Reads an amount and writes what came of it: `1234.50 EUR`, `none`, `64 or 64,000`, or the refusal.
fn said(text: &str, currency: &str, decimal: Option<Decimal>) -> String {
    let context = Context {
        currency: (!currency.is_empty()).then_some(currency),
        decimal,
    };
    match read(text, &context) {
        Ok(None) => "none".into(),
        Ok(Some(amount)) => {
            let Cents(cents) = amount.cents;
            let sign = if cents < 0 { "-" } else { "" };
            let (units, rest) = (cents.unsigned_abs() / 100, cents.unsigned_abs() % 100);
            match amount.currency {
                Some(currency) => format!("{sign}{units}.{rest:02} {currency}"),
                None => format!("{sign}{units}.{rest:02}"),
            }
        }
        Err(AmountFault::Ambiguous {
            decimal, grouped, ..
        }) => format!("{decimal} or {grouped}"),
        Err(AmountFault::Unreadable { why, .. }) => why.to_string(),
    }
}

const NOT: &str = "is not an amount";
const GROUPS: &str = "has its digits grouped as in no amount";
const LARGE: &str = "is more than an amount can be";

#[test]
fn amounts_are_read_in_many_hands() {
    for (text, expect) in [
        // Plain numbers.
        ("0", "0.00"),
        ("5", "5.00"),
        ("64000", "64000.00"),
        ("007", "7.00"),
        (" 12 ", "12.00"),
        ("-5", "-5.00"),
        ("\u{2212}5", "-5.00"),
        ("+5", "5.00"),
        ("(5)", "-5.00"),
        ("($1,234.50)", "-1234.50 USD"),
        ("", "none"),
        (" \u{a0}\t", "none"),
        // Decimals.
        ("64,50", "64.50"),
        ("64.50", "64.50"),
        ("64,5", "64.50"),
        (".5", "0.50"),
        (",50", "0.50"),
        ("0.500", "0.50"),
        ("0,125", "0.13"),
        ("1234.567", "1234.57"),
        ("64.005", "64.01 or 64,005"),
        ("64000.005", "64000.01"),
        ("64000.0049", "64000.00"),
        ("-64000.005", "-64000.01"),
        // Groups.
        ("1,234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1 234,50", "1234.50"),
        ("1\u{a0}234,50", "1234.50"),
        ("1\u{202f}234.50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("1\u{2019}234.50", "1234.50"),
        ("1'234'567", "1234567.00"),
        ("1,234,567", "1234567.00"),
        ("1.234.567", "1234567.00"),
        ("1.234.567,8", "1234567.80"),
        ("1 234 567", "1234567.00"),
        ("1,00,000", "100000.00"),
        ("12,34,567.50", "1234567.50"),
        ("64,000", "64000.00"),
        ("64.000", "64 or 64,000"),
        ("-64.000", "-64 or -64,000"),
        ("1.250", "1.25 or 1,250"),
        ("1,2,3", GROUPS),
        ("12,34,56", GROUPS),
        ("1.00.000", GROUPS),
        ("1,234.567,8", GROUPS),
        ("1.234.56", GROUPS),
        ("1 23", GROUPS),
        ("1,234'567", GROUPS),
        // Currencies.
        ("$5,000", "5000.00 USD"),
        ("$5.000", "5 or 5,000"),
        ("USD 5000", "5000.00 USD"),
        ("usd 5000", "5000.00 USD"),
        ("5000USD", "5000.00 USD"),
        ("US$ 5,000.00", "5000.00 USD"),
        ("$5,000.00 USD", "5000.00 USD"),
        ("$5,000 CAD", "5000.00 CAD"),
        ("-$5", "-5.00 USD"),
        ("$-5", "-5.00 USD"),
        ("\u{20ac} 1 234,50", "1234.50 EUR"),
        ("\u{20ac}64.000", "64000.00 EUR"),
        ("\u{20ac}64,000", "64 or 64,000"),
        ("64.000 \u{20ac}", "64000.00 EUR"),
        ("EUR 64.000,-", "64000.00 EUR"),
        ("\u{a3}1,200", "1200.00 GBP"),
        ("\u{20b9}1,00,000", "100000.00 INR"),
        ("Rs. 1,00,000", "100000.00 INR"),
        ("Rs.500", "500.00 INR"),
        ("\u{a5}1200", "1200.00 JPY"),
        ("\u{a5}1.200", "1200.00 JPY"),
        ("JPY 1,200", "1200.00 JPY"),
        ("CHF 1'234.50", "1234.50 CHF"),
        ("Fr. 5000.-", "5000.00 CHF"),
        ("5000.-", "5000.00"),
        ("5000,\u{2014}", "5000.00"),
        ("64.000,-", "64000.00"),
        ("CHF 64.000", "64 or 64,000"),
        ("KWD 64.125", "64.13 KWD"),
        ("R$ 1.234,50", "1234.50 BRL"),
        ("1 234,50 z\u{142}", "1234.50 PLN"),
        ("12 500 kr", "12500.00"),
        ("USD 5 EUR", "names another currency than USD"),
        // Scales.
        ("12k", "12000.00"),
        ("12 K", "12000.00"),
        ("1.2m", "1200000.00"),
        ("1,2 Mio", "1200000.00"),
        ("3 Mio", "3000000.00"),
        ("3 Mio. \u{20ac}", "3000000.00 EUR"),
        ("\u{20ac}1.5m", "1500000.00 EUR"),
        ("12k\u{20ac}", "12000.00 EUR"),
        ("$1.25bn", "1250000000.00 USD"),
        ("2 lakh", "200000.00"),
        ("1.5 crore", "15000000.00"),
        ("12.500k", "12,500 or 12,500,000"),
        // Refused.
        ("NaN", NOT),
        ("inf", NOT),
        ("1e5", NOT),
        ("10^30", NOT),
        ("1000000000000000000000000000000", LARGE),
        ("10000000000000", "10000000000000.00"),
        ("10000000000000.01", LARGE),
        ("99999bn", LARGE),
        ("0.001", "is less than a hundredth"),
        ("0,00", "0.00"),
        ("5-10k", NOT),
        ("~5000", NOT),
        ("5000/yr", NOT),
        ("10%", NOT),
        ("tbd", NOT),
        ("-", NOT),
        ("--5", NOT),
        ("(-5)", NOT),
        (".", NOT),
        ("5.", NOT),
        ("$", NOT),
        ("top 500", NOT),
        ("12kk", NOT),
        ("1.5.2026", GROUPS),
        ("2026-11-01", NOT),
        ("0x10", NOT),
        ("\u{661}\u{662}", NOT),
        ("\u{1b}[31m5", NOT),
    ] {
        assert_eq!(said(text, "", None), expect, "{text:?}");
    }
}

#[test]
fn the_currency_beside_an_amount_decides_where_it_can() {
    for (text, currency, expect) in [
        ("64.000", "EUR", "64000.00 EUR"),
        ("64.000", "eur", "64000.00 EUR"),
        ("64,000", "EUR", "64 or 64,000"),
        ("64.000", "USD", "64 or 64,000"),
        ("64,000", "USD", "64000.00 USD"),
        ("64.000", "JPY", "64000.00 JPY"),
        ("64,000", "KWD", "64000.00 KWD"),
        ("64.000", "KWD", "64.00 KWD"),
        ("64,000", "TND", "64.00 TND"),
        ("64.000", "CAD", "64 or 64,000"),
        ("64,000", "CAD", "64000.00 CAD"),
        ("64.000", "Taler", "64 or 64,000"),
        ("64,50", "USD", "64.50 USD"),
        ("$5,000", "CAD", "5000.00 CAD"),
        ("$5,000", "EUR", "names another currency than EUR"),
        ("12 500 kr", "SEK", "12500.00 SEK"),
        ("5000", "\u{20ac}", "5000.00 EUR"),
    ] {
        assert_eq!(said(text, currency, None), expect, "{text:?} {currency}");
    }
}

#[test]
fn the_habit_of_a_column_goes_before_the_currency() {
    for (text, currency, decimal, expect) in [
        ("64.000", "", Decimal::Comma, "64000.00"),
        ("64.000", "", Decimal::Point, "64.00"),
        ("64,000", "", Decimal::Comma, "64.00"),
        ("64,000", "", Decimal::Point, "64000.00"),
        ("64.000", "EUR", Decimal::Point, "64.00 EUR"),
        ("64,000", "EUR", Decimal::Point, "64000.00 EUR"),
        // One reading is one reading, whatever the others do.
        ("64.50", "", Decimal::Comma, "64.50"),
        ("1.234,56", "", Decimal::Point, "1234.56"),
    ] {
        assert_eq!(
            said(text, currency, Some(decimal)),
            expect,
            "{text:?} {currency} {decimal}"
        );
    }
}

#[test]
fn a_column_teaches_its_habit() {
    for (column, expect) in [
        (&["64.000", "1.234,56"][..], Some(Decimal::Comma)),
        (&["64.000", "1,234.56", "5"], Some(Decimal::Point)),
        (&["64.000", "64,5"], Some(Decimal::Comma)),
        (&["1.234.567"], Some(Decimal::Comma)),
        (&["1,00,000"], Some(Decimal::Point)),
        (&["5000,-"], Some(Decimal::Comma)),
        (&["64.000", "12 500", "tbd", ""], None),
        (&["64,5", "64.5"], None),
    ] {
        let mut habit = Habit::default();
        for text in column {
            habit.learn(text);
        }
        assert_eq!(habit.decimal(), expect, "{column:?}");
    }
}

#[test]
fn json_numbers_are_exact() {
    for (json, expect) in [
        ("64000", Ok(6_400_000)),
        ("64000.0", Ok(6_400_000)),
        ("64.5", Ok(6_450)),
        ("64.005", Ok(6_401)),
        ("-12.34", Ok(-1_234)),
        ("1e5", Ok(10_000_000)),
        ("1e-2", Ok(1)),
        ("0.1", Ok(10)),
        ("0.30000000000000004", Ok(30)),
        ("8388608.06", Ok(838_860_806)),
        ("18446744073709551615", Err(Unread::TooLarge)),
        ("1e300", Err(Unread::TooLarge)),
        ("1e-300", Err(Unread::TooSmall)),
        ("0.0", Ok(0)),
    ] {
        let number: Number = serde_json::from_str(json).unwrap();
        let read = of_number(&number).map(|amount| amount.cents.0);
        let read = read.map_err(|fault| match fault {
            AmountFault::Unreadable { why, .. } => why,
            AmountFault::Ambiguous { .. } => unreachable!(),
        });
        assert_eq!(read, expect, "{json}");
    }
}

#[test]
fn numbers_that_are_no_money_may_be_text() {
    for (text, expect) in [
        ("64,000", Some(64_000.0)),
        ("1,204", Some(1_204.0)),
        ("0.5", Some(0.5)),
        ("0,5", Some(0.5)),
        ("1.204", Some(1.204)),
        (" 8.1e-1 ", Some(0.81)),
        ("NaN", None),
        ("inf", None),
        ("x", None),
        ("", None),
    ] {
        assert_eq!(number(text), expect, "{text:?}");
    }
}

#[test]
fn a_fault_says_what_it_is_about() {
    let of = |text: &str| read(text, &Context::default()).unwrap_err().to_string();
    assert_eq!(of("64.000"), "\"64.000\" may be 64 or 64,000");
    assert_eq!(of("tbd\u{1b}[2J"), "\"tbd\" is not an amount");
    assert!(of(&"9".repeat(1000)).len() < 120);
}

/// Writes an amount as somebody of that habit would.
fn written(cents: i64, decimal: Decimal, group: &str, style: u8) -> String {
    let (units, rest) = (cents.unsigned_abs() / 100, cents.unsigned_abs() % 100);
    let digits = units.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push_str(group);
        }
        text.push(digit);
    }
    let mark = decimal.mark();
    match (style % 4, rest) {
        (0, 0) => {}
        (1, 0) => text.push_str(&format!("{mark}-")),
        (2, rest) if rest % 10 == 0 => text.push_str(&format!("{mark}{}", rest / 10)),
        (_, rest) => text.push_str(&format!("{mark}{rest:02}")),
    }
    match (cents < 0, style % 3) {
        (false, _) => text,
        (true, 0) => format!("({text})"),
        (true, 1) => format!("-{text}"),
        (true, _) => format!("\u{2212}{text}"),
    }
}

proptest! {
    #[test]
    fn written_amounts_read_back(cents in -1_000_000_000_000_000_i64..=1_000_000_000_000_000, style: u8, at in 0_usize..8) {
        let (decimal, group) = [
            (Decimal::Point, ","),
            (Decimal::Point, "'"),
            (Decimal::Point, "\u{a0}"),
            (Decimal::Point, ""),
            (Decimal::Comma, "."),
            (Decimal::Comma, " "),
            (Decimal::Comma, "\u{2019}"),
            (Decimal::Comma, ""),
        ][at];
        let text = written(cents, decimal, group, style);
        let habit = Context { currency: None, decimal: Some(decimal) };
        let amount = read(&text, &habit).unwrap().unwrap();
        prop_assert_eq!(amount.cents.0, cents, "{}", text);
        // Without the habit it is the same amount, or both readings are said.
        match read(&text, &Context::default()) {
            Ok(Some(amount)) => prop_assert_eq!(amount.cents.0, cents, "{}", text),
            Err(AmountFault::Ambiguous { decimal, grouped, .. }) => {
                prop_assert!([decimal.0.0, grouped.0.0].contains(&cents), "{}", text);
            }
            other => prop_assert!(false, "{text}: {other:?}"),
        }
        let json: Number = serde_json::from_str(&format!("{}", Cents(cents).units())).unwrap();
        prop_assert_eq!(of_number(&json).unwrap().cents.0, cents);
    }

    #[test]
    fn no_text_is_too_odd(text in ".{0,80}", odd in "[-+().,' 0-9kKmM$€£]{0,20}") {
        for text in [text, odd] {
            if let Ok(Some(amount)) = read(&text, &Context::default()) {
                prop_assert!(amount.cents.0.unsigned_abs() <= 1_000_000_000_000_000);
                // A text without a digit other than 0 is nothing, and no other is.
                let is_nothing = !text.contains(|c: char| ('1'..='9').contains(&c));
                prop_assert_eq!(amount.cents.0 == 0, is_nothing, "{}", text);
            }
        }
    }
}
