//! Threads: the headers that an answer carries, and which messages belong together by their headers alone.
//!
//! Grouping follows the REFERENCES algorithm of RFC 5256 (after J. Zawinski) as far as it is independent of the order of input.
//! The ids of a message's References, or where it has none the first of In-Reply-To, are all of one conversation with it, whether or not
//! the messages they name are there: two answers to a missing message are siblings. As only the groups are wanted and not the
//! tree, a union of sets does it in near-linear time, and loops cannot harm.
//!
//! Its step 5, merging by subject, is narrowed. RFC 5256 joins every two threads of one base subject; here a sequence sends the same
//! subject to many people, and joining those would show one person's answer to another. So a subject joins a message to a
//! thread only if the message has no threading header at all, its subject is a reply's, and
//! - its sender and a recipient have both been in the thread (the latest such thread before it wins), or
//! - one side names no recipients, and there is only one thread of that base subject.
//!
//! A second message with a Message-ID already seen is a copy, and stays with the first, if sender and base subject are the same;
//! otherwise the id is misused and the message counts as one without an id.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::message_id::MessageId;
use super::parsed::ParsedMail;
use super::subject::{is_reply_or_forward, reply_subject, thread_subject};

/// A References chain of more ids than this is cut in its middle: RFC 5537 §3.4.4 lets a chain be trimmed, but never its first
/// id (the thread) or its last ones (the parents).
const MAX_CHAIN: usize = 100;
const CHAIN_HEAD: usize = 10;

/// Threading headers of an answer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ReplyHeaders {
    /// The parent's Message-ID; `None` if it has none.
    pub in_reply_to: Option<MessageId>,
    /// The thread so far, oldest first, ending with the parent.
    pub references: Vec<MessageId>,
    /// The subject.
    pub subject: String,
}

/// Returns the headers of an answer to `parent`, by RFC 5322 §3.6.4.
#[must_use]
pub fn reply_headers(parent: &ParsedMail) -> ReplyHeaders {
    reply_headers_to(
        parent.message_id.as_ref(),
        &parent.in_reply_to,
        &parent.references,
        &parent.subject,
    )
}

/// Returns the headers of an answer to a message of which only these four fields are known.
///
/// References are the parent's References, or where it has none its In-Reply-To if that holds exactly one id, and then the parent's
/// own id.
#[must_use]
pub fn reply_headers_to(
    message_id: Option<&MessageId>,
    in_reply_to: &[MessageId],
    references: &[MessageId],
    subject: &str,
) -> ReplyHeaders {
    let mut chain: Vec<MessageId> = match (references, in_reply_to) {
        ([], [only]) => vec![only.clone()],
        ([], _) => Vec::new(),
        (references, _) => references.to_vec(),
    };
    if let Some(id) = message_id
        && chain.last() != Some(id)
    {
        chain.push(id.clone());
    }
    if chain.len() > MAX_CHAIN {
        chain.drain(CHAIN_HEAD..chain.len() - (MAX_CHAIN - CHAIN_HEAD));
    }
    ReplyHeaders {
        in_reply_to: message_id.cloned(),
        references: chain,
        subject: reply_subject(subject),
    }
}

/// The part of a message that threading needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ThreadItem {
    /// Names the message to the caller and orders what is otherwise equal; unique among the items.
    pub name: String,
    /// The message's id.
    pub message_id: Option<MessageId>,
    /// The ids of In-Reply-To.
    pub in_reply_to: Vec<MessageId>,
    /// The ids of References.
    pub references: Vec<MessageId>,
    /// The decoded subject.
    pub subject: String,
    /// The author's address key, if there is one.
    pub from: Option<String>,
    /// The recipients' address keys.
    pub to: Vec<String>,
    /// The message's date.
    pub date: Option<Timestamp>,
}

/// Messages that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// The id of the thread's first message, or its name in angle-less form where it has none.
    pub id: String,
    /// The subject of its first message, as written.
    pub subject: String,
    /// The members' positions in the input, ordered by date, then name; undated ones last.
    pub members: Vec<usize>,
    /// Reasons for the grouping.
    pub because: Vec<String>,
}

