use std::sync::atomic::AtomicBool;

use super::*;
use crate::domain::contact::ContactDraft;
use crate::domain::suppression::Cause;

fn engine() -> (tempfile::TempDir, Engine) {
    let directory = tempfile::tempdir().unwrap();
    let paths = crate::config::Paths::in_folder(&directory.path().join("home"));
    crate::store::Store::create(&paths.data, jiff::Timestamp::UNIX_EPOCH).unwrap();
    let clock = Arc::new(crate::env::FixedClock(jiff::Timestamp::UNIX_EPOCH));
    let engine = Engine::open(crate::env::Env::new(clock, 1), paths).unwrap();
    (directory, engine)
}

fn import(engine: &Engine, path: &Path, dry_run: bool) -> ImportReport {
    let request = ImportRequest {
        dry_run,
        ..ImportRequest::default()
    };
    engine
        .import_file(path, &request, &AtomicBool::new(false), &mut |_| {})
        .unwrap()
}

fn counts(report: &ImportReport) -> [u64; 5] {
    [
        report.rows,
        report.new,
        report.updated,
        report.unchanged,
        report.rejected,
    ]
}

/// A file with every kind of trouble, of `n` good rows and more.
fn messy(n: usize) -> Vec<u8> {
    let mut text = "Email;First name;Company;Notes\r\n".as_bytes().to_vec();
    for i in 0..n {
        let row = match i % 10 {
            0 => format!(
                "p{i}@x.io;Zoë {i};\"Ac\"\"me; {}\";\"two\r\nlines\"\r\n",
                i % 50
            ),
            1 => format!("p{i}@x.io;Bo\n"),
            2 => format!("P{}@X.io;;;again\n", i - 2),
            3 => format!("bad{i}@;Bad;;\n"),
            4 => format!("p{i}@x.io;\"open;x;\n"),
            5 => format!("p{i}@x.io;a;b;c;d\n"),
            6 => format!("\np{i}@x.io;\u{1b}[2J\u{202e}x\0;😀 أحمد;\n"),
            7 => format!("p{i}@x.io;Caf\u{1};x;\n"),
            _ => format!("p{i}@x.io;N{i};C{};\n", i % 7),
        };
        if i % 10 == 7 {
            text.extend(row.bytes().map(|b| if b == 1 { 0xE9 } else { b }));
        } else {
            text.extend(row.bytes());
        }
    }
    text
}

#[test]
fn every_row_is_counted_once_and_a_second_run_changes_nothing() {
    let (directory, engine) = engine();
    let path = directory.path().join("crm.csv");
    std::fs::write(&path, messy(12_000)).unwrap();
    let rehearsed = import(&engine, &path, true);
    assert!(rehearsed.dry_run && rehearsed.rejects_file.is_none());
    assert_eq!(engine.list_contacts(None, None, 1).unwrap().total, 0);
    let first = import(&engine, &path, false);
    assert_eq!(counts(&first), [12_000, 7_200, 1_200, 0, 3_600]);
    assert_eq!(counts(&rehearsed), counts(&first));
    assert_eq!(first.padded, 1_200);
    let second = import(&engine, &path, false);
    assert_eq!(counts(&second), [12_000, 0, 0, 8_400, 3_600]);
    assert_eq!(counts(&import(&engine, &path, true)), counts(&second));
    let rejects = std::fs::read_to_string(first.rejects_file.unwrap()).unwrap();
    assert_eq!(rejects.lines().count(), 3_601);
    assert!(rejects.starts_with("Email;First name;Company;Notes;row;line;reason\n"));
    assert_eq!(
        engine.search_contacts("café", 5).unwrap()[0].first_name,
        "Café"
    );
}

#[test]
fn a_stopped_import_keeps_whole_batches_and_a_second_run_finishes() {
    let (directory, engine) = engine();
    let path = directory.path().join("crm.csv");
    std::fs::write(&path, messy(12_000)).unwrap();
    let cancel = AtomicBool::new(false);
    let mut steps = 0;
    let stopped = engine
        .import_file(&path, &ImportRequest::default(), &cancel, &mut |_| {
            steps += 1;
            cancel.store(steps == 2, Ordering::Relaxed);
        })
        .unwrap();
    assert!(stopped.cancelled);
    assert!(stopped.rows > 0 && stopped.rows < 12_000);
    let kept = engine.list_contacts(None, None, 1).unwrap().total;
    assert_eq!(kept, stopped.new);
    let rest = import(&engine, &path, false);
    assert_eq!(rest.new + stopped.new, 7_200);
    assert_eq!(
        counts(&import(&engine, &path, false)),
        [12_000, 0, 0, 8_400, 3_600]
    );
}

