//! The day on which an absent person is back, from what they wrote, in the languages of the lexicon and many notations.

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

use super::words::{Word, fold, words};

const MAX_WORDS: usize = 600;
/// Days for which a date without a year that has just passed is taken for that one, and not for next year's.
const JUST_PASSED_DAYS: i32 = 31;

const MONTHS: [&[&str]; 12] = [
    &[
        "january",
        "jan",
        "januar",
        "janner",
        "janvier",
        "janv",
        "enero",
        "ene",
        "gennaio",
        "gen",
        "janeiro",
        "januari",
        "stycznia",
        "styczen",
        "ianuarie",
        "ledna",
        "leden",
        "ocak",
        "ιανουαριου",
        "ιανουαριος",
        "sty",
        "oca",
        "ian",
        "ιαν",
        "янв",
        "январь",
        "января",
    ],
    &[
        "february",
        "feb",
        "februar",
        "fevrier",
        "fev",
        "fevr",
        "febrero",
        "febbraio",
        "fevereiro",
        "februari",
        "lutego",
        "luty",
        "februarie",
        "unora",
        "unor",
        "subat",
        "φεβρουαριου",
        "φεβρουαριος",
        "febr",
        "lut",
        "sub",
        "φεβ",
        "фев",
        "февр",
        "февраль",
        "февраля",
    ],
    &[
        "march",
        "mar",
        "marz",
        "maerz",
        "mrz",
        "mars",
        "marzo",
        "marco",
        "maart",
        "mrt",
        "marca",
        "marzec",
        "marts",
        "martie",
        "brezna",
        "brezen",
        "marcius",
        "mart",
        "μαρτιου",
        "μαρτιος",
        "marc",
        "μαρ",
        "мар",
        "март",
        "марта",
    ],
    &[
        "april",
        "apr",
        "avril",
        "avr",
        "abril",
        "abr",
        "aprile",
        "kwietnia",
        "kwiecien",
        "aprilie",
        "dubna",
        "duben",
        "aprilis",
        "nisan",
        "απριλιου",
        "απριλιος",
        "kwi",
        "nis",
        "απρ",
        "апр",
        "апрель",
        "апреля",
    ],
    &[
        "may",
        "mai",
        "mayo",
        "maggio",
        "mag",
        "maio",
        "mei",
        "maj",
        "maja",
        "kvetna",
        "kveten",
        "majus",
        "mayis",
        "μαιου",
        "μαιος",
        "μαι",
        "маи",
        "мая",
    ],
    &[
        "june",
        "jun",
        "juni",
        "juin",
        "junio",
        "giugno",
        "giu",
        "junho",
        "czerwca",
        "czerwiec",
        "iunie",
        "cervna",
        "cerven",
        "junius",
        "haziran",
        "ιουνιου",
        "ιουνιος",
        "cze",
        "iun",
        "haz",
        "ιουν",
        "июн",
        "июнь",
        "июня",
    ],
    &[
        "july",
        "jul",
        "juli",
        "juillet",
        "juil",
        "julio",
        "luglio",
        "lug",
        "julho",
        "lipca",
        "lipiec",
        "iulie",
        "cervence",
        "cervenec",
        "julius",
        "temmuz",
        "ιουλιου",
        "ιουλιος",
        "lip",
        "iul",
        "tem",
        "ιουλ",
        "июл",
        "июль",
        "июля",
    ],
    &[
        "august",
        "aug",
        "aout",
        "agosto",
        "ago",
        "augustus",
        "augusti",
        "sierpnia",
        "sierpien",
        "srpna",
        "srpen",
        "augusztus",
        "agustos",
        "αυγουστου",
        "αυγουστος",
        "sie",
        "agu",
        "αυγ",
        "авг",
        "август",
        "августа",
    ],
    &[
        "september",
        "sep",
        "sept",
        "septembre",
        "septiembre",
        "settembre",
        "set",
        "setembro",
        "wrzesnia",
        "wrzesien",
        "septembrie",
        "zari",
        "szeptember",
        "eylul",
        "σεπτεμβριου",
        "σεπτεμβριος",
        "wrz",
        "szept",
        "eyl",
        "σεπ",
        "σεπτ",
        "сен",
        "сент",
        "сентябрь",
        "сентября",
    ],
    &[
        "october",
        "oct",
        "oktober",
        "okt",
        "octobre",
        "octubre",
        "ottobre",
        "ott",
        "outubro",
        "out",
        "pazdziernika",
        "octombrie",
        "rijna",
        "rijen",
        "ekim",
        "pazdziernik",
        "οκτωβριου",
        "οκτωβριος",
        "paz",
        "eki",
        "οκτ",
        "окт",
        "октябрь",
        "октября",
    ],
    &[
        "november",
        "nov",
        "novembre",
        "noviembre",
        "novembro",
        "listopada",
        "listopad",
        "noiembrie",
        "listopadu",
        "kasim",
        "νοεμβριου",
        "νοεμβριος",
        "kas",
        "νοε",
        "ноя",
        "ноябрь",
        "ноября",
        "нояб",
    ],
    &[
        "december",
        "dec",
        "dezember",
        "dez",
        "decembre",
        "diciembre",
        "dic",
        "dicembre",
        "dezembro",
        "grudnia",
        "grudzien",
        "decembrie",
        "prosince",
        "prosinec",
        "aralik",
        "δεκεμβριου",
        "δεκεμβριος",
        "desember",
        "des",
        "gru",
        "ara",
        "δεκ",
        "декабрь",
        "декабря",
        "дек",
    ],
];

/// Finnish hangs its endings on the month: "marraskuuta", "marraskuun".
const FINNISH_MONTHS: [&str; 12] = [
    "tammikuu",
    "helmikuu",
    "maaliskuu",
    "huhtikuu",
    "toukokuu",
    "kesakuu",
    "heinakuu",
    "elokuu",
    "syyskuu",
    "lokakuu",
    "marraskuu",
    "joulukuu",
];

const DAYS: [&[&str]; 7] = [
    &[
        "monday",
        "mon",
        "montag",
        "lundi",
        "lunes",
        "lunedi",
        "segunda",
        "segunda-feira",
        "maandag",
        "mandag",
        "poniedzialek",
        "poniedzialku",
        "pondeli",
        "hetfo",
        "hetfon",
        "hetfotol",
        "luni",
        "δευτερα",
        "понедельник",
        "pazartesi",
        "maanantai",
        "maanantaina",
    ],
    &[
        "tuesday",
        "tue",
        "tues",
        "dienstag",
        "mardi",
        "martes",
        "martedi",
        "terca",
        "terca-feira",
        "dinsdag",
        "tisdag",
        "tirsdag",
        "wtorek",
        "wtorku",
        "utery",
        "kedd",
        "kedden",
        "marti",
        "τριτη",
        "вторник",
        "sali",
        "tiistai",
        "tiistaina",
    ],
    &[
        "wednesday",
        "wed",
        "mittwoch",
        "mercredi",
        "miercoles",
        "mercoledi",
        "quarta",
        "quarta-feira",
        "woensdag",
        "onsdag",
        "sroda",
        "srode",
        "srody",
        "streda",
        "stredu",
        "stredy",
        "szerda",
        "szerdan",
        "miercuri",
        "τεταρτη",
        "среда",
        "среду",
        "carsamba",
        "keskiviikko",
        "keskiviikkona",
    ],
    &[
        "thursday",
        "thu",
        "thur",
        "thurs",
        "donnerstag",
        "jeudi",
        "jueves",
        "giovedi",
        "quinta",
        "quinta-feira",
        "donderdag",
        "torsdag",
        "czwartek",
        "czwartku",
        "ctvrtek",
        "csutortok",
        "csutortokon",
        "joi",
        "πεμπτη",
        "четверг",
        "persembe",
        "torstai",
        "torstaina",
    ],
    &[
        "friday",
        "fri",
        "freitag",
        "vendredi",
        "viernes",
        "venerdi",
        "sexta",
        "sexta-feira",
        "vrijdag",
        "fredag",
        "piatek",
        "piatku",
        "patek",
        "pentek",
        "penteken",
        "vineri",
        "παρασκευη",
        "пятница",
        "пятницу",
        "cuma",
        "perjantai",
        "perjantaina",
    ],
    &[
        "saturday",
        "sat",
        "samstag",
        "sonnabend",
        "samedi",
        "sabado",
        "sabato",
        "zaterdag",
        "lordag",
        "sobota",
        "sobote",
        "sobotu",
        "szombat",
        "szombaton",
        "sambata",
        "σαββατο",
        "суббота",
        "субботу",
        "cumartesi",
        "lauantai",
        "lauantaina",
    ],
    &[
        "sunday",
        "sun",
        "sonntag",
        "dimanche",
        "domingo",
        "domenica",
        "zondag",
        "sondag",
        "niedziela",
        "niedziele",
        "nedele",
        "nedeli",
        "vasarnap",
        "duminica",
        "κυριακη",
        "воскресенье",
        "pazar",
        "sunnuntai",
        "sunnuntaina",
    ],
];

