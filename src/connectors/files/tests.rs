use super::*;
use crate::domain::contact::{ExternalId, LifecycleStage};

type Rows = Vec<(u64, u64, Result<ContactDraft, String>)>;

fn open(bytes: &[u8]) -> Result<ContactFile, FileError> {
    ContactFile::open(
        io::Cursor::new(bytes.to_vec()),
        "x.csv",
        &MapOverrides::default(),
    )
}

fn rows(file: &mut ContactFile) -> Rows {
    let mut rows = Vec::new();
    while let Some(row) = file.next_row().unwrap() {
        rows.push((
            row.row,
            row.line,
            row.outcome.map_err(|r| r.reject.to_string()),
        ));
    }
    rows
}

fn read(bytes: &[u8]) -> Rows {
    rows(&mut open(bytes).unwrap())
}

fn emails(bytes: &[u8]) -> Vec<String> {
    read(bytes)
        .into_iter()
        .map(|(_, _, outcome)| outcome.map_or_else(|e| format!("! {e}"), |d| d.emails.join("+")))
        .collect()
}

fn data(name: &str) -> ContactFile {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/imports")
        .join(name);
    ContactFile::open(
        std::fs::File::open(path).unwrap(),
        name,
        &MapOverrides::default(),
    )
    .unwrap()
}

#[test]
fn delimiters_are_found_by_the_header() {
    for delimiter in [",", ";", "\t", "|"] {
        let text = ["email", "first name", "company"].join(delimiter)
            + "\n"
            + &["a@x.io", "Ann; or, a|b\tc", "X"]
                .map(|c| format!("\"{c}\""))
                .join(delimiter);
        let found = read(text.as_bytes());
        assert_eq!(
            found[0].2.as_ref().unwrap().emails,
            ["a@x.io"],
            "{delimiter}"
        );
    }
    assert_eq!(emails(b"sep=;\nEmail;Name\na@x.io;A, B\n"), ["a@x.io"]);
    assert_eq!(emails(b"email\na@x.io\nb@x.io"), ["a@x.io", "b@x.io"]);
    assert_eq!(
        emails(b"\xEF\xBB\xBF\"Email\",Name\ra@x.io,A\r"),
        ["a@x.io"]
    );
}

#[test]
fn rows_are_numbered_and_their_lines_named() {
    let mut file = open(b"Notes:\n\"blah, blah\"\n\nEmail,Name\n\na@x.io,\"A\nB\"\nEmail,Name\nbad,C\n,\nc@x.io\nd@x.io,D,,\ne@x.io,E,F\n").unwrap();
    let found: Vec<_> = rows(&mut file)
        .into_iter()
        .map(|(row, line, outcome)| (row, line, outcome.map(|_| ())))
        .collect();
    assert_eq!(
        found,
        [
            (1, 6, Ok(())),
            (2, 9, Err("Email: “bad” is not an e-mail address".into())),
            (
                3,
                10,
                Err(
                    "has no e-mail address, no id and no name with a company or phone number"
                        .into()
                )
            ),
            (4, 11, Ok(())),
            (5, 12, Ok(())),
            (
                6,
                13,
                Err(
                    "has 3 cells where the header has 2: a cell may hold an unquoted delimiter"
                        .into()
                )
            ),
        ]
    );
    assert_eq!(
        file.skipped(),
        Skipped {
            preamble: 2,
            blank: 1,
            repeated_header: 1,
            footer: 0,
            groups: 0,
        }
    );
    assert_eq!(file.padded(), 1);
}

#[test]
fn a_stray_quote_costs_its_own_line_only() {
    let found = emails(b"email,name,company\na@x.io,\"Ann,X\nb@x.io,Bo,Y\n\"c@x.io\",\"Cy\",\"Z\"\nd@x.io,\"D \"The\" E\",Z\n");
    assert_eq!(
        found,
        [
            "! a quote is opened and not closed",
            "b@x.io",
            "c@x.io",
            "d@x.io"
        ]
    );
    // Here the quote happens to be closed rightly, three lines on.
    let found =
        emails(b"email,name,company\na@x.io,\"Ann,X\nb@x.io,Bo,Y\nc@x.io,Cy,5\"\nd@x.io,D,Z\n");
    assert_eq!(
        found,
        [
            "! a quote is opened and not closed",
            "b@x.io",
            "c@x.io",
            "d@x.io"
        ]
    );
}

