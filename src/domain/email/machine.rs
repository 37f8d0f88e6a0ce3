//! The signs of machine mail, by headers first.
//!
//! This file only collects signs and names each; what they mean together with the thread and the text is decided in
//! [`understand`](mod@super::understand), because the same sign weighs differently: `Precedence: bulk` on an answer in our thread is an old vacation
//! program, elsewhere it is a newsletter.

use std::sync::LazyLock;

use super::parsed::ParsedMail;
use super::words::fold;

/// The header fields, in lower case, whose values decide here or in what builds on this; a parser keeps these in
/// [`ParsedMail::signs`].
pub const SIGN_FIELDS: &[&str] = &[
    "auto-submitted",
    "x-autoreply",
    "x-autoreply-from",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-response-suppress",
    "x-auto-reply",
    "x-mail-autoreply",
    "x-mailer-autoreply",
    "precedence",
    "x-precedence",
    "list-id",
    "list-post",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "list-help",
    "mailing-list",
    "x-mailing-list",
    "feedback-id",
    "x-campaign",
    "x-campaignid",
    "x-mailchimp-campaign-id",
    "x-csa-complaints",
    "return-path",
    "x-failed-recipients",
    "x-ms-exchange-message-is-ndr",
    "x-ms-exchange-inbox-rules-loop",
    "x-ms-exchange-generated-message-source",
    "x-loop",
    "content-class",
    "original-message-id",
    "x-original-message-id",
    "disposition-notification-to",
    "sender",
    "errors-to",
    "x-facebook",
    "x-github-reason",
    "x-jira-fingerprint",
];

/// Headers that suggest a machine wrote the message. Each text names the header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MachineSigns {
    /// An automatic answer: vacation programs and ticket systems.
    pub auto_reply: Option<String>,
    /// Automatic, but not an answer: notifications (RFC 3834 `auto-generated`).
    pub auto_generated: Option<String>,
    /// Mass mail: newsletters and notices.
    pub bulk: Option<String>,
    /// A discussion list's message, where people write.
    pub list: Option<String>,
    /// A subject of automatic answers, in some language.
    pub subject: Option<String>,
    /// A mail system's message: the sender is a mailer daemon or postmaster.
    pub daemon: Option<String>,
    /// True if its return path is empty, so that nobody wants an answer to it.
    pub null_return_path: bool,
    /// A delivery report: a multipart/report, or marked as one.
    pub delivery_report: Option<String>,
    /// A read receipt (RFC 8098).
    pub read_receipt: Option<String>,
    /// True if the sender's address says that nobody reads answers.
    pub no_reply: bool,
    /// A complaint from a feedback loop (RFC 5965).
    pub feedback_report: Option<String>,
}

impl MachineSigns {
    /// Tells whether a machine wrote the message, as far as headers and subject tell.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        self.auto_reply.is_some()
            || self.auto_generated.is_some()
            || self.bulk.is_some()
            || self.subject.is_some()
            || self.daemon.is_some()
            || self.null_return_path
            || self.delivery_report.is_some()
            || self.read_receipt.is_some()
            || self.feedback_report.is_some()
    }
}

/// Returns the signs of machine mail in `mail`.
#[must_use]
pub fn signs(mail: &ParsedMail) -> MachineSigns {
    let mut signs = MachineSigns {
        null_return_path: mail.sign("return-path").is_some_and(is_null_path),
        subject: auto_reply_subject(&mail.subject),
        ..MachineSigns::default()
    };
    for (field, value) in &mail.signs {
        read_field(&mut signs, field, value);
    }
    read_reports(&mut signs, mail);
    read_sender(&mut signs, mail);
    signs
}

fn is_null_path(value: &str) -> bool {
    let value = value.trim();
    value.starts_with('<') && value.trim_start_matches('<').trim().starts_with('>')
}

