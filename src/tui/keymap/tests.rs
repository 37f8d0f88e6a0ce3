use super::*;

fn keys(text: &str) -> Vec<Chord> {
    text.split(' ').map(|k| k.parse().unwrap()).collect()
}

fn built_in() -> Keymap {
    Keymap::load(None).unwrap()
}

#[test]
fn one_key_never_means_two_things_in_one_place() {
    let keymap = built_in();
    for context in KeyContext::all() {
        let here: Vec<_> = keymap.within(context).collect();
        for (i, a) in here.iter().enumerate() {
            for b in here.iter().skip(i + 1) {
                assert!(!clashes(a, b), "{a:?} and {b:?}");
            }
        }
    }
}

#[test]
fn one_key_never_means_two_things_on_two_screens() {
    let keymap = built_in();
    let on_screens: Vec<_> = keymap
        .bindings()
        .iter()
        .filter(|b| b.context == KeyContext::Screen || b.context.parent().is_some())
        .collect();
    for (i, a) in on_screens.iter().enumerate() {
        for b in on_screens.iter().skip(i + 1) {
            let same = a.keys.starts_with(&b.keys) || b.keys.starts_with(&a.keys);
            assert!(!same || a.action == b.action, "{a:?} and {b:?}");
        }
    }
    let error = Keymap::load(Some(
        "[today]\napprove = [\"a\"]\n[contacts]\ncopy_address = [\"a\"]",
    ));
    assert!(error.unwrap_err().to_string().contains("already means"));
}

#[test]
fn every_action_has_a_key_somewhere() {
    let keymap = built_in();
    for action in KeyAction::all() {
        assert!(
            keymap.bindings().iter().any(|b| b.action == action),
            "{action} has no key"
        );
    }
}

#[test]
fn every_place_has_a_way_back() {
    let keymap = built_in();
    for context in KeyContext::all() {
        assert_eq!(
            keymap.resolve(context, &keys("esc")),
            Resolution::Action(KeyAction::Back),
            "{context}"
        );
    }
}

#[test]
fn keys_one_after_another_are_awaited() {
    let keymap = built_in();
    let Resolution::Prefix(next) = keymap.resolve(KeyContext::On(ScreenId::Today), &keys("g"))
    else {
        panic!("g alone must wait");
    };
    // Every screen, the first line and the choice of a screen.
    assert_eq!(next.len(), ScreenId::ALL.len() + 2);
    assert_eq!(
        keymap.resolve(KeyContext::On(ScreenId::Today), &keys("g g")),
        Resolution::Action(KeyAction::Top)
    );
    assert_eq!(
        keymap.resolve(KeyContext::On(ScreenId::Today), &keys("g z")),
        Resolution::Unbound
    );
}

#[test]
fn the_operators_file_wins_and_takes_keys_over() {
    let keymap = Keymap::load(Some("[today]\napprove = [\"w\"]\nskip = [\"d\"]\n")).unwrap();
    let check = |key: &str, expect| {
        assert_eq!(
            keymap.resolve(KeyContext::On(ScreenId::Today), &keys(key)),
            expect,
            "{key}"
        );
    };
    check("w", Resolution::Action(KeyAction::Approve));
    check("a", Resolution::Unbound);
    check("d", Resolution::Action(KeyAction::Skip));
    check("x", Resolution::Unbound);
    check("e", Resolution::Action(KeyAction::Edit));
}

#[test]
fn a_key_can_be_taken_away() {
    let keymap = Keymap::load(Some("[screen]\nkill_switch = []\n")).unwrap();
    assert_eq!(
        keymap.resolve(KeyContext::On(ScreenId::Today), &keys("K")),
        Resolution::Unbound
    );
}

#[test]
fn mistakes_are_named_with_their_line() {
    let check = |text: &str, expect: &str| {
        let error = Keymap::load(Some(text)).unwrap_err().to_string();
        assert!(error.contains(expect), "{text}: {error}");
    };
    check("[today]\naprove = [\"a\"]", "keymap.toml:2:");
    check("[today]\naprove = [\"a\"]", "did you mean \"approve\"?");
    check("\n[tody]\napprove = [\"a\"]", "keymap.toml:2:");
    check("[today]\napprove = [\"ctrl-\"]", "keymap.toml:2: \"ctrl-\"");
    check("[today]\napprove = [\n\"a\",\n\"nokey\"]", "keymap.toml:4:");
    check(
        "[today]\napprove = [\"a\"]\nskip = [\"a\"]",
        "keymap.toml:3: \"a\" already means approve",
    );
    check(
        "[today]\napprove = [\"g\"]\nskip = [\"g s\"]",
        "one begins the other",
    );
    check("[picker]\nconfirm = [\"y\"]", "is text in [picker]");
    check("[today]\napprove = \"a\"", "keymap.toml:2:");
    check("[today", "keymap.toml:1:");
    check("[today]\napprove = [\"\"]", "empty");
}
