//! Tables of files, facts and decisions.

use super::*;

fn file(text: &str) -> ApprovalRules {
    ApprovalRules::parse(text, "approval.toml").unwrap_or_else(|e| panic!("{e:?}"))
}

fn rule(name: &str, effect: &str, state: &str, when: &str) -> String {
    let confidence = if effect == "allow" {
        "confidence = 0.9\n"
    } else {
        ""
    };
    format!(
        "[[rule]]\nname = \"{name}\"\neffect = \"{effect}\"\nstate = \"{state}\"\nwhen = '{when}'\nreason = \"because of {name}\"\n{confidence}"
    )
}

fn facts(change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = Facts::of_a_plain_case();
    change(&mut facts);
    facts
}

#[test]
fn the_built_in_rules_are_the_three_and_none_of_them_acts() {
    let rules = file(BUILTIN);
    let told: Vec<_> = rules
        .rules()
        .iter()
        .map(|r| (r.name.as_str(), r.effect, r.state, r.confidence))
        .collect();
    let allow = |name, confidence| (name, RuleEffect::Allow, RuleState::Shadow, Some(confidence));
    assert_eq!(
        told,
        [
            allow("replied-before", 0.95),
            allow("known-good-recipient", 0.90),
            allow("high-fit-verified-domain", 0.85),
        ]
    );
    assert_eq!(ApprovalRules::builtin(), rules);
}

#[test]
fn the_built_in_rules_allow_whom_they_are_about() {
    let rules = file(BUILTIN).as_if_on();
    let check = |change: fn(&mut Facts), expect: &str| {
        let decision = decide(&rules, &facts(change)).acting;
        assert_eq!(decision.decider(), expect, "{decision:?}");
    };
    check(
        |f| {
            f.set(Variable::HistoryReplies, 1_u32);
            f.set(Variable::HistoryReplyDays, 90_u32);
        },
        "replied-before",
    );
    check(
        |f| {
            f.set(Variable::HistoryReplies, 1_u32);
            f.set(Variable::HistoryReplyDays, 91_u32);
        },
        "",
    );
    check(|f| f.set(Variable::HistoryReplies, 0_u32), "");
    let good = |f: &mut Facts| {
        f.set(Variable::HistoryMails, 2_u32);
        f.set(Variable::HistoryGood, 1_u32);
        f.set(Variable::HistoryBad, 0_u32);
    };
    assert_eq!(
        decide(&rules, &facts(good)).acting.decider(),
        "known-good-recipient"
    );
    check(
        |f| {
            f.set(Variable::HistoryMails, 2_u32);
            f.set(Variable::HistoryGood, 1_u32);
            f.set(Variable::HistoryBad, 1_u32);
        },
        "",
    );
    check(
        |f| {
            f.set(Variable::ContactFit, 0.8);
            f.set(Variable::CompanyVerified, true);
        },
        "high-fit-verified-domain",
    );
    check(
        |f| {
            f.set(Variable::ContactFit, 0.8);
            f.set(Variable::CompanyVerified, false);
        },
        "",
    );
    check(|f| f.set(Variable::CompanyVerified, true), "");
}

#[test]
fn deny_rules_come_first_wherever_they_stand_and_the_first_match_decides() {
    let text = [
        rule("allow-a", "allow", "on", "contact.stage == \"customer\""),
        rule("allow-b", "allow", "on", "true"),
        rule("deny-late", "deny", "on", "deal.exists"),
        rule("off", "deny", "off", "true"),
    ]
    .concat();
    let rules = file(&text);
    let check = |change: fn(&mut Facts), expect: (Verdict, &str)| {
        let decision = decide(&rules, &facts(change)).acting;
        assert_eq!(
            (decision.verdict, decision.decider()),
            expect,
            "{decision:?}"
        );
    };
    check(
        |f| {
            f.set(Variable::DealExists, true);
            f.set(Variable::ContactStage, "customer");
        },
        (Verdict::Deny, "deny-late"),
    );
    check(
        |f| {
            f.set(Variable::DealExists, false);
            f.set(Variable::ContactStage, "customer");
        },
        (Verdict::Allow, "allow-a"),
    );
    check(
        |f| {
            f.set(Variable::DealExists, false);
            f.set(Variable::ContactStage, "lead");
        },
        (Verdict::Allow, "allow-b"),
    );
    // A deny rule that cannot be asked denies; an allow rule that cannot be asked does not allow.
    check(
        |f| f.set(Variable::ContactStage, "customer"),
        (Verdict::Deny, "deny-late"),
    );
    check(
        |f| f.set(Variable::DealExists, false),
        (Verdict::Allow, "allow-b"),
    );
}

