//! Notices of mail systems in words: which texts are one, where they end, and which addresses they report on.
//!
//! Systems that follow no RFC still write alike: a subject that speaks of delivery, a sentence that says that mail did not arrive, and the
//! addresses on lines of their own, behind "recipient", or beside the other server's answer. Addresses named for help are never among them.

use std::sync::LazyLock;

use super::address::EmailAddress;
use super::parsed::ParsedMail;
use super::words::fold;

/// A table of phrases, folded once as the texts are that they are looked for in.
struct Folded(LazyLock<Vec<String>, fn() -> Vec<String>>);

impl Folded {
    fn find(&self, folded: &str) -> Option<&str> {
        self.0
            .iter()
            .map(String::as_str)
            .find(|phrase| folded.contains(phrase))
    }
}

static RETURNED_FOLDED: Folded =
    Folded(LazyLock::new(|| RETURNED.iter().map(|p| fold(p)).collect()));
static SUBJECTS_FOLDED: Folded =
    Folded(LazyLock::new(|| SUBJECTS.iter().map(|p| fold(p)).collect()));
static BODIES_FOLDED: Folded = Folded(LazyLock::new(|| BODIES.iter().map(|p| fold(p)).collect()));

const MAX_RECIPIENTS: usize = 50;
const MAX_LINES: usize = 200;
/// Lines at the head of a text in which a notice says what it is.
const HEAD_LINES: usize = 30;

/// Beginnings of the part of a notice that returns the message.
const RETURNED: &[&str] = &[
    "original message follow",
    "original message as received",
    "original message below",
    "copy of the original",
    "copy of the message",
    "a copy of your message follow",
    "copy of your message is",
    "copy of your message, including",
    "below this line is a copy",
    "a copy of the original message below",
    "message header follow",
    "message headers follow",
    "message text follow",
    "header and top",
    "headers follow",
    "header of the source",
    "undelivered message follow",
    "returned message follow",
    "message body follow",
    "original message header",
    "original message headers",
    "unsent message below",
    "undelivered message you sent follow",
    "returned mail ---",
    "the message that you sent follow",
    "diagnostic information for administrators",
    "ursprungliche nachricht",
    "originalnachricht",
    "kopfzeilen der",
    "message d'origine",
    "en-tetes du message",
    "mensaje original",
    "messaggio originale",
    "mensagem original",
    "oorspronkelijk bericht",
    "ursprungligt meddelande",
    "oprindelig meddelelse",
    "alkuperainen viesti",
    "oryginalna wiadomosc",
    "puvodni zprava",
    "eredeti uzenet",
    "mesajul original",
    "αρχικο μηνυμα",
    "исходное сообщение",
    "orijinal ileti",
    "元のメッセージ",
    "原始邮件",
    "원본 메시지",
];

/// Returns the part of a text that stands before the returned message.
pub(super) fn human_part(text: &str) -> &str {
    let mut end = 0;
    for line in text.split_inclusive('\n').take(2000) {
        let trimmed = line.trim_start();
        let folded = if line.len() < 200 {
            fold(trimmed)
        } else {
            String::new()
        };
        let is_header = end > 0
            && [
                "received: ",
                "return-path: ",
                "x-originating-ip:",
                "dkim-signature:",
            ]
            .iter()
            .any(|name| folded.trim_start_matches(['>', ' ']).starts_with(name));
        // The sentence that announces the copy may itself stand before the reasons: "a copy of your message is below".
        if is_header || end > 0 && RETURNED_FOLDED.find(&folded).is_some() {
            break;
        }
        end += line.len();
    }
    text.get(..end).unwrap_or(text)
}