#[test]
fn overlong_cells_are_rejected_and_the_rest_is_read() {
    let text = format!(
        "email,notes\na@x.io,{}\nb@x.io,\"{}\"\nc@x.io,ok\n",
        "x".repeat(1 << 20),
        "y\n".repeat(1 << 18)
    );
    assert_eq!(
        emails(text.as_bytes()),
        [
            "! longer than is accepted (64 KiB a cell, 1024 KiB a row)",
            "! longer than is accepted (64 KiB a cell, 1024 KiB a row)",
            "c@x.io",
        ]
    );
}

#[test]
fn hostile_text_is_made_harmless() {
    let found = read(
        "email,first name,last name\n\0a@x.io\0,\u{1b}[2JAnn\u{202e},أحمد 😀\nb\u{200b}@x.io,B,C\n"
            .as_bytes(),
    );
    // NULs inside a cell make its address unreadable, which is said; text is cleaned.
    assert!(found[0].2.is_err());
    assert!(found[1].2.is_err());
    let found =
        read("email,first name,last name\na@x.io,\u{1b}[2JAnn\u{202e}\0,أحمد 😀\n".as_bytes());
    let draft = found[0].2.as_ref().unwrap();
    assert_eq!(draft.full_name.as_deref(), Some("Ann أحمد 😀"));
}

#[test]
fn files_that_cannot_be_read_say_why() {
    assert!(matches!(open(b""), Err(FileError::Empty)));
    assert!(matches!(open(b"\n \n"), Err(FileError::Empty)));
    assert!(matches!(open(b"PK\x03\x04xxxx"), Err(FileError::Binary(_))));
    assert!(matches!(
        open(b"a,b\nc,d\n"),
        Err(FileError::NoHeader { .. })
    ));
    let overrides = MapOverrides::parse(&["email=Nope"]).unwrap();
    let opened = ContactFile::open(
        io::Cursor::new(b"email,name\n".to_vec()),
        "x.csv",
        &overrides,
    );
    assert!(matches!(opened, Err(FileError::NoSuchColumn { .. })));
    let overrides = MapOverrides::parse(&["email=#2", "full_name=#1"]).unwrap();
    let mut file = ContactFile::open(
        io::Cursor::new(b"Ann;a@x.io\nBo;b@x.io\n".to_vec()),
        "x.csv",
        &overrides,
    )
    .unwrap();
    assert_eq!(rows(&mut file).len(), 2);
    let overrides = MapOverrides::parse(&["email=Wo wir schreiben"]).unwrap();
    let mut file = ContactFile::open(
        io::Cursor::new(b"Kram;Wo wir schreiben\nx;a@x.io\n".to_vec()),
        "x.csv",
        &overrides,
    )
    .unwrap();
    assert_eq!(rows(&mut file)[0].2.as_ref().unwrap().emails, ["a@x.io"]);
}

#[test]
fn a_person_known_by_name_alone_gets_that_as_an_id() {
    let found = read(b"Name,Company,Email\nAnn Lee,Acme,\n");
    let draft = found[0].2.as_ref().unwrap();
    assert_eq!(draft.external_ids[0].to_string(), "name:ann lee|acme");
}

#[test]
fn unreadable_values_are_dropped_by_name() {
    let mut file =
        open(b"Email,Renewal date,Time zone,ICP fit,Create date\na@x.io,soon,here,high,then\n")
            .unwrap();
    let row = file.next_row().unwrap().unwrap();
    let columns: Vec<_> = row.dropped.iter().map(|d| d.column.as_str()).collect();
    assert_eq!(
        columns,
        ["Renewal date", "Time zone", "ICP fit", "Create date"]
    );
}

