use super::*;
use crate::domain::crm::ContactField;
use crate::domain::suppression::Cause;
use crate::store::people::{self, RecordKind};
use crate::store::people::{find_by_email, find_by_external_id};
use crate::store::suppressions;
use crate::store::tests::store;
use crate::store::{Durability, Store, StoreError};

fn draft(edit: impl FnOnce(&mut ContactDraft)) -> ContactDraft {
    let mut draft = ContactDraft::default();
    edit(&mut draft);
    draft.normalize().unwrap();
    draft
}

fn person(email: &str, name: &str) -> ContactDraft {
    draft(|d| {
        d.emails.push(email.into());
        d.full_name = Some(name.into());
    })
}

/// Imports `drafts` as one run and returns what became of each.
fn import(store: &Store, drafts: &[ContactDraft]) -> Vec<Change> {
    let drafts = drafts.to_vec();
    store
        .write::<_, StoreError>(Durability::Normal, move |tx| {
            let mut memory = RunMemory::default();
            let mut writer = ContactWriter::new(tx, Timestamp::UNIX_EPOCH)?;
            let changes = drafts
                .iter()
                .map(|d| Ok(writer.write(d, Origin::Import, &mut memory)?.change))
                .collect::<Result<_>>()?;
            writer.finish()?;
            Ok(changes)
        })
        .unwrap()
}

