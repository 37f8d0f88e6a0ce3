use super::*;

/// What a header and a cell say together, in a word.
fn found(header: &str, cell: &str) -> &'static str {
    let topic = Topic::of(&Name::of(header));
    match topic.and_then(|topic| wish_of(topic, cell)) {
        Some(Wish::OptedOut) => "out",
        Some(Wish::Bounced { .. }) => "bounced",
        Some(Wish::Unclear) => "unclear",
        Some(Wish::Reason) => "reason",
        Some(Wish::Soft | Wish::Denied) | None => "",
    }
}

#[test]
fn a_header_and_a_cell_decide_together() {
    let check = |header: &str, cell: &str, expect: &str| {
        assert_eq!(found(header, cell), expect, "{header}: {cell}");
    };
    for (header, cell) in [
        ("Person - Marketing status", "Unsubscribed"),
        ("Marketing status", "unsubscribed"),
        ("subscription_status", "Opted Out"),
        ("Email Permission Status", "Opted Out"),
        ("Email permission", "No"),
        ("Status", "Unsubscribed"),
        ("Status", "blocklisted"),
        ("Contact Status", "Unsubscribed"),
        ("Subscriber status", "complained"),
        ("Member status", "Unsubscribed"),
        ("Email Status", "cancelled"),
        ("status", "Marked as spam"),
        ("UNSUB_TIME", "2026-01-02 10:00:00"),
        ("UNSUB_REASON", "NORMAL"),
        ("unsubscribed_at", "2026-01-02T10:00:00Z"),
        ("Unsubscribe date", "01/02/2026"),
        ("Subscribed", "No"),
        ("is_subscribed", "false"),
        ("Subscribed", "0"),
        ("Accepts Email Marketing", "no"),
        ("Email Marketing Consent", "UNSUBSCRIBED"),
        ("Newsletter", "unsubscribed"),
        ("Email Opt-In", "N"),
        ("Blocklisted", "true"),
        ("emailBlacklisted", "1"),
        ("Suppressed", "yes"),
        ("IsExcludedFromCampaigns", "True"),
        ("Do not allow Bulk Emails", "Do Not Allow"),
        ("Newsletter abbestellt", "ja"),
        ("Statut de l'abonnement", "Désinscrit"),
        ("Estado de suscripción", "Dado de baja"),
    ] {
        check(header, cell, "out");
    }
    for (header, cell) in [
        ("Status", "Cleaned"),
        ("Status", "bounced"),
        ("Status", "Hard bounce"),
        ("Email status", "invalid"),
        ("Email bounced", "Yes"),
        ("Hard bounced", "true"),
        ("Email Bounced Date", "2026-01-02"),
        ("Email hard bounce reason", "UNKNOWN_USER"),
        ("CLEAN_TIME", "2026-01-02 10:00:00"),
        ("Marketing status", "Bounced"),
        ("Unsubscribed", "bounced"),
        ("state", "unreachable"),
        ("Email Deliverability", "undeliverable"),
    ] {
        check(header, cell, "bounced");
    }
    for (header, cell) in [
        ("Marketing status", "Subscribed"),
        ("Marketing status", "No consent"),
        ("subscription_status", "Active"),
        ("Email Marketing Consent", "NEVER_SUBSCRIBED"),
        ("Email Marketing Consent", "Never subscribed"),
        ("Status", "Active"),
        ("Status", "Open"),
        ("Lead Status", "Cancelled"),
        ("Status", "invalid"),
        ("Subscribed", "Yes"),
        ("Subscribed", ""),
        ("Subscribed", "2026-01-02"),
        ("Unsubscribed", "No"),
        ("Unsubscribed", "Subscribed"),
        ("Unsubscribed", "Never subscribed"),
        ("Email bounced", "false"),
        ("Email bounced", "soft"),
        ("Bounce type", "Soft bounce"),
        ("Soft bounces", "3"),
        ("Unsubscribe link", "https://x.example/u/1"),
        ("SMS opt out", "Yes"),
        ("DOUBLE_OPT-IN", "No"),
        ("OPTIN_TIME", "2026-01-02"),
        ("Do not allow Emails", "Allow"),
        ("Email status", "unconfirmed"),
        ("Company", "Unsubscribed"),
    ] {
        check(header, cell, "");
    }
}

