//! Drawn screens, at three sizes.

use insta::assert_snapshot;
use jiff::SignedDuration;

use super::*;
use crate::domain::guard::{KillSwitch, Mode};
use crate::engine::queries::today::OpenCounts;
use crate::tui::looks::Answer;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn bench(width: u16, height: u16) -> Bench {
    Bench::new(width, height, fixtures::list(14))
}

fn nothing() -> TodayList {
    TodayList {
        open: OpenCounts::default(),
        moves: Vec::new(),
        ..fixtures::list(0)
    }
}

#[test]
fn the_list_with_everything_about_its_first_move() {
    for (width, height) in SIZES {
        assert_snapshot!(format!("full_{width}"), bench(width, height).screen());
    }
}

#[test]
fn an_empty_list_says_what_to_do_next() {
    for (width, height) in SIZES {
        let screen = Bench::new(width, height, nothing()).screen();
        assert!(screen.contains("caseyos contacts import"), "{screen}");
        assert_snapshot!(format!("empty_{width}"), screen);
    }
}

#[test]
fn a_list_that_cannot_be_read_says_so_and_how_to_mend_it() {
    for (width, height) in SIZES {
        let mut bench = Bench::new(width, height, nothing());
        bench.app = fixtures::app(width, height);
        let result: Answer<Arc<TodayList>> =
            Err("the database is locked by another program".into());
        bench.app.update(Message::Listed {
            generation: 0,
            result,
        });
        let screen = bench.screen();
        assert!(screen.contains("r  try again"), "{screen}");
        assert_snapshot!(format!("error_{width}"), screen);
    }
}

#[test]
fn one_pane_at_a_time_where_it_is_narrow() {
    let mut bench = bench(80, 24);
    bench.press("j enter");
    let screen = bench.screen();
    assert!(screen.contains("Why 81.15") && !screen.contains("Today's Moves"));
    assert_snapshot!("narrow_detail", screen);
    bench.press("esc");
    assert!(bench.screen().contains("Today's Moves"));
}

#[test]
fn overlays_are_drawn() {
    for (name, keys) in [
        ("approve", "a"),
        ("approve_held", "j j j j a"),
        ("approve_by_hand", "j j a"),
        ("approve_many", "space space space a"),
        ("dry_run", "d"),
        ("edit", "e"),
        ("snooze", "s"),
        ("skip", "x"),
        ("outcome", "o"),
        ("undo_list", "U"),
        ("palette", ":"),
        ("help", "?"),
        ("find", "/"),
        ("problems", "!"),
        ("keys_awaited", "g"),
    ] {
        for (width, height) in [(80, 24), (120, 40)] {
            let mut bench = bench(width, height);
            bench.press(keys);
            assert_snapshot!(format!("{name}_{width}"), bench.screen());
        }
    }
}

#[test]
fn the_mode_is_always_told() {
    let check = |mode, kill_switch, expect: &str| {
        let list = TodayList {
            mode,
            kill_switch,
            ..fixtures::list(3)
        };
        for width in [60, 80, 120] {
            let screen = Bench::new(width, 24, list.clone()).screen();
            let top = screen.lines().next().unwrap();
            assert!(top.contains(expect.trim_end()), "{width}: {top}");
        }
    };
    check(Mode::Live, KillSwitch::Running, " LIVE ");
    check(Mode::Draft, KillSwitch::Running, " DRAFT ");
    check(Mode::DryRun, KillSwitch::Running, " DRY-RUN ");
    check(Mode::Live, KillSwitch::Unreadable, " STOPPED ");
    check(
        Mode::Live,
        KillSwitch::Stopped {
            reason: String::new(),
            since: fixtures::now(),
        },
        " STOPPED ",
    );
}

