//! Contacts and Pipeline, and the rules of every screen.

use insta::assert_snapshot;

use super::sights::World;
use super::*;
use crate::engine::import::{ImportReport, OnConflict};
use crate::engine::queries::today::OpenCounts;
use crate::env::file::Mark;
use crate::tui::ids::{Job, Progress};
use crate::tui::looks::Look;
use crate::tui::message::ImportWish;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn bench(width: u16, height: u16, world: World) -> Bench {
    let mut bench = Bench::new(width, height, fixtures::list(14));
    bench.world = world;
    bench
}

#[test]
fn screens_are_drawn_full_empty_and_in_error() {
    for (name, go) in [("contacts", "g c"), ("pipeline", "g p")] {
        for (state, world) in [
            ("full", World::Full),
            ("empty", World::Empty),
            ("error", World::Broken),
        ] {
            for (width, height) in SIZES {
                let mut bench = bench(width, height, world);
                bench.press(go);
                let screen = bench.screen();
                if world == World::Broken {
                    assert!(screen.contains("r  try again"), "{screen}");
                }
                assert_snapshot!(format!("{name}_{state}_{width}"), screen);
            }
        }
    }
}

#[test]
fn details_and_overlays_are_drawn() {
    for (name, keys) in [
        ("contacts_timeline", "g c j enter j"),
        ("contacts_entry", "g c enter enter"),
        ("contacts_never_write", "g c space space S"),
        ("contacts_outcome_note", "g c o enter"),
        ("pipeline_deal", "g p enter"),
        ("pause", "P"),
        ("import", "g c I"),
        ("screens", "g w"),
        ("palette_contacts", "g c :"),
        ("help_contacts", "g c ?"),
    ] {
        for (width, height) in [(80, 24), (120, 40)] {
            let mut bench = bench(width, height, World::Full);
            bench.press(keys);
            assert_snapshot!(format!("{name}_{width}"), bench.screen());
        }
    }
}

#[test]
fn an_empty_installation_shows_the_way() {
    for (width, height) in SIZES {
        let mut list = fixtures::list(0);
        list.open = OpenCounts::default();
        let mut bench = Bench::new(width, height, list);
        let screen = bench.screen();
        assert!(
            screen.contains("2. caseyos contacts import FILE"),
            "{screen}"
        );
        assert_snapshot!(format!("tour_{width}"), screen);
    }
}