/// Parts of subjects of notices about mail that did not arrive.
const SUBJECTS: &[&str] = &[
    "undeliver",
    "delivery failure",
    "delivery failed",
    "delivery has failed",
    "delivery problem",
    "delivery error",
    "delivery notification",
    "delivery status",
    "delivery report",
    "delivery incomplete",
    "delivery unsuccessful",
    "failed delivery",
    "failure notice",
    "failure delivery",
    "failed mail",
    "mail failure",
    "mail error",
    "mail system error",
    "message not delivered",
    "mail not delivered",
    "not be delivered",
    "not deliverable",
    "non-deliver",
    "nondeliver",
    "non deliver",
    "returned mail",
    "mail returned",
    "returned to sender",
    "returning message to sender",
    "returned message",
    "message returned",
    "user unknown",
    "unknown user",
    "unknown recipient",
    "recipient unknown",
    "address not found",
    "rejected mail",
    "message rejected",
    "mail rejected",
    "unable to deliver",
    "could not deliver",
    "couldn't deliver",
    "bounced mail",
    "bounce message",
    "unzustellbar",
    "nicht zustellbar",
    "nicht zugestellt",
    "zustellung fehlgeschlagen",
    "zustellfehler",
    "zustellbericht",
    "ubermittlung fehlgeschlagen",
    "unbekannter empfanger",
    "non remis",
    "non delivre",
    "non distribue",
    "echec de la remise",
    "echec de remise",
    "echec d'envoi",
    "echec de l'envoi",
    "rapport de non-remise",
    "avis de non-remise",
    "no se pudo entregar",
    "no se ha podido entregar",
    "no entregado",
    "no entregable",
    "error de entrega",
    "fallo en la entrega",
    "fallo de entrega",
    "entrega fallida",
    "correo devuelto",
    "mensaje devuelto",
    "impossibile recapitare",
    "mancato recapito",
    "mancata consegna",
    "non recapitabile",
    "non recapitato",
    "errore di consegna",
    "nao entregue",
    "nao foi entregue",
    "falha na entrega",
    "falha de entrega",
    "devolvida ao remetente",
    "onbestelbaar",
    "niet bezorgd",
    "niet afgeleverd",
    "bezorging mislukt",
    "aflevering mislukt",
    "kan inte levereras",
    "kunde inte levereras",
    "ej levererat",
    "leveransfel",
    "olevererbar",
    "kan ikke leveres",
    "kunne ikke leveres",
    "ikke levert",
    "ikke leveret",
    "leveringsfejl",
    "leveringsfeil",
    "ei voitu toimittaa",
    "toimittaminen epaonnistui",
    "toimitus epaonnistui",
    "nie mozna dostarczyc",
    "niedostarczona",
    "nie dostarczono",
    "blad dostarczenia",
    "zwrot wiadomosci",
    "nedorucitel",
    "nedorucen",
    "nelze dorucit",
    "kezbesithetetlen",
    "kezbesites sikertelen",
    "nem kezbesitheto",
    "sikertelen kezbesites",
    "nelivrat",
    "nu a fost livrat",
    "nu a putut fi livrat",
    "livrare esuata",
    "αποτυχια παραδοσης",
    "δεν παραδοθηκε",
    "μη παραδοτεο",
    "αδυναμια παραδοσης",
    "не доставлено",
    "недоставлен",
    "недоставк",
    "ошибка доставки",
    "не удалось доставить",
    "не может быть доставлено",
    "teslim edilemedi",
    "teslim edilemeyen",
    "iletilemedi",
    "teslimat basarisiz",
    "配信できませんでした",
    "配信不能",
    "配信エラー",
    "不達",
    "送信できませんでした",
    "退信",
    "退件",
    "无法送达",
    "無法傳遞",
    "未送达",
    "未能送达",
    "投递失败",
    "发送失败",
    "傳遞失敗",
    "배달되지",
    "배달 실패",
    "전송 실패",
    "전송되지",
    "반송",
];

