//! Short forms of given names: Bob is a Robert, and a Chris is a Christopher or a Christine.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::name;

/// Names with the short forms that stand for them alone or for others too.
const NAMES: &[&str] = &[
    "alexander alex",
    "alexandra alex",
    "abigail abby",
    "andrew andy drew",
    "anthony tony",
    "barbara barb",
    "benjamin ben",
    "catherine cathy kate katie",
    "charles charlie chuck",
    "christina chris",
    "christine chris",
    "christopher chris",
    "daniel dan danny",
    "david dave",
    "deborah deb debbie",
    "donald don",
    "douglas doug",
    "edward ed eddie ted",
    "elizabeth liz lizzie beth betty betsy",
    "frederick fred",
    "gregory greg",
    "henry hank",
    "jacqueline jackie",
    "james jim jimmy jamie",
    "jeffrey jeff",
    "jennifer jen jenny",
    "jessica jess jessie",
    "john jack johnny",
    "jonathan jon",
    "joseph joe",
    "joshua josh",
    "katherine kathy kate katie",
    "kenneth ken",
    "lawrence larry",
    "margaret maggie peggy meg",
    "matthew matt",
    "maximilian max",
    "michael mike mick",
    "nathan nate",
    "nathaniel nate",
    "nicholas nick",
    "pamela pam",
    "patricia pat patty trish",
    "patrick pat",
    "peter pete",
    "philip phil",
    "phillip phil",
    "raymond ray",
    "rebecca becky",
    "richard rich rick dick",
    "robert rob bob bobby",
    "ronald ron",
    "samantha sam",
    "samuel sam",
    "stephen steve",
    "steven steve",
    "susan sue susie",
    "theodore ted theo",
    "thomas tom tommy",
    "timothy tim",
    "victoria vicky",
    "vincent vince",
    "walter walt",
    "william will bill billy willie",
    "zachary zach zack",
];

struct Names {
    /// The rows that a form stands in.
    rows: HashMap<String, Vec<usize>>,
    /// The form that stands for all that a form is linked with.
    stands_for: HashMap<String, String>,
}

static TABLE: LazyLock<Names> = LazyLock::new(|| {
    let mut rows: HashMap<String, Vec<usize>> = HashMap::new();
    // A row that shares a form with an earlier one takes the earlier one's first name.
    let mut firsts: Vec<String> = Vec::with_capacity(NAMES.len());
    for (row, names) in NAMES.iter().enumerate() {
        let forms: Vec<String> = names.split(' ').map(name::plain).collect();
        let mut met: Vec<String> = forms
            .iter()
            .filter_map(|form| firsts.get(*rows.get(form)?.first()?).cloned())
            .chain(forms.first().cloned())
            .collect();
        met.sort_unstable();
        let first = met.first().cloned().unwrap_or_default();
        for known in &mut firsts {
            if met.contains(known) {
                known.clone_from(&first);
            }
        }
        firsts.push(first);
        for form in forms {
            rows.entry(form).or_default().push(row);
        }
    }
    let stands_for = rows
        .iter()
        .filter_map(|(form, of)| Some((form.clone(), firsts.get(*of.first()?)?.clone())))
        .collect();
    Names { rows, stands_for }
});

/// Returns what stands for a name, as [`name::plain`] leaves it, and for all its forms; the name itself where it has none.
pub(super) fn root(word: &str) -> &str {
    TABLE.stands_for.get(word).map_or(word, String::as_str)
}

/// Tells whether two names, as [`name::plain`] leaves them, may be one person's: they are equal, or one name has both forms.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    let rows = |word: &str| TABLE.rows.get(word);
    one == other
        || rows(one)
            .zip(rows(other))
            .is_some_and(|(ours, theirs)| ours.iter().any(|row| theirs.contains(row)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_name_are_one_and_two_names_are_two() {
        let check = |one: &str, other: &str, is_one: bool| {
            assert_eq!(is_same(one, other), is_one, "{one} {other}");
            assert_eq!(is_same(other, one), is_one, "{one} {other}");
        };
        check("bob", "robert", true);
        check("bob", "rob", true);
        check("bill", "william", true);
        check("chris", "christopher", true);
        check("chris", "christine", true);
        check("christopher", "christine", false);
        check("alexander", "alexandra", false);
        check("ann", "anna", false);
        check("bob", "bill", false);
    }

    #[test]
    fn whatever_may_be_the_same_has_one_root() {
        for row in NAMES {
            let forms: Vec<String> = row.split(' ').map(name::plain).collect();
            for form in &forms {
                assert_eq!(root(form), root(&forms[0]), "{form}");
            }
        }
        assert_eq!(root("kate"), root("katherine"));
        assert_eq!(root("acker"), "acker");
    }
}