#[test]
fn rejects_can_be_mended_and_read_again() {
    let mut file = open(b"Email;Name\nbad;\"A;B\"\nc@x.io;C;too;many\n\"open;D\n").unwrap();
    let mut out = Vec::new();
    let mut writer = RejectsWriter::new(&mut out, file.mapping(), file.delimiter()).unwrap();
    while let Some(row) = file.next_row().unwrap() {
        writer
            .write(row.row, row.line, &row.outcome.unwrap_err())
            .unwrap();
    }
    assert_eq!(writer.finish().unwrap(), 3);
    let text = String::from_utf8(out).unwrap();
    assert_eq!(
        text,
        "Email;Name;row;line;reason\n\
        bad;\"A;B\";1;2;Email: “bad” is not an e-mail address\n\
        c@x.io;C;2;3;has 4 cells where the header has 2: a cell may hold an unquoted delimiter;too;many\n\
        \"\"\"open;D\";;3;4;a quote is opened and not closed\n"
    );
    let mended = text.replace("bad;", "good@x.io;");
    let mut again = open(mended.as_bytes()).unwrap();
    assert_eq!(
        again.mapping().ignored().collect::<Vec<_>>(),
        ["row", "line", "reason"]
    );
    assert_eq!(
        rows(&mut again)[0].2.as_ref().unwrap().emails,
        ["good@x.io"]
    );
}

fn sample() -> ContactDraft {
    let mut draft = ContactDraft {
        first_name: Some("Zoë, \"Z\"".into()),
        last_name: Some("=cmd|' /C calc'!A0".into()),
        emails: vec!["zoe@x.io".into(), "z@y.io".into()],
        phone: Some("+49 30 12345".into()),
        mobile_phone: Some("+1 (555) 555-0100".into()),
        title: Some("-Head; of \\ Sales\\".into()),
        company: Some("@cme".into()),
        company_domain: Some("acme.com".into()),
        city: Some("'=x".into()),
        state: Some("TX".into()),
        country: Some("United States".into()),
        linkedin: Some("https://www.linkedin.com/in/zoe".into()),
        stage: Some(LifecycleStage::FormerCustomer),
        time_zone: Some("Europe/Berlin".into()),
        icp_fit: Some(0.3),
        renewal_date: Some(jiff::civil::date(2027, 2, 28)),
        notes: Some("two\nlines, a \"quote\"; and 😀 a very long line that must be folded by the writer in the middle of it".into()),
        created_at: Some(jiff::Timestamp::from_millisecond(1_700_000_000_123).unwrap()),
        opted_out: true,
        ..ContactDraft::default()
    };
    draft.external_ids.extend(ExternalId::parse("hubspot:501"));
    draft.external_ids.extend(ExternalId::parse("vcard:a,b"));
    draft.normalize().unwrap();
    draft
}

#[test]
fn what_is_exported_is_imported_unchanged() {
    for (format, name) in [(ExportFormat::Csv, "x.csv"), (ExportFormat::Vcard, "x.vcf")] {
        let mut out = Vec::new();
        assert_eq!(
            write_contacts(&mut out, format, [sample(), sample()]).unwrap(),
            2
        );
        let mut file =
            ContactFile::open(io::Cursor::new(out), name, &MapOverrides::default()).unwrap();
        let found = rows(&mut file);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].2.as_ref().unwrap(), &sample(), "{name}");
    }
}

#[test]
fn json_exports_have_one_shape() {
    let mut out = Vec::new();
    write_contacts(&mut out, ExportFormat::Json, [sample()]).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(value[0]["emails"][1], "z@y.io");
    assert_eq!(value[0]["external_ids"][0], "hubspot:501");
    assert_eq!(value[0]["lifecycle_stage"], "former_customer");
    let mut out = Vec::new();
    write_contacts(&mut out, ExportFormat::JsonLines, [sample(), sample()]).unwrap();
    assert_eq!(out.split(|b| *b == b'\n').count(), 3);
    let mut out = Vec::new();
    write_contacts(&mut out, ExportFormat::Json, []).unwrap();
    assert_eq!(out, b"[\n]\n");
}

