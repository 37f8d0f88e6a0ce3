//! The trained weights: `assets/wish/model.bin`, which `training/train.py` makes of `training/replies`.

use std::sync::LazyLock;

use super::features::{self, Hashes, LANGUAGES};

/// The asset, one byte a weight.
static BYTES: &[u8] = include_bytes!("../../../../assets/wish/model.bin");

/// Linear weights over hashed features.
#[derive(Debug, Clone, Copy)]
struct Linear {
    weights: &'static [u8],
    step: f64,
}

impl Linear {
    fn score(&self, hashes: &Hashes) -> f64 {
        let mask = self.weights.len().saturating_sub(1);
        let total: f64 = hashes
            .values()
            .map(|(list, value)| {
                let sum: i64 = list
                    .iter()
                    .map(|hash| weight(self.weights, *hash as usize & mask))
                    .sum();
                sum as f64 * value
            })
            .sum();
        total * self.step
    }
}

fn weight(weights: &[u8], at: usize) -> i64 {
    weights.get(at).map_or(0, |b| i64::from(b.cast_signed()))
}

/// Pieces of a text that are weighed one by one.
const MAX_CLAUSES: usize = 10;
/// What the loudest piece of a text adds to its score: a wish in the last clause of a long answer is a wish. The training says the same.
const LOUDEST: f64 = 0.5;

/// What the model says of a text, as scores: above zero speaks for, below against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores<'t> {
    /// For a wish to be left alone: of the whole, and what its loudest piece adds.
    pub opt_out: f64,
    /// The piece that speaks for it loudest.
    pub loudest: &'t str,
    /// Among such wishes, for another matter beside it.
    pub mixed: f64,
    /// Among such wishes, for the whole firm.
    pub firm: f64,
    /// Among such wishes, for addresses that are named.
    pub addresses: f64,
    /// Among such wishes, for a domain that is named.
    pub domain: f64,
}

/// The model.
#[derive(Debug)]
pub struct Model {
    /// Score from which to ask.
    pub ask_from: f64,
    /// Score from which it is a yes.
    pub yes_from: f64,
    /// Scores of the weights from which a wish is mixed, or speaks for a firm, for addresses, for a domain.
    starts: [f64; 4],
    knots: Vec<(f64, f64)>,
    languages: Vec<&'static [u8]>,
    linear: [Linear; 5],
}

/// The model, read at its first use. A test reads it; one that is not whole asks about every text.
pub static MODEL: LazyLock<Model> = LazyLock::new(|| {
    Model::read(BYTES).unwrap_or(Model {
        ask_from: f64::NEG_INFINITY,
        yes_from: f64::INFINITY,
        starts: [f64::INFINITY; 4],
        knots: Vec::new(),
        languages: Vec::new(),
        linear: [NOTHING; 5],
    })
});

const NOTHING: Linear = Linear {
    weights: &[],
    step: 0.0,
};

