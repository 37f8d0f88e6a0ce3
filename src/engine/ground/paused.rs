//! The time that was paused.

use jiff::{SignedDuration, Timestamp};

use crate::engine::error::Result;
use crate::store::{ReadTx, control};

/// Returns how much of the time between two instants was paused.
pub(in crate::engine) fn paused_between(
    tx: &ReadTx<'_>,
    from: Timestamp,
    to: Timestamp,
) -> Result<SignedDuration> {
    let mut sum = SignedDuration::ZERO;
    for (since, until) in control::pauses_since(tx, from)? {
        let (begin, end) = (since.max(from), until.min(to));
        if end > begin {
            sum += end.duration_since(begin);
        }
    }
    Ok(sum)
}