#[test]
fn what_is_exported_is_unchanged_when_it_is_imported() {
    let (directory, engine) = engine();
    for name in [
        "hubspot.csv",
        "salesforce.csv",
        "google.csv",
        "linkedin.csv",
        "mixed.vcf",
        "outlook_de.csv",
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/data/imports")
            .join(name);
        import(&engine, &path, false);
    }
    let total = engine.list_contacts(None, None, 1).unwrap().total;
    for ending in ["csv", "vcf"] {
        let path = directory.path().join(format!("out.{ending}"));
        assert_eq!(engine.export_to_file(&path, ending, false).unwrap(), total);
        let report = import(&engine, &path, false);
        assert_eq!(
            counts(&report),
            [total, 0, 0, total, 0],
            "{ending} {:?}",
            report.rejects
        );
    }
    let mut json = Vec::new();
    assert_eq!(write_export(&engine, "json", &mut json).unwrap(), total);
    assert!(matches!(
        write_export(&engine, "xls", &mut json),
        Err(EngineError::Input(_))
    ));
}

#[test]
fn an_opted_out_record_is_never_mailed() {
    let (_directory, engine) = engine();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/imports/hubspot.csv");
    import(&engine, &path, false);
    for who in ["jose@nunez.example", "J.Nunez@home.example", "hubspot:502"] {
        assert!(
            engine.contact_card(who).unwrap().suppressed.is_some(),
            "{who}"
        );
    }
    assert!(
        engine
            .contact_card("hubspot:501")
            .unwrap()
            .suppressed
            .is_none()
    );
}

#[test]
fn input_that_is_no_file_of_contacts_is_the_callers_mistake() {
    let (directory, engine) = engine();
    let cancel = AtomicBool::new(false);
    let fails = |path: &Path, map: &[&str]| {
        let request = ImportRequest {
            map: map.iter().map(|m| (*m).to_owned()).collect(),
            ..ImportRequest::default()
        };
        let error = engine
            .import_file(path, &request, &cancel, &mut |_| {})
            .unwrap_err();
        assert!(matches!(error, EngineError::Input(_)), "{error}");
        error.to_string()
    };
    let file = directory.path().join("x.csv");
    assert!(fails(&file, &[]).contains("cannot be read"));
    assert!(fails(directory.path(), &[]).contains("directory"));
    std::fs::write(&file, "alpha,beta\n1,2\n").unwrap();
    assert!(fails(&file, &[]).contains("--map"));
    assert!(fails(&file, &["email=gamma"]).contains("alpha"));
    assert!(fails(&file, &["nonsense"]).contains("field=column"));
    std::fs::write(&file, "").unwrap();
    assert!(fails(&file, &[]).contains("empty"));
}

#[test]
fn contacts_are_added_and_completed_by_hand() {
    let (_directory, engine) = engine();
    let draft = |title: &str| ContactDraft {
        emails: vec!["Ann Lee <Ann@Acme.example>".into()],
        title: Some(title.into()),
        ..ContactDraft::default()
    };
    let (id, change) = engine.add_contact(draft("CEO")).unwrap();
    assert_eq!(change, Change::New);
    assert_eq!(
        engine.add_contact(draft("CTO")).unwrap(),
        (id, Change::Updated)
    );
    assert_eq!(
        engine.add_contact(draft("CTO")).unwrap(),
        (id, Change::Unchanged)
    );
    let card = engine.contact_card("ann@acme.example").unwrap();
    assert_eq!((card.item.id, card.item.title.as_str()), (id, "CTO"));
    let error = engine.add_contact(ContactDraft::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("The contact was not added: it has no e-mail address"),
        "{error}"
    );
    assert!(matches!(
        engine.contact_card("nobody@x.io"),
        Err(EngineError::NotFound(_))
    ));
}