fn read<T>(store: &Store, job: impl FnOnce(&ReadTx<'_>) -> Result<T>) -> T {
    store.read(job).unwrap()
}

fn found(store: &Store, text: &str) -> Vec<String> {
    read(store, |tx| search(tx, text, 50))
        .into_iter()
        .map(|hit| hit.contact.full_name())
        .collect()
}

use Change::{New, Unchanged, Updated};

#[test]
fn what_a_run_knows_outlasts_its_transactions_until_somebody_else_writes() {
    let (_directory, store) = store();
    let step = |mut memory: RunMemory, n: usize| {
        store
            .write::<_, StoreError>(Durability::Normal, move |tx| {
                memory.open(tx)?;
                let knows = memory.knows_all();
                let held = memory.holds_still(|| Ok(true))?;
                let mut writer = ContactWriter::new(tx, Timestamp::UNIX_EPOCH)?;
                let new = person(&format!("ann{n}@acme.example"), "Ann Lee");
                writer.write(&new, Origin::Import, &mut memory)?;
                let changed = person("ann1@acme.example", &format!("Ann {n}"));
                writer.write(&changed, Origin::Import, &mut memory)?;
                writer.finish()?;
                memory.seal(tx)?;
                Ok((memory, (knows, held)))
            })
            .unwrap()
    };
    let mut memory = RunMemory::default();
    for n in 1..4 {
        let (next, state) = step(memory, n);
        assert_eq!(state, (true, true), "transaction {n}");
        memory = next;
    }
    import(&store, &[person("bo@bolt.example", "Bo Ek")]);
    assert_eq!(step(memory, 4).1, (false, false));
}

#[test]
fn a_second_import_of_the_same_rows_changes_nothing() {
    let (_directory, store) = store();
    let rows = [
        person("ann@acme.example", "Ann Lee"),
        person("bo@acme.example", "Bo Ek"),
        // The same person twice more, with other words.
        person("ANN@acme.example", "Anna Lee"),
        draft(|d| {
            d.emails.push("ann@acme.example".into());
            d.title = Some("CEO".into());
        }),
        person("ann@acme.example", "Ann Lee"),
    ];
    assert_eq!(
        import(&store, &rows),
        [New, New, Updated, Updated, Unchanged]
    );
    let ann = |store: &Store| {
        read(store, |tx| {
            let id = find_by_email(tx, "ann@acme.example")?.unwrap();
            Ok(get(tx, id)?.unwrap())
        })
    };
    let before = ann(&store);
    assert_eq!(
        (before.full_name().as_str(), before.title.as_str()),
        ("Anna Lee", "CEO")
    );
    for _ in 0..2 {
        assert_eq!(import(&store, &rows), [Unchanged; 5]);
    }
    assert_eq!(ann(&store), before);
}

#[test]
fn a_value_that_goes_and_comes_back_is_followed() {
    let (_directory, store) = store();
    let title = |title: &str| {
        [draft(|d| {
            d.emails.push("a@x.io".into());
            d.title = Some(title.into());
        })]
    };
    assert_eq!(import(&store, &title("A")), [New]);
    assert_eq!(import(&store, &title("B")), [Updated]);
    assert_eq!(import(&store, &title("A")), [Updated]);
    assert_eq!(import(&store, &title("A")), [Unchanged]);
    // The same with two rows about the person.
    let two = |t: &str| [title("A")[0].clone(), title(t)[0].clone()];
    assert_eq!(import(&store, &two("B")), [Unchanged, Updated]);
    assert_eq!(import(&store, &two("B")), [Unchanged, Unchanged]);
    assert_eq!(import(&store, &two("C")), [Unchanged, Updated]);
    assert_eq!(import(&store, &two("B")), [Unchanged, Updated]);
    let title = read(&store, |tx| Ok(list(tx, None, None, 9)?.remove(0).title));
    assert_eq!(title, "B");
}

#[test]
fn rows_are_matched_by_external_id_then_by_any_address() {
    let (_directory, store) = store();
    let full = draft(|d| {
        d.external_ids.extend(ExternalId::new("hubspot", "1"));
        d.emails.push("a@x.io; a@home.example".into());
    });
    let moved = draft(|d| {
        d.external_ids.extend(ExternalId::new("hubspot", "1"));
        d.emails.push("a@new.example".into());
    });
    let other = draft(|d| {
        d.external_ids.extend(ExternalId::new("salesforce", "9"));
        d.emails.push("A@home.example".into());
    });
    assert_eq!(
        import(&store, &[full, moved, other]),
        [New, Updated, Updated]
    );
    read(&store, |tx| {
        assert_eq!(count(tx)?, 1);
        let id =
            ContactId(find_by_external_id(tx, RecordKind::Contact, "salesforce", "9")?.unwrap());
        assert_eq!(
            emails(tx, id)?,
            ["a@home.example", "a@new.example", "a@x.io"]
        );
        assert_eq!(external_ids(tx, id)?.len(), 2);
        Ok(())
    });
}

#[test]
fn numbers_of_unnamed_files_do_not_make_two_people_one() {
    let (_directory, store) = store();
    let row = |email: &str| {
        draft(|d| {
            d.external_ids.extend(ExternalId::new("file", "1"));
            d.emails.push(email.into());
        })
    };
    assert_eq!(import(&store, &[row("a@x.io")]), [New]);
    assert_eq!(import(&store, &[row("b@x.io")]), [New]);
    assert_eq!(import(&store, &[row("b@x.io")]), [Unchanged]);
    assert_eq!(import(&store, &[row("a@x.io")]), [Unchanged]);
}

#[test]
fn a_count_of_a_nameless_list_is_nobodys_identity() {
    let check = |id: &str, rows: [(&str, &str); 2], did: &[(Change, bool)], people: &[&str]| {
        let (_directory, store) = store();
        let rows = rows.map(|(email, name)| {
            draft(|d| {
                d.external_ids.extend(ExternalId::new("file0a1b2c3d", id));
                d.emails
                    .extend((!email.is_empty()).then(|| email.to_owned()));
                d.full_name = (!name.is_empty()).then(|| name.to_owned());
            })
        });
        assert_eq!(choose(&store, &rows, OnConflict::KeepBoth), did);
        assert_eq!(everybody(&store), people);
        let again: Vec<_> = did.iter().map(|(_, no)| (Unchanged, *no)).collect();
        assert_eq!(choose(&store, &rows, OnConflict::KeepBoth), again);
    };
    let both = [(New, false), (New, false)];
    check(
        "1",
        [("ann@a.example", "Ann Hill"), ("bob@b.example", "Bob Hill")],
        &both,
        &[
            "Ann Hill||ann@a.example|file0a1b2c3d:1",
            "Bob Hill||bob@b.example|",
        ],
    );
    check(
        "CONT-0001",
        [("ann@a.example", ""), ("bob@b.example", "")],
        &both,
        &["||ann@a.example|file0a1b2c3d:CONT-0001", "||bob@b.example|"],
    );
    // Nothing of his own to know him by: rejected, with the reason.
    check(
        "1",
        [("ann@a.example", "Ann Hill"), ("", "Bob Hill")],
        &[(New, false), (Unchanged, true)],
        &["Ann Hill||ann@a.example|file0a1b2c3d:1"],
    );
    // The name or the address says that it is the same record.
    check(
        "1",
        [
            ("ann@a.example", "Ann Hill"),
            ("ann@new.example", "Ann Hill"),
        ],
        &[(New, false), (Updated, false)],
        &["Ann Hill||ann@new.example ann@a.example|file0a1b2c3d:1"],
    );
    // A long number or a random one is given once.
    check(
        "5010000000123456",
        [
            ("ann@a.example", "Ann Hill"),
            ("ann@b.example", "Ann Hill-Roe"),
        ],
        &[(New, false), (Updated, false)],
        &["Ann Hill-Roe||ann@b.example ann@a.example|file0a1b2c3d:5010000000123456"],
    );
}

/// Writes drafts with a choice; returns what each did and whether it was refused.
fn choose(store: &Store, drafts: &[ContactDraft], choice: OnConflict) -> Vec<(Change, bool)> {
    let drafts = drafts.to_vec();
    store
        .write::<_, StoreError>(Durability::Normal, move |tx| {
            let mut memory = RunMemory::default();
            memory.open(tx)?;
            let mut writer = ContactWriter::new(tx, Timestamp::UNIX_EPOCH)?.on_conflict(choice);
            let mut all = Vec::new();
            for draft in &drafts {
                let written = writer.write(draft, Origin::Import, &mut memory)?;
                let refused = written.met.is_some_and(|met| met.is_refused);
                all.push((written.change, refused));
            }
            writer.finish()?;
            Ok(all)
        })
        .unwrap()
}

/// Every contact: name, title, addresses, ids.
fn everybody(store: &Store) -> Vec<String> {
    read(store, |tx| {
        let mut all = Vec::new();
        for row in list(tx, None, None, 99)? {
            let ids: Vec<_> = external_ids(tx, row.id)?
                .iter()
                .map(ToString::to_string)
                .collect();
            let emails = emails(tx, row.id)?.join(" ");
            let text = format!(
                "{}|{}|{emails}|{}",
                row.full_name(),
                row.title,
                ids.join(" ")
            );
            all.push(text);
        }
        Ok(all)
    })
}

#[test]
fn another_persons_row_changes_nobody() {
    let row = |id: &str, emails: &[&str], name: &str, title: &str| {
        draft(|d| {
            d.external_ids.extend(ExternalId::new("crm", id));
            d.emails.extend(emails.iter().map(|e| (*e).to_owned()));
            d.full_name = Some(name.into());
            d.title = Some(title.into());
        })
    };
    let check = |rows: &[ContactDraft], did: &[(Change, bool)], people: &[&str]| {
        let (_directory, store) = store();
        assert_eq!(choose(&store, rows, OnConflict::KeepBoth), did);
        assert_eq!(everybody(&store), people);
        // The same rows again change nothing.
        let again: Vec<_> = did
            .iter()
            .map(|(_, refused)| (Unchanged, *refused))
            .collect();
        assert_eq!(
            choose(&store, rows, OnConflict::KeepBoth),
            again,
            "{people:?}"
        );
        assert_eq!(everybody(&store), people);
    };
    let greta = row("", &["info@shared.example"], "Greta Holm", "Owner");
    let known = "Greta Holm|Owner|info@shared.example|";
    // Nothing of its own.
    check(
        &[
            greta.clone(),
            row("", &["INFO@shared.example"], "Sven Lund", "Buyer"),
        ],
        &[(New, false), (Unchanged, true)],
        &[known],
    );
    check(
        &[
            row("", &["ann@gmail.com"], "Ann Ames", ""),
            row("", &["a.nn+crm@gmail.com"], "Annie", ""),
        ],
        &[(New, false), (Unchanged, true)],
        &["Ann Ames||ann@gmail.com|"],
    );
    // A second address, before or after the shared one.
    for emails in [
        ["sven@lund.example", "info@shared.example"],
        ["info@shared.example", "sven@lund.example"],
    ] {
        check(
            &[greta.clone(), row("", &emails, "Sven Lund", "Buyer")],
            &[(New, false), (New, false)],
            &[known, "Sven Lund|Buyer|sven@lund.example|"],
        );
    }
    // A record of its own.
    check(
        &[
            row("1", &["info@shared.example"], "Greta Holm", "Owner"),
            row("2", &["info@shared.example"], "Sven Lund", "Buyer"),
        ],
        &[(New, false), (New, false)],
        &[
            "Greta Holm|Owner|info@shared.example|crm:1",
            "Sven Lund|Buyer||crm:2",
        ],
    );
    check(
        &[
            row("1", &["info@shared.example"], "", "Owner"),
            row("2", &["info@shared.example"], "", "Buyer"),
        ],
        &[(New, false), (New, false)],
        &["|Owner|info@shared.example|crm:1", "|Buyer||crm:2"],
    );
    // One record, two people.
    check(
        &[
            row("1", &["greta@holm.example"], "Greta Holm", "Owner"),
            row("1", &["sven@lund.example"], "Sven Lund", "Buyer"),
        ],
        &[(New, false), (New, false)],
        &[
            "Greta Holm|Owner|greta@holm.example|crm:1",
            "Sven Lund|Buyer|sven@lund.example|",
        ],
    );
}

#[test]
fn a_record_may_change_its_name_and_its_address() {
    let (_directory, store) = store();
    let row = |email: &str, name: &str| {
        draft(|d| {
            d.external_ids.extend(ExternalId::new("crm", "1"));
            d.emails.push(email.into());
            d.full_name = Some(name.into());
        })
    };
    let rows = [
        row("ann.lee@acme.example", "Ann Lee"),
        row("ann.hill@acme.example", "Ann Hill"),
    ];
    assert_eq!(
        choose(&store, &rows, OnConflict::KeepBoth),
        [(New, false), (Updated, false)]
    );
    assert_eq!(
        everybody(&store),
        ["Ann Hill||ann.hill@acme.example ann.lee@acme.example|crm:1"]
    );
}

#[test]
fn the_operator_chooses_for_rows_of_somebody_else() {
    let check = |choice, did: [(Change, bool); 2], people: &[&str]| {
        let (_directory, store) = store();
        let mut other = person("info@shared.example", "Sven Lund");
        other.title = Some("Buyer".into());
        other.emails.push("sven@lund.example".into());
        let rows = [person("info@shared.example", "Greta Holm"), other];
        assert_eq!(choose(&store, &rows, choice), did, "{choice:?}");
        assert_eq!(everybody(&store), people, "{choice:?}");
    };
    let both = "info@shared.example sven@lund.example";
    check(
        OnConflict::Skip,
        [(New, false), (Unchanged, true)],
        &["Greta Holm||info@shared.example|"],
    );
    check(
        OnConflict::Fill,
        [(New, false), (Updated, false)],
        &[&format!("Greta Holm|Buyer|{both}|")],
    );
    check(
        OnConflict::Replace,
        [(New, false), (Updated, false)],
        &[&format!("Sven Lund|Buyer|{both}|")],
    );
}

#[test]
fn a_poorer_name_replaces_no_richer_one() {
    let check = |first: &str, second: &str, id: Option<&str>, kept: &str| {
        let (_directory, store) = store();
        let row = |name: &str, title: &str| {
            draft(|d| {
                d.external_ids
                    .extend(id.and_then(|id| ExternalId::new("crm", id)));
                d.emails.push("info@able.example".into());
                d.full_name = Some(name.into());
                d.title = Some(title.into());
            })
        };
        let rows = [row(first, "Owner"), row(second, "Partner")];
        for choice in [OnConflict::KeepBoth, OnConflict::Replace] {
            choose(&store, &rows, choice);
            let ids = id.map(|id| format!("crm:{id}")).unwrap_or_default();
            let expect = format!("{kept}|Partner|info@able.example|{ids}");
            assert_eq!(everybody(&store), [expect], "{first} / {second}");
        }
    };
    for poorer in ["Able", "T", "T. Able", "Tom", "TOM ABLE"] {
        check("Tom Able", poorer, None, "Tom Able");
        check("Tom Able", poorer, Some("A-77"), "Tom Able");
        check(poorer, "Tom Able", None, "Tom Able");
        check(poorer, "Tom Able", Some("A-77"), "Tom Able");
    }
    check("Daniel Able", "Dan Able", None, "Daniel Able");
    check("Daniel Able", "Dan Able", Some("A-77"), "Dan Able");
    check("Zoë Able", "Zoe Able", None, "Zoë Able");
}

#[test]
fn one_word_is_no_half_of_a_name_beside_itself() {
    let (_directory, store) = store();
    let last = draft(|d| {
        d.emails.push("info@able.example".into());
        d.last_name = Some("Able".into());
    });
    import(&store, &[person("info@able.example", "Able"), last]);
    assert_eq!(everybody(&store), ["Able||info@able.example|"]);
}

#[test]
fn people_who_share_an_address_stay_two() {
    let check = |rows: [(&str, &str); 2], did: (Change, bool), people: &[&str]| {
        let (_directory, store) = store();
        let rows = rows.map(|(id, name)| {
            draft(|d| {
                d.external_ids.extend(ExternalId::new("crm", id));
                d.emails.push("able@able.example".into());
                d.full_name = Some(name.into());
            })
        });
        let all = [(New, false), did];
        assert_eq!(choose(&store, &rows, OnConflict::KeepBoth), all);
        assert_eq!(everybody(&store), people);
    };
    let rejected = (Unchanged, true);
    for other in [
        "John Able Sr.",
        "Ann & John Able",
        "Ann and John",
        "Ann/John Able",
    ] {
        check(
            [("", "John Able Jr."), ("", other)],
            rejected,
            &["John Able Jr.||able@able.example|"],
        );
    }
    check(
        [("", "Ann & John"), ("", "John Able")],
        rejected,
        &["Ann & John||able@able.example|"],
    );
    for other in ["John Able Sr.", "John Able", "John Able Jr."] {
        check(
            [("A-1", "John Able Jr."), ("A-2", other)],
            (New, false),
            &[
                "John Able Jr.||able@able.example|crm:A-1",
                &format!("{other}|||crm:A-2"),
            ],
        );
    }
}

#[test]
fn one_id_with_another_name_and_address_is_two_people() {
    for (one, other) in [("Ann Lee", "Tom Lee"), ("Jo Able Jr.", "Jo Able Sr.")] {
        let (_directory, store) = store();
        let rows = [("a@x.example", one), ("b@y.example", other)].map(|(email, name)| {
            let mut row = person(email, name);
            row.external_ids.extend(ExternalId::new("crm", "A-1"));
            row
        });
        assert_eq!(import(&store, &rows), [New, New], "{other}");
    }
}

#[test]
fn a_row_is_read_again_under_another_choice() {
    let (_directory, store) = store();
    let mut other = person("info@shared.example", "Sven Lund");
    other.title = Some("Buyer".into());
    let rows = [person("info@shared.example", "Greta Holm"), other];
    let check = |choice, did: [(Change, bool); 2], people: &str| {
        for did in [did, did.map(|(_, refused)| (Unchanged, refused))] {
            assert_eq!(choose(&store, &rows, choice), did, "{choice}");
            assert_eq!(everybody(&store), [people], "{choice}");
        }
    };
    let greta = "Greta Holm||info@shared.example|";
    check(
        OnConflict::KeepBoth,
        [(New, false), (Unchanged, true)],
        greta,
    );
    check(
        OnConflict::Skip,
        [(Unchanged, false), (Unchanged, true)],
        greta,
    );
    let filled = "Greta Holm|Buyer|info@shared.example|";
    check(
        OnConflict::Fill,
        [(Unchanged, false), (Updated, false)],
        filled,
    );
    let replaced = "Sven Lund|Buyer|info@shared.example|";
    check(
        OnConflict::Replace,
        [(Unchanged, false), (Updated, false)],
        replaced,
    );
}

#[test]
fn a_wish_is_followed_although_its_row_is_not_taken() {
    let (_directory, store) = store();
    let mut other = person("info@shared.example", "Sven Lund");
    other.opted_out = true;
    let mut gone = person("gone@x.io", "Bo Ek");
    gone.bounced = true;
    gone.emails.push("bo@x.io".into());
    let rows = [person("info@shared.example", "Greta Holm"), other, gone];
    choose(&store, &rows, OnConflict::KeepBoth);
    let stopped = read(&store, suppressions::list);
    let stopped: Vec<_> = stopped
        .iter()
        .map(|s| (s.value.as_str(), s.cause))
        .collect();
    assert_eq!(
        stopped,
        [
            ("gone@x.io", Cause::Bounced),
            ("info@shared.example", Cause::OptedOut)
        ]
    );
}

#[test]
fn a_row_blanks_nothing_and_lifts_no_stop() {
    let (_directory, store) = store();
    let full = draft(|d| {
        d.emails.push("a@x.io".into());
        d.full_name = Some("Ann Lee".into());
        d.phone = Some("+1 555 0100".into());
        d.company = Some("Acme".into());
        d.stage = Some(LifecycleStage::DoNotContact);
        d.opted_out = true;
    });
    let bare = draft(|d| {
        d.emails.push("a@x.io".into());
        d.stage = Some(LifecycleStage::Customer);
    });
    assert_eq!(import(&store, &[full, bare]), [New, Unchanged]);
    read(&store, |tx| {
        let row = list(tx, None, None, 9)?.remove(0);
        assert_eq!(
            (row.phone.as_str(), row.company.as_str()),
            ("+1 555 0100", "Acme")
        );
        assert_eq!(row.stage, LifecycleStage::DoNotContact);
        assert!(export(tx, row)?.opted_out);
        Ok(())
    });
}

#[test]
fn a_stored_stage_that_is_none_of_ours_is_a_stop_that_no_row_lifts() {
    let (_directory, store) = store();
    let ann = || {
        draft(|d| {
            d.emails.push("a@x.io".into());
            d.stage = Some(LifecycleStage::Customer);
        })
    };
    import(&store, &[ann()]);
    store
        .write::<_, StoreError>(Durability::Normal, |tx| {
            // The table refuses such a word, so only a file that something else wrote can hold one.
            tx.sql().execute_batch(
                "PRAGMA ignore_check_constraints = ON; UPDATE contact SET stage = 'vip'; PRAGMA ignore_check_constraints = OFF",
            )?;
            Ok(())
        })
        .unwrap();
    let mut again = ann();
    again.title = Some("CTO".into());
    assert_eq!(import(&store, &[again]), [Updated]);
    read(&store, |tx| {
        let id = find_by_email(tx, "a@x.io")?.unwrap();
        let stop = LifecycleStage::DoNotContact;
        assert_eq!(get(tx, id)?.unwrap().stage, stop);
        assert_eq!(crate::store::people::load(tx, id)?.unwrap().stage, stop);
        assert_eq!(crate::store::people::stage_of(tx, id)?, Some(stop));
        Ok(())
    });
}

#[test]
fn companies_are_shared_by_domain_and_then_by_name() {
    let (_directory, store) = store();
    let at = |email: &str, name: Option<&str>, site: Option<&str>| {
        draft(|d| {
            d.emails.push(email.into());
            d.company = name.map(Into::into);
            d.company_domain = site.map(Into::into);
        })
    };
    import(
        &store,
        &[
            at("a@x.io", Some("Acme Inc."), None),
            at(
                "b@x.io",
                Some("ACME, Inc"),
                Some("https://www.acme.example/en"),
            ),
            at("c@x.io", Some("Acme Deutschland"), Some("de.acme.example")),
            at("d@x.io", None, Some("acme.example")),
            at("e@x.io", Some("Acme Inc"), Some("other.example")),
            at("f@x.io", None, Some("gmail.com")),
        ],
    );
    let companies: Vec<_> = read(&store, |tx| list(tx, None, None, 9))
        .into_iter()
        .map(|c| c.company_id.map(|id| id.0))
        .collect();
    assert_eq!(
        companies,
        [Some(1), Some(1), Some(1), Some(1), Some(2), None]
    );
    let first = read(&store, |tx| super::super::companies::get(tx, CompanyId(1))).unwrap();
    assert_eq!(
        (first.name.as_str(), first.domain.as_deref()),
        ("Acme Inc.", Some("acme.example"))
    );
}

#[test]
fn search_finds_names_addresses_and_companies_as_they_are_typed() {
    let (_directory, store) = store();
    import(
        &store,
        &[
            draft(|d| {
                d.emails.push("zoe.oneil@blue-sky.example".into());
                d.full_name = Some("Zoë O’Neil".into());
                d.company = Some("Blue Sky Médias".into());
            }),
            person("ann@x.io", "Ann Zoellner"),
            person("zed@x.io", "Łukasz Straße"),
        ],
    );
    assert_eq!(found(&store, "zoe"), ["Zoë O’Neil", "Ann Zoellner"]);
    assert_eq!(found(&store, "ZOË O"), ["Zoë O’Neil"]);
    assert_eq!(found(&store, "neil"), ["Zoë O’Neil"]);
    assert_eq!(found(&store, "o'neil"), ["Zoë O’Neil"]);
    assert_eq!(found(&store, "zoe.oneil@blue-sky.ex"), ["Zoë O’Neil"]);
    assert_eq!(found(&store, "medias blu"), ["Zoë O’Neil"]);
    assert_eq!(found(&store, "lukasz"), ["Łukasz Straße"]);
    assert_eq!(found(&store, "stras"), ["Łukasz Straße"]);
    assert_eq!(found(&store, "x"), ["Łukasz Straße", "Ann Zoellner"]);
    for nothing in [
        "",
        " ",
        "\"",
        "*",
        "OR",
        "NEAR(a b)",
        "zoe AND nobody",
        "name:x*",
    ] {
        assert!(found(&store, nothing).is_empty(), "{nothing:?}");
    }
}

#[test]
fn a_changed_name_is_found_and_the_old_one_is_not() {
    let (_directory, store) = store();
    let named = |name: &str| {
        let mut row = person("a@x.io", name);
        row.external_ids.extend(ExternalId::new("hubspot", "7"));
        row
    };
    import(&store, &[named("Ann Lee")]);
    import(&store, &[named("Ann Smith")]);
    assert_eq!(found(&store, "smith"), ["Ann Smith"]);
    assert!(found(&store, "lee").is_empty());
    store.write(Durability::Normal, rebuild_search).unwrap();
    assert_eq!(found(&store, "smith"), ["Ann Smith"]);
    assert_eq!(found(&store, "a@x.io"), ["Ann Smith"]);
}

fn same(store: &Store, id: i64) -> Vec<i64> {
    let found = read(store, |tx| people::namesakes(tx, ContactId(id)));
    found.into_iter().map(|id| id.0).collect()
}

#[test]
fn whoever_changes_a_name_is_found_by_the_new_one() {
    let (_directory, store) = store();
    let row = |email: &str, name: &str, id: &str| {
        draft(|d| {
            d.emails.push(email.into());
            d.full_name = Some(name.into());
            d.company = Some("Acme GmbH".into());
            d.external_ids.extend(ExternalId::new("hubspot", id));
        })
    };
    let ann = row("ann@gmail.com", "Ängla Öberg", "1");
    import(&store, &[ann, row("b@gmail.com", "Bo Ek", "2")]);
    assert!(same(&store, 1).is_empty());
    // By another row, by hand in HubSpot, as a new contact of a mail, and as one whose name comes later.
    import(&store, &[row("b@gmail.com", "ANGLA OBERG", "2")]);
    assert_eq!(same(&store, 1), [2]);
    let now = Timestamp::UNIX_EPOCH;
    let named = |first: &str, email: &str| people::NewPerson {
        first_name: first.into(),
        last_name: if first.is_empty() { "" } else { "Öberg" }.into(),
        email: email.into(),
        company: "ACME, Inc.".into(),
        company_domain: String::new(),
    };
    let (third, fourth) = (named("angla", "c@gmail.com"), named("", "d@gmail.com"));
    let later = named("Ängla", "d@gmail.com");
    store
        .write::<_, StoreError>(Durability::Normal, move |tx| {
            let id = ContactId(2);
            crate::store::hubspot::set_field(tx, id, ContactField::FirstName, "Bo", now)?;
            people::add(tx, &third, now)?;
            let id = people::add(tx, &fourth, now)?;
            assert_eq!(people::namesakes(tx, id)?, []);
            people::complete(tx, id, &later, now)?;
            Ok(())
        })
        .unwrap();
    assert_eq!(same(&store, 1), [3, 4]);
    assert_eq!(same(&store, 4), [1, 3]);
    assert!(same(&store, 2).is_empty());
}

#[test]
fn a_firm_is_found_under_every_spelling() {
    let (_directory, store) = store();
    let at = |name: &str, site: Option<&str>| {
        draft(|d| {
            d.emails.push(format!("a@{}.io", name.len()));
            d.company = Some(name.into());
            d.company_domain = site.map(Into::into);
        })
    };
    let rows = [
        at("Acme GmbH", Some("acme.example")),
        at("ACME, Incorporated", None),
        at("The Acme Company", None),
        at("OOO Acme", None),
        at("Acme Rockets", None),
        at("Acme Limited", Some("other.example")),
        at("Bolt", None),
    ];
    import(&store, &rows);
    read(&store, |tx| {
        let acme = crate::store::companies::get(tx, CompanyId(1))?.unwrap();
        let found = crate::store::companies::same_firm(tx, &acme)?;
        assert_eq!(found, [1, 2, 3, 4].map(CompanyId));
        let acme = crate::store::companies::get(tx, CompanyId(4))?.unwrap();
        let found = crate::store::companies::same_firm(tx, &acme)?;
        assert_eq!(found, [1, 2, 3, 4, 6].map(CompanyId));
        Ok(())
    });
}

#[test]
fn a_stop_stays_with_the_record_that_a_merge_leaves() {
    let (_directory, store) = store();
    let row = |email: &str, id: &str, stage| {
        draft(|d| {
            d.emails.push(email.into());
            d.stage = stage;
            d.external_ids.extend(ExternalId::new("hubspot", id));
        })
    };
    let stop = Some(LifecycleStage::DoNotContact);
    import(
        &store,
        &[row("a@x.io", "1", stop), row("b@y.io", "2", None)],
    );
    store
        .write::<_, StoreError>(Durability::Normal, |tx| {
            crate::store::hubspot::merge_into(tx, RecordKind::Contact, "1", 2)
        })
        .unwrap();
    read(&store, |tx| {
        assert_eq!(people::stage_of(tx, ContactId(2))?, stop);
        assert_eq!(people::addresses(tx, ContactId(2))?, ["a@x.io", "b@y.io"]);
        Ok(())
    });
}