#[test]
fn a_rule_in_shadow_decides_and_nothing_follows() {
    let text = [
        rule("shadow-deny", "deny", "shadow", "deal.exists"),
        rule("shadow-allow", "allow", "shadow", "true"),
        rule("on", "allow", "on", "contact.stage == \"customer\""),
    ]
    .concat();
    let rules = file(&text);
    let check = |deal: bool, stage: &str, acting: (Verdict, &str), shadow: Option<&str>| {
        let decided = decide(
            &rules,
            &facts(|f| {
                f.set(Variable::DealExists, deal);
                f.set(Variable::ContactStage, stage);
            }),
        );
        assert_eq!((decided.acting.verdict, decided.acting.decider()), acting);
        assert_eq!(decided.shadow.as_ref().map(Decision::decider), shadow);
        assert!(decided.shadow.is_none_or(|d| d.is_in_shadow()));
    };
    check(
        true,
        "customer",
        (Verdict::Allow, "on"),
        Some("shadow-deny"),
    );
    check(
        false,
        "customer",
        (Verdict::Allow, "on"),
        Some("shadow-allow"),
    );
    check(false, "lead", (Verdict::Operator, ""), Some("shadow-allow"));
    assert_eq!(
        decide(
            &rules.as_if_on(),
            &facts(|f| f.set(Variable::DealExists, false))
        )
        .acting
        .decider(),
        "shadow-allow"
    );
}

#[test]
fn no_rule_lifts_what_the_program_refuses() {
    let rules = file(&rule("everything", "allow", "on", "true"));
    let check = |change: fn(&mut Facts), expect: HardDenial| {
        let decision = decide(&rules, &facts(change)).acting;
        assert_eq!(decision.verdict, Verdict::Deny, "{decision:?}");
        assert_eq!(decision.by, DecidedBy::Hard(expect), "{decision:?}");
    };
    assert_eq!(
        decide(&rules, &facts(|_| {})).acting.verdict,
        Verdict::Allow
    );
    check(
        |f| f.set(Variable::EngineStopped, true),
        HardDenial::Stopped,
    );
    check(|f| f.set(Variable::MoveByHand, true), HardDenial::ByHand);
    check(
        |f| f.set(Variable::ContactKnown, false),
        HardDenial::UnknownRecipient,
    );
    check(
        |f| f.set(Variable::ContactKnown, Value::Unknown),
        HardDenial::UnknownRecipient,
    );
    check(
        |f| f.set(Variable::ContactSuppressed, true),
        HardDenial::Suppressed,
    );
    check(
        |f| f.set(Variable::HistoryOptOuts, 1_u32),
        HardDenial::OptedOut,
    );
    check(
        |f| f.set(Variable::ContactStage, "do_not_contact"),
        HardDenial::DoNotContact,
    );
    check(|f| f.set(Variable::ContactPaused, true), HardDenial::Paused);
    check(
        |f| f.set(Variable::HistoryAttempts, 1_u32),
        HardDenial::ApprovedBefore,
    );
    check(
        |f| f.set(Variable::ThreadCheck, true),
        HardDenial::UnsureLabel,
    );
    check(
        |f| f.set(Variable::HistoryLastCheck, true),
        HardDenial::UnsureLabel,
    );
    for label in ["complaint", "not_interested", "unsubscribe", "wrong_person"] {
        for variable in [Variable::HistoryLastLabel, Variable::ThreadLabel] {
            let decision = decide(&rules, &facts(|f| f.set(variable, label))).acting;
            assert_eq!(decision.by, DecidedBy::Hard(HardDenial::Refused), "{label}");
        }
    }
    let objects = facts(|f| f.set(Variable::HistoryLastLabel, "objection"));
    assert_eq!(decide(&rules, &objects).acting.verdict, Verdict::Allow);
    check(|f| f.set(Variable::DraftMade, false), HardDenial::NoDraft);
    check(|f| f.set(Variable::DraftEdited, true), HardDenial::Edited);
    check(
        |f| f.set(Variable::DraftUnfilled, "[NAME]"),
        HardDenial::Unfilled,
    );
    check(
        |f| f.set(Variable::DraftRecipients, 2_u32),
        HardDenial::Recipients,
    );
    check(
        |f| f.set(Variable::HistoryMails, 0_u32),
        HardDenial::Stranger,
    );
    check(
        |f| f.set(Variable::HistoryMails, Value::Unknown),
        HardDenial::Stranger,
    );
    let draft = facts(|f| {
        f.set(Variable::HistoryMails, 0_u32);
        f.set(Variable::EngineMode, "draft");
    });
    assert_eq!(decide(&rules, &draft).acting.verdict, Verdict::Allow);
}

#[test]
fn only_a_rule_that_says_so_writes_to_strangers() {
    let mut text = rule("strangers", "allow", "on", "contact.icp_fit > 0.9");
    text.push_str("may_mail_strangers = true\n");
    let rules = file(&text);
    let stranger = facts(|f| {
        f.set(Variable::HistoryMails, 0_u32);
        f.set(Variable::ContactFit, 0.95);
    });
    assert_eq!(decide(&rules, &stranger).acting.decider(), "strangers");
    let suppressed = facts(|f| {
        f.set(Variable::HistoryMails, 0_u32);
        f.set(Variable::ContactFit, 0.95);
        f.set(Variable::ContactSuppressed, true);
    });
    assert_eq!(
        decide(&rules, &suppressed).acting.by,
        DecidedBy::Hard(HardDenial::Suppressed)
    );
}