#[test]
fn rejected_rows_go_nowhere_when_standard_input_is_read() {
    let (_directory, engine) = engine();
    let reader = Box::new(std::io::Cursor::new(b"email\nbad\na@x.io\n".to_vec()));
    let report = engine
        .import_reader(
            reader,
            "standard input",
            &ImportRequest::default(),
            &AtomicBool::new(false),
            &mut |_| {},
        )
        .unwrap();
    assert_eq!(counts(&report), [2, 1, 0, 0, 1]);
    assert_eq!(report.rejects_file, None);
    assert_eq!((report.rejects[0].row, report.rejects[0].line), (1, 2));
}

fn import_text(engine: &Engine, text: &str, dates: Option<DateOrder>) -> ImportReport {
    let request = ImportRequest {
        dates,
        ..ImportRequest::default()
    };
    let reader = Box::new(std::io::Cursor::new(text.as_bytes().to_vec()));
    engine
        .import_reader(
            reader,
            "text",
            &request,
            &AtomicBool::new(false),
            &mut |_| {},
        )
        .unwrap()
}

fn renewals(engine: &Engine, people: &[&str]) -> Vec<String> {
    let day = |who: &&str| {
        let card = engine.contact_card(who).unwrap();
        card.renewal_at.map_or_else(String::new, |at| {
            at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
        })
    };
    people.iter().map(day).collect()
}

#[test]
fn all_dates_of_a_column_are_read_in_the_order_that_fits_them() {
    let people = ["a@x.io", "b@x.io", "c@x.io"];
    let check = |dates: [&str; 3], told: Option<DateOrder>, expect: [&str; 3], said: &str| {
        let (_directory, engine) = engine();
        let text = format!(
            "email,renewal date,created\na@x.io,{},2026-01-02\nb@x.io,{},\nc@x.io,{},\n",
            dates[0], dates[1], dates[2]
        );
        let report = import_text(&engine, &text, told);
        assert_eq!(renewals(&engine, &people), expect, "{dates:?}");
        let lines: Vec<String> = report.dates.iter().map(ReportedDates::said).collect();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains(said), "{lines:?}");
    };
    check(
        ["02/01/2027", "31/12/2026", "04/03/2027"],
        None,
        ["2027-01-02", "2026-12-31", "2027-03-04"],
        "day first, as line 3 shows",
    );
    check(
        ["02/01/2027", "12/31/2026", "04/03/2027"],
        None,
        ["2027-02-01", "2026-12-31", "2027-04-03"],
        "month first, as line 3 shows",
    );
    check(
        ["02/01/2027", "", "04/03/2027"],
        None,
        ["2027-02-01", "", "2027-04-03"],
        "--dates dmy reads them day first",
    );
    check(
        ["02/01/2027", "12/31/2026", "04/03/2027"],
        Some(DateOrder::DayFirst),
        ["2027-01-02", "", "2027-03-04"],
        "day first, as you asked",
    );
    check(
        ["07/30/2026", "30/07/2026", "2027-03-04"],
        None,
        ["", "", "2027-03-04"],
        "lines 2 and 3 can't both be right",
    );
}

#[test]
fn the_order_of_dates_is_found_beyond_what_is_kept_in_memory() {
    let (directory, engine) = engine();
    let path = directory.path().join("long.csv");
    let mut text = "email,renewal date,notes\n".to_owned();
    let filling = "x".repeat(4_000);
    for i in 0..1_500 {
        let date = if i == 1_400 {
            "31/12/2026"
        } else {
            "02/01/2027"
        };
        text.push_str(&format!("p{i}@x.io,{date},{filling}\n"));
    }
    std::fs::write(&path, &text).unwrap();
    let report = import(&engine, &path, false);
    assert_eq!(report.dates[0].lines, [1_402]);
    assert_eq!(renewals(&engine, &["p0@x.io"]), ["2027-01-02"]);
    // A stream cannot be read twice: what comes late and does not fit is left out and said.
    let report = import_text(&engine, &text, None);
    assert_eq!(report.dates[0].order, Some(DateOrder::MonthFirst));
    assert_eq!(report.dropped.len(), 1, "{:?}", report.dropped);
    assert!(report.dropped[0].reason.contains("order of its column"));
}

fn suppressed(engine: &Engine, who: &str) -> bool {
    engine.contact_card(who).unwrap().suppressed.is_some()
}

