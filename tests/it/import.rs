//! Imports that are messy, repeated, or stopped in the middle.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::home::{Home, Ran, poll};

const ROWS: usize = 60_000;

/// A file with everything that exports do wrong; the number of rows is exact.
fn messy(rows: usize) -> String {
    let mut csv = "\u{feff}First Name;Last Name;Email;Company;Phone;City;Notes\r\n".to_owned();
    for i in 0..rows {
        let row = match i % 20 {
            0 => format!(
                "Ann{i};\"O\"\"Brien, {i}\";ann{i}@firm{}.example;\"Firm; {}\";+34 600 {i:06};Madrid;\"two\r\nlines\"",
                i % 500,
                i % 500
            ),
            1 => format!("Bob{i};Bell;not an address;Firm {};;;", i % 500),
            2 => ";;;;;;".to_owned(),
            3 => format!(";;ann{}@firm{}.example;;;;again", i - 3, (i - 3) % 500),
            4 => format!("Émile{i};Ñandú;EMILE{i}@Firm.Example;;;;"),
            5 => format!("Short{i};Row"),
            6 => format!("\u{1b}[2J{i};X;x{i}@esc.example;\u{202e};;;"),
            _ => format!(
                "P{i};Q{i};p{i}@firm{}.example;Firm {};{i};Town;",
                i % 500,
                i % 500
            ),
        };
        let _ = write!(csv, "{row}\r\n");
    }
    csv
}

fn count(report: &Value, key: &str) -> u64 {
    report[key].as_u64().unwrap()
}

#[track_caller]
fn adds_up(report: &Value) {
    let parts = ["new", "updated", "unchanged", "rejected"].map(|key| count(report, key));
    assert_eq!(
        parts.iter().sum::<u64>(),
        count(report, "rows"),
        "{report:#}"
    );
}

fn people(home: &Home) -> u64 {
    count(&home.json("contacts list --limit 1"), "total")
}