/// Words that the return date follows closely.
const RETURN_WORDS: &[&str] = &[
    "back",
    "return",
    "returning",
    "returns",
    "zuruck",
    "wieder",
    "erreichbar",
    "retour",
    "reviens",
    "reviendrai",
    "rentre",
    "vuelvo",
    "volvere",
    "regreso",
    "regresare",
    "vuelta",
    "tornero",
    "torno",
    "rientro",
    "rientrero",
    "ritorno",
    "volto",
    "voltarei",
    "retorno",
    "regressarei",
    "retornarei",
    "terug",
    "tillbaka",
    "ater",
    "tilbake",
    "tilbage",
    "wracam",
    "wroce",
    "powrot",
    "powrotem",
    "resume",
    "reachable",
    "available",
    "zpet",
    "zpatky",
    "vratim",
    "vracim",
    "navrat",
    "vissza",
    "visszaterek",
    "visszajovok",
    "ujra",
    "revin",
    "revenit",
    "revenire",
    "intorc",
    "inapoi",
    "επιστρεφω",
    "επιστρεψω",
    "επιστροφη",
    "πισω",
    "вернусь",
    "вернемся",
    "возвращаюсь",
    "возвращение",
    "снова",
    "обратно",
    "donecegim",
    "donuyorum",
    "donus",
    "donerim",
    "takaisin",
    "palaan",
    "palaamme",
];
/// Words that the last day of an absence follows.
const UNTIL_WORDS: &[&str] = &[
    "until",
    "till",
    "til",
    "through",
    "thru",
    "to",
    "bis",
    "jusqu'au",
    "jusqu'a",
    "jusqu'en",
    "jusque",
    "au",
    "hasta",
    "fino",
    "al",
    "ate",
    "ao",
    "tot",
    "do",
    "and",
    "по",
    "до",
    "εως",
    "μεχρι",
    "ως",
    "pana",
];
/// Words that stand behind the last day of an absence.
const UNTIL_BEHIND: &[&str] = &["kadar", "dek", "degin", "asti", "saakka"];
/// Words that make the day that they stand beside the last one away.
const INCLUSIVE: &[&str] = &[
    "inclusive",
    "inclusively",
    "including",
    "einschliesslich",
    "einschl",
    "inklusive",
    "inkl",
    "incl",
    "inclus",
    "incluse",
    "compris",
    "comprise",
    "inclusief",
    "incluso",
    "inclusa",
    "compreso",
    "incluido",
    "inclusivamente",
    "wlacznie",
    "vcetne",
    "bezarolag",
    "inclusiv",
    "συμπεριλαμβανομενου",
    "συμπεριλαμβανομενης",
    "включительно",
    "dahil",
    "mukaan",
    "through",
    "thru",
];
/// Words that a past beginning follows.
const SINCE_WORDS: &[&str] = &[
    "since",
    "seit",
    "depuis",
    "sinds",
    "sedan",
    "siden",
    "founded",
    "gegrundet",
];
/// Words that turn "available" round.
const NEGATIONS: &[&str] = &[
    "not", "no", "isn't", "won't", "can't", "cannot", "nicht", "kein", "keine", "pas", "non",
    "nao", "niet", "inte", "ikke", "ei", "en", "nie", "ne", "nem", "nu", "δεν", "не",
];
/// Words that may stand between "until" and its date.
const FILLERS: &[&str] = &[
    "the",
    "and",
    "en",
    "met",
    "og",
    "och",
    "med",
    "to",
    "zum",
    "zu",
    "dem",
    "den",
    "der",
    "el",
    "la",
    "le",
    "il",
    "o",
    "al",
    "au",
    "dia",
    "dnia",
    "dne",
    "de",
    "d",
    "a",
    "az",
    "pe",
    "in",
    "including",
    "inclusive",
    "einschliesslich",
    "inklusive",
    "του",
    "τις",
    "την",
    "στις",
];

/// Words for the day after.
const TOMORROW: &[&str] = &[
    "tomorrow",
    "morgen",
    "demain",
    "domani",
    "imorgon",
    "jutro",
    "manana",
    "amanha",
    "zitra",
    "holnap",
    "maine",
    "αυριο",
    "завтра",
    "yarin",
    "huomenna",
];

/// A date as it was written, in the readings that it allows.
#[derive(Debug, Clone, Copy, Default)]
struct Written {
    /// Day first, or not ambiguous.
    first: Option<(Option<i16>, i8, i8)>,
    /// Month first.
    second: Option<(Option<i16>, i8, i8)>,
    /// A day that is counted from the day of writing: a weekday, tomorrow.
    relative: Option<Date>,
}

impl Written {
    const fn sure(year: Option<i16>, month: i8, day: i8) -> Self {
        Self {
            first: Some((year, month, day)),
            second: None,
            relative: None,
        }
    }

    const fn relative(date: Date) -> Self {
        Self {
            first: None,
            second: None,
            relative: Some(date),
        }
    }

    fn is_valid(self) -> bool {
        let leap = 2024;
        let valid = |o: Option<(Option<i16>, i8, i8)>| {
            o.is_some_and(|(y, m, d)| Date::new(y.unwrap_or(leap), m, d).is_ok())
        };
        self.relative.is_some() || valid(self.first) || valid(self.second)
    }
}

