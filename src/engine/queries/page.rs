//! A page of a list that is too long to be read whole: some lines around a place, found by key and never by count, so that the millionth line
//! costs what the first does.

/// Where a page lies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Anchor<K> {
    /// At the list's beginning.
    #[default]
    First,
    /// At its end.
    Last,
    /// Around the line with this key, or around where it would be.
    Around(K),
}

/// What part of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<K> {
    /// Where.
    pub anchor: Anchor<K>,
    /// How many lines at most.
    pub limit: usize,
}

impl<K> Page<K> {
    /// Returns the page at the list's beginning.
    #[must_use]
    pub const fn first(limit: usize) -> Self {
        Self {
            anchor: Anchor::First,
            limit,
        }
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice<T> {
    /// The lines, in the list's order.
    pub rows: Vec<T>,
    /// Whether there are lines before the first of these.
    pub before: bool,
    /// Whether there are lines after the last of these.
    pub after: bool,
}

impl<T> Default for Slice<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            before: false,
            after: false,
        }
    }
}

impl<T> Slice<T> {
    /// Returns a list that was read whole.
    #[must_use]
    pub const fn whole(rows: Vec<T>) -> Self {
        Self {
            rows,
            before: false,
            after: false,
        }
    }

    /// Reads a page with two readers. `down` returns up to so many lines in the list's order, those at or after a key, or from the beginning;
    /// `up` returns up to so many in the reverse order, those strictly before a key, or from the end.
    ///
    /// # Errors
    /// The first error of a reader.
    pub fn read<K, E>(
        page: &Page<K>,
        mut down: impl FnMut(Option<&K>, usize) -> Result<Vec<T>, E>,
        mut up: impl FnMut(Option<&K>, usize) -> Result<Vec<T>, E>,
    ) -> Result<Self, E> {
        let limit = page.limit.max(2);
        let (mut above, mut below) = match &page.anchor {
            Anchor::First => (Vec::new(), down(None, limit + 1)?),
            Anchor::Last => (up(None, limit + 1)?, Vec::new()),
            Anchor::Around(key) => {
                let half = limit / 2;
                (up(Some(key), half + 1)?, down(Some(key), limit - half + 1)?)
            }
        };
        let (most_above, most_below) = match &page.anchor {
            Anchor::First => (0, limit),
            Anchor::Last => (limit, 0),
            Anchor::Around(_) => (limit / 2, limit - limit / 2),
        };
        let before = above.len() > most_above;
        let after = below.len() > most_below;
        above.truncate(most_above);
        below.truncate(most_below);
        above.reverse();
        above.append(&mut below);
        Ok(Self {
            rows: above,
            before,
            after,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn page(anchor: Anchor<u32>, limit: usize) -> Slice<u32> {
        let all: Vec<u32> = (0..20).collect();
        Slice::read::<u32, Infallible>(
            &Page { anchor, limit },
            |from, n| {
                Ok(all
                    .iter()
                    .copied()
                    .filter(|i| from.is_none_or(|k| i >= k))
                    .take(n)
                    .collect())
            },
            |to, n| {
                Ok(all
                    .iter()
                    .rev()
                    .copied()
                    .filter(|i| to.is_none_or(|k| i < k))
                    .take(n)
                    .collect())
            },
        )
        .unwrap()
    }

    #[test]
    fn a_page_lies_where_it_was_asked_for() {
        let check = |anchor, limit, from: u32, to: u32, before, after| {
            let slice = page(anchor, limit);
            assert_eq!(slice.rows, (from..to).collect::<Vec<_>>());
            assert_eq!((slice.before, slice.after), (before, after));
        };
        check(Anchor::First, 5, 0, 5, false, true);
        check(Anchor::Last, 5, 15, 20, true, false);
        check(Anchor::Around(10), 6, 7, 13, true, true);
        check(Anchor::Around(0), 6, 0, 3, false, true);
        check(Anchor::Around(19), 6, 16, 20, true, false);
        check(Anchor::Around(99), 6, 17, 20, true, false);
        check(Anchor::First, 20, 0, 20, false, false);
        check(Anchor::Last, 50, 0, 20, false, false);
    }
}