#[test]
fn a_messy_file_adds_up_and_again_changes_nothing() {
    let home = Home::init();
    let file = home.write("messy.csv", messy(2000));
    let line = format!("contacts import {} --json", file.display());
    let dry = home
        .run(format!("{line} --dry-run").split_whitespace())
        .exits(3)
        .json();
    adds_up(&dry);
    assert_eq!(people(&home), 0);
    let first = home.run(line.split_whitespace()).exits(3).json();
    adds_up(&first);
    for key in ["rows", "new", "rejected"] {
        assert_eq!(first[key], dry[key], "{key}");
    }
    assert_eq!(people(&home), count(&first, "new"));
    let blank = first["skipped"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(Value::as_u64)
        .sum::<u64>();
    assert_eq!(count(&first, "rows") + blank, 2000, "{first:#}");
    let rejects =
        std::fs::read_to_string(Path::new(first["rejects_file"].as_str().unwrap())).unwrap();
    assert!(rejects.contains("not an address"));
    let again = home.run(line.split_whitespace()).exits(3).json();
    adds_up(&again);
    assert_eq!(
        (count(&again, "new"), count(&again, "updated")),
        (0, 0),
        "{again:#}"
    );
    assert_eq!(again["rejected"], first["rejected"]);
}

#[test]
fn an_import_stopped_in_the_middle_keeps_what_it_has_and_goes_on() {
    let home = Home::init();
    let file = home.write(
        "big.csv",
        (0..ROWS).fold(
            "Email,First Name,Last Name,Company\n".to_owned(),
            |mut csv, i| {
                let _ = writeln!(
                    csv,
                    "p{i}@firm{}.example,P{i},Q{i},Firm {}",
                    i % 900,
                    i % 900
                );
                csv
            },
        ),
    );
    let line = format!("contacts import {} --json", file.display());
    // Through a pipe that holds the second half back, so that the middle is the middle however fast the machine is.
    let text = std::fs::read(&file).unwrap();
    let (first_half, second_half) = text.split_at(text.len() / 2);
    let mut child = home
        .command(["contacts", "import", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(first_half).unwrap();
    let database = home.database();
    poll(Duration::from_secs(60), "the first batch", || {
        database
            .query_row("SELECT count(*) FROM contact", [], |row| {
                row.get::<_, i64>(0)
            })
            .unwrap()
            > 0
    });
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    // A program that has stopped reads no further.
    drop(pipe.write_all(second_half));
    drop(pipe);
    let ran: Ran = child.wait_with_output().unwrap().into();
    let report = ran.exits(3).json();
    assert_eq!(report["cancelled"], true, "{report:#}");
    adds_up(&report);
    let kept = people(&home);
    assert!(kept > 0 && (kept as usize) < ROWS, "{kept}");
    assert_eq!(kept, count(&report, "new"));
    let second = home.run(line.split_whitespace()).exits(0).json();
    adds_up(&second);
    assert_eq!(
        (count(&second, "new"), count(&second, "unchanged")),
        (ROWS as u64 - kept, kept),
        "{second:#}"
    );
    assert_eq!(people(&home), ROWS as u64);
    let third = home.run(line.split_whitespace()).exits(0).json();
    assert_eq!(count(&third, "unchanged"), ROWS as u64, "{third:#}");
    let found = home.json("contacts search p59999");
    assert_eq!(found.as_array().unwrap().len(), 1);
}

#[test]
fn a_file_names_whom_it_would_change_and_changes_nobody_elses_record() {
    let home = Home::init();
    let file = home.write(
        "people.csv",
        "email,first name,last name,title,Marketing status,Mood\n\
         info@shared.example,Greta,Holm,Owner,Subscribed,\n\
         info@shared.example,Sven,Lund,Buyer,,\n\
         ann@shared.example,Ann,Lee,,Unsubscribed,opted out\n\
         bo@shared.example,Bo,Ek,,Bounced,\n",
    );
    let line = format!("contacts import {}", file.display());
    let dry = home
        .run(format!("{line} --dry-run").split_whitespace())
        .exits(3);
    for said in [
        "1 row says that the person opted out: they would get no mail",
        "1 row says that mail comes back, or that the person left the firm: the address would be suppressed",
        "“Sven Lund” is left out: contact 1, “Greta Holm” has the address or id",
        "LOOK: 1 cell of “Mood” (line 4) may be an opt-out or a bounce; nobody was suppressed for it. Import again with --map mail_status=\"Mood\"",
    ] {
        assert!(dry.out.contains(said), "{said}\n{}", dry.out);
    }
    let report = home
        .run(format!("{line} --json").split_whitespace())
        .exits(3)
        .json();
    for (key, expect) in [
        ("new", 3),
        ("rejected", 1),
        ("opted_out", 1),
        ("bounced", 1),
        ("other_people", 1),
    ] {
        assert_eq!(count(&report, key), expect, "{key}");
    }
    let greta = home.json("contacts show info@shared.example");
    assert_eq!(
        (&greta["first_name"], &greta["title"]),
        (&"Greta".into(), &"Owner".into())
    );
    let stopped = home.json("suppress list");
    let causes: Vec<_> = stopped
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["cause"].clone())
        .collect();
    assert_eq!(causes, ["opted_out", "bounced"]);
}

#[test]
fn a_rehearsal_says_in_which_order_dates_are_read() {
    let home = Home::init();
    let file = home.write(
        "dates.csv",
        "email,renewal date\nd1@x.example,02/01/2027\nd2@x.example,31/12/2026\n",
    );
    let line = format!("contacts import {} --dry-run", file.display());
    let said = home.run(line.split_whitespace()).exits(0);
    assert!(
        said.out
            .contains("dates of “renewal date” were read day first, as line 3 shows"),
        "{}",
        said.out
    );
    let told = home
        .run(format!("{line} --dates mdy --json").split_whitespace())
        .exits(0)
        .json();
    assert_eq!(
        (&told["dates"][0]["order"], &told["dates"][0]["cause"]),
        (&"mdy".into(), &"told".into())
    );
    assert_eq!(count(&told["dropped"][0], "count"), 1);
    let wrong = home
        .run(format!("{line} --dates ddmm").split_whitespace())
        .exits(2);
    assert!(wrong.err.contains("dmy, mdy and ymd"), "{}", wrong.err);
}

#[test]
fn what_is_written_replaces_no_file_of_somebody_else() {
    let home = Home::init();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let text = "email,name\nann@acme.example,Ann Lee\nbad@,Bob Hill\n";
    let (file, link) = (at("list.csv"), at("link.csv"));
    std::fs::write(&file, text).unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let database = home.path().join("caseyos.db").display().to_string();
    let config = home.path().join("config.toml").display().to_string();
    let refuses = |line: &str, why: &str| {
        let ran = home.run(line.split_whitespace()).exits(2);
        assert!(ran.err.contains(why), "{line}: {}", ran.err);
    };
    for path in [&file, &link] {
        let line = format!("contacts import {file} --rejects {path} --force");
        refuses(&line, "being read");
    }
    for own in [&database, &config] {
        refuses(&format!("contacts import {file} --rejects {own}"), "own");
        refuses(&format!("contacts export -o {own} --force"), "own");
        refuses(&format!("audit export -o {own} --force"), "own");
        refuses(&format!("audit seal {own}"), "own");
    }
    let rejects = format!("contacts import --rejects {file} -");
    let piped = home
        .command(rejects.split_whitespace())
        .stdin(std::fs::File::open(&file).unwrap())
        .output()
        .unwrap();
    assert_eq!(piped.status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    assert_eq!(people(&home), 0, "nothing was imported");

    let import = format!("contacts import {file} --json");
    let written = |home: &Home| {
        let report = home.run(import.split_whitespace()).exits(3).json();
        report["rejects_file"].as_str().unwrap().to_owned()
    };
    let first = written(&home);
    assert_eq!(first, at("list.csv.rejects.csv"));
    assert_eq!(written(&home), first, "nobody changed it");
    std::fs::write(&first, "mended").unwrap();
    assert_eq!(written(&home), at("list.csv.rejects-2.csv"));
    assert_eq!(std::fs::read_to_string(&first).unwrap(), "mended");
    for line in ["contacts export", "audit export"] {
        let out = at("out");
        std::fs::write(&out, "mine").unwrap();
        refuses(&format!("{line} -o {out}"), "--force");
        assert_eq!(std::fs::read_to_string(&out).unwrap(), "mine");
        home.ok(&format!("{line} -o {out} --force"));
        home.ok(&format!("{line} -o {out}"));
        std::fs::remove_file(&out).unwrap();
    }
}