/// Returns the day on which the writer is back, or until which they say they are away, if `text` names one.
///
/// `written` is the day of the message: dates without a year and weekdays mean the next such day after it, unless that day has just passed. Of a range
/// the end counts, in the year that puts the range nearest; one that lies in the past is no answer, and never next year's. The day that follows a
/// word of return wins over one that follows "until"; the latest date of the text is the last resort. The day after a last day away
/// ("inclusive") is the day of return. A day before `written`, or more than a year and a half after it, is no answer.
#[must_use]
pub fn return_date(text: &str, written: Date) -> Option<Date> {
    // Folding takes marks off Japanese syllables and Korean ones apart, so these come first.
    let folded = plain(&fold(&east_asian(text)));
    let list = words(&folded, MAX_WORDS);
    // Kind 2: after a word of return; 1: after "until"; 0: anywhere.
    let mut best: [Option<Date>; 3] = [None; 3];
    let mut at = 0;
    let mut cue: Option<(usize, usize, u32)> = None;
    while let Some(word) = list.get(at) {
        if RETURN_WORDS.contains(&word.text) {
            let before = list.get(at.saturating_sub(3)..at).unwrap_or_default();
            let negated = before
                .iter()
                .any(|w| w.clause == word.clause && NEGATIONS.contains(&w.text));
            cue = (!negated).then_some((at, 2, word.sentence));
        } else if SINCE_WORDS.contains(&word.text) {
            cue = Some((at, 3, word.sentence));
        } else if UNTIL_WORDS.contains(&word.text)
            && !matches!(cue, Some((_, 2, sentence)) if sentence == word.sentence)
        {
            cue = Some((at, 1, word.sentence));
        }
        let rest = list.get(at..).unwrap_or_default();
        // "ab Montag wieder da"
        let returns_then = || {
            (weekday(word.text).is_some()
                || TOMORROW.contains(&word.text)
                || ahead(rest, written).is_some()
                || end_of(rest, written).is_some())
                && rest
                    .iter()
                    .skip(1)
                    .take(4)
                    .any(|w| w.clause == word.clause && RETURN_WORDS.contains(&w.text))
        };
        let expected = cue.is_some_and(|(_, kind, _)| matches!(kind, 1 | 2)) || returns_then();
        let Some((date, mut used)) = date_at(rest, written, expected) else {
            at += 1;
            continue;
        };
        let mut kind = match cue {
            Some((seen, kind, sentence)) if sentence + 1 >= word.sentence && at - seen <= 8 => kind,
            _ => 0,
        };
        let range = range_end(rest, used, date, written);
        let day = match range {
            Some((end, more)) => {
                used = more;
                kind = kind.clamp(1, 1);
                resolve_range(date, end, written)
            }
            None if kind == 1 && at >= 2 && follows_day(&list, at) => nearest_of(date, written),
            None => resolve(date, written),
        };
        let behind: Vec<&str> = list
            .get(at + used..)
            .unwrap_or_default()
            .iter()
            .take(4)
            .take_while(|w| w.sentence <= word.sentence + 1)
            .map(|w| w.text)
            .collect();
        if kind == 0 && behind.iter().take(2).any(|w| UNTIL_BEHIND.contains(w)) {
            kind = 1;
        }
        let in_sentence = list
            .get(at + used..)
            .unwrap_or_default()
            .iter()
            .take(4)
            .take_while(|w| w.sentence == word.sentence && w.clause <= word.clause + 1);
        let ahead: Vec<&str> = in_sentence.map(|w| w.text).collect();
        let returns = ahead.iter().any(|w| RETURN_WORDS.contains(w))
            && !ahead.iter().any(|w| NEGATIONS.contains(w));
        if kind == 0 && returns {
            kind = 2;
        }
        let near = list.get(at.saturating_sub(4)..at).unwrap_or_default();
        let within = list.get(at..at + used).unwrap_or_default();
        let inclusive = kind < 2
            && (behind
                .iter()
                .take(2)
                .any(|w| INCLUSIVE.contains(w) && !matches!(*w, "through" | "thru"))
                || within.iter().any(|w| INCLUSIVE.contains(&w.text))
                || near
                    .iter()
                    .any(|w| w.sentence == word.sentence && INCLUSIVE.contains(&w.text))
                // The full stop of "einschl." ends no sentence.
                || near
                    .last()
                    .is_some_and(|w| matches!(w.text, "einschl" | "inkl" | "incl")));
        let day = if inclusive {
            day.and_then(|d| d.checked_add(1.day()).ok())
        } else {
            day
        };
        let sane = day.filter(|date| {
            *date >= written
                && written
                    .checked_add(18.months())
                    .is_ok_and(|limit| *date <= limit)
        });
        if let Some(date) = sane
            && let Some(slot) = best.get_mut(kind)
        {
            // Of "from the 2nd to the 9th" the later; of "back on the 9th ... offices reopen in May" the first.
            *slot = match (*slot, kind) {
                (Some(old), 2) => Some(old),
                (Some(old), _) => Some(old.max(date)),
                (None, _) => Some(date),
            };
        }
        at += used.max(1);
    }
    let [anywhere, until, back] = best;
    back.or(until).or(anywhere)
}