/// Sentences that say, to its sender, that a message did not arrive.
const BODIES: &[&str] = &[
    "could not be delivered to",
    "could not be delivered for",
    "cannot be delivered",
    "can not be delivered",
    "could not be delivered",
    "couldn't be delivered",
    "not delivered to the following",
    "was not delivered",
    "wasn't delivered",
    "has not been delivered",
    "been returned to",
    "unable to deliver",
    "could not deliver",
    "cannot deliver",
    "couldn't deliver",
    "failed to deliver",
    "failed recipient",
    "delivery to the following",
    "delevery to the following",
    "delivery of the following",
    "delivery failed",
    "delivery has failed",
    "did not reach the following",
    "didn't reach the following",
    "had permanent fatal errors",
    "permanent fatal delivery errors",
    "undeliverable",
    "following recipient",
    "following address",
    "was automatically rejected",
    "was rejected by",
    "has been rejected",
    "did not exactly match",
    "is not a valid user",
    "user unknown",
    "unknown user",
    "no such user",
    "unknown recipient",
    "recipient unknown",
    "does not exist",
    "doesn't exist",
    "mailbox unavailable",
    "nicht zugestellt",
    "nicht ausgeliefert",
    "unzustellbar",
    "existiert nicht",
    "n'a pas pu etre",
    "n'a pas ete delivre",
    "n'a pas ete remis",
    "non delivre",
    "n'existe pas",
    "no se pudo entregar",
    "no se ha podido entregar",
    "no pudo ser entregado",
    "no ha sido entregado",
    "no existe",
    "impossibile recapitare",
    "non e stato possibile consegnare",
    "non e stato consegnato",
    "non e stato recapitato",
    "non esiste",
    "nao pode ser entregue",
    "nao foi entregue",
    "nao foi possivel entregar",
    "nao existe",
    "niet worden bezorgd",
    "niet worden afgeleverd",
    "kon niet worden",
    "bestaat niet",
    "kunde inte levereras",
    "har inte levererats",
    "finns inte",
    "kunne ikke leveres",
    "er ikke leveret",
    "ble ikke levert",
    "findes ikke",
    "finnes ikke",
    "ei voitu toimittaa",
    "ei ole olemassa",
    "nie mozna dostarczyc",
    "nie zostala dostarczona",
    "nie moze zostac dostarczona",
    "nie istnieje",
    "nelze dorucit",
    "nebyla dorucena",
    "nemohla byt dorucena",
    "neexistuje",
    "nem kezbesitheto",
    "nem sikerult kezbesiteni",
    "nem letezik",
    "nu a putut fi livrat",
    "nu a fost livrat",
    "nu exista",
    "δεν παραδοθηκε",
    "δεν ηταν δυνατη η παραδοση",
    "δεν υπαρχει",
    "не может быть доставлено",
    "не доставлено",
    "не было доставлено",
    "не удалось доставить",
    "не существует",
    "teslim edilemedi",
    "iletilemedi",
    "bulunamadi",
    "配信できませんでした",
    "配信できません",
    "届けることができません",
    "存在しません",
    "无法送达",
    "無法送達",
    "无法投递",
    "未能送达",
    "不存在",
    "배달할 수 없",
    "배달되지 않",
    "전달되지 않",
    "존재하지 않",
];

/// Returns the words of a subject that speaks of mail that did not arrive.
pub(super) fn subject_words(subject: &str) -> Option<&'static str> {
    let folded = fold(subject);
    let found = SUBJECTS_FOLDED.find(&folded)?;
    // "Re: Undeliverable: Hello" is a person's, who answers a notice; "RE: Hello: not delivered" is the notice, which keeps our subject.
    if super::subject::is_reply_or_forward(subject) {
        let at = folded.rfind(found)?;
        let behind = folded.get(at + found.len()..).unwrap_or_default();
        let before = folded.get(..at).unwrap_or_default().trim_end();
        let is_end = behind.chars().filter(|c| c.is_alphabetic()).count() <= 20;
        let is_apart =
            before.matches([':', '(', '-']).count() >= 2 && before.ends_with([':', '(', '-', '[']);
        return (is_end && is_apart).then_some(found);
    }
    Some(found)
}

/// Tells whether a message's subject or sender allows it to be a notice; most mail is decided by this alone.
pub(super) fn may_be(mail: &ParsedMail) -> bool {
    subject_words(&mail.subject).is_some() || is_system(mail)
}

/// Tells whether the sender's name or address is one of programs that deliver mail.
fn is_system(mail: &ParsedMail) -> bool {
    let sender = fold(&mail.from_text);
    [
        "daemon",
        "postmaster",
        "mail delivery",
        "mailer",
        "delivery subsystem",
        "delivery system",
        "mail system",
        "mail server",
        "mailserver",
        "system administrator",
        "smtp",
        "bounce",
        "gateway",
        "antivirus",
        "imss",
    ]
    .iter()
    .any(|word| sender.contains(word))
}

