//! The kinds of effect, one folder each. A new one is a folder, a word in `domain/effect`, and a line here.

pub(in crate::engine) mod mail;
pub(in crate::engine) mod meeting;
pub(in crate::engine) mod record;
#[cfg(test)]
mod toy;

use crate::domain::effect::EffectKind;
use crate::engine::effects::kind::Effect;

/// Every kind, in the order in which they are asked for a move.
pub(in crate::engine) const ALL: &[&dyn Effect] = &[
    &meeting::Meeting,
    &mail::Mail,
    &record::Record,
    #[cfg(test)]
    &toy::Toy,
];

/// Returns the kind behind its word.
#[expect(
    clippy::expect_used,
    reason = "a test holds every word against the list"
)]
pub(in crate::engine) fn of(kind: EffectKind) -> &'static dyn Effect {
    ALL.iter()
        .copied()
        .find(|effect| effect.kind() == kind)
        .expect("every kind of effect is in the list")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_effect_is_in_the_list_once() {
        for kind in EffectKind::ALL {
            let found = ALL.iter().filter(|effect| effect.kind() == *kind).count();
            assert_eq!(found, 1, "{kind}");
            assert_eq!(of(*kind).kind(), *kind);
        }
    }
}