#[test]
fn each_vendors_export_is_read_as_it_comes() {
    let check = |name: &str, vendor: Vendor, expect: &[&str]| {
        let mut file = data(name);
        let found: Vec<String> = rows(&mut file)
            .into_iter()
            .map(|(row, line, outcome)| match outcome {
                Ok(d) => format!(
                    "{row} {line} {} <{}> {}, {}{}{}",
                    d.full_name.unwrap_or_default(),
                    d.emails.join(" "),
                    d.title.unwrap_or_default(),
                    d.company.unwrap_or_default(),
                    d.external_ids
                        .iter()
                        .map(|id| format!(" {id}"))
                        .collect::<String>(),
                    if d.opted_out { " stop" } else { "" }
                ),
                Err(reason) => format!("{row} {line} ! {reason}"),
            })
            .collect();
        assert_eq!(found, expect, "{name}");
        assert_eq!(file.mapping().vendor, vendor, "{name}");
    };
    check(
        "hubspot.csv",
        Vendor::Hubspot,
        &[
            "1 2 Ann Lee <ann.lee@acme.example> Head of Sales, Acme, Inc. hubspot:501",
            "2 3 José Núñez <jose@nunez.example j.nunez@home.example> Founder, Núñez & Hijos hubspot:502 stop",
            "3 4 Bo <bo@blue.example> , Blue \"Sky\" Media hubspot:503",
        ],
    );
    check(
        "salesforce.csv",
        Vendor::Salesforce,
        &[
            "1 2 Ann Lee <ann.lee@acme.example> VP Sales, Acme, Inc. salesforce:0035g00000ABCde stop",
            "2 3 Bo Ek <> , Ek AB salesforce:0035g00000ABCdf",
        ],
    );
    check(
        "google.csv",
        Vendor::Google,
        &[
            "1 2 Ann Lee <ann.lee@acme.example ann@home.example> Head of Sales, Acme",
            "2 4 Bo Ek <> ,  name:bo ek|4630123456",
        ],
    );
    check(
        "google_new.csv",
        Vendor::Google,
        &["1 2 Ann Lee <ann.lee@acme.example> Head of Sales, Acme"],
    );
    check(
        "outlook_de.csv",
        Vendor::Outlook,
        &["1 2 Jörg Müller <joerg@mueller.example> Geschäftsführer, Müller GmbH"],
    );
    check(
        "linkedin.csv",
        Vendor::Linkedin,
        &[
            "1 5 Ann Lee <> Head of Sales, Acme linkedin:annlee",
            "2 6 Zoë O'Neil <zoe@x.example> Founder, X linkedin:zoe-o-neil-1a2b",
        ],
    );
    check(
        "pipedrive.csv",
        Vendor::Pipedrive,
        &["1 2 Ann Lee <ann.lee@acme.example> , Acme pipedrive:17"],
    );
    check(
        "mixed.vcf",
        Vendor::Vcard,
        &[
            "1 1 Jörg Müller <joerg@mueller.example> , Müller GmbH",
            "2 9 Ann Lee <ann.lee@acme.example> Head of Sales, Acme vcard:abc-1",
        ],
    );
}

proptest::proptest! {
    #[test]
    fn every_byte_string_is_read_to_its_end(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300), header in proptest::bool::ANY) {
        let mut all = if header { b"email,name,company\n".to_vec() } else { Vec::new() };
        all.extend(bytes);
        if let Ok(mut file) = open(&all) {
            while file.next_row().unwrap().is_some() {}
        }
    }

    #[test]
    fn any_text_survives_a_round_trip(first in ".{0,30}", company in ".{0,30}", notes in "(.|\n){0,60}", title in "['=@+-]{0,3}.{0,10}", phone in "[+0-9 ]{0,12}") {
        let mut draft = ContactDraft {
            first_name: Some(first), company: Some(company), notes: Some(notes), title: Some(title), phone: Some(phone),
            emails: vec!["a@x.io".into()], ..ContactDraft::default()
        };
        draft.normalize().unwrap();
        for (format, name) in [(ExportFormat::Csv, "x.csv"), (ExportFormat::Vcard, "x.vcf")] {
            let mut out = Vec::new();
            write_contacts(&mut out, format, [draft.clone()]).unwrap();
            let mut file = ContactFile::open(io::Cursor::new(out.clone()), name, &MapOverrides::default()).unwrap();
            let found = rows(&mut file).remove(0).2.unwrap();
            proptest::prop_assert_eq!(found.fingerprint(), draft.fingerprint(), "{:?} {:?} {}", found, draft, String::from_utf8_lossy(&out));
        }
    }
}