#[test]
fn a_column_that_might_be_one_is_seen_by_its_cells() {
    for text in [
        "Unsubscribed",
        "opted out",
        "Cleaned",
        "Hard Bounced",
        "blocklisted",
        "Abgemeldet",
        "Désinscrit",
        "customer; unsubscribed",
        "Spoke in May. Please do not email her again.",
        "Bitte nicht kontaktieren",
    ] {
        assert!(suggests(text), "{text}");
    }
    for text in [
        "",
        "Acme",
        "Subscribed",
        "Spain",
        "Closed",
        "never unsubscribed",
        "clean energy",
    ] {
        assert!(!suggests(text), "{text}");
    }
}

const OUT: &[&str] = &[
    "Consent withdrawn at|2026-01-02",
    "Consent withdrawn (at)|01/02/2026",
    "Consent withdrawn|Yes",
    "Consent revoked|2026-01-02",
    "Consent revoked on|May 1, 2026",
    "Consent Status|Withdrawn 2026-01-01",
    "Consent status|Revoked on 1 May 2026",
    "Marked email as spam|Yes",
    "Marked as spam|2026-01-02 10:00",
    "DND|true",
    "DND|Yes",
    "dnd|1",
    "Do Not Disturb|yes",
    "Keine Werbung|Ja",
    "Keine Werbung|x",
    "Widerspruch|Ja",
    "Widerspruch am|01.02.2026",
    "OK to email|No",
    "OK to email?|false",
    "Okay to email|N",
    "Can email|false",
    "Can email|No",
    "Email permission|none",
    "Email permission|denied",
    "Email permission|No",
    "Marketing consent|denied",
    "Marketing consent|No",
    "Marketing consent|withdrawn",
    "Email consent|rejected",
    "Email consent|refused",
    "Consent|revoked",
    "Email opt out|1",
    "Email Opt Out|true",
    "HasOptedOutOfEmail|TRUE",
    "Opted out of email: Marketing Information|true",
    "Unsubscribed from all email|true",
    "Unsubscribed from all email|Yes",
    "Email Opt-Out Date|2026-01-02",
    "Opt out|Opted out",
    "Do Not Email|x",
    "Do Not Mail|yes",
    "DoNotEmail|1",
    "Do not send emails|✓",
    "No email|Y",
    "Email Suppressions|[\"unsubscribed\"]",
    "Email Suppressions|unsubscribe",
    "Suppressed|2026-01-02",
    "Global unsubscribe|true",
    "Global Opt-out|y",
    "Unsubscribe|1",
    "Unsubscribed on|2026-01-02",
    "unsubscribe_date|2026/01/02",
    "Unsubscribe Date|1767312000",
    "Blocklisted|yes",
    "Email blacklisted|TRUE",
    "Email Blocklisted Campaigns|yes",
    "Subscription status|Unsubscribed",
    "Subscription Status|Reported as spam",
    "Email status|Unsubscribed",
    "Email Status|opted_out",
    "Email status|Spam complaint",
    "Marketing Status|opt-out",
    "List status|unsubscribed",
    "Mailing list status|Removed",
    "Contact status|Do not contact",
    "Status|Opted Out",
    "Status|Unsubscribed 2026-01-02",
    "State|unsubscribed",
    "Accepts Marketing|false",
    "Accepts Email|no",
    "Accepts email marketing|FALSE",
    "Receives newsletter|No",
    "Email opt in|false",
    "Opt-in|No",
    "Opted in|0",
    "Newsletter opt-in|nein",
    "Subscribed|not subscribed",
    "Is subscribed|0",
    "Email marketing consent|unsubscribed",
    "Email Allowed|No",
    "Allow email|false",
    "E-Mail-Werbung erlaubt|Nein",
    "Werbung erlaubt|nein",
    "Einwilligung|widerrufen",
    "Einwilligung|Nein",
    "Einwilligung widerrufen am|01.02.2026",
    "Newsletter-Abmeldung|12.01.2026",
    "Newsletter abgemeldet|Ja",
    "Werbesperre|Ja",
    "Consentement|retiré",
    "Consentement e-mail|Non",
    "Désabonné|Oui",
    "Désinscrit le|02/01/2026",
    "Accepte les e-mails|Non",
    "Ne pas contacter|Oui",
    "Consentimiento|revocado",
    "Consentimiento|No",
    "Acepta correo|No",
    "Fecha de baja|02/01/2026",
    "No contactar|Sí",
    "Dado de baja|Sí",
    "Consenso marketing|negato",
    "Consenso marketing|No",
    "Disiscritto|Sì",
    "Non contattare|Sì",
    "Consentimento|revogado",
    "Descadastrado|Sim",
    "Não enviar e-mail|Sim",
    "Toestemming|ingetrokken",
    "Toestemming mailing|Nee",
    "Uitgeschreven|Ja",
    "Niet mailen|ja",
    "Samtycke|återkallat",
    "Samtycke|Nej",
    "Avregistrerad|Ja",
    "Ingen reklam|Ja",
    "Samtykke|trukket",
    "Frameldt|Ja",
    "Suostumus|Ei",
    "Markkinointikielto|Kyllä",
    "Zgoda|Nie",
    "Zgoda|wycofana",
    "Wypisany|Tak",
    "Sprzeciw|Tak",
    "Souhlas|Ne",
    "Odhlášen|Ano",
    "Leiratkozott|igen",
    "Dezabonat|Da",
    "Отписан|Да",
    "Согласие на рассылку|Нет",
    "退订|是",
    "配信停止|はい",
    "Spam complaint|true",
    "Complained|2026-01-02",
    "Complaint date|2026-01-02",
    "Contact Opt Out|Yes",
    "Do Not Contact|Yes",
    "Do not contact|requested by phone",
];
const BOUNCED: &[&str] = &[
    "Has hard bounced|Yes",
    "Has hard bounced|true",
    "Hard bounced|2026-01-02",
    "Email Hard Bounce Date|2026-01-02",
    "Email hard bounce reason|MAILBOX_FULL",
    "Bounced|1",
    "Email Bounced|TRUE",
    "EmailBouncedDate|2026-01-02T10:00:00Z",
    "Email bounced reason|550 user unknown",
    "Bounce type|Hard",
    "Bounce Type|hard bounce",
    "Bounce Type|Permanent",
    "Email Suppressions|[\"bounce\"]",
    "Suppression reason|Hard bounced",
    "Subscription status|Bounced",
    "Email status|Bounced",
    "Email Status|undeliverable",
    "Deliverability|hard_bounce",
    "Status|Bounced",
    "Status|Cleaned 2026-01-02",
    "Invalid email|true",
    "Email invalid|Yes",
    "Undeliverable|x",
    "Zustellfehler|Ja",
    "Unzustellbar|Ja",
    "CLEAN_TIME|2026-01-02",
];
const NOTHING: &[&str] = &[
    "Bounced Soft|2026-01-02",
    "Soft bounced|Yes",
    "Bounce Type|Soft",
    "Bounce Type|Soft 2026-01-02",
    "Email bounced|soft",
    "Bounce reason|Mailbox full",
    "Email Suppressions|[]",
    "Email Suppressions|{}",
    "Email Suppressions|0",
    "Email Suppressions|-",
    "Email Suppressions|[ ]",
    "Email Suppressions|null",
    "Opt out|opted-in",
    "Opt out|Opted In",
    "Opt out|not opted out",
    "Unsubscribed|never",
    "Unsubscribed|-",
    "Unsubscribed|0",
    "Unsubscribed|{}",
    "Unsubscribed|[]",
    "Unsubscribed|false",
    "Unsubscribed|0000-00-00",
    "Unsubscribed|subscribed",
    "Unsubscribe date|",
    "Consent withdrawn|No",
    "Consent withdrawn at|-",
    "Consent revoked|false",
    "Consent Status|Given 2026-01-01",
    "Consent status|Granted",
    "Consent date|2026-01-02",
    "Marketing consent|Yes",
    "Marketing consent|granted",
    "Email permission|granted",
    "Email permission|Yes",
    "OK to email|Yes",
    "Can email|true",
    "DND|false",
    "DND|No",
    "Keine Werbung|Nein",
    "Widerspruch|Nein",
    "Has hard bounced|No",
    "Has hard bounced|false",
    "Marked email as spam|No",
    "Marked email as spam|0",
    "Do Not Contact|No",
    "Do not email|false",
    "Accepts Marketing|yes",
    "Subscribed|active",
    "Subscription status|Subscribed",
    "Subscription status|Pending",
    "Email status|verified",
    "Status|New",
    "Status|Working",
    "Lead Status|Open - Not Contacted",
    "State|Texas",
    "Einwilligung|Ja",
    "Consentement|Oui",
    "Consenso|Sì",
    "Zgoda|Tak",
    "Согласие|Да",
    "Blocklisted|☐",
    "Email hash|abc",
    "SMS consent|No",
    "Number of bounces|3",
];
const UNCLEAR: &[&str] = &[
    "Marketing consent|none",
    "Email consent|expired",
    "Consent status|lapsed",
    "Bounce type|Technical",
    "Complaint|late delivery",
];
// Whoever has one may have opted out: another column says so.
const REASONS: &[&str] = &[
    "Opt-out reason|too many",
    "Do not contact reason|asked on the phone",
    "Email Opt Out Reason|Not relevant",
    "Abmeldung Grund|zu viele",
];

