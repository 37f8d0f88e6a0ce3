//! Demands under the laws of data protection and of mail.

use super::features::fold;
use crate::domain::email::wish::Demand;

/// Words that name such a law, an authority or the person's data.
const LAWS: &[&str] = &[
    "gdpr",
    "dsgvo",
    "ds-gvo",
    "rgpd",
    "lgpd",
    "ccpa",
    "cpra",
    "can-spam",
    "can spam",
    "canspam",
    "pecr",
    "casl",
    "kvkk",
    "rodo",
    " avg",
    "γκπδ",
    "uwg",
    "lopd",
    "lssi",
    "bdsg",
    "cnil",
    "aepd",
    "data protection",
    "personal data",
    "personal information",
    "privacy",
    "datenschutz",
    "personenbezogen",
    "meiner daten",
    "meine daten",
    "protection des donnees",
    "donnees personnelles",
    "donnees a caractere",
    "mes donnees",
    "proteccion de datos",
    "datos personales",
    "mis datos",
    "protezione dei dati",
    "dati personali",
    "miei dati",
    "protecao de dados",
    "dados pessoais",
    "meus dados",
    "persoonsgegevens",
    "gegevensbescherming",
    "mijn gegevens",
    "dataskydd",
    "personuppgift",
    "databeskyttelse",
    "personoplysning",
    "persondata",
    "personvern",
    "personopplysning",
    "tietosuoja",
    "henkilotie",
    "danych osobowych",
    "moich danych",
    "osobnich udaju",
    "osobni udaje",
    "szemelyes adat",
    "adatvedel",
    "date personale",
    "datelor",
    "caracter personal",
    "προσωπικων δεδομενων",
    "προσωπικα δεδομενα",
    "персональн",
    "kisisel veri",
    "個人情報",
    "特定電子メール",
    "个人信息",
    "個人資料",
    "개인정보",
    "정보통신망",
];

const ERASURE: &[&str] = &[
    "eras",
    "delet",
    "forgotten",
    "purge",
    "losch",
    "effac",
    "supprim",
    "suppression",
    "elimin",
    "supresion",
    "suprim",
    "borr",
    "cancell",
    "apag",
    "exclu",
    "verwijder",
    "gewist",
    "wissen",
    "rader",
    "slett",
    "slet",
    "poist",
    "usun",
    "vymaz",
    "smaz",
    "torol",
    "torl",
    "sterg",
    "διαγραφ",
    "διαγραψ",
    "удал",
    "silin",
    "silme",
    "silmen",
    "削除",
    "消去",
    "删除",
    "삭제",
    "파기",
];

const OBJECTION: &[&str] = &[
    "object to",
    "objection",
    "i object",
    "we object",
    "do not sell",
    "widersprech",
    "widerspruch",
    "oppos",
    "oponho",
    "opongo",
    "oppong",
    "bezwaar",
    "invand",
    "indsig",
    "innsig",
    "protester",
    "vastust",
    "sprzeciw",
    "namit",
    "tiltakoz",
    "opozit",
    "opun",
    "εναντι",
    "αντιρρησ",
    "αντιτασσ",
    "αντιτιθ",
    "возраж",
    "itiraz",
    "異議",
    "利用停止",
    "反对",
    "拒绝",
    "처리정지",
    "거부",
];

const WITHDRAWAL: &[&str] = &[
    "withdraw",
    "revoke",
    "einwilligung",
    "retire mon consentement",
    "retirer mon consentement",
    "retiro mi consentimiento",
    "revoco",
    "revogo",
    "toestemming",
    "samtyck",
    "samtykke",
    "suostumu",
    "wycofuj",
    "odvolav",
    "visszavon",
    "retrag",
    "ανακαλ",
    "отзыва",
    "同意を撤回",
    "撤回",
    "철회",
];

const ACCESS: &[&str] = &[
    "subject access",
    "right of access",
    "copy of all",
    "copy of the data",
    "what data you",
    "auskunft",
    "droit d'acces",
    "derecho de acceso",
    "diritto di accesso",
    "direito de acesso",
    "inzage",
    "registerutdrag",
    "indsigt",
    "innsyn",
    "tarkast",
    "dostepu",
    "pristup",
    "hozzafer",
    "dreptul de acces",
    "προσβαση",
    "开示",
    "開示",
    "查阅",
    "열람",
];

/// Numbers of articles that stand behind "Art." in such letters, with what they give a right to.
const ARTICLES: &[(&str, Demand)] = &[
    ("17", Demand::Erasure),
    ("21", Demand::Objection),
    ("15", Demand::Access),
];

/// Returns what `text` demands by law, the farthest-reaching first.
pub fn demand(text: &str) -> Option<Demand> {
    let folded = format!(" {}", fold(text));
    let article = ARTICLES
        .iter()
        .find(|(number, _)| names_article(&folded, number))
        .map(|(_, demand)| *demand);
    let has = |list: &[&str]| list.iter().any(|part| folded.contains(part));
    if article.is_none() && !has(LAWS) {
        return None;
    }
    [
        (ERASURE, Demand::Erasure),
        (OBJECTION, Demand::Objection),
        (ACCESS, Demand::Access),
        (WITHDRAWAL, Demand::Withdrawal),
    ]
    .into_iter()
    .find(|(list, demand)| has(list) || article == Some(*demand))
    .map(|(_, demand)| demand)
}

/// Tells whether the text names an article by its number: "Art. 17", "article 17(1)", "第17条", "17. cikk".
fn names_article(folded: &str, number: &str) -> bool {
    folded.match_indices(number).any(|(at, _)| {
        let before = folded.get(..at).unwrap_or_default();
        let behind = folded.get(at + number.len()..).unwrap_or_default();
        let apart = !before.ends_with(|c: char| c.is_ascii_digit())
            && !behind.starts_with(|c: char| c.is_ascii_digit());
        let word = before
            .trim_end()
            .rsplit([' ', '\n', '('])
            .next()
            .unwrap_or_default();
        let behind = behind.trim_start_matches([' ', '.']);
        apart
            && (word.starts_with("art")
                || word.starts_with("αρθρ")
                || word.starts_with("стат")
                || word.starts_with("cl")
                || word == "第"
                || ["条", "條", "조", "cikk", "artikla", "madde", "article"]
                    .iter()
                    .any(|w| behind.starts_with(w)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demands_are_told_by_law_and_verb() {
        let check = |text: &str, expect: Option<Demand>| assert_eq!(demand(text), expect, "{text}");
        check(
            "Under Art. 17 GDPR please erase everything about me.",
            Some(Demand::Erasure),
        );
        check(
            "Ich widerspreche gemäß Art. 21 Abs. 2 DSGVO der Verarbeitung.",
            Some(Demand::Objection),
        );
        check(
            "Under the CCPA: do not sell my personal information.",
            Some(Demand::Objection),
        );
        check(
            "Je demande l'effacement de mes données (article 17 du RGPD).",
            Some(Demand::Erasure),
        );
        check(
            "LGPD: solicito a eliminação dos meus dados pessoais.",
            Some(Demand::Erasure),
        );
        check(
            "Subject access request under the UK GDPR.",
            Some(Demand::Access),
        );
        check("Auskunft nach Art. 15 bitte.", Some(Demand::Access));
        check(
            "I withdraw my consent under the GDPR.",
            Some(Demand::Withdrawal),
        );
        check(
            "根据个人信息保护法，请删除我的信息。",
            Some(Demand::Erasure),
        );
        check("個人情報の利用停止を求めます。", Some(Demand::Objection));
        check("Please delete the attachment.", None);
        check("We meet on the 17th.", None);
    }
}