#[test]
fn a_clock_that_is_not_believed_is_said_at_the_top_and_at_the_bottom_of_every_screen() {
    let list = TodayList {
        mode: Mode::Live,
        clock: Some("the clock jumped 365 days ahead".into()),
        ..fixtures::list(3)
    };
    for width in [60, 80, 120] {
        let mut bench = Bench::new(width, 24, list.clone());
        for key in ["", "g c", "g l"] {
            if !key.is_empty() {
                bench.press(key);
            }
            let screen = bench.screen();
            let top = screen.lines().next().unwrap();
            assert!(top.contains(" CLOCK? "), "{width} {key}: {top}");
            let bottom = screen.lines().last().unwrap();
            let said = "The clock jumped 365 days ahead.";
            assert!(bottom.contains(said), "{width} {key}: {bottom}");
        }
    }
}

#[test]
fn a_window_that_is_too_small_says_so() {
    for (width, height) in [(59, 40), (120, 14), (1, 1), (10, 3)] {
        let mut bench = bench(width, height);
        bench.press("a");
        assert_eq!(bench.app.depth(), 0, "nothing may open unseen");
        bench.screen();
    }
    assert!(bench(59, 40).screen().contains("too small"));
}

#[test]
fn problems_are_named_with_the_key_that_opens_them() {
    let list = TodayList {
        problems: vec!["maildir:work: the folder /home/casey/Mail is gone".into()],
        ..fixtures::list(3)
    };
    let mut bench = Bench::new(120, 40, list);
    let screen = bench.screen();
    assert!(screen.contains("1 problem !"), "{screen}");
    bench.press("!");
    assert!(
        bench
            .screen()
            .contains("the folder /home/casey/Mail is gone")
    );
}

#[test]
fn an_old_sync_is_told_by_its_age() {
    let list = TodayList {
        synced_at: Some(fixtures::now() - SignedDuration::from_hours(5)),
        ..fixtures::list(3)
    };
    assert!(Bench::new(120, 40, list).screen().contains("synced 5h ago"));
}

#[test]
fn hostile_text_never_reaches_the_screen() {
    let mut list = fixtures::list(3);
    for item in &mut list.moves {
        item.title = "\u{1b}]0;owned\u{7}\u{1b}[2JReply\u{202e}ylpeR".into();
        item.contact = "a\u{0}b\u{9b}31m\r\nc\u{2066}".into();
        item.because = "x\u{200b}y\tz\u{1b}[31m".repeat(500);
    }
    let screen = Bench::new(120, 40, list).screen();
    for c in screen.chars().filter(|c| *c != '\n') {
        assert!(!crate::domain::text::is_hostile(c), "{c:?} in\n{screen}");
    }
    assert!(
        !screen.contains("[31m") && !screen.contains("owned"),
        "{screen}"
    );
}

#[test]
fn plain_signs_do_without_unicode() {
    let mut bench = bench(120, 40);
    let mut around = fixtures::surroundings();
    around.ascii = true;
    let mut list = fixtures::list(3);
    list.moves.truncate(3);
    let mut cx = fixtures::context(120, 40);
    cx.theme = crate::tui::theme::Theme::built_in("mono", around);
    bench.app = App::new(cx, around, std::path::PathBuf::new());
    bench.tell(Message::Listed {
        generation: 0,
        result: Ok(Arc::new(list)),
    });
    for keys in ["j", "a", "esc", "?", "esc", "d", "esc", "e", "esc", "s"] {
        bench.press(keys);
        let screen = bench.screen();
        // Box drawing, blocks and Braille are what such a terminal lacks.
        assert!(
            !screen
                .chars()
                .any(|c| ('\u{2500}'..='\u{28ff}').contains(&c)),
            "{screen}"
        );
    }
}

#[test]
fn everything_fits_where_there_is_just_enough_room() {
    for (width, height) in [(60, 15), (99, 15), (100, 15), (100, 24)] {
        let mut bench = bench(width, height);
        bench.press("enter");
        assert_snapshot!(format!("least_{width}x{height}"), bench.screen());
    }
}