/// Returns the threads among `items`, oldest first. The same items in another order give the same threads.
#[must_use]
pub fn thread(items: &[ThreadItem]) -> Vec<Thread> {
    // Everything below walks this order, so that the answer does not depend on the input's.
    let mut order: Vec<usize> = (0..items.len()).collect();
    let key = |position: &usize| {
        items
            .get(*position)
            .map(|item| (item.date.is_none(), item.date, &item.name))
    };
    order.sort_by(|a, b| key(a).cmp(&key(b)));
    let ordered: Vec<&ThreadItem> = order.iter().filter_map(|&p| items.get(p)).collect();
    let subjects: Vec<String> = ordered
        .iter()
        .map(|item| thread_subject(&item.subject))
        .collect();

    // Nodes 0..n are messages; ids that are only referred to get nodes behind them.
    let mut sets = Sets::new(ordered.len());
    let mut reasons: Vec<(usize, String)> = Vec::new();
    let mut node_of: HashMap<&MessageId, usize> = HashMap::new();
    for (node, item) in ordered.iter().enumerate() {
        let Some(id) = &item.message_id else { continue };
        match node_of.get(id) {
            None => {
                node_of.insert(id, node);
            }
            Some(&first) => {
                let same = ordered.get(first).is_some_and(|f| f.from == item.from)
                    && subjects.get(first) == subjects.get(node);
                if same {
                    sets.join(first, node);
                    reasons.push((node, format!("{} is a copy of {id}", item.name)));
                } else {
                    reasons.push((
                        node,
                        format!("{} reuses {id} of another message", item.name),
                    ));
                }
            }
        }
    }
    let mut missing: BTreeMap<&MessageId, usize> = BTreeMap::new();
    for (node, item) in ordered.iter().enumerate() {
        for id in parents(item) {
            let target = *node_of.entry(id).or_insert_with(|| {
                let fresh = sets.add();
                missing.insert(id, fresh);
                fresh
            });
            sets.join(node, target);
        }
    }
    join_by_subject(&ordered, &subjects, &mut sets, &mut reasons);

    let mut threads: BTreeMap<usize, Thread> = BTreeMap::new();
    let mut place: HashMap<usize, usize> = HashMap::new();
    for (node, (item, &position)) in ordered.iter().zip(&order).enumerate() {
        let root = sets.root(node);
        let first = *place.entry(root).or_insert(node);
        let entry = threads.entry(first).or_insert_with(|| Thread {
            id: item
                .message_id
                .as_ref()
                .map_or_else(|| item.name.clone(), |id| id.as_str().to_owned()),
            subject: item.subject.clone(),
            members: Vec::new(),
            because: Vec::new(),
        });
        entry.members.push(position);
    }
    explain(
        items,
        &ordered,
        &mut sets,
        &place,
        &mut threads,
        &missing,
        reasons,
    );
    threads.into_values().collect()
}

/// The ids that tie an item to its thread: References, else the first of In-Reply-To.
fn parents(item: &ThreadItem) -> impl Iterator<Item = &MessageId> {
    let fallback = if item.references.is_empty() {
        item.in_reply_to.first()
    } else {
        None
    };
    item.references.iter().chain(fallback)
}

/// Recipients of one message that are remembered for joining by subject.
const MAX_RECIPIENTS: usize = 20;

