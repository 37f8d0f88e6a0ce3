//! The key of a firm's name: what every spelling of it has in common.

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use crate::domain::contact::name;
use crate::domain::email::address::registrable;

/// A firm's name, however it is spelled: without case, accents, punctuation, legal form and article.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FirmKey(String);

/// Legal forms as [`name::fold`] leaves them, single letters in a row drawn together (`S. p. A.` is `spa`). Forms of several words are more
/// than the sum of theirs.
const LEGAL_FORMS: &[&str] = &[
    // United States, Canada, United Kingdom, Ireland, Australia, India and around.
    "inc",
    "incorporated",
    "corp",
    "corporation",
    "co",
    "company",
    "llc",
    "lc",
    "pllc",
    "llp",
    "lllp",
    "lp",
    "ltd",
    "limited",
    "plc",
    "pc",
    "ulc",
    "cic",
    "dac",
    "clg",
    "pty",
    "proprietary",
    "pvt",
    "private limited",
    "limited liability company",
    "limited liability partnership",
    "public limited company",
    "pte",
    "ltee",
    "enr",
    "cyf",
    "nl",
    // Germany, Austria, Switzerland, Liechtenstein.
    "gmbh",
    "ggmbh",
    "mbh",
    "ag",
    "kg",
    "ug",
    "ug haftungsbeschrankt",
    "ohg",
    "gbr",
    "ek",
    "ev",
    "eg",
    "kgaa",
    "se",
    "sce",
    "gesmbh",
    "gesellschaft mit beschrankter haftung",
    "aktiengesellschaft",
    // France, Belgium, Luxembourg, Quebec.
    "sa",
    "sas",
    "sasu",
    "sarl",
    "eurl",
    "snc",
    "sca",
    "scs",
    "scop",
    "sprl",
    "bvba",
    "asbl",
    "srl",
    // Spain, Portugal, Latin America.
    "sl",
    "slu",
    "sll",
    "sau",
    "slne",
    "sociedad limitada",
    "sociedad anonima",
    "lda",
    "ltda",
    "limitada",
    "eireli",
    "epp",
    "mei",
    "sa de cv",
    "s de rl de cv",
    "s de rl",
    "sapi de cv",
    "sas de cv",
    "sac",
    "saa",
    "spa",
    "ca",
    "rl",
    // Italy, Romania.
    "srls",
    "sapa",
    "ss",
    "societa per azioni",
    // Netherlands, Nordic and Baltic countries.
    "bv",
    "nv",
    "vof",
    "cv",
    "ab",
    "hb",
    "kb",
    "publ",
    "asa",
    "as",
    "aps",
    "ks",
    "oy",
    "oyj",
    "ky",
    "tmi",
    "ou",
    "uab",
    "sia",
    "ehf",
    "hf",
    // Central and Eastern Europe, Turkey, Greece.
    "sp z oo",
    "spzoo",
    "sp j",
    "sp k",
    "spj",
    "spk",
    "psa",
    "sro",
    "vos",
    "kft",
    "zrt",
    "nyrt",
    "bt",
    "rt",
    "doo",
    "dd",
    "ad",
    "ead",
    "ood",
    "eood",
    "dooel",
    "ltd sti",
    "anonim sirketi",
    "ae",
    "epe",
    "ike",
    "ooo",
    "oao",
    "zao",
    "pao",
    "tov",
    "ооо",
    "оао",
    "зао",
    "пао",
    "ао",
    "тов",
    "тоо",
    // Asia, the Gulf, Africa.
    "kk",
    "gk",
    "kabushiki kaisha",
    "株式会社",
    "有限会社",
    "合同会社",
    "株",
    "有",
    "有限公司",
    "股份有限公司",
    "有限责任公司",
    "주식회사",
    "주",
    "sdn bhd",
    "bhd",
    "berhad",
    "pt",
    "tbk",
    "jsc",
    "ojsc",
    "cjsc",
    "pjsc",
    "qsc",
    "wll",
    "sal",
    "saoc",
    "fze",
    "fzco",
    "fzc",
    "dmcc",
];