#[test]
fn a_wish_without_an_address_holds_for_the_known_person() {
    let (_directory, engine) = engine();
    import_text(
        &engine,
        "Record ID,Email,First Name,Last Name,Create Date\n7,ann@x.example,Ann,Lee,\n8,bo@x.example,Bo,Ek,\n",
        None,
    );
    let wishes = "Record ID,Unsubscribed from all email,Hard bounced,Create Date\n7,true,,\n8,,Yes,\n9,true,,\n10,,Yes,\n";
    let report = import_text(&engine, wishes, None);
    assert_eq!(
        (report.opted_out, report.bounced, report.not_held_lines),
        (2, 1, vec![5])
    );
    for who in ["ann@x.example", "bo@x.example", "hubspot:9"] {
        assert!(suppressed(&engine, who), "{who}");
    }
    // An address that comes later is theirs.
    let later = "Record ID,Email,Create Date\n9,cy@x.example,\n";
    import_text(&engine, later, None);
    assert!(suppressed(&engine, "cy@x.example"));
    let again = import_text(&engine, wishes, None);
    assert_eq!((again.opted_out, again.unchanged), (2, 3));
}

#[test]
fn a_wish_in_a_rejected_row_is_followed_or_named() {
    let (_directory, engine) = engine();
    import_text(
        &engine,
        "id,email,name\nA-77-x,ann@x.example,Ann Lee\n",
        None,
    );
    let report = import_text(
        &engine,
        "id,email,name,opt out,status\n\
         A-77-x,ann@,Ann Lee,yes,\n\
         ,bo@x.example; nonsense,Bo Ek,,Unsubscribed\n\
         ,cy@x.example,Cy, Roe,yes,Active\n\
         ,,Di,yes,\n\
         ,ed@,Ed,no,Active\n",
        None,
    );
    assert_eq!(counts(&report), [5, 0, 0, 0, 5]);
    assert_eq!(
        (report.opted_out, report.not_held_lines.clone()),
        (2, vec![4, 5])
    );
    assert!(suppressed(&engine, "ann@x.example"));
    let list = engine.list_suppressions().unwrap();
    let list: Vec<_> = list.iter().map(|one| one.value.as_str()).collect();
    assert_eq!(list, ["ann@x.example", "bo@x.example"]);
    let said = report.said(0).join("\n");
    assert!(
        said.contains("LOOK: 2 rows say, or may say") && said.contains("lines 4, 5"),
        "{said}"
    );
}

#[test]
fn a_lifted_suppression_is_not_said_to_be_in_force() {
    let (_directory, engine) = engine();
    let text = "email,name,opt out\nann@x.example,Ann Lee,yes\n";
    assert_eq!(import_text(&engine, text, None).opted_out, 1);
    engine
        .store()
        .write::<_, StoreError>(Durability::Normal, |tx| {
            let ann = crate::domain::email::Named::parse("ann@x.example").unwrap();
            crate::store::suppressions::remove(tx, &ann)
        })
        .unwrap();
    let again = import_text(&engine, text, None);
    assert_eq!((again.opted_out, again.lifted, again.unchanged), (0, 1, 1));
    assert!(!suppressed(&engine, "ann@x.example"));
}

#[test]
fn what_may_be_a_wish_is_named_and_not_followed() {
    let (_directory, engine) = engine();
    let report = import_text(
        &engine,
        "email,name,Tags,Notes,State,Marketing consent\n\
         ann@x.example,Ann Lee,customer; unsubscribed,,,\n\
         bo@x.example,Bo Ek,,Please do not email him again,,\n\
         cy@x.example,Cy Roe,,,Unsubscribed,\n\
         di@x.example,Di Fox,,,Texas,none\n",
        None,
    );
    let named: Vec<_> = report
        .suspicious
        .iter()
        .map(|one| (one.column.as_str(), one.count))
        .collect();
    assert_eq!(named.len(), 3, "{named:?}");
    for column in ["Tags", "Notes", "Marketing consent"] {
        assert!(named.contains(&(column, 1)), "{named:?}");
    }
    assert_eq!(report.opted_out, 1);
    assert!(suppressed(&engine, "cy@x.example"));
    assert!(!suppressed(&engine, "ann@x.example"));
}