fn join_by_subject(
    ordered: &[&ThreadItem],
    subjects: &[String],
    sets: &mut Sets,
    reasons: &mut Vec<(usize, String)>,
) {
    /// The threads of one base subject, seen so far.
    #[derive(Default)]
    struct Bucket<'a> {
        /// The last message for each pair of people, in both directions.
        pairs: HashMap<(&'a str, &'a str), usize>,
        /// Any one message of the bucket, and whether all of them are of its thread.
        first: Option<usize>,
        several: bool,
        /// True if some message names no recipients.
        open: bool,
    }
    let mut buckets: HashMap<&str, Bucket<'_>> = HashMap::new();
    // Messages with threading headers or a first subject stand for themselves; they must all be known before the others
    // look for them, as a date can be missing or wrong.
    let loose = |item: &ThreadItem| {
        item.references.is_empty()
            && item.in_reply_to.is_empty()
            && is_reply_or_forward(&item.subject)
    };
    for pass in [false, true] {
        for (node, (item, subject)) in ordered.iter().zip(subjects).enumerate() {
            if subject.is_empty() || loose(item) != pass {
                continue;
            }
            let bucket = buckets.entry(subject).or_default();
            let people: Vec<&str> = item
                .to
                .iter()
                .take(MAX_RECIPIENTS)
                .map(String::as_str)
                .collect();
            if pass {
                let met = item.from.as_deref().and_then(|from| {
                    people
                        .iter()
                        .filter_map(|to| bucket.pairs.get(&(from, *to)).copied())
                        .filter(|&other| before(ordered, other, node))
                        .max()
                        .or_else(|| {
                            people
                                .iter()
                                .filter_map(|to| bucket.pairs.get(&(from, *to)).copied())
                                .min()
                        })
                });
                let unnamed = people.is_empty() || item.from.is_none() || bucket.open;
                let target = met.or(if unnamed && !bucket.several {
                    bucket.first
                } else {
                    None
                });
                if let Some(other) = target
                    && sets.join(other, node)
                {
                    let with = ordered.get(other).map_or("", |o| o.name.as_str());
                    reasons.push((
                        node,
                        format!("{} has no threading headers; its reply subject and people match {with}", item.name),
                    ));
                }
            }
            match bucket.first {
                None => bucket.first = Some(node),
                Some(first) => bucket.several |= sets.root(first) != sets.root(node),
            }
            bucket.open |= people.is_empty();
            if let Some(from) = item.from.as_deref() {
                for to in people {
                    bucket.pairs.insert((from, to), node);
                    bucket.pairs.insert((to, from), node);
                }
            }
        }
    }
}

fn before(ordered: &[&ThreadItem], a: usize, b: usize) -> bool {
    match (
        ordered.get(a).and_then(|i| i.date),
        ordered.get(b).and_then(|i| i.date),
    ) {
        (Some(a), Some(b)) => a <= b,
        _ => true,
    }
}

fn explain(
    items: &[ThreadItem],
    ordered: &[&ThreadItem],
    sets: &mut Sets,
    place: &HashMap<usize, usize>,
    threads: &mut BTreeMap<usize, Thread>,
    missing: &BTreeMap<&MessageId, usize>,
    reasons: Vec<(usize, String)>,
) {
    const MAX_REASONS: usize = 50;
    for thread in threads.values_mut() {
        let linked = thread
            .members
            .iter()
            .filter_map(|&m| items.get(m))
            .filter(|item| parents(item).next().is_some())
            .count();
        thread.because.push(match (thread.members.len(), linked) {
            (1, 0) => "it refers to no other message and no reply matches it".to_owned(),
            (1, _) => "the messages it refers to are not among the files".to_owned(),
            (n, 0) => format!("{n} messages, none with References or In-Reply-To"),
            (n, linked) => {
                format!("{linked} of {n} messages point into it by References or In-Reply-To")
            }
        });
    }
    let mut say = |sets: &mut Sets, node: usize, text: String| {
        if let Some(thread) = place
            .get(&sets.root(node))
            .and_then(|first| threads.get_mut(first))
            && thread.because.len() < MAX_REASONS
        {
            thread.because.push(text);
        }
    };
    let mut children: HashMap<&MessageId, usize> = HashMap::new();
    for id in ordered.iter().flat_map(|item| parents(item)) {
        *children.entry(id).or_default() += 1;
    }
    for (id, &node) in missing {
        let count = children.get(*id).copied().unwrap_or_default();
        if count > 1 {
            say(
                sets,
                node,
                format!("{id} is missing, but {count} messages refer to it"),
            );
        }
    }
    for (node, text) in reasons {
        say(sets, node, text);
    }
}

/// Disjoint sets with path halving and union by size.
struct Sets {
    parent: Vec<usize>,
    size: Vec<usize>,
}

impl Sets {
    fn new(count: usize) -> Self {
        Self {
            parent: (0..count).collect(),
            size: vec![1; count],
        }
    }

    fn add(&mut self) -> usize {
        self.parent.push(self.parent.len());
        self.size.push(1);
        self.parent.len() - 1
    }

    fn root(&mut self, mut node: usize) -> usize {
        loop {
            let parent = self.parent.get(node).copied().unwrap_or(node);
            if parent == node {
                return node;
            }
            let above = self.parent.get(parent).copied().unwrap_or(parent);
            if let Some(slot) = self.parent.get_mut(node) {
                *slot = above;
            }
            node = above;
        }
    }

