//! Chance from a seed: the only source of variety in the world.

/// A stream of numbers that its seed decides (SplitMix64, Steele, Lea and Flood 2014).
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    /// Begins the stream of `seed` for one purpose, so that a longer text here does not change the names there.
    pub(super) fn of(seed: u64, purpose: &str) -> Self {
        let start = purpose.bytes().fold(seed, |state, byte| {
            mix(state.wrapping_add(u64::from(byte)).wrapping_mul(31))
        });
        Self(start)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// Returns a number in `low..=high`; `low` if the two are the wrong way round.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high
            .saturating_sub(low)
            .max(0)
            .unsigned_abs()
            .saturating_add(1);
        low.saturating_add_unsigned(self.next() % span)
    }

    /// Returns one of the items.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(items.len()).ok().filter(|n| *n > 0)?;
        items.get(usize::try_from(self.next() % count).ok()?)
    }

    /// Returns the next 64 bits in hexadecimal, for ids.
    pub(super) fn hex(&mut self) -> String {
        format!("{:012x}", self.next() >> 16)
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