fn read_field(signs: &mut MachineSigns, field: &str, value: &str) {
    let first = value
        .split(|c: char| c == ';' || c == '(' || c == ',' || c.is_whitespace())
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let shown = || format!("{field}: {}", value.chars().take(60).collect::<String>());
    match field {
        "auto-submitted" => match first.as_str() {
            // RFC 3834 §5: `no` says that a person wrote it. An empty value says nothing.
            "no" | "" => {}
            "auto-generated" | "auto-notified" => signs.auto_generated = Some(shown()),
            _ => signs.auto_reply = Some(shown()),
        },
        "x-autoreply" | "x-autorespond" | "x-autoresponder" | "x-auto-reply"
        | "x-mail-autoreply" | "x-mailer-autoreply" | "x-autoreply-from"
            if !matches!(first.as_str(), "no" | "false" | "0") =>
        {
            signs.auto_reply = Some(shown());
        }
        "x-auto-response-suppress"
            if !matches!(first.as_str(), "none" | "") && signs.auto_reply.is_none() =>
        {
            signs.auto_reply = Some(shown());
        }
        "precedence" | "x-precedence" => match first.as_str() {
            "auto_reply" | "auto-reply" | "autoreply" => signs.auto_reply = Some(shown()),
            "bulk" | "junk" => signs.bulk = Some(shown()),
            "list" => signs.list = Some(shown()),
            _ => {}
        },
        "list-unsubscribe"
        | "list-unsubscribe-post"
        | "feedback-id"
        | "x-campaign"
        | "x-campaignid"
        | "x-mailchimp-campaign-id"
        | "x-csa-complaints" => {
            signs.bulk.get_or_insert_with(shown);
        }
        "list-id" | "list-post" | "list-help" | "mailing-list" | "x-mailing-list" => {
            signs.list.get_or_insert_with(shown);
        }
        "x-failed-recipients" | "x-ms-exchange-message-is-ndr" => {
            signs.delivery_report.get_or_insert_with(shown);
        }
        "x-ms-exchange-generated-message-source"
        | "x-github-reason"
        | "x-jira-fingerprint"
        | "x-facebook" => {
            signs.auto_generated.get_or_insert_with(shown);
        }
        _ => {}
    }
}

fn read_reports(signs: &mut MachineSigns, mail: &ParsedMail) {
    match mail.report_type.as_deref() {
        Some("delivery-status") => {
            signs.delivery_report = Some("report-type=delivery-status".to_owned());
        }
        Some("disposition-notification") => {
            signs.read_receipt = Some("report-type=disposition-notification".to_owned());
        }
        Some("feedback-report") => {
            signs.feedback_report = Some("report-type=feedback-report".to_owned());
        }
        _ => {
            if mail.disposition.is_some() || mail.content_type == "message/disposition-notification"
            {
                signs.read_receipt =
                    Some("it has a message/disposition-notification part".to_owned());
            } else if mail.delivery_status.is_some()
                || mail.content_type == "message/delivery-status"
            {
                signs.delivery_report = Some("it has a message/delivery-status part".to_owned());
            }
        }
    }
}

fn read_sender(signs: &mut MachineSigns, mail: &ParsedMail) {
    let local = match &mail.from {
        Some(from) => from.address.local_part().to_owned(),
        None => {
            let shown = mail.from_text.to_ascii_lowercase();
            let shown = shown.rsplit('<').next().unwrap_or_default();
            shown
                .split('@')
                .next()
                .unwrap_or_default()
                .trim_matches(|c: char| !c.is_alphanumeric())
                .to_owned()
        }
    };
    let compact: String = local.chars().filter(char::is_ascii_alphanumeric).collect();
    let daemons = [
        "mailerdaemon",
        "postmaster",
        "maildaemon",
        "mailerdeamon",
        "microsoftexchange",
        "mailsystem",
    ];
    let name = mail.from_text.to_ascii_lowercase();
    if daemons.iter().any(|daemon| compact.starts_with(daemon))
        || name.starts_with("mail delivery s")
        || name.starts_with("\"mail delivery s")
        || name.starts_with("mailer-daemon")
    {
        signs.daemon = Some(format!(
            "it is from {}",
            mail.from_text.chars().take(80).collect::<String>()
        ));
    }
    signs.no_reply = [
        "noreply",
        "donotreply",
        "dontreply",
        "nepasrepondre",
        "noresponder",
        "keineantwort",
    ]
    .iter()
    .any(|word| compact.contains(word));
}