    /// Joins two sets; false if they were one already.
    fn join(&mut self, a: usize, b: usize) -> bool {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return false;
        }
        let size = |sets: &Self, n: usize| sets.size.get(n).copied().unwrap_or(1);
        let (small, large) = if size(self, a) < size(self, b) {
            (a, b)
        } else {
            (b, a)
        };
        let sum = size(self, a) + size(self, b);
        if let Some(slot) = self.parent.get_mut(small) {
            *slot = large;
        }
        if let Some(slot) = self.size.get_mut(large) {
            *slot = sum;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::email::message_id::parse_list;
    use proptest::prelude::*;

    fn item(
        name: &str,
        id: &str,
        refs: &str,
        irt: &str,
        subject: &str,
        people: &str,
    ) -> ThreadItem {
        let (from, to) = people.split_once('>').unwrap_or((people, ""));
        ThreadItem {
            name: name.to_owned(),
            message_id: MessageId::find(id),
            in_reply_to: parse_list(irt),
            references: parse_list(refs),
            subject: subject.to_owned(),
            from: (!from.is_empty()).then(|| from.to_owned()),
            to: to
                .split(',')
                .filter(|t| !t.is_empty())
                .map(str::to_owned)
                .collect(),
            date: name
                .trim_start_matches(|c: char| !c.is_ascii_digit())
                .parse::<i64>()
                .ok()
                .and_then(|n| Timestamp::from_second(n * 60).ok()),
        }
    }

    fn check(items: &[ThreadItem], expect: &[&[&str]]) {
        let names = |items: &[ThreadItem]| -> Vec<Vec<String>> {
            thread(items)
                .iter()
                .map(|t| t.members.iter().map(|&m| items[m].name.clone()).collect())
                .collect()
        };
        assert_eq!(names(items), expect);
        let mut reversed = items.to_vec();
        reversed.reverse();
        assert_eq!(names(&reversed), expect, "another order of input");
    }

    #[test]
    fn references_join_messages_in_any_order_and_across_gaps() {
        check(
            &[
                item("m3", "<c@x>", "<a@x> <b@x>", "<b@x>", "Re: A", "ann>me"),
                item("m1", "<a@x>", "", "", "A", "me>ann"),
                item("m9", "<z@x>", "", "", "Z", "me>zoe"),
            ],
            &[&["m1", "m3"], &["m9"]],
        );
        // The parent is missing: its two children are siblings.
        check(
            &[
                item("m1", "<b@x>", "<gone@x>", "", "Re: A", "ann>me"),
                item("m2", "<c@x>", "", "<gone@x>", "Re: other", "bob>me"),
            ],
            &[&["m1", "m2"]],
        );
    }

    #[test]
    fn loops_self_references_and_copies_do_no_harm() {
        check(
            &[
                item("m1", "<a@x>", "<b@x>", "", "A", "ann>me"),
                item("m2", "<b@x>", "<a@x> <b@x>", "", "A", "me>ann"),
                item("m3", "<a@x>", "<b@x>", "", "Re: A", "ann>me"),
            ],
            &[&["m1", "m2", "m3"]],
        );
        // One id on two different messages does not join them.
        check(
            &[
                item("m1", "<id@x>", "", "", "Invoice", "ann>me"),
                item("m2", "<id@x>", "", "", "Lunch", "bob>me"),
                item("m3", "<r@x>", "<id@x>", "", "Re: Invoice", "me>ann"),
            ],
            &[&["m1", "m3"], &["m2"]],
        );
    }

    #[test]
    fn one_subject_to_many_people_stays_many_threads() {
        check(
            &[
                item("m1", "<1@x>", "", "", "Quick question", "me>ann"),
                item("m2", "<2@x>", "", "", "Quick question", "me>bob"),
                item("m3", "<3@x>", "", "<1@x>", "Re: Quick question", "ann>me"),
                item("m4", "<4@x>", "", "", "Re: Quick question", "bob>me"),
                item("m5", "<5@x>", "", "", "Re: Quick question", "eve>me"),
            ],
            &[&["m1", "m3"], &["m2", "m4"], &["m5"]],
        );
    }

    #[test]
    fn a_reply_subject_joins_where_no_header_can() {
        // No recipients are named and there is one thread only.
        check(
            &[
                item("m1", "<1@x>", "", "", "Hello", "ann"),
                item("m2", "<2@x>", "", "", "Re: Hello", "bob"),
                item("m3", "<3@x>", "", "", "AW: Hello", ""),
            ],
            &[&["m1", "m2", "m3"]],
        );
        // Two threads of that subject: no telling which.
        check(
            &[
                item("m1", "<1@x>", "", "", "Hello", ""),
                item("m2", "<2@x>", "", "", "Hello", ""),
                item("m3", "<3@x>", "", "", "Re: Hello", ""),
            ],
            &[&["m1"], &["m2"], &["m3"]],
        );
        // An empty base subject joins nothing.
        check(
            &[
                item("m1", "<1@x>", "", "", "Re:", ""),
                item("m2", "<2@x>", "", "", "Re:", ""),
            ],
            &[&["m1"], &["m2"]],
        );
    }

    #[test]
    fn every_thread_says_why() {
        let items = [
            item("m1", "<b@x>", "<gone@x>", "", "Re: A", "ann>me"),
            item("m2", "<c@x>", "<gone@x>", "", "Re: A", "bob>me"),
        ];
        let threads = thread(&items);
        assert_eq!(threads[0].id, "b@x");
        assert_eq!(
            threads[0].because,
            [
                "2 of 2 messages point into it by References or In-Reply-To",
                "<gone@x> is missing, but 2 messages refer to it"
            ]
        );
    }

    #[test]
    fn an_answer_carries_the_chain() {
        let check = |id: &str, irt: &str, refs: &str, expect: &str| {
            let got = reply_headers_to(
                MessageId::find(id).as_ref(),
                &parse_list(irt),
                &parse_list(refs),
                "S",
            );
            let chain: Vec<String> = got.references.iter().map(ToString::to_string).collect();
            assert_eq!(chain.join(" "), expect);
            assert_eq!(got.in_reply_to, MessageId::find(id));
        };
        check("<a@x>", "", "", "<a@x>");
        check("<b@x>", "<a@x>", "", "<a@x> <b@x>");
        check("<c@x>", "<a@x> <b@x>", "", "<c@x>");
        check("<c@x>", "<z@x>", "<a@x> <b@x>", "<a@x> <b@x> <c@x>");
        check("", "<a@x>", "", "<a@x>");
        check("", "", "", "");
        let long: String = (0..300).map(|n| format!("<{n}@x> ")).collect();
        let got = reply_headers_to(
            MessageId::find("<p@x>").as_ref(),
            &[],
            &parse_list(&long),
            "S",
        );
        assert_eq!(got.references.len(), 100);
        assert_eq!(got.references[0].as_str(), "0@x");
        assert_eq!(got.references[98].as_str(), "299@x");
        assert_eq!(got.references[99].as_str(), "p@x");
    }

    proptest! {
        #[test]
        fn threads_partition_the_input_whatever_its_order(
            raw in proptest::collection::vec((0_u8..12, proptest::collection::vec(0_u8..14, 0..3), 0_u8..3, 0_u8..4, 0_u8..4), 0..14)
        ) {
            let items: Vec<ThreadItem> = raw.iter().enumerate().map(|(n, (id, refs, subject, from, to))| {
                let refs: String = refs.iter().map(|r| format!("<{r}@x>")).collect();
                let subject = ["Hi", "Re: Hi", "Re: Yo"][usize::from(*subject)];
                item(&format!("m{n}"), &format!("<{id}@x>"), &refs, "", subject, &format!("p{from}>p{to}"))
            }).collect();
            let groups = |items: &[ThreadItem]| -> Vec<Vec<String>> {
                thread(items).iter().map(|t| t.members.iter().map(|&m| items[m].name.clone()).collect()).collect()
            };
            let expect = groups(&items);
            prop_assert_eq!(expect.iter().map(Vec::len).sum::<usize>(), items.len());
            let mut turned = items.clone();
            turned.rotate_left(items.len() / 2);
            turned.reverse();
            prop_assert_eq!(groups(&turned), expect);
        }
    }
}
