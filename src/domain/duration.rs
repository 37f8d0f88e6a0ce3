//! Lengths of time as rules, signals and options write them.

use jiff::SignedDuration;

use super::text::clean_line;

/// Reads a length of time such as `45m`, `2h`, `3d` or `1w`, from a minute to a year.
///
/// # Errors
/// Says what a length of time looks like.
pub fn parse_duration(text: &str) -> Result<SignedDuration, String> {
    let wrong = || {
        format!(
            "\"{}\" is not a length of time; write it as \"45m\", \"2h\", \"3d\" or \"1w\"",
            clean_line(text, 40)
        )
    };
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits).ok_or_else(wrong)?;
    let number: i64 = number.parse().map_err(|_| wrong())?;
    let minutes = match unit.trim() {
        "m" | "min" => 1,
        "h" => 60,
        "d" => 24 * 60,
        "w" => 7 * 24 * 60,
        _ => return Err(wrong()),
    };
    let minutes = number.checked_mul(minutes).ok_or_else(wrong)?;
    if !(1..=366 * 24 * 60).contains(&minutes) {
        return Err(format!(
            "\"{}\" is not between a minute and a year",
            clean_line(text, 40)
        ));
    }
    Ok(SignedDuration::from_mins(minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_within_bounds() {
        let check = |text: &str, minutes: Option<i64>| {
            assert_eq!(
                parse_duration(text).ok().map(|d| d.as_mins()),
                minutes,
                "{text}"
            );
        };
        check("45m", Some(45));
        check("2h", Some(120));
        check("2 h", Some(120));
        check("3d", Some(4320));
        check("1w", Some(10080));
        check("0h", None);
        check("-2h", None);
        check("h", None);
        check("2", None);
        check("99999999999999999999h", None);
        check("9223372036854775807w", None);
        check("2y", None);
        check("é", None);
    }
}