/// Beginnings of subjects that only a program writes.
const AUTO_SUBJECTS: &[&str] = &[
    // English
    "automatic reply",
    "automated reply",
    "auto reply",
    "auto-reply",
    "autoreply",
    "auto response",
    "auto-response",
    "autoresponse",
    "automatic response",
    "automated response",
    "autoresponder",
    "auto responder",
    "out of office autoreply",
    "out of office reply",
    "out-of-office reply",
    "vacation reply",
    "vacation auto",
    "out of office notification",
    "out of office message",
    // German
    "automatische antwort",
    "automatische ruckantwort",
    "automatische abwesenheit",
    "autom. antwort",
    "abwesenheitsnotiz",
    "abwesenheitsmeldung",
    "abwesenheitsbenachrichtigung",
    "abwesenheitsagent",
    "abwesenheitsassistent",
    "autoantwort",
    "auto-antwort",
    // French
    "reponse automatique",
    "reponse auto",
    "message d'absence",
    "absence du bureau",
    "notification d'absence",
    "reponse d'absence",
    // Spanish, Catalan
    "respuesta automatica",
    "autorespuesta",
    "auto-respuesta",
    "contestacion automatica",
    "resposta automatica",
    // Italian
    "risposta automatica",
    "risposta automatico",
    "messaggio automatico",
    // Portuguese has the Catalan spelling above; also
    "aviso de ausencia",
    "mensagem automatica",
    // Dutch
    "automatisch antwoord",
    "automatische beantwoording",
    "afwezigheidsbericht",
    "automatische reactie",
    "autoantwoord",
    // Swedish, Danish, Norwegian
    "autosvar",
    "auto-svar",
    "automatiskt svar",
    "automatisk svar",
    "automatisk besked",
    "franvaromeddelande",
    "fravaersmeddelelse",
    "fravaersmelding",
    // Finnish, Estonian
    "automaattinen vastaus",
    "poissaoloviesti",
    "poissaoloilmoitus",
    "automaatvastus",
    // Polish, Czech, Slovak, Slovene, Croatian
    "automatyczna odpowiedz",
    "odpowiedz automatyczna",
    "autoodpowiedz",
    "automaticka odpoved",
    "samodejni odgovor",
    "automatski odgovor",
    // Hungarian, Romanian, Turkish, Greek
    "automatikus valasz",
    "raspuns automat",
    "otomatik yanit",
    "otomatik cevap",
    "αυτοματη απαντηση",
    // Russian, Ukrainian, Bulgarian
    "автоответ",
    "автоматический ответ",
    "автоматична відповідь",
    "автоматичен отговор",
    // Chinese, Japanese, Korean, Hebrew, Arabic
    "自动回复",
    "自動回覆",
    "自動回復",
    "自动答复",
    "自動応答",
    "自動返信",
    "自动回覆",
    "자동 회신",
    "자동회신",
    "자동 응답",
    "תשובה אוטומטית",
    "رد تلقائي",
];

/// Beginnings that a person might use as well: they count only if the subject ends there or goes on with a colon, a dash
/// or a bracket.
const AWAY_SUBJECTS: &[&str] = &[
    "auto",
    "ooo",
    "out of office",
    "out of the office",
    "out-of-office",
    "away from office",
    "away from my mail",
    "on vacation",
    "on leave",
    "on holiday",
    "annual leave",
    "parental leave",
    "maternity leave",
    "abwesenheit",
    "abwesend",
    "nicht im buro",
    "ausser haus",
    "im urlaub",
    "urlaub",
    "absence",
    "absent",
    "absente",
    "absent du bureau",
    "en conges",
    "en vacances",
    "fuera de la oficina",
    "fuera de oficina",
    "ausencia",
    "ausente",
    "de vacaciones",
    "fuori sede",
    "fuori ufficio",
    "assenza",
    "assente",
    "in ferie",
    "fora do escritorio",
    "ausencia temporaria",
    "de ferias",
    "ferias",
    "afwezig",
    "afwezigheid",
    "niet op kantoor",
    "buiten kantoor",
    "met vakantie",
    "franvaro",
    "franvarande",
    "inte pa kontoret",
    "pa semester",
    "ikke pa kontoret",
    "fravaer",
    "fravaerende",
    "ferie",
    "poissa",
    "poissa toimistosta",
    "lomalla",
    "poza biurem",
    "nieobecnosc",
    "urlop",
    "nepritomnost",
    "mimo kancelar",
    "hazon kivul",
    "вне офиса",
    "нет на месте",
    "в отпуске",
    "відсутність",
    "不在通知",
    "不在",
    "外出中",
    "外出",
    "休假",
    "부재중",
    "휴가",
];

/// Parts of subjects such as "Ann Smith is out of the office (returning 3 March)".
const AWAY_PARTS: &[&str] = &[
    " is out of the office",
    " is out of office",
    " is currently out of the office",
    " is away from the office",
    " ist nicht im buro",
    " ist ausser haus",
    " ist abwesend",
    " est absent",
    " est absente",
    " esta fuera de la oficina",
    " e fuori ufficio",
    " is afwezig",
    " is on leave",
    " is on vacation",
];

static AUTO_FOLDED: LazyLock<Vec<String>> =
    LazyLock::new(|| AUTO_SUBJECTS.iter().map(|s| fold(s)).collect());
static AWAY_FOLDED: LazyLock<Vec<String>> =
    LazyLock::new(|| AWAY_SUBJECTS.iter().map(|s| fold(s)).collect());