/// Tells whether a message of no known mail system is a notice all the same: its subject or its sender speaks of delivery, its
/// first lines say that a message did not arrive, and they name an address.
pub(super) fn is_notice(mail: &ParsedMail, human: &str, has_code: bool) -> bool {
    let subject = subject_words(&mail.subject).is_some();
    let system = is_system(mail);
    if !(subject || system && has_code) {
        return false;
    }
    let head: String = human
        .lines()
        .filter(|line| !line.trim().is_empty())
        .take(HEAD_LINES)
        .collect::<Vec<_>>()
        .join(" ");
    let head = fold(&head);
    // A person who tells of a notice quotes it or writes in the first person.
    let person = human.lines().any(|line| {
        // MDaemon marks the recipient itself so.
        line.trim_start()
            .strip_prefix('>')
            .is_some_and(|quoted| quoted.split_whitespace().count() > 1)
    }) || [
        "i got",
        "i tried",
        "ich habe",
        "j'ai ",
        "my mail to",
        "my email to",
    ]
    .iter()
    .any(|word| head.contains(word));
    !person && BODIES_FOLDED.find(&head).is_some()
}

/// Returns the addresses that a notice reports on, each once, in order.
pub(super) fn failed_addresses(mail: &ParsedMail, human: &str) -> Vec<EmailAddress> {
    if let Some(failed) = mail.sign("x-failed-recipients") {
        let named: Vec<EmailAddress> = failed
            .split(',')
            .filter_map(|part| EmailAddress::parse(part.trim()).ok())
            .take(MAX_RECIPIENTS)
            .collect();
        if !named.is_empty() {
            return unique(named);
        }
    }
    let mut sure = Vec::new();
    let mut maybe = Vec::new();
    // True below a line that announces the recipients.
    let mut announced = false;
    let mut bare = 0;
    for line in human.lines().take(MAX_LINES) {
        let folded = fold(line.trim());
        let found = addresses_of(mail, line);
        if found.is_empty() {
            let announces = [
                "recipient",
                "address",
                "empfanger",
                "destinataire",
                "destinatari",
                "ontvanger",
                "mottagare",
                "modtager",
                "mottaker",
                "odbiorc",
                "prijemc",
                "cimzett",
                "destinatar",
                "παραληπτ",
                "получател",
                "alici",
                "受信者",
                "收件人",
                "받는 사람",
                "to the following",
            ]
            .iter()
            .any(|word| folded.contains(word));
            announced |= announces;
            // AOL names the mailbox only; its domain is the reporter's.
            if let (true, 0, Some(from)) =
                (announced && line.starts_with([' ', '\t']), bare, &mail.from)
                && let Some(address) = bare_name(line, from.address.domain())
            {
                bare += 1;
                maybe.push(address);
            }
            continue;
        }
        let contact = is_contact(&folded);
        for (address, before) in found {
            if is_for_help(&address) {
                continue;
            }
            // "…not accepting mail from x" names the sender, "(expanded from: x)" whom it was for.
            let from = before.trim_end_matches(':').ends_with(" from")
                && !before.contains("expanded from")
                && !before.contains("generated from");
            if contact || from {
                continue;
            }
            let alone = before.chars().all(|c| !c.is_alphanumeric());
            if alone || announced || says_whom(&folded) || has_answer(&folded) {
                sure.push(address);
            } else if !is_field(&folded) {
                maybe.push(address);
            }
        }
        // "are not accepting mail from x:" ends with a colon as well.
        announced |= folded.ends_with(':') && folded.contains("recipient");
    }
    if sure.is_empty() {
        maybe.truncate(1);
        return maybe;
    }
    unique(sure)
}

fn unique(list: Vec<EmailAddress>) -> Vec<EmailAddress> {
    let mut out: Vec<EmailAddress> = Vec::new();
    for address in list {
        if !out.contains(&address) && out.len() < MAX_RECIPIENTS {
            out.push(address);
        }
    }
    out
}