#[test]
fn a_wish_in_a_rejected_row_bars_each_address_that_can_be_read() {
    let (_directory, engine) = engine();
    let report = import_text(
        &engine,
        "email,name,opt out\n\
         ann@x.example (work),Ann Lee,yes\n\
         \"bo@x.example / bo@y.example, nonsense\",Bo Ek,yes\n\
         Cy <cy@x>,Cy Roe,yes\n",
        None,
    );
    assert_eq!(counts(&report), [3, 0, 0, 0, 3]);
    assert_eq!((report.opted_out, &*report.not_held_lines), (2, &[4][..]));
    let barred = barred(&engine);
    assert_eq!(
        barred,
        [
            "opted_out:ann@x.example",
            "opted_out:bo@x.example",
            "opted_out:bo@y.example"
        ]
    );
    let said = report.said(0).join("\n");
    assert!(
        said.contains("LOOK: 1 row says, or may say") && said.contains("(line 4)"),
        "{said}"
    );
}

#[test]
fn a_column_that_the_operator_maps_makes_no_other_one_silent() {
    let (_directory, engine) = engine();
    let request = ImportRequest {
        map: vec!["opted_out=Email Opt Out Reason".into()],
        ..ImportRequest::default()
    };
    let text = "email,name,Email Opt Out,Email Opt Out Reason,Reachable\n\
        ann@x.example,Ann Lee,Yes,,\nbo@x.example,Bo Ek,,Not relevant,\ncy@x.example,Cy Roe,,,No\n";
    let reader = Box::new(std::io::Cursor::new(text.as_bytes().to_vec()));
    let report = engine
        .import_reader(
            reader,
            "x.csv",
            &request,
            &AtomicBool::new(false),
            &mut |_| {},
        )
        .unwrap();
    assert_eq!(report.opted_out, 2);
    let odd: Vec<_> = report
        .suspicious
        .iter()
        .map(|odd| (odd.column.as_str(), odd.lines.as_slice(), odd.map))
        .collect();
    assert_eq!(odd, [("Reachable", &[4][..], Some("subscribed"))]);
}

#[test]
fn a_stage_set_by_hand_is_the_operators_decision() {
    let (_directory, engine) = engine();
    let draft = ContactDraft {
        full_name: Some("Ann Lee".into()),
        emails: vec!["ann@x.example".into()],
        stage: Some(crate::domain::contact::LifecycleStage::DoNotContact),
        ..ContactDraft::default()
    };
    engine.add_contact(draft).unwrap();
    let list = engine.list_suppressions().unwrap();
    let [one] = list.as_slice() else {
        panic!("{list:?}")
    };
    assert_eq!(
        (one.cause.as_str(), one.reason.as_str(), one.source.as_str()),
        ("operator", "you set the stage do_not_contact", "operator")
    );
}

/// What bars whom: cause and address or domain.
fn barred(engine: &Engine) -> Vec<String> {
    let all = engine.list_suppressions().unwrap();
    let mut all: Vec<_> = all
        .iter()
        .map(|one| format!("{}:{}", one.cause, one.value))
        .collect();
    all.sort();
    all
}

#[test]
fn what_bars_people_goes_with_an_export_to_a_new_home() {
    let (directory, old) = engine();
    import_text(
        &old,
        "email,name,other emails,opt out,hard bounced\n\
         ann@x.example,Ann Lee,ann@home.example,,\n\
         bo@x.example,Bo Ek,bo@home.example,yes,\n\
         cy@y.example,Cy Roe,,,yes\n\
         di@mail.acme.example,Di Fox,,,\n\
         ed@gmail.com,Ed Fox,,,\n",
        None,
    );
    old.suppress("acme.example", "asked by phone").unwrap();
    old.suppress("cy@y.example", "asked by phone").unwrap();
    old.store()
        .write::<_, StoreError>(Durability::Normal, |tx| {
            let now = jiff::Timestamp::UNIX_EPOCH;
            for (value, cause) in [
                ("ann@home.example", Cause::Bounced),
                ("bo@home.example", Cause::Erased),
                ("gmail.com", Cause::Operator),
            ] {
                let named = crate::domain::email::Named::parse(value).unwrap();
                let why = ("because", crate::store::suppressions::SuppressedBy::Mail);
                crate::store::suppressions::add(tx, (&named, value), cause, why, now)?;
            }
            Ok(())
        })
        .unwrap();
    let mut expect = barred(&old);
    assert_eq!(expect.len(), 8, "{expect:?}");
    // A file may not bar everybody at a mail provider, only those who are in it.
    expect.retain(|one| !one.ends_with("gmail.com"));
    expect.push("operator:ed@gmail.com".to_owned());
    expect.sort();
    let before = barred(&old);
    for ending in ["csv", "vcf"] {
        let path = directory.path().join(format!("out.{ending}"));
        old.export_to_file(&path, ending, false).unwrap();
        assert_eq!(counts(&import(&old, &path, false)), [5, 0, 0, 5, 0]);
        let (_other, new) = engine();
        let report = import(&new, &path, false);
        assert_eq!((report.new, report.opted_out, report.bounced), (5, 2, 2));
        assert_eq!(barred(&old), before);
        assert_eq!(barred(&new), expect, "{ending}");
        assert_eq!(counts(&import(&new, &path, false)), [5, 0, 0, 5, 0]);
    }
}