struct Reader(&'static [u8]);

impl Reader {
    fn take(&mut self, count: usize) -> Option<&'static [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn number(&mut self) -> Option<usize> {
        let bytes = self.take(4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    }

    fn float(&mut self) -> Option<f64> {
        Some(f64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }
}

impl Model {
    fn read(bytes: &'static [u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        if reader.take(8)? != b"WISH0002" {
            return None;
        }
        let (language_bits, main_bits, side_bits) =
            (reader.number()?, reader.number()?, reader.number()?);
        if language_bits != features::LANGUAGE_BITS as usize || main_bits > 24 || side_bits > 24 {
            return None;
        }
        let (ask_from, yes_from) = (reader.float()?, reader.float()?);
        let mut starts = [0.0; 4];
        for start in &mut starts {
            *start = reader.float()?;
        }
        let mut steps = [0.0; 5];
        for step in &mut steps {
            *step = reader.float()?;
        }
        let count = reader.number()?;
        let mut knots = Vec::with_capacity(count.min(64));
        for _ in 0..count {
            knots.push((reader.float()?, reader.float()?));
        }
        let languages = LANGUAGES
            .iter()
            .map(|_| reader.take(1 << language_bits))
            .collect::<Option<Vec<_>>>()?;
        let mut linear = [NOTHING; 5];
        for (n, (part, step)) in linear.iter_mut().zip(steps).enumerate() {
            let bits = if n == 0 { main_bits } else { side_bits };
            *part = Linear {
                weights: reader.take(1 << bits)?,
                step,
            };
        }
        reader.0.is_empty().then_some(Self {
            ask_from,
            yes_from,
            starts,
            knots,
            languages,
            linear,
        })
    }

    /// Returns the language of a text: the likeliest of [`LANGUAGES`].
    pub fn language(&self, text: &str) -> &'static str {
        let grams = features::language_grams(text);
        let score = |row: &[u8]| grams.iter().map(|g| weight(row, *g)).sum::<i64>();
        let mut best = ("en", i64::MIN);
        for (lang, row) in LANGUAGES.iter().zip(&self.languages) {
            let score = score(row);
            if score > best.1 {
                best = (lang, score);
            }
        }
        best.0
    }

    /// Returns what the weights say of a writer's own lines in a language, as an answer to what was asked.
    pub fn scores<'t>(&self, lang: &str, asked: &str, own: &'t str) -> Scores<'t> {
        let hashes = features::hashes(lang, asked, own);
        let [whole, mixed, firm, addresses, domain] =
            self.linear.each_ref().map(|part| part.score(&hashes));
        let [of_wish, ..] = &self.linear;
        let [mixed_from, firm_from, addresses_from, domain_from] = self.starts;
        let pieces: Vec<&str> = clauses(own).collect();
        let loudest = match pieces.as_slice() {
            [] | [_] => (whole, own.trim()),
            several => several
                .iter()
                .enumerate()
                .map(|(n, piece)| {
                    let asked = if n == 0 { asked } else { "" };
                    (of_wish.score(&features::hashes(lang, asked, piece)), *piece)
                })
                // The first of equals.
                .reduce(|best, one| if one.0 > best.0 { one } else { best })
                .unwrap_or((whole, "")),
        };
        Scores {
            opt_out: whole + LOUDEST * loudest.0,
            loudest: loudest.1,
            mixed: mixed - mixed_from,
            firm: firm - firm_from,
            addresses: addresses - addresses_from,
            domain: domain - domain_from,
        }
    }

    /// Returns the probability that belongs to a score, 0..1, as it was on replies that the training had not seen.
    pub fn probability(&self, score: f64) -> f64 {
        let mut before: Option<(f64, f64)> = None;
        for (at, probability) in &self.knots {
            if score < *at {
                return match before {
                    Some((from, low)) if at > &from => {
                        low + (probability - low) * (score - from) / (at - from)
                    }
                    _ => *probability,
                };
            }
            before = Some((*at, *probability));
        }
        before.map_or(0.5, |(_, probability)| probability)
    }
}

/// Returns the pieces of a text, up to a mark that ends a sentence or the line's end.
fn clauses(own: &str) -> impl Iterator<Item = &str> {
    own.split_inclusive(['.', '!', '?', '\n', '。', '！', '？'])
        .map(|piece| piece.trim_matches([' ', '\t', '\u{a0}', '\n']))
        .filter(|piece| !piece.is_empty())
        .take(MAX_CLAUSES)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::super::features::{GROUPS, hashes, own};
    use super::*;

    #[derive(Deserialize)]
    struct Row {
        asked: String,
        text: String,
        lang: String,
        own: String,
        groups: std::collections::BTreeMap<String, (usize, u32)>,
        scores: [f64; 5],
    }

    #[test]
    fn training_and_program_find_the_same_features() {
        let rows = include_str!("../../../../training/vectors.json");
        let mut count = 0;
        for line in rows.lines() {
            let row: Row = serde_json::from_str(line).unwrap();
            let text = own(&row.text, &row.asked);
            assert_eq!(text, row.own);
            let lang = MODEL.language(&format!("{}\n{text}", row.asked));
            assert_eq!(lang, row.lang, "{}", row.text);
            let found = hashes(lang, &row.asked, &text);
            for (n, (_, letter, _)) in GROUPS.iter().enumerate() {
                assert_eq!(
                    Some(&found.sum(n)),
                    row.groups.get(*letter),
                    "{letter}: {}",
                    row.text
                );
            }
            let got = MODEL.scores(lang, &row.asked, &text);
            let got = [got.opt_out, got.mixed, got.firm, got.addresses, got.domain];
            for (got, expected) in got.iter().zip(row.scores) {
                assert!(
                    (got - expected).abs() < 1e-9,
                    "{got} for {expected}: {}",
                    row.text
                );
            }
            count += 1;
        }
        assert!(count > 50, "{count} rows");
    }

    #[test]
    fn a_probability_never_falls_with_the_score() {
        let mut last = 0.0;
        for n in -40..=40 {
            let now = MODEL.probability(f64::from(n) / 10.0);
            assert!(now >= last && (0.0..=1.0).contains(&now), "{n}: {now}");
            last = now;
        }
    }

    #[test]
    fn a_cut_asset_is_refused() {
        assert!(Model::read(BYTES).is_some());
        assert!(Model::read(BYTES.get(..BYTES.len() - 1).unwrap()).is_none());
        assert!(Model::read(b"WISH0002").is_none());
        assert!(Model::read(b"").is_none());
    }
}
