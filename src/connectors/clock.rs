//! The time elsewhere: the `Date` of a server's answer.

use std::time::Duration;

use jiff::Timestamp;

/// Asks a server for the time by the head of any answer. No token goes with it.
///
/// # Errors
/// Gives the reason that there is no time, in few words.
pub fn date_of(base: &str, limit: Duration) -> Result<Timestamp, String> {
    let client = reqwest::blocking::Client::builder()
        .user_agent(concat!("caseyos/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .timeout(limit)
        .build()
        .map_err(|e| e.to_string())?;
    let answer = client
        .head(base)
        .send()
        .map_err(|e| e.without_url().to_string())?;
    answer
        .headers()
        .get("date")
        .and_then(|value| httpdate::parse_http_date(value.to_str().ok()?).ok())
        .and_then(|time| Timestamp::try_from(time).ok())
        .ok_or_else(|| "its answer has no date".into())
}