/// What stands in the field of a firm and names none.
const NO_FIRM: &[&str] = &[
    "selfemployed",
    "self",
    "freelance",
    "freelancer",
    "independent",
    "independentconsultant",
    "consultant",
    "retired",
    "student",
    "unemployed",
    "private",
    "privat",
    "privatperson",
    "personal",
    "home",
    "none",
    "na",
    "unknown",
    "confidential",
    "stealth",
    "stealthstartup",
    "startup",
    "selbstandig",
    "freiberuflich",
    "freiberufler",
    "rentner",
    "autonomo",
    "independiente",
    "independant",
    "liberoprofessionista",
    "zzp",
    "various",
    "other",
    "test",
    "mycompany",
    "soleproprietor",
    "soletrader",
    "individual",
    "notapplicable",
    "nocompany",
    "nofirm",
    "nil",
    "null",
    "tbd",
    "myself",
    "unaffiliated",
    "opentowork",
    "lookingforwork",
    "betweenjobs",
    "jobseeker",
    "homemaker",
];

/// Words that name no firm, however many of them stand together.
const NO_FIRM_WORDS: &[&str] = &[
    "self",
    "employed",
    "freelance",
    "freelancer",
    "freelancing",
    "independent",
    "consultant",
    "consultants",
    "consulting",
    "contractor",
    "company",
    "private",
    "retired",
    "unemployed",
    "student",
];

/// Short forms of words in firms' names, with the whole word.
const SHORT_FORMS: &[(&str, &str)] = &[
    ("intl", "international"),
    ("natl", "national"),
    ("mfg", "manufacturing"),
    ("bros", "brothers"),
    ("svcs", "services"),
    ("assoc", "associates"),
    ("grp", "group"),
    ("mgmt", "management"),
];

/// Top-level domains that no registry has, kept for examples and private networks (RFC 2606, RFC 6762).
const RESERVED: [&str; 4] = ["example", "test", "invalid", "local"];

static EMPTY: LazyLock<HashSet<String>> =
    LazyLock::new(|| NO_FIRM_WORDS.iter().map(|word| name::plain(word)).collect());

/// Legal forms, folded as names are, the longest first.
static FORMS: LazyLock<Vec<Vec<String>>> = LazyLock::new(|| {
    let mut forms: Vec<Vec<String>> = LEGAL_FORMS.iter().map(|form| firm_words(form)).collect();
    forms.sort_by_key(|form| {
        std::cmp::Reverse((form.len(), form.iter().map(String::len).sum::<usize>()))
    });
    forms
});

impl FirmKey {
    /// Returns the key of a firm's name; none where the text names no firm.
    #[must_use]
    pub fn of(firm: &str) -> Option<Self> {
        let marked = |c: &char| !matches!(c, '™' | '℠' | '®' | '©');
        let firm: String = firm.chars().filter(marked).collect();
        let mut words = firm_words(of_site(firm.trim()).as_deref().unwrap_or(&firm));
        if words.len() > 1 && words.first().is_some_and(|word| word == "the") {
            words.remove(0);
        }
        if words.iter().all(|word| EMPTY.contains(word)) {
            return None;
        }
        let mut words = words.as_slice();
        while let Some(shorter) = without_form(words) {
            words = shorter;
        }
        // "BlueSky" and "Blue Sky" are one.
        let mut key = words.concat();
        // Written without a space, as in Japanese: 株式会社アクメ.
        for form in FORMS
            .iter()
            .filter_map(|form| form.first())
            .filter(|form| !form.is_ascii())
        {
            let rest = key
                .strip_prefix(form.as_str())
                .or_else(|| key.strip_suffix(form.as_str()));
            if form.chars().count() > 2
                && let Some(rest) = rest.filter(|rest| !rest.is_empty())
            {
                key = rest.to_owned();
            }
        }
        (!key.is_empty() && !NO_FIRM.contains(&key.as_str())).then_some(Self(key))
    }

    /// Returns the text that is compared.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns the first words of the legal forms, each once: some stand in front of the name.
pub fn forms_in_front() -> impl Iterator<Item = &'static str> {
    let words: BTreeSet<&str> = FORMS
        .iter()
        .filter_map(|form| form.first().map(String::as_str))
        .collect();
    words.into_iter()
}

/// Returns the name in the domain that a firm is called by: "Acme.com" is Acme. None where the text is no domain.
fn of_site(firm: &str) -> Option<String> {
    let is_of_domain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    if !firm.contains('.') || !firm.chars().all(is_of_domain) {
        return None;
    }
    let host = firm.to_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    let is_known = psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known())
        || RESERVED
            .iter()
            .any(|top| host.rsplit('.').next() == Some(top));
    let (label, _) = registrable(host).split_once('.')?;
    (is_known && label.chars().count() > 1).then(|| label.to_owned())
}