/// Returns the words that make `subject` one of an automatic answer.
///
/// A `Re:` before them means that a person answered the automatic answer, so prefixes are not taken away; list tags are.
#[must_use]
pub fn auto_reply_subject(subject: &str) -> Option<String> {
    let folded = fold(subject);
    let mut rest = folded.trim_start();
    while let Some((_, after)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
        rest = after.trim_start();
    }
    let rest = rest.trim_start_matches(['*', '"', '!', '#', ' ', '(']);
    let found = |phrase: &str| Some(format!("the subject starts with \"{phrase}\""));
    for phrase in AUTO_FOLDED.iter() {
        if let Some(after) = rest.strip_prefix(phrase.as_str())
            && !after.starts_with(|c: char| c.is_ascii_alphabetic())
        {
            return found(phrase);
        }
    }
    for phrase in AWAY_FOLDED.iter() {
        if let Some(after) = rest.strip_prefix(phrase.as_str()) {
            let after = after.trim_start();
            let ends = after.is_empty()
                || after.starts_with([':', '-', '(', '|', '*', '!', '.', '/'])
                || after.starts_with("re:")
                || after.starts_with("aw:");
            // "auto" and "ooo" need the colon: "Auto (used) for sale".
            if ends && (phrase.len() > 4 || after.starts_with(':')) {
                return found(phrase);
            }
        }
    }
    if super::subject::is_reply_or_forward(subject) {
        return None;
    }
    AWAY_PARTS
        .iter()
        .find(|part| rest.contains(**part))
        .map(|part| format!("the subject says \"{}\"", part.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn automatic_subjects_are_known_in_many_languages() {
        for subject in [
            "Automatic reply: Quick question",
            "Réponse automatique : Quick question",
            "Automatische Antwort: Frage",
            "Abwesenheitsnotiz: Frage",
            "Respuesta automática: Pregunta",
            "Risposta automatica: Domanda",
            "Resposta automática: Pergunta",
            "Automatisch antwoord: Vraag",
            "Autosvar: Fråga",
            "Automatiskt svar: Fråga",
            "Automatisk svar: Spørgsmål",
            "Automaattinen vastaus: Kysymys",
            "Automatyczna odpowiedź: Pytanie",
            "Automatická odpověď: Otázka",
            "Автоответ: вопрос",
            "自动回复: 问题",
            "自動応答: 質問",
            "자동 회신: 질문",
            "Otomatik Yanıt: Soru",
            "[EXTERNAL] Automatic reply: Quick question",
            "Out of Office: Re: Quick question",
            "Out of office",
            "Out of Office Re: Quick question",
            "Ann Smith is out of the office (returning 03/05)",
            "AUTO: Ann Smith is away",
            "Auto-Reply",
            "Absence",
            "Fuera de la oficina",
        ] {
            assert!(auto_reply_subject(subject).is_some(), "{subject:?}");
        }
    }

    #[test]
    fn people_write_about_offices_and_automation_too() {
        for subject in [
            "Re: Automatic reply: Quick question",
            "Out of office space in Berlin?",
            "Auto (used) for sale",
            "Automation of replies",
            "Absences in the team",
            "Automatic replying tool",
            "Re: who is out of the office in May",
            "",
        ] {
            assert_eq!(auto_reply_subject(subject), None, "{subject:?}");
        }
    }

    #[test]
    fn each_header_gives_its_sign() {
        let with = |field: &str, value: &str| {
            signs(&ParsedMail {
                signs: vec![(field.to_owned(), value.to_owned())],
                ..ParsedMail::default()
            })
        };
        assert!(
            with("auto-submitted", "auto-replied; owner-email=x")
                .auto_reply
                .is_some()
        );
        assert!(
            with("auto-submitted", "auto-generated (rejected)")
                .auto_generated
                .is_some()
        );
        assert!(!with("auto-submitted", "No").is_machine());
        assert!(!with("auto-submitted", "no (human)").is_machine());
        assert!(with("x-autoreply", "yes").auto_reply.is_some());
        assert!(with("x-autorespond", "").auto_reply.is_some());
        assert!(with("x-auto-response-suppress", "All").auto_reply.is_some());
        assert!(!with("x-auto-response-suppress", "None").is_machine());
        assert!(with("precedence", "AUTO_REPLY").auto_reply.is_some());
        assert!(with("precedence", "bulk").bulk.is_some());
        assert!(with("precedence", "list").list.is_some());
        assert!(with("return-path", "<>").null_return_path);
        assert!(with("return-path", "< >").null_return_path);
        assert!(!with("return-path", "<ann@acme.io>").null_return_path);
    }
}