/// Tells whether the word before the "until" at the cue is a day's number: "14 to 29 November".
fn follows_day(list: &[Word<'_>], at: usize) -> bool {
    list.get(at.saturating_sub(4)..at)
        .unwrap_or_default()
        .windows(2)
        .any(
            |pair| matches!(pair, [a, b] if day(a.text).is_some() && UNTIL_WORDS.contains(&b.text)),
        )
}

/// Reads the end of a range whose beginning takes `used` words; returns it with the words of the whole.
fn range_end(
    list: &[Word<'_>],
    used: usize,
    start: Written,
    written: Date,
) -> Option<(Written, usize)> {
    let text = |n: usize| list.get(n).map_or("", |w| w.text);
    let mut n = used;
    // "from Monday, 14 November (Monday) to ...".
    while weekday(text(n)).is_some() {
        n += 1;
    }
    if !UNTIL_WORDS.contains(&text(n)) {
        return None;
    }
    n += 1;
    let limit = n + 4;
    while n < limit
        && (FILLERS.contains(&text(n))
            || UNTIL_WORDS.contains(&text(n))
            || weekday(text(n)).is_some())
    {
        n += 1;
    }
    let rest = list.get(n..)?;
    // "November 14 to 29", but not "November 14 to 29 December".
    if let Some((date, more)) = date_at(rest, written, false)
        && date.relative.is_none()
    {
        return Some((date, n + more));
    }
    let (year, month, _) = start.first?;
    Some((
        Written::sure(year_behind(rest).or(year), month, day(rest.first()?.text)?),
        n + 1,
    ))
}

fn year_behind(list: &[Word<'_>]) -> Option<i16> {
    year(list.get(1)?.text)
}

/// Returns the day that a date means: the next such day, or the last one if it has just passed. A written year holds.
fn resolve(date: Written, written: Date) -> Option<Date> {
    if date.relative.is_some() {
        return date.relative;
    }
    let one = |option: Option<(Option<i16>, i8, i8)>| {
        let (year, month, day) = option?;
        match year {
            Some(year) => Date::new(year, month, day).ok(),
            None => upcoming(month, day, written),
        }
    };
    match (one(date.first), one(date.second)) {
        (Some(e), Some(a)) if a >= written && (e < written || a < e) => Some(a),
        (Some(e), _) => Some(e),
        (None, a) => a,
    }
}

/// Returns the end of the range that lies nearest to `written`, if both ends can be read in one order.
fn resolve_range(start: Written, end: Written, written: Date) -> Option<Date> {
    let pairs = [
        (start.first, end.first),
        (start.second, end.second),
        (start.first, end.second),
        (start.second, end.first),
    ];
    // An unambiguous end settles the order; mixed orders are the last resort, for "14/11 - 29 November".
    let mut found: Option<(i32, Date)> = None;
    for (n, (s, e)) in pairs.into_iter().enumerate() {
        let (Some(s), Some(e)) = (s, e) else { continue };
        if n >= 2 && found.is_some() {
            break;
        }
        for (distance, day) in placed(s, e, written) {
            if found.is_none_or(|(known, _)| distance < known) {
                found = Some((distance, day));
            }
        }
    }
    found.map(|(_, day)| day)
}

/// Returns the ends of a range in the years that it may lie in, each with its distance in days.
fn placed(
    start: (Option<i16>, i8, i8),
    end: (Option<i16>, i8, i8),
    written: Date,
) -> Vec<(i32, Date)> {
    let years: Vec<i16> = match (end.0, start.0) {
        (Some(year), _) => vec![year],
        (None, Some(year)) => vec![year, year + 1],
        (None, None) => (-1..=1).map(|n| written.year() + n).collect(),
    };
    let mut out = Vec::new();
    for year in years {
        let Ok(e) = Date::new(year, end.1, end.2) else {
            continue;
        };
        let begin = match start.0 {
            Some(year) => Date::new(year, start.1, start.2).ok(),
            None => Date::new(year, start.1, start.2)
                .ok()
                .filter(|s| *s <= e)
                .or_else(|| Date::new(year - 1, start.1, start.2).ok()),
        };
        let Some(s) = begin.filter(|s| *s <= e) else {
            continue;
        };
        let days = |a: Date, b: Date| a.until(b).map_or(i32::MAX, |span| span.get_days());
        let distance = if e < written {
            days(e, written)
        } else if s > written {
            days(written, s)
        } else {
            0
        };
        out.push((distance, e));
    }
    out
}

/// Returns the day nearest to `written` that a date without a year means, for the end of a range with half a beginning.
fn nearest_of(date: Written, written: Date) -> Option<Date> {
    match date.first {
        Some((None, month, day)) => placed((None, month, 1), (None, month, day), written)
            .into_iter()
            .min()
            .map(|(_, day)| day),
        _ => resolve(date, written),
    }
}

/// Rewrites what words alone do not tell: dashes between dates, and "t/m".
fn plain(folded: &str) -> String {
    let tokens: Vec<&str> = folded.split(' ').collect();
    let mut out = String::with_capacity(folded.len() + 16);
    let is_date = |token: Option<&&str>| {
        token.is_some_and(|token| {
            let token = token.trim_matches(|c: char| !c.is_alphanumeric());
            token.contains(|c: char| c.is_ascii_digit()) || month(token).is_some()
        })
    };
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if at > 0 {
            out.push(' ');
        }
        let three: Vec<&str> = tokens.iter().skip(at).take(3).copied().collect();
        match *token {
            "-" | "--" | "~" | "\u{301c}" | "\u{ff5e}" | "/" | "→" | "->"
                if is_date(tokens.get(at.wrapping_sub(1))) && is_date(tokens.get(at + 1)) =>
            {
                out.push_str("until");
            }
            "t/m" | "t.e.m." | "t.o.m." | "t.o.m" | "tom." | "t.e.m" | "tem" => {
                out.push_str("through")
            }
            _ if matches!(
                three.as_slice(),
                ["tot", "en", "met"]
                    | ["til", "og", "med"]
                    | ["till", "och", "med"]
                    | ["fram", "till", "och"]
            ) =>
            {
                out.push_str("through");
                at += 2;
            }
            token => split_range(token, &mut out),
        }
        at += 1;
    }
    out
}

/// Writes `14.11.-29.11.` as `14.11. until 29.11.`; other tokens as they are.
fn split_range(token: &str, out: &mut String) {
    // "5-Dec-2026", "5/Dec/2026".
    let parts: Vec<&str> = token.split(['-', '/']).collect();
    if let [d, m, y] = parts.as_slice()
        && day(d).is_some()
        && month(m).is_some()
        && year(y.trim_end_matches([',', ';', ')', '!'])).is_some()
    {
        out.push_str(&parts.join(" "));
        return;
    }
    let parted = token
        .match_indices(['-', '~', '\u{301c}', '\u{ff5e}'])
        .find_map(|(at, dash)| {
            let (a, b) = (token.get(..at)?, token.get(at + dash.len()..)?);
            let ends = a.ends_with(|c: char| c.is_ascii_digit() || c == '.')
                && b.starts_with(|c: char| c.is_ascii_digit());
            let dotted = a.contains(['.', '/'])
                || b.trim_end_matches(['.', ',', ';', ')'])
                    .contains(['.', '/'])
                || !dash.starts_with('-');
            let iso = a.len() == 10 && b.len() >= 10;
            (ends && (dotted || iso)).then_some((a, b))
        });
    // "2026-11-14-2026-11-29" has no dots to tell by.
    match parted {
        Some((a, b)) => {
            out.push_str(a);
            out.push_str(" until ");
            out.push_str(b);
        }
        None => out.push_str(token),
    }
}

/// Writes "11月29日まで" as "until 11-29"-like words that the other rules read.
fn east_asian(text: &str) -> String {
    let text = &east_asian_weekdays(text);
    if !text.contains(['月', '월', '日', '년', '年']) {
        return text.to_owned();
    }
    let chars: Vec<char> = text
        .chars()
        .map(|c| match c {
            '\u{ff10}'..='\u{ff19}' => char::from_u32(c as u32 - 0xff10 + 0x30).unwrap_or(c),
            '年' | '년' => '年',
            '月' | '월' => '月',
            '日' | '일' | '号' | '號' => '日',
            c => c,
        })
        .collect();
    let mut out = String::with_capacity(text.len() * 2);
    let mut at = 0;
    let mut last_month = None;
    while let Some(c) = chars.get(at).copied() {
        if !c.is_ascii_digit() || at > 0 && chars.get(at - 1).is_some_and(|p| p.is_ascii_digit()) {
            out.push(c);
            at += 1;
            continue;
        }
        match east_asian_date(&chars, at, last_month) {
            Some((year, month, day, end)) => {
                last_month = Some(month);
                let behind: String = chars.iter().skip(end).take(14).collect();
                let before: String = chars
                    .iter()
                    .take(at)
                    .rev()
                    .take(4)
                    .collect::<Vec<_>>()
                    .into_iter()
                    .rev()
                    .collect();
                let cue = east_asian_cue(&before, &behind);
                let name = ENGLISH_MONTHS
                    .get(usize::try_from(month - 1).unwrap_or_default())
                    .copied()
                    .unwrap_or_default();
                out.push_str(&format!(" {cue} {day} {name} "));
                if let Some(year) = year {
                    out.push_str(&format!("{year} "));
                }
                at = end;
            }
            None => {
                out.push(c);
                at += 1;
            }
        }
    }
    out
}

/// Writes "月曜日に出社" as "back monday". A weekday in brackets belongs to the date before it.
fn east_asian_weekdays(text: &str) -> String {
    const NAMES: [(&str, [&str; 6]); 7] = [
        (
            "monday",
            ["月曜日", "月曜", "星期一", "周一", "週一", "월요일"],
        ),
        (
            "tuesday",
            ["火曜日", "火曜", "星期二", "周二", "週二", "화요일"],
        ),
        (
            "wednesday",
            ["水曜日", "水曜", "星期三", "周三", "週三", "수요일"],
        ),
        (
            "thursday",
            ["木曜日", "木曜", "星期四", "周四", "週四", "목요일"],
        ),
        (
            "friday",
            ["金曜日", "金曜", "星期五", "周五", "週五", "금요일"],
        ),
        (
            "saturday",
            ["土曜日", "土曜", "星期六", "周六", "週六", "토요일"],
        ),
        (
            "sunday",
            ["日曜日", "日曜", "星期日", "周日", "週日", "일요일"],
        ),
    ];
    let mut out = text.to_owned();
    for (english, names) in NAMES {
        for name in names {
            let found = out.find(name).map(|at| (at, at + name.len()));
            let Some((from, to)) = found else { continue };
            let before: String = out
                .get(..from)
                .unwrap_or_default()
                .chars()
                .rev()
                .take(4)
                .collect();
            if before.starts_with(['(', '（', '日', '일', '号']) {
                continue;
            }
            let before: String = before.chars().rev().collect();
            let behind: String = out.get(to..).unwrap_or_default().chars().take(14).collect();
            let cue = east_asian_cue(&before, &behind);
            out.replace_range(from..to, &format!(" {cue} {english} "));
        }
    }
    out
}

const ENGLISH_MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Returns the English cue for a date between what stands before and behind it.
fn east_asian_cue(before: &str, behind: &str) -> &'static str {
    let clause = behind
        .split(['。', '.', '、', ',', '!', '\n', '~', '〜', '～', '-'])
        .next()
        .unwrap_or_default()
        .trim_start_matches(|c: char| {
            c == ' '
                || c == '('
                || c == ')'
                || "月火水木金土日월화수목금토일周一二三四五六".contains(c)
        });
    let until = ["まで", "까지", "为止", "為止", "止"];
    let back = [
        "から出社",
        "より出社",
        "に出社",
        "出社",
        "復帰",
        "戻り",
        "戻る",
        "から通常",
        "より通常",
        "業務を再開",
        "복귀",
        "출근",
        "돌아",
        "업무를 재개",
        "부터 근무",
        "返回",
        "回来",
        "回來",
        "回到",
        "上班",
        "恢复",
        "恢復",
        "返岗",
        "复工",
        "回公司",
    ];
    if until.iter().any(|word| clause.starts_with(word)) {
        return if clause.contains("含") || clause.contains("포함") {
            "until inclusive"
        } else {
            "until"
        };
    }
    if back.iter().any(|word| clause.contains(word)) {
        return "back";
    }
    if ["至", "到", "直到"]
        .iter()
        .any(|word| before.trim_end().ends_with(word))
        || before.trim_end().ends_with(['~', '〜', '～', '-', '–'])
    {
        return if behind.starts_with("(含") || behind.starts_with("含") {
            "until inclusive"
        } else {
            "until"
        };
    }
    ""
}

/// Reads `2026年11月29日`, `11月29日` or, behind a month, `29日`; returns year, month, day and the index behind.
fn east_asian_date(
    chars: &[char],
    start: usize,
    last_month: Option<i8>,
) -> Option<(Option<i16>, i8, i8, usize)> {
    let mut at = start;
    let number = |at: &mut usize| {
        let mut value = 0_i32;
        let from = *at;
        while let Some(digit) = chars
            .get(*at)
            .and_then(|c| c.to_digit(10))
            .filter(|_| *at - from < 4)
        {
            value = value * 10 + i32::try_from(digit).unwrap_or_default();
            *at += 1;
        }
        let mark = chars.get(*at).copied();
        *at += 1;
        while chars.get(*at) == Some(&' ') && chars.get(*at + 1).is_some_and(char::is_ascii_digit) {
            *at += 1;
        }
        (value, mark)
    };
    let (mut value, mut mark) = number(&mut at);
    let mut year = None;
    if mark == Some('年') {
        year = i16::try_from(value)
            .ok()
            .filter(|y| (1900..2200).contains(y));
        (value, mark) = number(&mut at);
    }
    let month = if mark == Some('月') {
        let month = i8::try_from(value).ok().filter(|m| (1..=12).contains(m))?;
        (value, mark) = number(&mut at);
        month
    } else {
        last_month?
    };
    let day = i8::try_from(value).ok().filter(|d| (1..=31).contains(d))?;
    (mark == Some('日')).then_some((year, month, day, at))
}

/// Takes the endings off a word that a language hangs on dates: "29-ig", "kasim'a".
fn bare(word: &str) -> &str {
    let word = word.trim_end_matches('.');
    match word.find(['\'', '-']) {
        Some(at)
            if at > 0
                && !word
                    .get(at + 1..)
                    .unwrap_or_default()
                    .starts_with(|c: char| c.is_ascii_digit()) =>
        {
            word.get(..at).unwrap_or(word)
        }
        _ => word,
    }
}

fn month(word: &str) -> Option<i8> {
    let word = bare(word);
    MONTHS
        .iter()
        .position(|names| names.contains(&word))
        .or_else(|| {
            FINNISH_MONTHS
                .iter()
                .position(|stem| word.starts_with(stem))
        })
        .and_then(|n| i8::try_from(n + 1).ok())
}

/// Tells whether a folded word is the full name of a weekday; short forms are other words in other languages.
pub(super) fn is_weekday(word: &str) -> bool {
    word.len() > 4 && weekday(word).is_some()
}

fn weekday(word: &str) -> Option<Weekday> {
    let word = bare(word);
    let index = DAYS.iter().position(|names| names.contains(&word))?;
    Weekday::from_monday_zero_offset(i8::try_from(index).ok()?).ok()
}

/// Reads `3`, `3rd`, `3.`, `1er`, `3º`, `29-ig`.
fn day(word: &str) -> Option<i8> {
    let digits = word
        .find(|c: char| !c.is_ascii_digit())
        .map_or(word, |at| word.get(..at).unwrap_or_default());
    let tail = word.get(digits.len()..)?;
    let ordinal = matches!(
        tail,
        "" | "st"
            | "nd"
            | "rd"
            | "th"
            | "."
            | "er"
            | "º"
            | "°"
            | "e"
            | "ro"
            | "do"
            | "to"
            | "ª"
            | "a"
            | "go"
            | "й"
            | "и"
            | "го"
    ) || tail.starts_with(['-', '\''])
        && tail.chars().skip(1).all(char::is_alphabetic);
    (ordinal && !digits.is_empty() && digits.len() <= 2)
        .then(|| digits.parse::<i8>().ok())?
        .filter(|d| (1..=31).contains(d))
}

fn year(word: &str) -> Option<i16> {
    let word = word.trim_end_matches('.');
    (word.len() == 4)
        .then(|| word.parse::<i16>().ok())?
        .filter(|y| (1900..2200).contains(y))
}

/// Reads the date that starts at the first of `list`, with the number of words it takes.
fn date_at(list: &[Word<'_>], written: Date, expected: bool) -> Option<(Written, usize)> {
    date_read(list, written, expected).filter(|(date, _)| date.is_valid())
}

fn date_read(list: &[Word<'_>], written: Date, expected: bool) -> Option<(Written, usize)> {
    let text = |n: usize| list.get(n).map_or("", |w| w.text);
    let first = text(0);
    if first.starts_with(|c: char| c.is_ascii_digit()) {
        // "2026. november 29-ig", "2026 November 29".
        if let (Some(y), Some(m)) = (year(first), month(text(1)))
            && let Some(d) = day(text(2))
        {
            return Some((Written::sure(Some(y), m, d), 3));
        }
        // "2026. 11. 29."
        if let (Some(y), Some(m), Some(d)) = (year(first), day(text(1)), day(text(2)))
            && m <= 12
            && y >= 2000
        {
            return Some((Written::sure(Some(y), m, d), 3));
        }
        if let Some(date) = numeric(first) {
            return Some((date, 1));
        }
        if let Some(d) = day(first) {
            // "3 March 2026", "3. of March", "3 de marzo de 2026".
            let mut n = 1;
            while matches!(text(n), "of" | "de" | "den" | "di" | "d'" | "do" | "del") {
                n += 1;
            }
            if let Some(m) = month(text(n)) {
                n += 1;
                while matches!(text(n), "de" | "del" | "of") {
                    n += 1;
                }
                return Some(match year(text(n)) {
                    Some(y) => (Written::sure(Some(y), m, d), n + 1),
                    None => (Written::sure(None, m, d), n),
                });
            }
            // "29. 11." and "29. 11. 2026" of Czech and others.
            if let Some(m) = day(text(1)).filter(|m| *m <= 12)
                && list
                    .first()
                    .zip(list.get(1))
                    .is_some_and(|(a, b)| a.sentence != b.sentence)
                && first.bytes().all(|b| b.is_ascii_digit())
                && text(1).bytes().all(|b| b.is_ascii_digit())
                && expected
            {
                return Some(match year(text(2)) {
                    Some(y) => (Written::sure(Some(y), m, d), 3),
                    None => (Written::sure(None, m, d), 2),
                });
            }
            // "back on the 9th".
            if expected
                && first.ends_with(|c: char| c.is_ascii_alphabetic())
                && !first.contains(['-', '\''])
            {
                let this = written
                    .with()
                    .day(d)
                    .build()
                    .ok()
                    .filter(|date| *date >= written);
                let next = || {
                    written
                        .first_of_month()
                        .checked_add(1.month())
                        .ok()?
                        .with()
                        .day(d)
                        .build()
                        .ok()
                };
                return this.or_else(next).map(|date| (Written::relative(date), 1));
            }
        }
        return days_of_month(first, text(1), written).map(|date| (date, 2));
    }
    // "out 14 November" is no October.
    let is_other =
        matches!(first, "out" | "set" | "mag" | "ago" | "gen") && month(text(2)).is_some();
    if let Some(m) = month(first).filter(|_| !is_other) {
        // "March 3rd, 2026", "November 14-29".
        if let Some(d) = day(text(1)) {
            return Some(match year(text(2)) {
                Some(y) => (Written::sure(Some(y), m, d), 3),
                None => (Written::sure(None, m, d), 2),
            });
        }
        if let Some(date) = days_of_month(text(1), first, written) {
            return Some((date, 2));
        }
    }
    if !expected {
        return None;
    }
    if let Some(found) = ahead(list, written).or_else(|| end_of(list, written)) {
        return Some(found);
    }
    // "vuelvo el 30", "am 30. zurück".
    if matches!(
        first,
        "the" | "am" | "den" | "le" | "el" | "il" | "dia" | "op" | "dne" | "dnia"
    ) && day(text(1)).is_some()
        && !UNITS.iter().any(|(words, _)| words.contains(&text(2)))
        && !text(1).contains(|c: char| c.is_ascii_alphabetic())
    {
        let behind = list.get(1..).unwrap_or_default();
        if let Some((date, used)) = date_at(behind, written, true) {
            return Some((date, used + 1));
        }
        let found = next_with(written, |date| Some(date.day()) == day(text(1)))?;
        return Some((Written::relative(found), 2));
    }
    if let Some(weekday) = weekday(first) {
        // "Monday, 3 March" is the date, not the weekday.
        let ahead = list.get(1..).unwrap_or_default();
        let skip = usize::from(ahead.first().is_some_and(|w| {
            matches!(
                w.text,
                "the" | "den" | "de" | "dem" | "le" | "el" | "il" | "dia" | "στις"
            )
        }));
        let ahead = ahead.get(skip..).unwrap_or_default();
        if let Some((date, used)) = ahead
            .first()
            .filter(|w| w.text.starts_with(|c: char| c.is_ascii_digit()) || month(w.text).is_some())
            .and_then(|_| date_at(ahead, written, true))
        {
            return Some((date, used + 1 + skip));
        }
        // "lunedì 7": the next 7th that is a Monday.
        if let Some(number) = ahead.first().and_then(|w| day(w.text))
            && let Some(found) = next_with(written, |date| {
                date.day() == number && date.weekday() == weekday
            })
            && found
                .since(written)
                .is_ok_and(|span| span.get_days() <= MAX_WEEKDAY_DAYS)
        {
            return Some((Written::relative(found), 2 + skip));
        }
        return written
            .nth_weekday(1, weekday)
            .ok()
            .map(|date| (Written::relative(date), 1));
    }
    if TOMORROW.contains(&first) {
        return written
            .checked_add(1.day())
            .ok()
            .map(|d| (Written::relative(d), 1));
    }
    let next_week = matches!(
        (first, text(1)),
        ("next", "week")
            | ("nachste" | "nachster" | "kommende", "woche")
            | ("volgende", "week")
            | ("nasta", "vecka")
            | ("neste", "uke")
            | ("naeste", "uge")
            | ("ensi", "viikolla")
            | ("semaine", "prochaine")
            | ("proxima", "semana")
            | ("prossima", "settimana")
            | ("przyszlym", "tygodniu")
            | ("pristi", "tyden")
            | ("jovo", "heten")
            | ("saptamana", "viitoare")
            | ("επομενη", "εβδομαδα")
            | ("следующей", "неделе")
            | ("следующеи", "неделе")
            | ("gelecek" | "onumuzdeki", "hafta")
    );
    next_week
        .then(|| written.nth_weekday(1, Weekday::Monday).ok())
        .flatten()
        .map(|d| (Written::relative(d), 2))
}

/// Returns the first day after `written` that fits, within two years.
fn next_with(written: Date, fits: impl Fn(Date) -> bool) -> Option<Date> {
    (1..=730_i32)
        .filter_map(|days| written.checked_add(days.days()).ok())
        .find(|date| fits(*date))
}

/// Days ahead within which a weekday with its number is one date.
const MAX_WEEKDAY_DAYS: i32 = 200;

/// Units of time with their days; a month is counted by the calendar.
const UNITS: &[(&[&str], i32)] = &[
    (
        &[
            "day",
            "days",
            "tag",
            "tage",
            "tagen",
            "jour",
            "jours",
            "dia",
            "dias",
            "giorno",
            "giorni",
            "dag",
            "dagen",
            "dagar",
            "dage",
            "dager",
            "paivan",
            "dni",
            "dzien",
            "dnu",
            "dny",
            "nap",
            "zile",
            "zi",
            "ημερες",
            "ημερα",
            "день",
            "дня",
            "днеи",
            "gun",
        ],
        1,
    ),
    (
        &[
            "week",
            "weeks",
            "woche",
            "wochen",
            "semaine",
            "semaines",
            "semana",
            "semanas",
            "settimana",
            "settimane",
            "weken",
            "vecka",
            "veckor",
            "uge",
            "uger",
            "uke",
            "uker",
            "viikon",
            "tydzien",
            "tygodnie",
            "tygodni",
            "tyden",
            "tydny",
            "tydnu",
            "het",
            "saptamana",
            "saptamani",
            "εβδομαδα",
            "εβδομαδες",
            "неделю",
            "недели",
            "недель",
            "hafta",
        ],
        7,
    ),
    (
        &[
            "month",
            "months",
            "monat",
            "monate",
            "monaten",
            "mois",
            "mes",
            "meses",
            "mese",
            "mesi",
            "mes",
            "maand",
            "maanden",
            "manad",
            "manader",
            "maned",
            "maneder",
            "kuukauden",
            "miesiac",
            "miesiace",
            "miesiecy",
            "mesic",
            "mesice",
            "mesicu",
            "honap",
            "luna",
            "luni",
            "μηνα",
            "μηνες",
            "месяц",
            "месяца",
            "месяцев",
            "ay",
        ],
        30,
    ),
];
const NUMBERS: &[&[&str]] = &[
    &[
        "a", "one", "an", "einem", "einer", "eine", "ein", "un", "une", "una", "um", "uma", "een",
        "en", "ett", "et", "tydzien", "jeden", "egy", "o", "ενα", "μια", "одну", "один", "bir",
        "yhden",
    ],
    &[
        "two", "zwei", "deux", "dos", "due", "dois", "duas", "twee", "tva", "to", "kahden", "dwa",
        "dwie", "dva", "dve", "ket", "doua", "doi", "δυο", "два", "две", "iki",
    ],
    &[
        "three",
        "drei",
        "trois",
        "tres",
        "tre",
        "drie",
        "kolmen",
        "trzy",
        "tri",
        "harom",
        "trei",
        "τρεις",
        "τρια",
        "три",
        "uc",
    ],
    &[
        "four",
        "vier",
        "quatre",
        "cuatro",
        "quattro",
        "quatro",
        "fyra",
        "fire",
        "neljan",
        "cztery",
        "ctyri",
        "negy",
        "patru",
        "τεσσερις",
        "четыре",
        "dort",
    ],
];

/// Reads a length of time ahead: "in two weeks", "dans 10 jours", "két hét múlva", "через неделю".
fn ahead(list: &[Word<'_>], written: Date) -> Option<(Written, usize)> {
    const BEFORE: &[&str] = &[
        "in",
        "dans",
        "en",
        "dentro",
        "tra",
        "fra",
        "em",
        "over",
        "om",
        "za",
        "peste",
        "σε",
        "через",
        "within",
    ];
    const BEHIND: &[&str] = &["sonra", "mulva", "kuluttua", "kuluessa", "icinde"];
    let text = |n: usize| list.get(n).map_or("", |w| w.text);
    let is_before = BEFORE.contains(&text(0));
    let mut n = usize::from(is_before);
    if text(0) == "dentro" && matches!(text(1), "de") {
        n = 2;
    }
    let number = text(n)
        .parse::<i32>()
        .ok()
        .filter(|count| (1..=400).contains(count))
        .or_else(|| {
            let at = NUMBERS.iter().position(|words| words.contains(&text(n)))?;
            i32::try_from(at + 1).ok()
        });
    let unit = |word: &str| {
        UNITS
            .iter()
            .find(|(words, _)| words.contains(&word))
            .map(|(_, days)| *days)
    };
    // "через неделю", "za tydzień" say no number.
    let (count, days, used) = match (number, unit(text(n + 1)), unit(text(n))) {
        (Some(count), Some(days), _) => (count, days, n + 2),
        (_, _, Some(days)) if is_before => (1, days, n + 1),
        _ => return None,
    };
    let is_behind = BEHIND.contains(&text(used));
    if !is_before && !is_behind {
        return None;
    }
    let span = match days {
        30 => count.months(),
        days => (count * days).days(),
    };
    let date = written.checked_add(span).ok()?;
    Some((Written::relative(date), used + usize::from(is_behind)))
}

/// Reads the end of a month or of the year: "end of December", "Ende Dezember", "fin du mois".
fn end_of(list: &[Word<'_>], written: Date) -> Option<(Written, usize)> {
    const ENDS: &[&str] = &[
        "end",
        "ende",
        "fin",
        "finales",
        "final",
        "fine",
        "fim",
        "finais",
        "eind",
        "einde",
        "slutet",
        "slutten",
        "udgangen",
        "utgangen",
        "konca",
        "koniec",
        "konce",
        "sfarsitul",
        "τελος",
        "τελη",
        "конца",
        "конце",
        "loppuun",
    ];
    const MONTH: &[&str] = &[
        "month",
        "monats",
        "monat",
        "mois",
        "mes",
        "mese",
        "maand",
        "manaden",
        "maneden",
        "miesiaca",
        "mesice",
        "lunii",
        "μηνα",
        "месяца",
    ];
    const YEAR: &[&str] = &[
        "year",
        "jahres",
        "jahr",
        "annee",
        "ano",
        "anno",
        "jaar",
        "aret",
        "roku",
        "anului",
        "ετους",
        "года",
    ];
    let text = |n: usize| list.get(n).map_or("", |w| w.text);
    if !ENDS.contains(&text(0)) {
        return None;
    }
    let mut n = 1;
    while n < 4
        && matches!(
            text(n),
            "of" | "the"
                | "this"
                | "des"
                | "dieses"
                | "de"
                | "du"
                | "del"
                | "di"
                | "do"
                | "da"
                | "d"
                | "van"
                | "av"
                | "af"
                | "tego"
                | "ce"
                | "van-de"
                | "deze"
                | "του"
                | "der"
                | "este"
                | "deste"
                | "dell'anno"
                | "l'annee"
        )
    {
        n += 1;
    }
    if MONTH.contains(&text(n)) {
        return Some((Written::relative(written.last_of_month()), n + 1));
    }
    if YEAR.contains(&text(n)) {
        return Some((Written::relative(written.last_of_year()), n + 1));
    }
    let month = month(text(n))?;
    let year = year(text(n + 1));
    let first = Date::new(year.unwrap_or(written.year()), month, 1).ok()?;
    let last = first.last_of_month();
    let last = match year {
        None if last < written => first.checked_add(1.year()).ok()?.last_of_month(),
        _ => last,
    };
    Some((Written::relative(last), n + 1 + usize::from(year.is_some())))
}

/// Reads "3-9 March" as the 9th, in the year that is nearest.
fn days_of_month(days: &str, month_name: &str, written: Date) -> Option<Written> {
    let (begin, end) = days.split_once('-')?;
    let (month, begin, end) = (month(month_name)?, day(begin)?, day(end)?);
    let (_, date) = placed((None, month, begin), (None, month, end), written)
        .into_iter()
        .min()?;
    Some(Written::sure(Some(date.year()), month, end))
}

/// Returns the next such day, `written` included, or the last one if it has just passed.
fn upcoming(month: i8, day: i8, written: Date) -> Option<Date> {
    let passed = (-1..=0_i16)
        .filter_map(|years| Date::new(written.year() + years, month, day).ok())
        .rfind(|date| *date < written)
        .filter(|date| {
            date.until(written)
                .is_ok_and(|span| span.get_days() <= JUST_PASSED_DAYS)
        });
    passed.or_else(|| {
        (0..=4_i16)
            .filter_map(|years| Date::new(written.year() + years, month, day).ok())
            .find(|date| *date >= written)
    })
}

/// Reads `2026-03-03`, `03/03/2026`, `3.3.2026`, `03.03.`, `3/3`.
///
/// Of two numbers with a slash that could both be months, the reading that lies ahead and nearer is meant: nobody is away for
/// long. With dots the day is first.
fn numeric(word: &str) -> Option<Written> {
    let word = bare(word);
    let separator = word.chars().find(|c| matches!(c, '-' | '/' | '.'))?;
    let parts: Vec<&str> = word.split(separator).filter(|p| !p.is_empty()).collect();
    if parts
        .iter()
        .any(|p| p.len() > 4 || !p.bytes().all(|b| b.is_ascii_digit()))
    {
        return None;
    }
    let number = |text: &str| text.parse::<i16>().ok();
    let small = |text: &str| text.parse::<i8>().ok();
    let both = |year: Option<i16>, a: i8, b: i8| Written {
        first: Some((year, b, a)).filter(|_| b <= 12),
        second: Some((year, a, b)).filter(|_| a <= 12 && (separator == '/' || b > 12)),
        relative: None,
    };
    match parts.as_slice() {
        [y, m, d] if y.len() == 4 => Some(Written::sure(Some(number(y)?), small(m)?, small(d)?)),
        [a, b, y] if y.len() == 4 || y.len() == 2 => {
            let year = number(y)? + if y.len() == 2 { 2000 } else { 0 };
            Some(both(Some(year), small(a)?, small(b)?))
        }
        // "10.30" is a time and "3.5" a number: without a year only slashes, or dots between two figures each, make a date.
        [a, b] if separator == '/' => Some(both(None, small(a)?, small(b)?)),
        [a, b] if separator == '.' && a.len() == 2 && b.len() == 2 => {
            Some(Written::sure(None, small(b)?, small(a)?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn return_dates_are_read_in_many_languages() {
        // Written on Monday 23 February 2026.
        let check = |text: &str, expect: Option<Date>| {
            assert_eq!(return_date(text, date(2026, 2, 23)), expect, "{text:?}");
        };
        let third = Some(date(2026, 3, 3));
        check("I am out of office until 3 March.", third);
        check("I will be back on March 3rd, 2026.", third);
        check("Returning Tuesday, March 3", third);
        check("I'm away from 24 February to 3 March", third);
        check(
            "out of the office from Feb 24 through Mar 2, returning Mar 3",
            third,
        );
        check("Ich bin bis zum 3. März nicht im Büro.", third);
        check("Ich bin ab dem 03.03.2026 wieder erreichbar.", third);
        check("Je suis absent jusqu'au 3 mars.", third);
        check("Je serai de retour le 3 mars 2026", third);
        check("Estaré fuera hasta el 3 de marzo de 2026.", third);
        check("Sarò assente fino al 3 marzo", third);
        check("Estarei ausente até 3 de março", third);
        check("Ik ben terug op 3 maart", third);
        check("Jag är tillbaka den 3 mars", third);
        check("Wracam 3 marca", third);
        check("back 2026-03-03", third);
        check("back on 03/03/2026", third);
        check("I am back on 3/4/26", Some(date(2026, 3, 4)));
        check("back on 13/3", Some(date(2026, 3, 13)));
        check("I return on Thursday.", Some(date(2026, 2, 26)));
        check("back on Monday", Some(date(2026, 3, 2)));
        check("back tomorrow", Some(date(2026, 2, 24)));
        check("I'm back next week", Some(date(2026, 3, 2)));
        check("away until the 9th", Some(date(2026, 3, 9)));
        check("out until Jan 5", Some(date(2027, 1, 5)));
        check("on leave 3-9 March", Some(date(2026, 3, 9)));
        check("I am out of office. Call +49 30 1234567 or 10.30 am.", None);
        check("out since 3 March 2020", None);
        check("Away", None);
    }

    #[test]
    fn ranges_end_in_the_year_that_is_meant() {
        // Written on Tuesday 24 November 2026.
        let check = |text: &str, expect: Option<Date>| {
            assert_eq!(return_date(text, date(2026, 11, 24)), expect, "{text:?}");
        };
        let end = Some(date(2026, 11, 29));
        for text in [
            "Out of office 14 Nov - 29 Nov.",
            "Away 14/11 - 29/11",
            "Away 11/14 - 11/29",
            "Urlaub 14.11.-29.11.2026",
            "Urlaub 14.11. - 29.11.",
            "Urlaub vom 14. bis 29. November",
            "Nov 14 \u{2013} Nov 29: on vacation",
            "Nov 14-29: on vacation",
            "November 14 to 29 I am away",
            "out 14-29 Nov",
            "2026-11-14 - 2026-11-29 vacation",
            "from 14 November until Sunday, 29 November",
            "du 14 au 29 novembre",
            "del 14 al 29 de noviembre",
            "dal 14 al 29 novembre",
            "с 14 по 29 ноября",
            "od 14. do 29. listopadu",
            "14 Kasım - 29 Kasım",
            "November 14-29",
        ] {
            check(text, end);
        }
        check("Away 20 Dec - 4 Jan", Some(date(2027, 1, 4)));
        check("Away from 2 January to 10 January", Some(date(2027, 1, 10)));
        check(
            "I am not available from 27 November to 4 December",
            Some(date(2026, 12, 4)),
        );
        // What lies in the past stays there.
        for text in [
            "Out of office 1 Nov - 14 Nov.",
            "Away 01/11 - 14/11",
            "Urlaub 01.11.-14.11.2025",
            "Out 14-20 Nov",
            "I have been away since 14 November.",
            "Out since 14 Nov",
            "Out until 20 Nov.",
            "Our company was founded on 1 May 1990. I am out today.",
            "out of office until 3 March 2024",
        ] {
            check(text, None);
        }
        check("I am out until 3 March 2027", Some(date(2027, 3, 3)));
        check("back on 30 November 2026", Some(date(2026, 11, 30)));
    }

    #[test]
    fn a_last_day_away_is_the_day_before_the_return() {
        let check = |text: &str| {
            assert_eq!(
                return_date(text, date(2026, 11, 24)),
                Some(date(2026, 11, 30)),
                "{text:?}"
            );
        };
        for text in [
            "Ich bin bis einschließlich 29.11.2026 nicht im Büro.",
            "Ich bin bis zum 29. November (einschließlich) abwesend",
            "Absent jusqu'au 29 novembre inclus.",
            "out until November 29 inclusive",
            "away up to and including 29 November",
            "Fuera hasta el 29 de noviembre inclusive",
            "Assente fino al 29 novembre incluso",
            "Ausente até 29 de novembro inclusive",
            "Afwezig t/m 29 november",
            "Afwezig tot en met 29 november",
            "Borta till och med 29 november",
            "Fraværende til og med 29. november",
            "Fri t.o.m. 29 november",
            "nieobecny do 29 listopada włącznie",
            "mimo kancelář do 29. listopadu včetně",
            "в отпуске по 29 ноября включительно",
            "absent până pe 29 noiembrie inclusiv",
            "2026. november 29-ig bezárólag",
            "29 Kasım dahil izindeyim",
        ] {
            check(text);
        }
    }

    #[test]
    fn return_dates_are_read_in_every_language_of_the_lexicon() {
        let check = |text: &str, month: i8, day: i8| {
            assert_eq!(
                return_date(text, date(2026, 11, 24)),
                Some(date(2026, month, day)),
                "{text:?}"
            );
        };
        for text in [
            "Jeg er tilbake 30. november",
            "Jeg er tilbage den 30. november 2026",
            "Palaan toimistolle 30.11.2026",
            "Palaan 30. marraskuuta",
            "Poissa 30.11.2026 asti",
            "Jsem mimo kancelář, vrátím se 30. listopadu",
            "zpět 30. 11. 2026",
            "Szabadságon vagyok 2026. november 30-ig",
            "november 30-án vagyok vissza",
            "Revin în 30 noiembrie",
            "sunt plecat până la 30 noiembrie 2026",
            "Θα λείπω έως τις 30 Νοεμβρίου",
            "Επιστρέφω στις 30 Νοεμβρίου",
            "Вернусь 30 ноября",
            "Я в отпуске до 30 ноября 2026 г.",
            "30 Kasım'da döneceğim",
            "30 Kasım 2026 tarihine kadar izindeyim",
            "11月30日まで休暇をいただいております",
            "11月20日\u{ff5e}11月30日不在",
            "11月20日から29日まで不在です。11月30日(月)より出社",
            "2026年11月30日返回公司",
            "我休假至11月30日",
            "11월 30일까지 휴가입니다",
            "2026년 11월 30일에 복귀합니다",
            "wracam 30 listopada",
            "vuelvo el lunes 30 de noviembre",
            "sarò di ritorno lunedì 30 novembre",
            "retorno a 30 de novembro",
            "terug op maandag 30 november",
            "tillbaka måndag 30 november",
            "I'm back on 30 Nov. Our office is closed on 25 December 2026.",
            "ab dem 30. November bin ich wieder da",
            "de retour lundi",
            "jsem zpět v pondělí",
            "takaisin maanantaina",
        ] {
            check(text, 11, 30);
        }
    }

    #[test]
    fn absences_end_as_people_say_it() {
        // Written on Tuesday 24 November 2026.
        let (this, next) = (2026, 2027);
        type Ends<'a> = (Option<(i16, i8, i8)>, &'a [&'a str]);
        let expect: &[Ends<'_>] = &[
            (
                Some((this, 12, 3)),
                &[
                    "back on 3rd of December",
                    "I return on the 3rd of December",
                    "back on December the 3rd",
                ],
            ),
            (
                Some((this, 12, 14)),
                &[
                    "I'm away until the 14th",
                    "Je suis absent jusqu'au 14 décembre",
                    "vuelvo el 14",
                    "zurück am 14.",
                ],
            ),
            (
                Some((this, 12, 5)),
                &[
                    "Ich bin bis einschl. 04.12. nicht da",
                    "back 5 Dec.",
                    "zurück am 5. Dez.",
                    "de retour le 5 déc.",
                    "vuelvo el 5 dic",
                    "torno il 5 dic.",
                    "volto a 5 dez",
                    "terug op 5 dec",
                    "tillbaka 5 dec",
                    "tilbage 5. dec.",
                    "tilbake 5. desember",
                    "tilbake 5. des.",
                    "palaan 5. joulukuuta",
                    "wracam 5 gru",
                    "wracam 5 grudnia",
                    "vrátím se 5. prosince",
                    "december 5-én jövök vissza",
                    "vissza: dec. 5.",
                    "revin pe 5 decembrie",
                    "επιστρέφω 5 Δεκ",
                    "επιστρέφω στις 5 Δεκεμβρίου",
                    "вернусь 5 дек.",
                    "вернусь 5 декабря",
                    "5 Aralık'ta döneceğim",
                    "12月5日に出社します",
                    "12月5日返回",
                    "12월 5일에 복귀합니다",
                    "back on 5-Dec-2026",
                ],
            ),
            (
                Some((this, 12, 15)),
                &[
                    "Ab dem 15.12. wieder erreichbar",
                    "ab 15. Dezember wieder da",
                ],
            ),
            (
                Some((next, 1, 2)),
                &[
                    "Out of office from 12/24 to 01/02",
                    "Ausente de 24 de dezembro a 2 de janeiro",
                    "Urlaub vom 24.12. bis 02.01.",
                    "away December 24 - January 2",
                    "в отпуске с 24 декабря по 2 января",
                ],
            ),
            (
                Some((next, 1, 5)),
                &[
                    "back 2027-01-05",
                    "Back on Jan 5th, 2027",
                    "back 05.01.2027",
                    "De retour le 5 janvier prochain",
                    "Szabadságon vagyok január 5-ig",
                    "1月5日まで休みます",
                    "1월 5일까지 휴가입니다",
                    "1月5日回来",
                    "ma torna martedì 5 gennaio",
                    "away until 5 January 2027",
                ],
            ),
            (
                Some((this, 11, 30)),
                &[
                    "Back Monday",
                    "back next Monday",
                    "Ritorno lunedì 30",
                    "ich bin am Montag wieder da",
                    "je reviens lundi",
                    "vuelvo el lunes",
                    "torno lunedì",
                    "volto na segunda-feira",
                    "ik ben maandag terug",
                    "tillbaka på måndag",
                    "tilbage mandag",
                    "tilbake mandag",
                    "palaan maanantaina",
                    "wracam w poniedziałek",
                    "vrátím se v pondělí",
                    "hétfőn jövök vissza",
                    "revin luni",
                    "επιστρέφω τη Δευτέρα",
                    "вернусь в понедельник",
                    "pazartesi döneceğim",
                    "月曜日に出社します",
                    "周一回来",
                    "월요일에 복귀합니다",
                    "out until the end of the month",
                    "bis Ende des Monats abwesend",
                    "back on the 30th",
                ],
            ),
            (
                Some((this, 12, 7)),
                &["torno lunedì 7", "back Monday 7", "back Monday the 7th"],
            ),
            (
                Some((this, 11, 25)),
                &[
                    "back tomorrow",
                    "morgen wieder da",
                    "de retour demain",
                    "domani torno",
                ],
            ),
            (
                Some((this, 11, 27)),
                &[
                    "away until Friday",
                    "bis Freitag nicht da",
                    "back in 3 days",
                ],
            ),
            (
                Some((this, 12, 8)),
                &[
                    "back in two weeks",
                    "I will be back in 2 weeks",
                    "zurück in zwei Wochen",
                    "bin in zwei Wochen wieder da",
                    "de retour dans deux semaines",
                    "vuelvo en dos semanas",
                    "torno tra due settimane",
                    "volto em duas semanas",
                    "terug over twee weken",
                    "tillbaka om två veckor",
                    "tilbage om to uger",
                    "wracam za dwa tygodnie",
                    "вернусь через две недели",
                ],
            ),
            (
                Some((this, 12, 1)),
                &["back in a week", "вернусь через неделю"],
            ),
            (Some((this, 12, 24)), &["back in a month"]),
            (
                Some((this, 12, 31)),
                &[
                    "out until end of December",
                    "away until the end of the year",
                    "bis Ende Dezember nicht erreichbar",
                    "absent jusqu'à fin décembre",
                    "fuera hasta finales de diciembre",
                    "assente fino a fine dicembre",
                    "ausente até ao fim de dezembro",
                    "afwezig tot eind december",
                    "nieobecny do końca grudnia",
                    "в отпуске до конца декабря",
                ],
            ),
            (Some((next, 3, 31)), &["on leave until the end of March"]),
            (
                Some((this, 12, 4)),
                &[
                    "I am away until 4 December.\n\nIch bin bis zum 4. Dezember abwesend.",
                    "Ich bin bis 04.12.2026 im Urlaub. I am on vacation until 4 December 2026.",
                ],
            ),
            (
                Some((next, 1, 4)),
                &["I will be out 23 December through 3 January, back on 4 January"],
            ),
            (
                Some((next, 1, 3)),
                &["from December 24, 2026 until January 3, 2027"],
            ),
            (
                None,
                &[
                    "away until further notice",
                    "bis auf Weiteres nicht erreichbar",
                    "Out 1-14 November",
                    "I was away from 9 to 20 November",
                    "I am back after two weeks of vacation",
                    "back in 30 minutes",
                    "I am away this week",
                    "in two weeks we launch",
                ],
            ),
        ];
        let mut wrong = Vec::new();
        for (day, texts) in expect {
            let day = day.map(|(y, m, d)| date(y, m, d));
            for text in *texts {
                let got = return_date(text, date(2026, 11, 24));
                if got != day {
                    wrong.push(format!("{text:?}: {got:?} for {day:?}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