#[test]
fn mistakes_in_the_file_are_named_with_their_line() {
    let check = |text: &str, expect: &str| {
        let mistakes = ApprovalRules::parse(text, "approval.toml").unwrap_err();
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        assert!(
            lines.iter().any(|l| l.starts_with(expect)),
            "{text}\n{lines:?}"
        );
    };
    let head = "[[rule]]\nname = \"a\"\neffect = \"allow\"\nreason = \"r\"\nconfidence = 0.9\n";
    check(
        &format!("{head}when = \"contact.stgae == 'lead'\"\n"),
        "approval.toml:6: there is no variable contact.stgae; did you mean contact.stage?",
    );
    check(
        &format!("{head}when = [\"true\",\n  \"contact.icp_fit == 'x'\"]\n"),
        "approval.toml:7: a number is compared with a text",
    );
    check(
        &format!("{head}when = \"\"\"\ntrue\nand contact.nmae == 'x'\"\"\"\n"),
        "approval.toml:8: there is no variable contact.nmae",
    );
    check(
        &format!("{head}when = []\n"),
        "approval.toml:6: a rule without conditions",
    );
    check(
        &format!("{head}wen = \"true\"\n"),
        "approval.toml:6: unknown key \"wen\" in a rule of approval; did you mean \"when\"?",
    );
    check(
        &format!("{head}when = \"true\"\nstate = \"enabled\"\n"),
        "approval.toml:7: \"enabled\" is not a rule's state",
    );
    check(
        &format!("{head}when = \"true\"\nversion = 1.5\n"),
        "approval.toml:7: version must be a whole number",
    );
    check(
        &format!("{head}when = \"true\"\n{head}when = \"true\"\n"),
        "approval.toml:8: the name \"a\" is already taken on line 1",
    );
    check(
        "[[rule]]\nname = \"a\"\neffect = \"allow\"\nreason = \"r\"\nwhen = \"true\"\n",
        "approval.toml:1: an allow rule says how sure it is",
    );
    check(
        "[[rule]]\nname = \"a\"\neffect = \"deny\"\nreason = \"r\"\nwhen = \"true\"\nconfidence = 0.5\n",
        "approval.toml:6: confidence is only for allow rules",
    );
    check(
        "[[rule]]\nname = \"a b\"\neffect = \"deny\"\nwhen = \"true\"\n",
        "approval.toml:1: the rule has no reason",
    );
    check("rule = 4\n", "approval.toml:1: rules are a list");
    check("[[rule]\n", "approval.toml:1: ");
}

#[test]
fn cases_are_checked_against_the_rules() {
    let rules = file(BUILTIN).as_if_on();
    let text = "# comment\n\
        {\"name\":\"answered\",\"facts\":{\"history\":{\"replies\":2,\"days_since_reply\":3}},\"expect\":\"allow\",\"rule\":\"replied-before\"}\n\n\
        {\"facts\":{\"history\":{\"mails_sent\":0,\"replies\":2,\"days_since_reply\":3}},\"expect\":\"deny\",\"rule\":\"stranger\"}\n\
        {\"facts\":{},\"expect\":\"allow\"}\n";
    let cases = read_cases(text).unwrap();
    let results: Vec<_> = cases.iter().map(|c| check_case(&rules, c)).collect();
    assert_eq!(
        results
            .iter()
            .map(|r| (r.line, r.passed))
            .collect::<Vec<_>>(),
        [(2, true), (4, true), (5, false)]
    );
    assert_eq!(results[2].got, Verdict::Operator);
    let mistakes = read_cases("{\"facts\":{\"contact\":{\"nmae\":\"x\"}},\"expect\":\"allow\"}\n{\"expect\":\"maybe\"}\nnonsense\n").unwrap_err();
    assert_eq!(
        mistakes.iter().map(|(line, _)| *line).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert!(
        mistakes[0].1.contains("did you mean contact.name?"),
        "{mistakes:?}"
    );
}

#[test]
fn the_hash_of_the_rules_changes_with_whatever_they_say() {
    let base = rule("a", "allow", "on", "true");
    let hash = |text: &str| *file(text).hash();
    for change in [
        base.replace("on\"", "shadow\""),
        base.replace("0.9", "0.8"),
        base.replace("'true'", "'not false'"),
        base.replace("because", "since"),
        format!("{base}version = 2\n"),
        format!("{base}may_mail_strangers = true\n"),
        base.replace("\"a\"", "\"b\""),
    ] {
        assert_ne!(hash(&change), hash(&base), "{change}");
    }
    assert_eq!(hash(&format!("# a comment\n{base}")), hash(&base));
}