/// Returns the addresses of a line that may be a recipient, each with the folded text before it.
fn addresses_of(mail: &ParsedMail, line: &str) -> Vec<(EmailAddress, String)> {
    let own = mail.from.as_ref().map(|from| &from.address);
    let mut out = Vec::new();
    let is_border = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '<' | '>'
                    | '('
                    | ')'
                    | ','
                    | ';'
                    | '"'
                    | '\''
                    | '['
                    | ']'
                    | '«'
                    | '»'
                    | '„'
                    | '“'
                    | '”'
                    | '：'
                    | '、'
                    | '。'
            )
    };
    let mut start = 0;
    for piece in line.split_inclusive(is_border) {
        let from = start;
        start += piece.len();
        let word = piece
            .trim_end_matches(is_border)
            .trim_matches([':', '.', '*', '!']);
        if !word.contains('@') {
            continue;
        }
        let lower = word.to_ascii_lowercase();
        // "SMTP:ann@x.example", "dda:SMTP=ann@x.example", "rfc822;ann@x.example", "mailto:ann@x.example".
        let word = ["smtp=", "smtp:", "mailto:"]
            .iter()
            .find_map(|prefix| lower.rfind(prefix).map(|at| at + prefix.len()))
            .or_else(|| {
                EmailAddress::parse(word)
                    .is_err()
                    .then(|| lower.rfind([':', '=']).map(|at| at + 1))
                    .flatten()
            })
            .and_then(|at| word.get(at..))
            .unwrap_or(word);
        let Ok(address) = EmailAddress::parse(word) else {
            continue;
        };
        let key = address.key();
        let is_own = own.is_some_and(|own| own.key() == key);
        if is_own || mail.to.iter().any(|to| to.address.key() == key) {
            continue;
        }
        let before = fold(line.get(..from).unwrap_or_default());
        out.push((
            address,
            before
                .trim_end_matches(['<', ' ', '"', '\'', '(', '['])
                .to_owned(),
        ));
    }
    out
}

/// Reads a line of one word as a mailbox of `domain`.
fn bare_name(line: &str, domain: &str) -> Option<EmailAddress> {
    let word = line.trim();
    let fits = word.len() >= 3
        && word.len() <= 40
        && word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        && word.bytes().any(|b| b.is_ascii_lowercase());
    fits.then(|| EmailAddress::parse(&format!("{word}@{domain}")).ok())
        .flatten()
}

/// Tells whether an address is one that systems name for help.
fn is_for_help(address: &EmailAddress) -> bool {
    matches!(
        address.local_part().to_ascii_lowercase().as_str(),
        "postmaster"
            | "mailer-daemon"
            | "abuse"
            | "hostmaster"
            | "noc"
            | "listmaster"
            | "mailerdaemon"
    )
}

/// Tells whether a folded line says where to get help, or gives an example.
fn is_contact(folded: &str) -> bool {
    [
        "contact",
        "assistance",
        "for help",
        "further information",
        "more information",
        "reply to",
        "questions",
        "if you",
        "e.g.",
        "for example",
        "report this",
        "kontakt",
        "wenden sie sich",
        "contactez",
        "contacte",
        "contatt",
        "neem contact",
        "свяжитесь",
        "обратитесь",
        "iletisime gec",
        "お問い合わせ",
        "联系",
        "문의",
    ]
    .iter()
    .any(|word| folded.contains(word))
}

/// Tells whether a folded line is a field of the message that is reported on.
fn is_field(folded: &str) -> bool {
    [
        "from:",
        "to:",
        "cc:",
        "bcc:",
        "sender:",
        "reply-to:",
        "return-path:",
        "subject:",
        "sent:",
        "date:",
        "message-id:",
        "von:",
        "an:",
        "de:",
        "da:",
    ]
    .iter()
    .any(|name| folded.trim_start_matches(['>', ' ']).starts_with(name))
}

/// Tells whether a folded line says that something did not reach whom it names.
fn says_whom(folded: &str) -> bool {
    !is_field(folded)
        && ([
            "rcpt to",
            "recipient",
            "delivered to",
            "deliver to",
            "deliver message to",
            "deliver your message to",
            "your message to",
            "your mail to",
            "your email to",
            "message to which",
            "violation for",
            "gateway for",
            "was addressed",
            "expanded from",
            "generated from",
            "forwarded to",
            "delivery to",
        ]
        .iter()
        .any(|word| folded.contains(word))
            || BODIES_FOLDED.find(folded).is_some())
}

/// Tells whether a folded line has another server's answer.
fn has_answer(folded: &str) -> bool {
    folded
        .split(|c: char| !c.is_ascii_alphanumeric())
        .any(|word| word.len() == 3 && matches!(word.as_bytes(), [b'5', b'0' | b'5', b'0'..=b'9']))
}
