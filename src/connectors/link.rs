//! The machine's link to the network: whether it is metered, where that can be known.

use std::process::Stdio;

/// Tells whether the link is metered; none where nobody knows.
///
/// Asked of NetworkManager's own command, which answers within a second or not at all; elsewhere there is no way to ask that
/// would not bring a desktop's message bus into a terminal program.
#[must_use]
pub fn is_metered() -> Option<bool> {
    let output = crate::env::program("nmcli")
        .args([
            "--terse",
            "--wait",
            "1",
            "--fields",
            "GENERAL.METERED,GENERAL.STATE",
            "device",
            "show",
        ])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    read(&String::from_utf8_lossy(&output.stdout))
}

/// Reads the command's answer: pairs of lines, one pair for each device. The link is metered if a connected device is.
fn read(answer: &str) -> Option<bool> {
    let mut metered = None;
    let mut last = "";
    for line in answer.lines().map(str::trim) {
        if let Some(word) = line.strip_prefix("GENERAL.METERED:") {
            last = word;
        } else if let Some(state) = line.strip_prefix("GENERAL.STATE:")
            // 100 is NetworkManager's number for an active device; the word beside it is translated.
            && state.starts_with("100")
        {
            let is_metered = match last.split(' ').next() {
                Some("yes") => Some(true),
                Some("no") => Some(false),
                _ => None,
            };
            metered = match (metered, is_metered) {
                (Some(a), Some(b)) => Some(a || b),
                (a, b) => a.or(b),
            };
        }
    }
    metered
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_link_is_metered_if_a_connected_device_is() {
        let check =
            |answer: &str, expect: Option<bool>| assert_eq!(read(answer), expect, "{answer}");
        check("", None);
        check(
            "GENERAL.METERED:no (guessed)\nGENERAL.STATE:100 (connected)\n",
            Some(false),
        );
        check(
            "GENERAL.METERED:yes\nGENERAL.STATE:100 (verbunden)\n",
            Some(true),
        );
        check(
            "GENERAL.METERED:yes\nGENERAL.STATE:30 (disconnected)\n",
            None,
        );
        check(
            "GENERAL.METERED:unknown\nGENERAL.STATE:10 (unmanaged)\n\nGENERAL.METERED:yes (guessed)\nGENERAL.STATE:100 (connected)\n",
            Some(true),
        );
    }
}