#[test]
fn what_is_no_phone_number_is_left_out_with_its_reason() {
    let (_directory, engine) = engine();
    let report = import_text(
        &engine,
        "email,name,phone,mobile\n\
         a@x.example,Ann,12,4.41E+11\n\
         b@x.example,Bo,call me,\n\
         c@x.example,Cy,n/a,+49 170 12345\n\
         d@x.example,Di,\"12, 5\",030 123456\n",
        None,
    );
    assert_eq!(counts(&report), [4, 4, 0, 0, 0]);
    let dropped: Vec<_> = report
        .dropped
        .iter()
        .map(|one| (one.column.as_str(), one.reason.as_str(), one.count))
        .collect();
    assert_eq!(
        dropped,
        [
            ("phone", "not a phone number", 3),
            (
                "mobile",
                "a number that a spreadsheet spoilt (as in 4.41E+11)",
                1
            ),
        ]
    );
    let phones = |who: &str| {
        let item = engine.contact_card(who).unwrap();
        (item.item.phone, item.item.mobile_phone)
    };
    assert_eq!(phones("a@x.example"), (String::new(), String::new()));
    assert_eq!(phones("c@x.example").1, "+49 170 12345");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    #[test]
    fn the_classes_of_a_report_add_up_to_the_rows_of_the_file(
        rows in proptest::collection::vec((0_usize..4, 0_usize..7, 0_usize..7, 0_usize..9), 0..60),
        choices in [0_usize..4, 0_usize..4]
    ) {
        let ids = ["", "A-1", "A-2", "3"];
        let emails = ["", "a@x.io", "A@x.io", "b@x.io; a@x.io", "bad@", "info@y.io", "'b@x.io"];
        let names = ["", "Ann Lee", "Tom Lee", "A. Lee", "Ann & Tom", "Ann Lee Jr.", "Lee"];
        let mut text = "id,email,name,phone,opt out\n".to_owned();
        let (mut expect, mut has_open) = (0, false);
        for (id, email, name, kind) in &rows {
            let (id, email, name) = (ids[*id], emails[*email], names[*name]);
            expect += 1;
            match kind {
                1 if !has_open => {
                    has_open = true;
                    text.push_str("x,\"open,x\n");
                }
                2 => text.push_str(&format!("{id},{email},{name},12,no,too,many\n")),
                3 => text.push_str(&format!("{id},{email},x{name}\n")),
                4 => text.push_str(&format!("\n{id},{email},{name},030 12345,yes\n")),
                5 => text.push_str(&format!("id,email,name,phone,opt out\n{id},{email},{name},call me,\n")),
                _ => text.push_str(&format!("{id},{email},{name},12,\n")),
            }
        }
        let (_directory, engine) = engine();
        for (choice, dry_run) in [(choices[0], true), (choices[0], false), (choices[1], false)] {
            let request = ImportRequest {
                dry_run,
                on_conflict: Some(OnConflict::ALL[choice]),
                ..ImportRequest::default()
            };
            let reader = Box::new(std::io::Cursor::new(text.clone().into_bytes()));
            let report = engine
                .import_reader(reader, "text", &request, &AtomicBool::new(false), &mut |_| {})
                .unwrap();
            let [read, classes @ ..] = counts(&report);
            proptest::prop_assert_eq!(read, classes.iter().sum::<u64>(), "{}", text);
            proptest::prop_assert_eq!(read, expect, "{}", text);
            proptest::prop_assert_eq!(report.rejects.len() as u64, report.rejected);
        }
    }
}