#[test]
fn a_line_without_id_or_name_goes_on_with_the_row_before() {
    let text = "\"ID\",\"First Name\",\"Last Name\",\"Company Name\",\"ID (Email IDs)\",\"Email ID (Email IDs)\",\"Is Primary (Email IDs)\",\"Number (Contact Numbers)\"\n\
        \"CONT-1\",\"Ann\",\"Hill\",\"Acme\",\"e1\",\"ann@acme.example\",\"1\",\"+1 212 555 0142\"\n\
        ,,,,\"e2\",\"ann.hill@home.example\",\"0\",\"+1 212 555 0187\"\n\
        ,,,,,,,\"+1 212 555 0199\"\n\
        ,,,,\"e3\",\"nonsense\",,\n\
        ,\"Bob\",\"Lee\",\"Acme\",\"e4\",\"bob@acme.example\",\"1\",\n\
        \"CONT-3\",\"Cid\",\"Roe\",\"\",\"e5\",\"not an address\",\"1\",\n\
        ,,,,\"e6\",\"cid@roe.example\",\"0\",\n";
    let mut file = open(text.as_bytes()).unwrap();
    let first = file.next_row().unwrap().unwrap();
    let ann = first.outcome.unwrap();
    assert_eq!(ann.emails, ["ann@acme.example", "ann.hill@home.example"]);
    assert_eq!(ann.phone.as_deref(), Some("+1 212 555 0142"));
    assert_eq!(ann.mobile_phone.as_deref(), Some("+1 212 555 0187"));
    assert!(ann.notes.unwrap().contains("+1 212 555 0199"));
    assert_eq!(first.dropped[0].reason, "not an e-mail address");
    let cells = ContactFile::raw_cells(&first.raw, Some(b','));
    assert_eq!(
        (&*cells[0], &*cells[5]),
        (
            "CONT-1",
            "ann@acme.example; ann.hill@home.example; nonsense"
        )
    );
    let rest = rows(&mut file);
    // An id may be missing: who has a name of their own is somebody else.
    assert_eq!(rest[0].2.as_ref().unwrap().emails, ["bob@acme.example"]);
    assert!(rest[1].2.is_err());
    assert_eq!(
        rest[2].2,
        Err("goes on with a row that was rejected".to_owned())
    );
    assert_eq!((rest.len(), rest[2].0, file.continued()), (3, 4, 3));
    // Where the file has no such table, or no names, a line without an id is somebody all the same.
    assert_eq!(
        emails(b"id,name,email\n1,Ann,a@x.example\n,,b@x.example\n"),
        ["a@x.example", "b@x.example"]
    );
    assert_eq!(
        emails(b"id,email\n1,a@x.example\n,b@x.example\n"),
        ["a@x.example", "b@x.example"]
    );
}

#[test]
fn lines_that_go_on_with_one_row_are_bounded() {
    let mut text = "id,name,email id (email ids)\n1,Ann Hill,ann0@x.example\n".to_owned();
    for n in 1..=102 {
        text.push_str(&format!(",,ann{n}@x.example\n"));
    }
    let mut file = open(text.as_bytes()).unwrap();
    let ann = file.next_row().unwrap().unwrap();
    assert_eq!(ann.outcome.unwrap().emails.len(), 20);
    assert_eq!(ann.dropped.len(), 81);
    let rest = rows(&mut file);
    assert_eq!(rest.len(), 2);
    assert!(rest.iter().all(|(_, _, outcome)| outcome.is_err()));
}

#[test]
fn a_file_may_have_thousands_of_columns() {
    let wide = |columns: usize, name: &str| {
        let mut text = "Email".to_owned();
        (1..columns).for_each(|n| text.push_str(&format!(",{name}{n}")));
        text.push_str("\nann@x.example");
        (1..columns).for_each(|_| text.push_str(",x"));
        text
    };
    for (columns, name) in [(2_000, "C"), (4_096, "A long name of a column ")] {
        assert_eq!(emails(wide(columns, name).as_bytes()), ["ann@x.example"]);
    }
    let error = open(wide(4_097, "C").as_bytes()).unwrap_err();
    assert!(
        error.to_string().contains("more than 4096 columns"),
        "{error}"
    );
    // One known word among others is no header where no address stands below it.
    let error = open(b"Email,C0,C1\nann,x,y\n").unwrap_err();
    assert!(matches!(error, FileError::NoHeader { .. }));
}