#[test]
fn other_tools_words_mean_what_they_say() {
    let mut wrong = Vec::new();
    let all = [
        (OUT, "out"),
        (BOUNCED, "bounced"),
        (NOTHING, ""),
        (UNCLEAR, "unclear"),
        (REASONS, "reason"),
    ];
    for (pairs, expect) in all {
        for pair in pairs {
            let (header, cell) = pair.rsplit_once('|').unwrap();
            let found = found(header, cell);
            if found != expect {
                wrong.push(format!("{pair}: {found:?}, not {expect:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn anything_but_a_clear_no_stops_contact() {
    for no in [
        "",
        " ",
        "false",
        "FALSE",
        "0",
        "No",
        "nein",
        "-",
        "n/a",
        "0000-00-00",
        "0000-00-00 00:00:00",
    ] {
        assert!(found("opted_out", no).is_empty(), "{no:?}");
    }
    for yes in [
        "true",
        "1",
        "Yes",
        "x",
        "2024-01-02",
        "asked on the phone",
        "Ja",
    ] {
        assert_eq!(found("opted_out", yes), "out", "{yes:?}");
    }
}

#[test]
fn a_reason_that_says_do_not_contact_is_told_from_others() {
    let check = |reason: &str, expect| {
        assert_eq!(says_do_not_contact(reason), expect, "{reason}");
    };
    check("do not contact", true);
    check("Do not contact: they asked to be left alone", true);
    check("  DO  NOT CONTACT.", true);
    check("they asked to be left alone", true);
    for reason in [
        "unsubscribe",
        "Unsubscribed",
        "UNSUBSCRIBED.",
        "opted out",
        "opt out",
        "opt-out",
        "Opt-Out by phone",
        "DNC",
        "dnc list",
        "don't contact",
        "Do not email",
        "asked to stop",
        "They asked us to stop.",
        "asked not to be contacted",
        "asked not to be contacted again",
        "remove",
        "Remove me",
        "removed",
        "wants to be removed",
        "stop",
        "stop emailing",
        "please take me off your list",
        "Bitte nehmen Sie mich aus dem Verteiler.",
        "marked us as spam",
        "do_not_contact",
        "told us to leave him alone",
        "leave her alone",
        "GDPR erasure request",
        "right to be forgotten",
        "abgemeldet",
        "hat sich abgemeldet",
        "blacklist",
        "blacklisted",
        "do not disturb",
        "DND",
        "angry: never again",
        "never email again",
        "opted out of our emails",
        "opted out of all marketing",
        "unsubscribed from the newsletter",
        "unsubscribed from everything",
        "asked to stop the emails",
        "asked to stop all outreach",
        "asked to stop sending mails",
        "asked to be removed from our list",
        "asked to be removed from the mailing list",
    ] {
        check(reason, true);
    }
    for reason in [
        "not now",
        "wrong time",
        "bad timing",
        "no budget",
        "not interested",
        "removed from the project",
        "asked to stop by in March",
        "do not contact until March",
        "do not contact before the renewal",
        "do not email this week",
        "did not opt out",
        "never unsubscribed",
        "already a customer",
        "duplicate",
        "left the company",
        "non-stop travel",
        "call instead",
        "on parental leave",
        "they opted out of the trial",
        "opted out of the pilot",
        "asked to stop the trial",
        "asked us to stop the project",
        "asked to stop using it",
        "unsubscribed from competitor",
        "unsubscribed from Kite's product",
        "asked to be removed from the project",
        "do not disturb until Monday",
    ] {
        check(reason, false);
    }
    check("not relevant", false);
    check("contact them later", false);
    check("", false);
}

#[test]
fn columns_that_were_silent_speak() {
    for (header, cell, expect) in [
        ("May contact", "No", "out"),
        ("Can email", "No", "out"),
        ("Reachable", "No", "unclear"),
        ("OK to email", "N", "out"),
        ("Baja", "Sí", "out"),
        ("Kontaktsperre", "Ja", "out"),
        ("Mailsperre", "x", "out"),
        ("Werbesperre", "X", "out"),
        ("Ne pas contacter", "Oui", "out"),
        ("Individual: Do Not Process", "1", "out"),
        ("HasOptedOutProcessing", "true", "out"),
        ("Don't Market", "true", "out"),
        ("Don’t Market", "1", "out"),
        ("HasOptedOutSolicit", "TRUE", "out"),
        ("Don't Track", "1", "unclear"),
        ("HasOptedOutTracking", "1", "unclear"),
        ("ShouldForget", "1", "out"),
        ("Contact preference", "None", "unclear"),
        ("Contact preference", "Phone only", "unclear"),
        ("Contact preference", "Email", ""),
        ("Preferred Method of Contact", "Any", ""),
        ("Preferred channel", "No email", "out"),
        ("Preferred channel", "Do not email", "out"),
        ("Preferred channel", "Email only", ""),
        ("Email frequency", "never", "out"),
        ("Email frequency", "weekly", ""),
        ("Email preference", "No", "out"),
        ("Deceased", "Yes", "out"),
        ("Deceased", "No", ""),
        ("DeathDate", "2025-01-02", "out"),
        ("Left company", "Yes", "bounced"),
        ("Left company", "No", ""),
        ("No longer at company", "TRUE", "bounced"),
        ("Status", "No longer with company", "bounced"),
        ("Status", "Deceased", "out"),
        ("Status", "UNSUBSCRIBED (2024)", "out"),
        ("GDPR erased", "yes", "out"),
        ("Consent given", "No", "out"),
        ("Consent given", "2026-01-02", ""),
        ("Opted out", "no, wants news", ""),
        ("Opted out", "No (asked 2024)", ""),
        ("Opted out", "no wants news", "unclear"),
        ("Opted out", "no more mail", "out"),
        ("Opted out", "No, do not email", "unclear"),
        ("Subscribed", "No, asked by phone", "out"),
        ("Subscribed", "yes, monthly", ""),
        ("Do not contact", "until March", "unclear"),
        ("Do not contact", "bis März", "unclear"),
        ("Do not contact", "until further notice", "out"),
        ("Do not contact until", "2027-03-01", "unclear"),
        ("Don't Contact Until", "March", "unclear"),
        ("Status", "Do not contact until March", "unclear"),
        ("Account opt out", "Yes", "out"),
        ("Can unsubscribe", "Yes", ""),
        ("Email and phone opt out", "Yes", "out"),
        ("Do not call", "Yes", ""),
        ("Suppress notifications", "Yes", "unclear"),
        ("Portal Unsubscribe", "TRUE", "out"),
        ("Portal Spam Report", "TRUE", "out"),
        ("Global Bounce", "TRUE", "bounced"),
        ("OptOut_Date", "20260122T111244", "out"),
    ] {
        assert_eq!(found(header, cell), expect, "{header}: {cell}");
    }
}

/// Columns by which programs and people say that somebody may not be written to, in eight languages, each with a value by which they do.
const REFUSALS: &str = "\
    Unsubscribed from all email=true|Opted out of email: Marketing Information=true|Email hard bounce reason=UNKNOWN_USER|Unsubscribed=Yes|\
    Email Opt Out=1|HasOptedOutOfEmail=TRUE|Don't Market=1|Don't Process=1|Don't Profile=1|Forget this Individual=1|Do Not Contact=1|Do Not Email=x|\
    Person - Marketing status=Unsubscribed|Marketing status=bounced|UNSUB_TIME=2026-01-02 10:00:00|UNSUB_REASON=NORMAL|CLEAN_TIME=2026-01-02|\
    Unsubscribed Mode=Manual|Unsubscribed Time=2026-01-02 10:00|BLACKLISTED=true|emailBlacklisted=1|EMAIL_MARKETING=Unsubscribed|List status=Unsubscribed|Contact Status=Bounced|\
    Do not allow Bulk Emails=Do Not Allow|donotbulkemail=true|DoNotSendMM=1|NO BULK EMAILS (User Opt Out)=1|Is Deceased=1|Mail allowed=No|Accepts Email Marketing=no|\
    May we contact you=No|OK to contact=N|Contactable=No|Permission to contact=Denied|Newsletter=No|Marketing=No|Marketing emails=off|GDPR=refused|GDPR consent=No|\
    Privacy objection=Yes|Reachable=No|Stop=yes|Email frequency=never|Preferred channel=No email|Contact preference=None|Blocked=Yes|Removed=Yes|No further contact=yes|\
    Kontaktsperre=Ja|Werbesperre=X|Mailsperre=Ja|Werbung erlaubt=Nein|Newsletter abgemeldet=Ja|Von E-Mails abgemeldet=Ja|Werbewiderspruch=Ja|Darf kontaktiert werden=Nein|DSGVO Einwilligung=Nein|\
    Nicht kontaktieren=Ja|Keine E-Mails=Ja|Verstorben=Ja|Datenschutz Sperre=Ja|Ne pas contacter=Oui|Désabonné de tous les e-mails=Oui|Refuse les e-mails=Oui|Désinscription=02/01/2026|\
    Accepte la prospection=Non|Opposition prospection=Oui|STOP PUB=Oui|Consentement RGPD=Non|Contact autorisé=Non|Baja=Sí|Fecha de baja=02/01/2026|No contactar=Sí|No enviar correos=Sí|\
    Acepta publicidad=No|Consentimiento LOPD=No|Fallecido=Sí|Uitgeschreven=Ja|Niet contacteren=Ja|Geen e-mail=Ja|Mag benaderd worden=Nee|Afgemeld=Ja|Overleden=Ja|AVG toestemming=Nee|\
    Disiscritto=Sì|Non contattare=Sì|Consenso marketing=No|Non inviare e-mail=Sì|Accetta comunicazioni=No|Deceduto=Sì|Cancelou a inscrição=Sim|Descadastrado=Sim|Não contatar=Sim|\
    Não enviar e-mail=Sim|Aceita marketing=Não|Consentimento LGPD=Não|Falecido=Sim|Wypisany=Tak|Nie kontaktować=Tak|Zgoda marketingowa=Nie|Zgoda RODO=Nie|Sprzeciw=Tak|Bez marketingu=Tak|Zmarły=Tak";

#[test]
fn no_refusal_is_silent() {
    let pairs: Vec<(&str, &str)> = REFUSALS
        .split('|')
        .map(|pair| pair.rsplit_once('=').unwrap())
        .collect();
    assert!(pairs.len() >= 100, "{}", pairs.len());
    let silent: Vec<_> = pairs
        .iter()
        .filter(|(header, cell)| found(header, cell).is_empty())
        .collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn ordinary_columns_are_silent() {
    for (header, cell) in [
        ("Company", "No"),
        ("Deal stage", "No"),
        ("Contact owner", "None"),
        ("Industry", "Marketing"),
        ("Number of employees", "1"),
        ("Last contacted", "2026-01-02"),
        ("Lead source", "Newsletter"),
        ("Address block", "5"),
        ("Description", "never"),
        ("Birthday", "2026-01-02"),
        ("Marketing owner", "Ann"),
        ("Newsletter", "Yes"),
        ("Preferred channel", "Phone"),
        ("Last email sent", "2026-01-02"),
        ("Email domain", "acme.example"),
        ("Marketing contact status", "Marketing contact"),
        ("Contact type", "Customer"),
    ] {
        assert_eq!(found(header, cell), "", "{header}: {cell}");
    }
}

#[test]
fn a_note_that_may_be_a_wish_is_seen() {
    for note in [
        "asked never to be emailed",
        "Asked in May never to be e-mailed again.",
        "do not contact until March",
        "Please do not e-mail her.",
        "unsub; vip",
        "DNC",
        "ne plus écrire SVP",
        "Möchte keine Werbung mehr",
        "No more e-mails please",
    ] {
        assert!(suggests(note), "{note}");
    }
    for note in [
        "No contact since May",
        "did not opt out",
        "Removed the old number",
        "Met in Rome",
        "Opted out of the pilot",
        "DNA lab",
    ] {
        assert!(!suggests(note), "{note}");
    }
    // Words that suggest something in a note are the move's at hand in a reason.
    assert!(!says_do_not_contact("do not send this one"));
    assert!(says_do_not_contact("do not e-mail"));
}

/// Every spelling of names and values that the tests above know.
fn known_pairs() -> Vec<(String, String)> {
    let lists = [OUT, BOUNCED, NOTHING, UNCLEAR, REASONS];
    let refusals = REFUSALS
        .split('|')
        .map(|pair| pair.rsplit_once('=').unwrap());
    let others = lists
        .into_iter()
        .flatten()
        .map(|pair| pair.rsplit_once('|').unwrap());
    refusals
        .chain(others)
        .map(|(header, cell)| (header.to_owned(), cell.to_owned()))
        .collect()
}

proptest::proptest! {
    #[test]
    fn spelling_changes_nothing(
        pick in 0..1_000_usize,
        case in 0..3_usize,
        hidden in proptest::sample::select(vec!["", "\u{200b}", "\u{ad}", "\u{feff}", "\u{2060}"]),
        at in 0..40_usize,
        space in proptest::sample::select(vec!["", " ", "  ", "\t", "\u{a0}"]),
        end in proptest::sample::select(vec!["", ".", "!", ",", ";", ":", " ."]),
    ) {
        let pairs = known_pairs();
        let (header, cell) = &pairs[pick % pairs.len()];
        let spelled = |text: &str| {
            let text = match case {
                0 => text.to_owned(),
                1 => text.to_uppercase(),
                _ => text.to_lowercase(),
            };
            let mut chars: Vec<char> = text.chars().collect();
            let at = at % (chars.len() + 1);
            chars.splice(at..at, hidden.chars());
            let text: String = chars.into_iter().collect();
            format!("{space}{text}{end}{space}")
        };
        proptest::prop_assert_eq!(
            found(&spelled(header), &spelled(cell)),
            found(header, cell),
            "{}: {}", spelled(header), spelled(cell)
        );
    }
}