#[test]
fn search_goes_on_with_every_key() {
    let mut bench = bench(120, 40, World::Full);
    bench.press("g c /");
    bench.type_text("kite");
    let words: Vec<&str> = bench
        .looks
        .iter()
        .filter_map(|look| match look {
            Look::Contacts { words, .. } => Some(words.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(words, ["", "k", "ki", "kit", "kite"]);
    let screen = bench.screen();
    assert!(
        screen.contains("Omar Haddad") && !screen.contains("Dana Ruiz"),
        "{screen}"
    );
    bench.press("esc");
    assert!(bench.screen().contains("Dana Ruiz"));
}

#[test]
fn screens_are_kept_as_they_were_left() {
    let mut bench = bench(120, 40, World::Full);
    bench.press("g c j j j space g p l g c");
    let screen = bench.screen();
    assert!(screen.contains("1 marked"), "{screen}");
    bench.press("y");
    assert!(
        bench
            .other
            .contains(&Effect::Copy("tomas@quayside.example".into())),
        "{:?}",
        bench.other
    );
}

#[test]
fn only_the_screen_that_is_seen_reads_again() {
    let mut bench = bench(120, 40, World::Full);
    bench.press("g c g p");
    bench.looks.clear();
    bench.tell(Message::Changed);
    assert!(bench.looks.contains(&Look::Pipeline));
    assert!(
        !bench
            .looks
            .iter()
            .any(|look| matches!(look, Look::Contacts { .. }))
    );
    bench.looks.clear();
    bench.press("g c");
    assert!(
        bench
            .looks
            .iter()
            .any(|look| matches!(look, Look::Contacts { .. }))
    );
}

#[test]
fn several_are_suppressed_with_one_question_that_counts_them() {
    let mut bench = bench(120, 40, World::Full);
    bench.press("g c space space space S");
    assert!(bench.screen().contains("3 people"), "{}", bench.screen());
    assert!(bench.commands.is_empty());
    bench.press("enter");
    assert_eq!(bench.commands.len(), 3);
    assert!(matches!(
        &bench.commands[0],
        Command::Suppress { value, .. } if value == "dana@northwind.example"
    ));
    assert!(!bench.screen().contains("3 marked"));
}

#[test]
fn an_outcome_with_a_person_takes_a_note() {
    let mut bench = bench(120, 40, World::Full);
    bench.press("g c o");
    bench.type_text("mtg book");
    bench.press("enter");
    bench.type_text("on the phone");
    bench.press("enter");
    assert!(matches!(
        &bench.commands[0],
        Command::RecordOutcome { move_id: None, contact_id: Some(_), note, .. } if note == "on the phone"
    ));
}

#[test]
fn a_move_of_a_person_is_shown_on_today() {
    let mut bench = bench(120, 40, World::Full);
    bench.press("j j g c m");
    let screen = bench.screen();
    assert!(screen.contains("Today's Moves"), "{screen}");
    assert!(screen.contains("#101"), "{screen}");
}

#[test]
fn a_move_that_is_not_open_any_more_is_read_by_itself() {
    let mut bench = bench(120, 40, World::Full);
    bench.list = fixtures::list(0);
    bench.press("g c m");
    assert_eq!(bench.app.depth(), 1);
    assert!(bench.screen().contains("Move 101"), "{}", bench.screen());
}

#[test]
fn the_deal_that_is_selected_is_kept_when_it_moves_on() {
    let mut bench = bench(120, 40, World::Full);
    bench.press("g p l j j");
    let before = bench.screen();
    assert!(before.contains('▌'), "{before}");
    bench.tell(Message::Changed);
    assert_eq!(bench.screen(), before);
}

#[test]
fn the_palette_names_what_other_screens_can_do_and_leads_there() {
    let mut bench = bench(120, 40, World::Full);
    bench.press(":");
    bench.type_text("contacts never write");
    assert!(
        bench.screen().contains("Contacts: Never write"),
        "{}",
        bench.screen()
    );
    bench.press("enter");
    assert!(bench.screen().contains("Dana Ruiz"));
    assert!(bench.commands.is_empty(), "nothing is done unseen");
}

#[test]
fn every_action_is_in_the_palette_or_is_a_key_at_hand() {
    let mut bench = bench(200, 60, World::Full);
    bench.press(":");
    for action in crate::tui::action::KeyAction::all() {
        if !action.in_palette() {
            continue;
        }
        let title = action.title();
        bench.type_text(title);
        let screen = bench.screen();
        assert!(
            screen.contains(title) || title.starts_with("Go to"),
            "{title}:\n{screen}"
        );
        for _ in 0..title.chars().count() {
            bench.tell(Message::Input(Event::Key(KeyEvent::new(
                KeyCode::Backspace,
                KeyModifiers::NONE,
            ))));
        }
    }
}

#[test]
fn long_work_has_a_gauge_and_can_be_stopped() {
    let mut bench = bench(120, 40, World::Full);
    bench.tell(Message::Progress(
        Job::Import,
        Progress {
            what: "people.csv".into(),
            done: 30,
            of: Some(120),
        },
    ));
    let screen = bench.screen();
    assert!(screen.contains("importing people.csv"), "{screen}");
    assert!(
        screen.contains(" 25%") && screen.contains("X stops"),
        "{screen}"
    );
    bench.press("X");
    assert!(bench.other.contains(&Effect::CancelJobs));
}

#[test]
fn a_file_is_looked_at_before_it_is_imported() {
    let wish = |on_conflict| ImportWish {
        path: "/home/casey/people.csv".into(),
        on_conflict,
    };
    for (width, height) in [(80, 24), (120, 40)] {
        let mut bench = bench(width, height, World::Full);
        bench.press("g c I");
        bench.type_text("/home/casey/people.csv");
        bench.press("enter");
        assert_eq!(
            bench.other.last(),
            Some(&Effect::Rehearse(wish(OnConflict::KeepBoth)))
        );
        bench.tell(Message::Progress(
            Job::Look,
            Progress {
                what: "people.csv".into(),
                done: 30,
                of: Some(120),
            },
        ));
        let screen = bench.screen();
        assert!(screen.contains("Looking at the file… 25%"), "{screen}");
        // What was not seen yet is not imported.
        bench.press("enter f");
        assert_eq!(
            bench.other.last(),
            Some(&Effect::Rehearse(wish(OnConflict::Fill)))
        );
        // The look that was broken off is not that of the choice.
        bench.tell(Message::Rehearsed {
            wish: wish(OnConflict::KeepBoth),
            result: Ok(Box::new(fixtures::import_report(OnConflict::KeepBoth))),
        });
        assert!(bench.screen().contains("Looking at the file"));
        bench.press("b");
        bench.tell(Message::Rehearsed {
            wish: wish(OnConflict::KeepBoth),
            result: Ok(Box::new(fixtures::import_report(OnConflict::KeepBoth))),
        });
        assert_snapshot!(format!("import_preview_{width}"), bench.screen());
        bench.press("G enter");
        assert_eq!(
            bench.other.last(),
            Some(&Effect::Import(wish(OnConflict::KeepBoth)))
        );
        assert!(!bench.screen().contains("imports nothing"));
    }
}

#[test]
fn a_file_that_changed_after_the_look_is_looked_at_again() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("people.csv");
    std::fs::write(&path, "Email\nann@acme.example\n").unwrap();
    let wish = ImportWish {
        path: path.clone(),
        on_conflict: OnConflict::KeepBoth,
    };
    let looked = || Message::Rehearsed {
        wish: wish.clone(),
        result: Ok(Box::new(ImportReport {
            mark: Mark::of(&path),
            ..fixtures::import_report(OnConflict::KeepBoth)
        })),
    };
    let mut bench = bench(120, 40, World::Full);
    bench.press("g c I");
    bench.type_text(&path.to_string_lossy());
    bench.press("enter");
    bench.tell(looked());
    std::fs::write(&path, "Email\nann@acme.example\nbob@kite.example\n").unwrap();
    let before = bench.other.len();
    bench.press("enter");
    assert_eq!(
        bench.other.get(before..),
        Some(&[Effect::Rehearse(wish.clone())][..])
    );
    let screen = bench.screen();
    assert!(screen.contains("changed since you looked"), "{screen}");
    bench.tell(looked());
    bench.press("enter");
    assert_eq!(bench.other.last(), Some(&Effect::Import(wish.clone())));
}

#[test]
fn a_look_at_a_file_can_be_left_and_may_fail() {
    let mut bench = bench(80, 24, World::Full);
    bench.press("g c I");
    bench.type_text("nowhere.csv");
    bench.press("enter");
    let wish = ImportWish {
        path: "nowhere.csv".into(),
        on_conflict: OnConflict::KeepBoth,
    };
    bench.tell(Message::Rehearsed {
        wish,
        result: Err("nowhere.csv cannot be read: No such file or directory.".into()),
    });
    let screen = bench.screen();
    assert!(screen.contains("nowhere.csv cannot be read"), "{screen}");
    bench.press("esc");
    assert_eq!(bench.other.last(), Some(&Effect::CancelRehearsal));
    assert!(!bench.screen().contains("cannot be read"));
}

#[test]
fn the_title_counts_what_is_due_and_news_are_told_once() {
    let mut bench = bench(120, 40, World::Full);
    bench.tell(Message::Changed);
    assert_eq!(bench.app.title(), "(3 due) CaseyOS");
    assert!(!bench.other.iter().any(|e| matches!(e, Effect::Notify(_))));
    bench.tell(Message::Changed);
    let told = bench
        .other
        .iter()
        .filter(|e| matches!(e, Effect::Notify(_)));
    assert_eq!(told.count(), 1);
}

#[test]
fn a_light_background_takes_the_light_theme() {
    let mut bench = bench(120, 40, World::Full);
    bench.tell(Message::Background { light: true });
    assert_eq!(bench.app.context().theme.name, "light");
    bench.tell(Message::Background { light: false });
    assert_eq!(bench.app.context().theme.name, "dark");
}

#[test]
fn tabs_can_be_clicked() {
    use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
    let mut bench = bench(200, 60, World::Full);
    let top = bench.screen().lines().next().unwrap().to_owned();
    let cell = top[..top.find("Contacts").unwrap()].chars().count() + 2;
    bench.tell(Message::Input(Event::Mouse(MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: u16::try_from(cell).unwrap(),
        row: 0,
        modifiers: KeyModifiers::NONE,
    })));
    assert!(bench.screen().contains("40 people"), "{}", bench.screen());
}