#[test]
fn the_first_of_several_firms_is_the_firm() {
    let text = b"Record ID,Email,Associated Company,Lifecycle Stage\n7,ann@nash.example,Nash Co; Nash Holding,Lead\n";
    let mut file = open(text).unwrap();
    let row = file.next_row().unwrap().unwrap();
    let draft = row.outcome.unwrap();
    assert_eq!(draft.company.as_deref(), Some("Nash Co"));
    assert_eq!(draft.notes.as_deref(), Some("Further firms: Nash Holding"));
    assert_eq!(row.dropped[0].column, "Associated Company");
    // Elsewhere a semicolon may be part of a name.
    let other = read(b"email\tcompany\na@x.example\tSmith; Jones\n");
    assert_eq!(
        other[0].2.as_ref().unwrap().company.as_deref(),
        Some("Smith; Jones")
    );
}

#[test]
fn a_word_for_nothing_is_no_date_that_was_left_out() {
    let mut file = open(b"email,renewal date\na@x.example,N/A\nb@x.example,soon\n").unwrap();
    assert_eq!(file.next_row().unwrap().unwrap().dropped.len(), 0);
    assert_eq!(file.next_row().unwrap().unwrap().dropped.len(), 1);
}

/// The columns of a file whose cells may be wishes, row by row.
fn suspicious(bytes: &[u8], name: &str) -> Vec<Vec<String>> {
    let reader = io::Cursor::new(bytes.to_vec());
    let mut file = ContactFile::open(reader, name, &MapOverrides::default()).unwrap();
    let mut all = Vec::new();
    while let Some(row) = file.next_row().unwrap() {
        assert!(row.outcome.is_ok_and(|draft| !draft.wants_no_mail()));
        all.push(row.suspicious);
    }
    all
}

#[test]
fn what_may_be_a_wish_in_a_card_is_named() {
    let card = |line: &str| {
        format!("BEGIN:VCARD\nVERSION:3.0\nFN:Ann Lee\nEMAIL:ann@x.io\n{line}\nEND:VCARD\n")
    };
    for (line, column) in [
        ("CATEGORIES:Customers,Unsubscribed", Some("CATEGORIES")),
        ("CATEGORIES:Do not email", Some("CATEGORIES")),
        (
            "NOTE:Met in Rome. Please do not email her again.",
            Some("NOTE"),
        ),
        (
            "item1.NOTE;CHARSET=UTF-8:Unsubscribed on 2026-01-02",
            Some("NOTE"),
        ),
        ("CATEGORIES:Customers,Friends", None),
        ("NOTE:Met in Rome.", None),
        ("NOTE:Subscribed to the newsletter", None),
    ] {
        let found = suspicious(card(line).as_bytes(), "x.vcf");
        let expect: Vec<String> = column.into_iter().map(str::to_owned).collect();
        assert_eq!(found, [expect], "{line}");
    }
}

#[test]
fn the_footer_of_a_report_is_nobody() {
    for footer in [
        "Confidential Information - Do Not Distribute",
        "\"Confidential Information - Do Not Distribute\",,,",
        "Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved.",
        "\"Copyright © 2000-2026 salesforce.com, inc. All rights reserved.\"",
        "\"Generated By: Ann Lee 11/30/2026, 8:15 AM\"",
        "Generated By: Ann Lee 11/30/2026, 8:15 AM",
        "Grand Totals (2 records),,,",
        "\"Grand Summaries\",,,",
        "Report generated on 11/30/2026",
    ] {
        let text = format!(
            "First Name,Last Name,Account Name,Email\nAnn,Lee,Acme,ann@x.io\nBo,Ek,Bolt,bo@x.io\n\n\n{footer}\n"
        );
        let mut file = open(text.as_bytes()).unwrap();
        assert_eq!(rows(&mut file).len(), 2, "{footer}");
        assert_eq!(file.skipped().footer, 1, "{footer}");
    }
    // A person may be called so.
    let text = b"First Name,Last Name,Account Name,Email\nGrand,Totals,Acme,grand@x.io\nCopyright,Lee,Acme,c@x.io\n";
    assert_eq!(emails(text), ["grand@x.io", "c@x.io"]);
}

#[test]
fn an_apostrophe_before_an_address_is_a_spreadsheets() {
    assert_eq!(
        emails(
            b"email,name\n'ann@x.io,Ann\n'bo@x.io',Bo\n\"'cy@x.io; 'cy@y.io\",Cy\no'neil@x.io,Di\n"
        ),
        ["ann@x.io", "bo@x.io", "cy@x.io+cy@y.io", "o'neil@x.io"]
    );
}