/// Returns the words of a firm's name as they are compared: umlauts in either spelling alike, without "and", single letters drawn together.
fn firm_words(text: &str) -> Vec<String> {
    let folded = name::fold(text);
    let mut words: Vec<String> = Vec::new();
    let mut is_letter_before = false;
    for word in folded.split(' ') {
        if matches!(word, "" | "and" | "und" | "et") {
            continue;
        }
        let is_letter = word.len() == 1 && word.bytes().all(|b| b.is_ascii_alphabetic());
        match words.last_mut().filter(|_| is_letter && is_letter_before) {
            Some(last) => last.push_str(word),
            None => {
                let whole = SHORT_FORMS.iter().find(|(short, _)| *short == word);
                words.push(name::plain(whole.map_or(word, |(_, whole)| whole)));
            }
        }
        is_letter_before = is_letter;
    }
    words
}

/// Returns the words without one legal form at their end or, as in Russia and Indonesia, in front; none if there is none, or nothing else.
fn without_form(words: &[String]) -> Option<&[String]> {
    let end = FORMS
        .iter()
        .find_map(|form| words.strip_suffix(form.as_slice()));
    end.filter(|rest| !rest.is_empty()).or_else(|| {
        let front = FORMS
            .iter()
            .find_map(|form| words.strip_prefix(form.as_slice()));
        front.filter(|rest| !rest.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_firm_has_one_key_in_every_spelling() {
        for group in [
            &[
                "Acme",
                "ACME, Inc.",
                "Acme Inc",
                "The Acme Company",
                "Acme GmbH",
                "Acme GmbH & Co. KG",
                "acme s.r.o.",
                "Acme S. p. A.",
                "Acme S.A. de C.V.",
                "Acme Pty. Ltd.",
                "Acme Sdn. Bhd.",
                "Acme Sp. z o.o.",
                "ACME A/S",
                "Acme Oy",
                "Acme OÜ",
                "Ａｃｍｅ Ltd",
                "PT Acme Tbk",
                "OOO Acme",
                "Acme, L.L.C.",
                "Acme (Private) Limited",
                "Acme UG (haftungsbeschränkt)",
                "A.C.M.E.",
                "Acmé",
                "  acme ",
                "Acme Co., Ltd.",
                "Acme AB (publ)",
                "株式会社Acme",
                "Acme™",
                "ACME®, Inc.",
                "Acme.com",
                "www.acme.co.uk",
                "acme.example",
                "Acme Limited Liability Company",
                "Acme GesmbH",
                "Acme Kft.",
                "Acme K.K.",
                "㈱ Acme",
            ][..],
            &[
                "Müller & Söhne KG",
                "Mueller und Soehne",
                "MÜLLER AND SÖHNE GMBH",
            ][..],
            &["Blue Sky LLC", "BlueSky", "Blue-Sky, Inc."][..],
            &["株式会社アクメ", "アクメ株式会社", "アクメ"][..],
            &["ООО Ромашка", "Ромашка"][..],
            &["Acme Int'l", "Acme Intl.", "Acme International, Inc."][..],
            &["Lee Bros.", "Lee Brothers LLC"][..],
        ] {
            let key = FirmKey::of(group[0]);
            assert!(key.is_some());
            for name in group {
                assert_eq!(FirmKey::of(name), key, "{name}");
            }
        }
        for (one, other) in [
            ("Acme", "Acme Rockets"),
            ("Acme Holding", "Acme"),
            ("AG", "SE"),
            ("Limited", "Company Ltd"),
            ("Costa", "Sta"),
            ("Node.js", "Node"),
            ("Acme Consulting", "Acme"),
        ] {
            assert_ne!(FirmKey::of(one), FirmKey::of(other), "{one} {other}");
        }
        for nothing in [
            "",
            "???",
            "N/A",
            "Self-Employed",
            "freelance",
            "The Company",
            "Self Employed Consultant",
            "Independent Contractor",
            "Freelance / Consulting",
            "Sole Proprietor",
            "-",
            "null",
        ] {
            assert_eq!(FirmKey::of(nothing), None, "{nothing}");
        }
    }
}
