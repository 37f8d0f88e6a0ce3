//! The work of keys and mouse.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use jiff::SignedDuration;

use super::*;
use crate::domain::action::ActionKind;
use crate::domain::id::MoveId;
use crate::domain::outcome::OutcomeKind;
use crate::domain::suppression::Whom;
use crate::engine::queries::undo::UndoItem;
use crate::tui::action::KeyAction;
use crate::tui::ids::ScreenId;
use crate::tui::keymap::{KeyContext, Keymap};
use crate::tui::overlays::help::sections;

fn bench() -> Bench {
    Bench::new(120, 40, fixtures::list(14))
}

fn changed(summary: &str) -> Done {
    Done::Changed {
        summary: summary.into(),
        undo: Some(crate::domain::id::UndoId(1)),
    }
}

fn mouse(kind: MouseEventKind, column: u16, row: u16) -> Message {
    Message::Input(Event::Mouse(MouseEvent {
        kind,
        column,
        row,
        modifiers: KeyModifiers::NONE,
    }))
}

/// Returns the number of the selected move, from the frame of its pane.
fn selected(bench: &mut Bench) -> i64 {
    let screen = bench.screen();
    let at = screen.find(" #").expect("a move is shown");
    screen[at + 2..]
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

#[test]
fn approval_shows_first_and_carries_the_hash_of_what_was_shown() {
    let mut bench = bench();
    bench.press("a");
    assert_eq!(bench.commands, [], "nothing happens before it is confirmed");
    assert!(
        bench
            .screen()
            .contains("It is sent; u takes it back until it leaves.")
    );
    bench.press("a");
    assert_eq!(
        bench.commands,
        [Command::Approve {
            id: MoveId(101),
            content_hash: Some([0xab; 32]),
            by: crate::domain::by::By::Operator,
        }]
    );
    assert_eq!(bench.app.depth(), 0);
}

#[test]
fn approval_can_be_left() {
    let mut bench = bench();
    bench.press("a esc a q");
    assert_eq!(bench.commands, []);
    assert_eq!(bench.app.depth(), 0);
}

#[test]
fn content_that_changed_while_it_was_looked_at_has_to_be_confirmed_anew() {
    let mut bench = bench();
    bench.press("a");
    let mut other = (*fixtures::detail(0)).clone();
    if let Some(draft) = &mut other.draft {
        draft.content_hash = "cd".repeat(32);
        draft.body = "Another text.".into();
    }
    bench.answers_details = false;
    bench.tell(Message::Shown {
        id: MoveId(101),
        result: Ok(std::sync::Arc::new(other)),
    });
    assert!(bench.screen().contains("The content changed just now"));
    bench.press("a");
    assert_eq!(bench.commands, []);
    bench.press("a");
    assert!(matches!(
        bench.commands.as_slice(),
        [Command::Approve {
            content_hash: Some(hash),
            ..
        }] if *hash == [0xcd; 32]
    ));
}

#[test]
fn nothing_is_approved_before_it_can_be_seen() {
    let mut bench = Bench::new(120, 40, fixtures::list(14));
    bench.answers_details = false;
    bench.press("G a a");
    assert_eq!(bench.commands, []);
    assert!(bench.screen().contains("Reading…"));
}

#[test]
fn what_is_done_by_hand_is_ticked_off() {
    let mut bench = bench();
    bench.press("j j a");
    assert!(bench.screen().contains("Tick off"));
    bench.press("enter");
    assert_eq!(
        bench.commands,
        [Command::Done {
            id: MoveId(103),
            note: String::new(),
        }]
    );
}

#[test]
fn marked_moves_are_acted_on_together_with_one_confirmation_that_counts_them() {
    let mut bench = bench();
    bench.press("space space space");
    assert!(bench.screen().contains("3 marked"));
    bench.press("a");
    assert!(
        bench
            .screen()
            .contains("Approve 3 moves: 2 mails, 1 by hand")
    );
    bench.press("a");
    assert_eq!(bench.commands.len(), 3);
    // The marks have done their work.
    assert!(!bench.screen().contains("marked"));

    let mut bench = self::bench();
    bench.press("space j space x");
    assert!(bench.screen().contains("Skip 2 marked moves"));
    bench.press("enter");
    assert_eq!(
        bench.commands,
        [Command::Skip {
            ids: vec![MoveId(101), MoveId(103)],
            reason: "not relevant".into(),
            suppress: None,
        }]
    );
}

#[test]
fn an_action_shows_at_once_and_is_taken_back_with_the_reason_if_it_fails() {
    let mut bench = bench();
    bench.press("a a");
    assert!(bench.screen().contains("approving"), "at once");
    let command = bench.commands[0].clone();
    bench.tell(Message::Ran {
        command,
        result: Err("The draft has no subject. Nothing was sent.".into()),
    });
    let screen = bench.screen();
    assert!(!screen.contains("approving"), "{screen}");
    assert!(screen.contains("The draft has no subject. Nothing was sent."));
    bench.press("!");
    assert!(bench.screen().contains("The draft has no subject."));
}

#[test]
fn what_was_done_is_said_with_the_key_that_undoes_it() {
    let mut bench = bench();
    bench.press("x enter");
    let command = bench.commands[0].clone();
    bench.list.moves.remove(0);
    bench.tell(Message::Ran {
        command,
        result: Ok(changed("Skipped \"Send proposal\": not relevant.")),
    });
    let screen = bench.screen();
    assert!(
        screen.contains("Skipped \"Send proposal\": not relevant.  u undoes"),
        "{screen}"
    );
    assert_eq!(selected(&mut bench), 102, "the next move takes its place");
    bench.press("u");
    assert_eq!(bench.commands[1], Command::Undo { id: None });
}

#[test]
fn several_results_are_told_as_one() {
    let mut bench = bench();
    bench.press("space space x enter");
    bench.commands.clear();
    bench.press("space space space a a");
    let commands = bench.commands.clone();
    assert_eq!(commands.len(), 3);
    for (i, command) in commands.into_iter().enumerate() {
        let result = if i == 1 {
            Err("It was suppressed.".into())
        } else {
            Ok(changed("Done."))
        };
        bench.tell(Message::Ran { command, result });
    }
    let screen = bench.screen();
    assert!(screen.contains("refused: It was suppressed."), "{screen}");
}

#[test]
fn position_is_kept_by_the_move_not_by_the_line() {
    let mut bench = bench();
    bench.press("j j j");
    assert_eq!(selected(&mut bench), 104);
    let before: Vec<String> = bench.screen().lines().map(str::to_owned).collect();
    let line = before.iter().position(|l| l.contains("▌")).unwrap();
    // Two new moves come up at the top.
    let mut top = vec![fixtures::item(20), fixtures::item(21)];
    top.append(&mut bench.list.moves);
    bench.list.moves = top;
    bench.tell(Message::Changed);
    assert_eq!(selected(&mut bench), 104);
    let after: Vec<String> = bench.screen().lines().map(str::to_owned).collect();
    let now = after.iter().position(|l| l.contains("▌")).unwrap();
    assert!(
        now >= line,
        "a list with room above may move down, never jump up: {line} {now}"
    );
    // It goes away: the one in its place is selected.
    bench.list.moves.retain(|m| m.id != MoveId(104));
    bench.tell(Message::Changed);
    assert_eq!(selected(&mut bench), 105);
}

#[test]
fn the_selected_move_stays_on_its_line_of_the_screen() {
    let mut bench = Bench::new(120, 40, fixtures::list(120));
    for _ in 0..60 {
        bench.press("j");
    }
    let line_of = |bench: &mut Bench| {
        bench
            .screen()
            .lines()
            .position(|l| l.contains("▌"))
            .unwrap()
    };
    let (id, line) = (selected(&mut bench), line_of(&mut bench));
    bench.list.moves.drain(3..10);
    bench.tell(Message::Changed);
    assert_eq!((selected(&mut bench), line_of(&mut bench)), (id, line));
}

#[test]
fn marks_survive_a_new_list_and_leave_with_their_moves() {
    let mut bench = bench();
    bench.press("space space");
    bench.list.moves.remove(0);
    bench.tell(Message::Changed);
    assert!(bench.screen().contains("1 marked"));
}

#[test]
fn finding_narrows_as_one_types_and_esc_shows_everything_again() {
    let mut bench = bench();
    bench.press("/");
    bench.type_text("kite");
    let screen = bench.screen();
    assert!(screen.contains("1 found"), "{screen}");
    assert!(!screen.contains("Dana Ruiz"), "{screen}");
    bench.press("enter");
    assert_eq!(bench.app.depth(), 0);
    assert!(bench.screen().contains("1 found"), "Enter keeps it");
    bench.press("esc");
    assert!(bench.screen().contains("Dana Ruiz"));
    bench.press("/");
    bench.type_text("zzz");
    assert!(bench.screen().contains("Nothing found"));
    bench.press("esc");
    assert!(bench.screen().contains("Dana Ruiz"));
}

#[test]
fn an_answer_to_an_earlier_question_is_not_shown() {
    let mut bench = bench();
    bench.press("2");
    let mut old = fixtures::list(14);
    old.moves.truncate(1);
    bench.tell(Message::Listed {
        generation: 0,
        result: Ok(Arc::new(old)),
    });
    assert!(bench.screen().contains("Omar Haddad"));
}

#[test]
fn domains_are_tabs() {
    let mut bench = bench();
    bench.press("4");
    let screen = bench.screen();
    assert!(screen.contains("Priya Raman") && !screen.contains("Omar Haddad"));
    bench.press("1");
    assert!(bench.screen().contains("Omar Haddad"));
    // The third tab, by the mouse.
    bench.tell(mouse(MouseEventKind::Down(MouseButton::Left), 36, 0));
    assert!(bench.screen().contains("Jo Park"));
    assert!(!bench.screen().contains("Omar Haddad"));
}

#[test]
fn snooze_takes_a_preset_or_words() {
    let mut bench = bench();
    bench.press("s enter");
    assert_eq!(
        bench.commands,
        [Command::Snooze {
            ids: vec![MoveId(101)],
            until: fixtures::now() + SignedDuration::from_hours(1),
        }]
    );
    bench.press("s");
    bench.type_text("1 dec");
    assert!(bench.screen().contains("Tue 1 Dec 2026 09:00"));
    bench.press("enter");
    assert!(matches!(
        &bench.commands[1],
        Command::Snooze { until, .. } if until.to_string() == "2026-12-01T08:00:00Z"
    ));
    bench.press("s");
    bench.type_text("qqq");
    bench.press("enter");
    assert_eq!(bench.commands.len(), 2, "nonsense is no time");
    assert_eq!(bench.app.depth(), 1);
}

#[test]
fn skip_takes_a_reason_of_ones_own() {
    let mut bench = bench();
    bench.press("x");
    bench.type_text("they are on parental leave");
    bench.press("enter");
    assert!(matches!(
        &bench.commands[0],
        Command::Skip { reason, .. } if reason == "they are on parental leave"
    ));
}

#[test]
fn a_skip_that_says_do_not_contact_asks_whom() {
    let check = |keys: &str, expect: Whom| {
        let mut bench = bench();
        bench.press("x");
        bench.type_text("do not");
        bench.press("enter");
        assert!(bench.commands.is_empty());
        assert!(bench.screen().contains("their firm"));
        bench.press(keys);
        assert!(matches!(
            bench.commands.as_slice(),
            [Command::Skip { reason, suppress: Some(whom), .. }] if *whom == expect && reason == "do not contact"
        ));
    };
    check("enter", Whom::Me);
    check("down enter", Whom::Firm);
}

#[test]
fn a_question_is_answered_by_one_key_each() {
    let check = |key: &str, expect: Option<bool>| {
        let mut list = fixtures::list(14);
        if expect.is_some() {
            list.moves[0].action = ActionKind::ConfirmOptOut;
        }
        let mut bench = Bench::new(80, 24, list);
        let screen = bench.screen();
        let names_keys = screen.contains("O opted out") && screen.contains("N did not");
        assert_eq!(names_keys, expect.is_some(), "{screen}");
        bench.press(key);
        let answers: Vec<bool> = bench
            .commands
            .iter()
            .filter_map(|command| match command {
                Command::AnswerOptOut {
                    opted_out,
                    whom: None,
                    ..
                } => Some(*opted_out),
                _ => None,
            })
            .collect();
        assert_eq!(answers.first().copied(), expect, "{key}");
    };
    check("O", Some(true));
    check("N", Some(false));
    check("O", None);
    check("N", None);
}

#[test]
fn outcomes_are_found_by_typing() {
    let mut bench = bench();
    bench.press("o");
    bench.type_text("mtg book");
    bench.press("enter");
    bench.type_text("next Tuesday");
    bench.press("enter");
    assert!(matches!(
        &bench.commands[0],
        Command::RecordOutcome {
            kind: OutcomeKind::MeetingBooked,
            move_id: Some(MoveId(101)),
            note,
            ..
        } if note == "next Tuesday"
    ));
}

#[test]
fn an_edit_is_saved_and_an_unsaved_one_is_asked_for() {
    let mut bench = bench();
    bench.press("e");
    bench.type_text("Hello. ");
    bench.press("esc");
    assert!(bench.screen().contains("Throw the edit away?"));
    bench.press("esc");
    assert_eq!(bench.app.depth(), 1, "still editing");
    bench.press("ctrl-s");
    assert!(matches!(
        &bench.commands[0],
        Command::EditDraft { id: MoveId(101), subject, body }
            if subject == "Re: Proposal for Q1" && body.starts_with("Hello. Hi Dana,\n")
    ));
    bench.press("e esc");
    assert_eq!(
        bench.app.depth(),
        0,
        "nothing was changed, nothing is asked"
    );
    bench.press("e");
    bench.type_text("x");
    bench.press("esc enter");
    assert_eq!(bench.app.depth(), 0);
    assert_eq!(bench.commands.len(), 1);
}

#[test]
fn what_is_being_written_is_kept_when_the_system_ends_the_program() {
    let mut bench = bench();
    bench.press("e");
    bench.type_text("x");
    bench.tell(Message::Terminate);
    assert!(matches!(&bench.commands[0], Command::EditDraft { .. }));
    assert!(bench.other.contains(&Effect::Quit));
}

#[test]
fn the_outer_editor_gets_the_draft() {
    let mut bench = bench();
    bench.press("E");
    assert!(matches!(
        bench.other.last(),
        Some(Effect::EditOutside { id: MoveId(101), subject, .. }) if subject == "Re: Proposal for Q1"
    ));
    bench.tell(Message::EditedOutside {
        id: MoveId(101),
        result: Ok(Some(("New".into(), "Text".into()))),
    });
    assert!(matches!(&bench.commands[0], Command::EditDraft { subject, .. } if subject == "New"));
}

#[test]
fn stopping_takes_one_key_and_resuming_is_asked() {
    let mut bench = bench();
    bench.press("K");
    assert!(matches!(&bench.commands[0], Command::Stop { .. }));
    bench.list.kill_switch = crate::domain::guard::KillSwitch::Stopped {
        reason: "test".into(),
        since: fixtures::now(),
    };
    bench.tell(Message::Changed);
    assert!(bench.screen().contains(" STOPPED "));
    bench.press("K");
    assert_eq!(bench.commands.len(), 1);
    // What would leave is shown before it is asked.
    assert!(bench.screen().contains("omar@kite.example: Re: Pricing"));
    bench.press("a");
    assert_eq!(bench.commands[1], Command::Resume);
}

#[test]
fn the_undo_list_takes_back_what_is_chosen() {
    let mut bench = bench();
    bench.press("U j enter");
    let items: Vec<UndoItem> = fixtures::undo_items();
    assert_eq!(
        bench.commands,
        [Command::Undo {
            id: Some(items[1].id)
        }]
    );
    bench.press("U j j j enter");
    assert_eq!(bench.commands.len(), 1, "that was taken back already");
}

#[test]
fn the_palette_does_what_the_key_does() {
    let mut bench = bench();
    bench.press(":");
    bench.type_text("snooze");
    bench.press("enter");
    assert!(bench.screen().contains("Snooze Send proposal"));
}

#[test]
fn addresses_and_messages_are_copied() {
    let mut bench = bench();
    bench.press("y Y");
    assert!(
        bench
            .other
            .contains(&Effect::Copy("dana@northwind.example".into()))
    );
    assert!(bench.other.iter().any(
        |e| matches!(e, Effect::Copy(text) if text.starts_with("Subject: Re: Proposal for Q1\n\nHi Dana"))
    ));
}

#[test]
fn the_mouse_selects_opens_scrolls_and_drags() {
    let mut bench = bench();
    let click = |column, row| mouse(MouseEventKind::Down(MouseButton::Left), column, row);
    bench.tell(click(10, 6));
    assert_eq!(selected(&mut bench), 103);
    bench.tell(click(10, 6));
    assert!(bench.screen().contains("Esc back"), "a double click opens");
    bench.press("esc");
    bench.tell(mouse(MouseEventKind::ScrollDown, 80, 5));
    bench.tell(mouse(MouseEventKind::ScrollDown, 10, 5));
    let edge = |bench: &mut Bench| bench.screen().lines().nth(1).unwrap().find('┐');
    let before = edge(&mut bench);
    bench.tell(click(57, 20));
    bench.tell(mouse(MouseEventKind::Drag(MouseButton::Left), 70, 20));
    bench.tell(mouse(MouseEventKind::Up(MouseButton::Left), 70, 20));
    assert!(edge(&mut bench) > before);
    // The footer's keys can be clicked: "a approve" is the first.
    bench.tell(click(3, 39));
    assert_eq!(bench.app.depth(), 1);
}

#[test]
fn the_wheel_scrolls_a_long_list() {
    let mut bench = Bench::new(120, 40, fixtures::list(100));
    for _ in 0..30 {
        bench.tell(mouse(MouseEventKind::ScrollDown, 10, 10));
    }
    assert_eq!(selected(&mut bench), 131);
}

#[test]
fn more_is_read_when_the_end_comes_near_and_the_last_can_be_reached_at_once() {
    let mut bench = Bench::new(120, 40, fixtures::list(900));
    bench.press("G");
    assert_eq!(selected(&mut bench), 1000);
    bench.press("g g");
    assert_eq!(selected(&mut bench), 101);
}

#[test]
fn the_help_lists_every_binding() {
    let cx = fixtures::context(120, 40);
    let keymap = Keymap::load(None).unwrap();
    for binding in keymap.bindings() {
        // A screen's own keys stand in the help that is opened there.
        let below = match binding.context.parent() {
            Some(_) => binding.context,
            None => KeyContext::On(ScreenId::Today),
        };
        let sections = sections(below, &cx);
        let key = binding
            .keys
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ");
        assert!(
            sections
                .iter()
                .flat_map(|(_, lines)| lines)
                .any(|(keys, what)| keys.contains(&key) && what == binding.action.title()),
            "{binding:?}"
        );
    }
}

#[test]
fn the_help_follows_the_operators_keymap() {
    let mut bench = bench();
    let mut cx = fixtures::context(120, 40);
    cx.keymap = Keymap::load(Some("[today]\napprove = [\"w\"]\n")).unwrap();
    bench.app = App::new(cx, fixtures::surroundings(), std::path::PathBuf::new());
    bench.tell(Message::Listed {
        generation: 0,
        result: Ok(Arc::new(fixtures::list(3))),
    });
    assert!(bench.screen().contains(" w approve "));
    bench.press("?");
    assert!(
        bench
            .screen()
            .lines()
            .any(|l| l.contains(" w ") && l.contains(KeyAction::Approve.title()))
    );
}

#[test]
fn a_dry_run_shows_the_exact_message() {
    let mut bench = bench();
    bench.press("d");
    assert!(bench.screen().contains("MIME-Version: 1.0"));
    bench.press("y");
    assert!(
        matches!(bench.other.last(), Some(Effect::Copy(text)) if text.contains("\r\n\r\nHi Dana"))
    );
}

#[test]
fn themes_can_be_changed_at_once() {
    let mut bench = bench();
    bench.press("T");
    assert!(bench.screen().contains("Theme: light."));
}
