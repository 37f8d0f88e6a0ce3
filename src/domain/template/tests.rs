use super::*;

fn full() -> Context {
    let some = |text: &str| Some(text.to_owned());
    Context {
        first_name: some("Dana"),
        company: some("Northwind"),
        topic: some("Planning"),
        last_subject: some("Proposal for Q1"),
        last_sent_on: some("Tuesday"),
        slots: vec!["Tuesday 10:00".into(), "Wednesday 15:00".into()],
        operator: OperatorFacts {
            name: "Mara Lind".into(),
            email: "mara@tidewell.example".into(),
            company: some("Tidewell"),
            ..OperatorFacts::default()
        },
        deal: DealFacts {
            name: some("Northwind EU"),
            amount: some("$64,000"),
            close_date: some("12 March"),
            renewal_date: some("1 April"),
            ..DealFacts::default()
        },
        meeting: MeetingFacts {
            title: some("Intro call"),
            when: some("Tuesday 10:00"),
            day: some("Tuesday"),
            ..MeetingFacts::default()
        },
        onboarding: OnboardingFacts {
            step: some("Import your customers"),
        },
        form: [("message", "Two vans,\nfour people."), ("topic", "Pricing")]
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v.into()))
            .collect(),
        ..Context::default()
    }
}

fn bare() -> Context {
    Context {
        operator: full().operator,
        ..Context::default()
    }
}

fn own(text: &str) -> (Templates, Vec<TemplateError>) {
    Templates::load(&[("own".to_owned(), Ok(text.to_owned()))])
}

fn render_own(body: &str, context: &Context) -> Result<Rendered, TemplateError> {
    let (templates, errors) = own(&format!("---\nsubject: Hello\n---\n{body}\n"));
    assert_eq!(errors, []);
    templates.render("own", context)
}

#[test]
fn every_built_in_template_names_only_known_variables() {
    let own: Vec<OwnTemplate> = BUILTIN
        .iter()
        .map(|(name, text)| ((*name).to_owned(), Ok((*text).to_owned())))
        .collect();
    let (templates, errors) = Templates::load(&own);
    assert_eq!(errors, []);
    assert_eq!(templates.names().len(), BUILTIN.len());
}

#[test]
fn every_built_in_template_renders_with_everything_and_with_nothing() {
    let templates = Templates::builtin();
    for name in builtin_names() {
        for context in [full(), bare()] {
            let rendered = templates.render(name, &context).unwrap();
            assert!(
                rendered.body.ends_with("\n\nMara Lind\nTidewell\n"),
                "{name}"
            );
            assert!(
                !rendered.body.contains("\n\n\n"),
                "{name}: {}",
                rendered.body
            );
            assert!(
                !rendered.body.contains(" ,") && !rendered.body.contains("  "),
                "{name}"
            );
            assert!(
                !rendered.subject.ends_with(':'),
                "{name}: {}",
                rendered.subject
            );
        }
    }
}

#[test]
fn every_action_that_sends_mail_has_a_template() {
    for action in ActionKind::ALL {
        let sends = action.means() == crate::domain::action::Means::Mail;
        let template = default_for(*action);
        assert_eq!(template.is_some(), sends, "{action}");
        assert!(
            template.is_none_or(|t| builtin_names().contains(&t)),
            "{action}"
        );
    }
}

#[test]
fn a_form_answer_reads_as_a_person_wrote_it() {
    let rendered = Templates::builtin()
        .render("form_follow_up", &full())
        .unwrap();
    assert_eq!(rendered.subject, "Your note to Tidewell");
    assert!(
        rendered.body.starts_with(
            "Hi Dana,\n\nThank you for writing about pricing. I read these myself, so this is a person answering.\n\n\
             You wrote:\n\n> Two vans,\n> four people.\n\nThe quickest way"
        ),
        "{}",
        rendered.body
    );
    assert!(
        rendered
            .body
            .contains("\n\n- Tuesday 10:00\n- Wednesday 15:00\n\nMara Lind")
    );
}

#[test]
fn a_missing_variable_is_named_before_anything_is_sent() {
    let check = |body: &str, variable: &str, line: usize| {
        assert_eq!(
            render_own(body, &bare()),
            Err(TemplateError::MissingVariable {
                template: "own".into(),
                variable: variable.into(),
                line,
            }),
            "{body}"
        );
    };
    check("Hi {{ first_name }},", "first_name", 4);
    check("Hi,\n\n{{ deal.name }} it is.", "deal.name", 6);
    check("Hi,\n{{ last_subject|re }}", "last_subject", 5);
    check("Hi,\n{{ form.message|quote }}", "form.message", 5);
    check("Hi {{ company ~ \"!\" }}", "company", 4);
    check(
        "Hi {% if first_name %}x{% endif %}{{ company }}",
        "company",
        4,
    );
}

#[test]
fn a_default_stands_in_for_what_is_missing_or_empty() {
    let body = "Hi {{ first_name|default(\"there\") }},";
    let check = |first_name: Option<&str>, expect: &str| {
        let context = Context {
            first_name: first_name.map(str::to_owned),
            ..bare()
        };
        assert_eq!(
            render_own(body, &context).unwrap().body,
            format!("{expect}\n"),
            "{first_name:?}"
        );
    };
    check(None, "Hi there,");
    check(Some(""), "Hi there,");
    check(Some("  \t"), "Hi there,");
    check(Some("\u{200b}"), "Hi there,");
    check(Some("null"), "Hi there,");
    check(Some("N/A"), "Hi there,");
    check(Some("Win money http://spam.example"), "Hi there,");
    check(Some("{{ operator.email }}"), "Hi there,");
    check(Some("Zoë"), "Hi Zoë,");
    check(Some("Mary Ann"), "Hi Mary Ann,");
}

#[test]
fn data_is_never_run_as_a_template_and_never_breaks_a_line() {
    let context = Context {
        company: Some("Acme\r\nBcc: all@victim.example\u{1b}[2J".into()),
        topic: Some("{{ operator.email }}".into()),
        ..bare()
    };
    let (templates, errors) = own("---\nsubject: For {{ company }}\n---\nAbout {{ company }}.\n");
    assert_eq!(errors, []);
    let rendered = templates.render("own", &context).unwrap();
    assert_eq!(rendered.subject, "For Acme Bcc: all@victim.example");
    assert_eq!(rendered.body, "About Acme Bcc: all@victim.example.\n");
    assert_eq!(
        render_own("About {{ topic }}.", &context),
        Err(TemplateError::Refused {
            template: "own".into(),
            reason: "a placeholder is left in the text",
        })
    );
}

#[test]
fn a_message_with_a_hole_is_refused() {
    let check = |body: &str, ok: bool| {
        assert_eq!(render_own(body, &bare()).is_ok(), ok, "{body:?}");
    };
    check("Hi {{ \"\" }},\nx", false);
    check("Dear {{ \" \" }} ,\nx", false);
    check("Hi {{ \"null\" }},\nx", false);
    check("Hi,\nx", true);
    check("Hello there,\nx", true);
    check("Hi Ann ,\nx", true);
    check("{{ \"{\" }}{ name }}", false);
    check("{{ \"\" }}", false);
}

#[test]
fn mistakes_in_a_template_are_named_when_it_is_loaded() {
    let check = |text: &str, expect: &str| {
        let (templates, errors) = own(text);
        let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(messages, [expect], "{text:?}");
        assert!(!templates.contains("own"));
    };
    check(
        "---\nsubject: x\n---\nHi {{ first_nam }},",
        "template \"own\" names \"first_nam\", which is not known; did you mean \"first_name\"?",
    );
    check(
        "---\nsubject: {{ deal.nam }}\n---\nx",
        "template \"own\" names \"deal.nam\", which is not known; did you mean \"deal.name\"?",
    );
    check(
        "Hi there",
        "template \"own\", line 1: a template begins with ---, a line \"subject: ...\" and --- again",
    );
    check(
        "---\nsubject: x\nHi",
        "template \"own\", line 3: the front matter has only \"key: value\"",
    );
    check(
        "---\nsubjct: x\n---\nHi",
        "template \"own\", line 2: unknown key \"subjct\" in the front matter; it has only subject",
    );
    check(
        "---\n\n---\nHi",
        "template \"own\", line 3: the front matter has no subject",
    );
    check(
        "---\nsubject: x\n---\n\n",
        "template \"own\", line 3: the template has no body",
    );
    check(
        "---\nsubject: x",
        "template \"own\", line 1: the front matter does not end with ---",
    );
    let (_, errors) = own("---\nsubject: x\n---\nHi\n\n{% if company %}\n");
    assert!(
        errors[0].to_string().starts_with("template \"own\", line "),
        "{}",
        errors[0]
    );
    let (_, errors) = own("---\nsubject: x\n---\nHi {{ company|shout }}\n");
    assert!(errors[0].to_string().contains("shout"), "{}", errors[0]);
}

#[test]
fn a_form_may_have_fields_of_its_own() {
    let mut context = bare();
    context.form = [("Fleet size".to_owned(), 12.into())].into_iter().collect();
    let body = "You have {{ form.fleet_size }} vans.";
    assert_eq!(
        render_own(body, &context).unwrap().body,
        "You have 12 vans.\n"
    );
    assert!(matches!(
        render_own(body, &bare()),
        Err(TemplateError::MissingVariable { .. })
    ));
}

#[test]
fn the_operators_template_overrides_by_name_and_a_broken_one_is_not_replaced() {
    let text = "---\r\nsubject: \"Mine\"\r\n---\r\nHello {{ first_name }}.\r\n";
    let (templates, errors) = Templates::load(&[("check_in".into(), Ok(text.into()))]);
    assert_eq!(errors, []);
    let rendered = templates.render("check_in", &full()).unwrap();
    assert_eq!(
        (rendered.subject.as_str(), rendered.body.as_str()),
        ("Mine", "Hello Dana.\n")
    );
    let (templates, errors) = Templates::load(&[("check_in".into(), Ok("broken".into()))]);
    assert_eq!(errors.len(), 1);
    assert!(!templates.contains("check_in"));
}

#[test]
fn an_unknown_template_is_named_with_the_nearest_one() {
    let error = Templates::builtin().render("chek_in", &full()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no template \"chek_in\"; did you mean \"check_in\"?"
    );
}

#[test]
fn subjects_are_answered_once() {
    let check = |subject: &str, expect: &str| assert_eq!(reply_subject(subject), expect);
    check("Proposal", "Re: Proposal");
    check("RE: Proposal", "RE: Proposal");
    check("é", "Re: é");
    assert_eq!(lower_first("Planning tools"), "planning tools");
    assert_eq!(lower_first("CRM move"), "CRM move");
    assert_eq!(lower_first("X"), "X");
}

proptest::proptest! {
    #[test]
    fn any_value_renders_or_is_refused_without_a_control_character(value in "\\PC{0,40}|[\\x00-\\x7f]{0,40}") {
        let context = Context {
            first_name: Some(value.clone()),
            company: Some(value.clone()),
            form: [("message".to_owned(), value.into())].into_iter().collect(),
            ..bare()
        };
        if let Ok(rendered) = Templates::builtin().render("form_follow_up", &context) {
            proptest::prop_assert!(!rendered.subject.chars().any(char::is_control));
            proptest::prop_assert!(!rendered.body.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
        }
    }

    #[test]
    fn any_text_loads_or_is_refused_without_a_panic(text in "\\PC{0,80}") {
        let _ = own(&text);
        let _ = own(&format!("---\nsubject: x\n---\n{text}"));
    }
}

#[test]
fn deep_nesting_is_refused_and_not_fatal() {
    for text in [
        format!("{}x", "{{ (".repeat(5_000)),
        format!("{{{{ {}x{} }}}}", "(".repeat(20_000), ")".repeat(20_000)),
        format!("{{{{ {}1 }}}}", "-".repeat(30_000)),
        format!("{{{{ {}1 }}}}", "not ".repeat(10_000)),
        format!("{{{{ 1{} }}}}", "+1".repeat(20_000)),
        format!("{{{{ '}}}}{{{{' ~ company{} }}}}", "|lower".repeat(5_000)),
        format!("{{{{ company{} }}}}", ".a".repeat(20_000)),
        "{% if company %}".repeat(3_000),
        "{% if company %}".repeat(299),
        format!(
            "{{% if company %}}{}{{% endif %}}x",
            "{% elif company %}x".repeat(3_000)
        ),
        format!(
            "{{% if company %}}{}{{% endif %}}{{{{ nope }}}}",
            "{% elif company %}x".repeat(290)
        ),
    ] {
        let (templates, errors) = own(&format!("---\nsubject: x\n---\n{text}"));
        assert_eq!(errors.len(), 1);
        assert!(!templates.contains("own"));
    }
}

/// Returns `body` within so many loops over ten items.
fn nested(loops: usize, body: &str) -> String {
    let open = "{% for a in [1,2,3,4,5,6,7,8,9,0] %}".repeat(loops);
    format!("{open}{body}{}", "{% endfor %}".repeat(loops))
}

fn bombs() -> Vec<(&'static str, String)> {
    let grows = "{% set ns = namespace(t=\"xxxxxxxxxxxxxxxx\") %}";
    vec![
        ("loops", nested(12, "x")),
        ("loops that write nothing", nested(12, "")),
        (
            "loops in macros",
            format!(
                "{{% macro m() %}}{}{{% endmacro %}}{}",
                nested(3, "x"),
                nested(3, "{{ m() }}")
            ),
        ),
        (
            "replace",
            "{{ (\"x\"*100000)|replace(\"x\",\"y\"*100000) }}".into(),
        ),
        (
            "replace of nothing",
            "{{ (\"x\"*100000)|replace(\"\",\"y\"*1000) }}".into(),
        ),
        (
            "replace, thrown away",
            "{% if (\"x\"*100000)|replace(\"x\",\"y\"*100000) %}x{% endif %}".into(),
        ),
        (
            "replace chain",
            format!(
                "{{% set t = \"xxxxxxxxxx\" %}}{}{{{{ t }}}}",
                "{% set t = t|replace(\"x\", \"xxxxxxxxxx\") %}".repeat(12)
            ),
        ),
        ("repetition", "{{ \"x\" * 4000000000 }}".into()),
        (
            "repetition of repetition",
            "{{ \"x\" * 100000 * 100000 }}".into(),
        ),
        ("lists", "{% set a = [1,2,3] * 100000000 %}x".into()),
        (
            "a list printed",
            "{{ [\"xxxxxxxxxxxxxxxx\"] * 100000 }}".into(),
        ),
        (
            "join",
            "{{ ([\"xx\"] * 1000)|join(\"y\" * 100000) }}".into(),
        ),
        (
            "joining oneself",
            format!(
                "{{% set t = \"xxxxxxxxxxxxxxxx\" %}}{}{{{{ t }}}}",
                "{% set t = t ~ t %}".repeat(40)
            ),
        ),
        (
            "plus",
            format!(
                "{{% set t = \"xxxxxxxxxxxxxxxx\" %}}{}{{{{ t }}}}",
                "{% set t = t + t %}".repeat(40)
            ),
        ),
        (
            "captured",
            format!("{{% set t %}}{}{{% endset %}}x", nested(8, "xxxxxxxxxx")),
        ),
        ("upper", nested(4, "{% set u = (\"x\" * 10000)|upper %}")),
        ("namespace", format!("{grows}{}", nested(3, "x"))),
        ("includes itself", "{% include \"own\" %}".into()),
        (
            "recursion",
            "{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ m(1) }}".into(),
        ),
        (
            "recursive loop",
            "{% for a in [1,2] recursive %}{{ loop([1,2]) }}{% endfor %}".into(),
        ),
        (
            "the subject of another",
            format!("{}{{% include \"form_follow_up\" %}}", nested(7, "x")),
        ),
        (
            "too long",
            format!("{}x", nested(2, &"0123456789".repeat(300))),
        ),
    ]
}

#[test]
fn a_template_that_works_or_grows_without_end_is_given_up() {
    for (name, body) in bombs() {
        let (templates, errors) = own(&format!("---\nsubject: Hello\n---\nHi,\n{body}\n"));
        let said = errors.first().map(ToString::to_string).unwrap_or_default();
        assert!(said.starts_with("template \"own\""), "{name}: {said:?}");
        // Where it is used, it says the same.
        let used = templates.render("own", &full()).map_err(|e| e.to_string());
        assert_eq!(used, Err(said), "{name}");
        // The others are as they were.
        assert!(templates.render("check_in", &full()).is_ok(), "{name}");
    }
}

#[test]
fn work_that_shows_only_with_real_values_is_given_up_too() {
    for (name, body) in [
        ("loops", nested(12, "x")),
        (
            "memory",
            "{{ (\"x\"*100000)|replace(\"x\",\"y\"*100000) }}".to_owned(),
        ),
    ] {
        let body = format!("Hi,\n{{% if company == \"Northwind\" %}}{body}{{% endif %}}x");
        // Without a company there is no value to compare.
        assert!(render_own(&body, &bare()).is_err(), "{name}");
        let other = Context {
            company: Some("Acme".into()),
            ..full()
        };
        assert!(render_own(&body, &other).is_ok(), "{name}");
        let error = render_own(&body, &full()).unwrap_err();
        assert_eq!(
            error,
            TemplateError::TooMuch {
                template: "own".into(),
                line: 5
            },
            "{name}"
        );
        let said = error.to_string();
        assert!(
            said.contains("\"own\", line 5") && said.contains("take out"),
            "{said}"
        );
    }
}

#[test]
fn a_long_mail_is_not_much_work() {
    // As long as a template may be, with as many tags, and near the largest mail.
    let lines = "Hi {{ first_name }}, {{ deal.name|upper|replace(\"N\", \"M\") }} as we said.\n"
        .repeat(140);
    assert!(render_own(&lines, &full()).is_ok());
    let body = format!("Hi,\n{}", "0123456789abcdef".repeat(3_900));
    assert!(render_own(&body, &full()).is_ok());
    let body = nested(1, &nested(1, &"0123456789".repeat(200)));
    let made = render_own(&body, &full()).unwrap();
    assert!((200_000..=MAX_BODY_BYTES).contains(&made.body.len()));
}

#[test]
fn a_list_holds_fixed_values_only() {
    let doubled = "{% set x = [x, x] %}".repeat(45);
    for (name, body) in [
        (
            "lists",
            format!("{{% set x = [1, 2] %}}{doubled}{{{{ x|join(\"\") }}}}"),
        ),
        (
            "tuples",
            format!(
                "{{% set x = (1, 2) %}}{}{{{{ x == x }}}}",
                doubled.replace(['[', ']'], "").replace("x, x", "(x, x)")
            ),
        ),
        (
            "maps",
            format!(
                "{{% set x = 1 %}}{}{{{{ x ~ \"\" }}}}",
                "{% set x = {\"a\": x, \"b\": x} %}".repeat(45)
            ),
        ),
        (
            "a branch that is not taken",
            format!(
                "{{% if not company %}}{{% set x = [1, 2] %}}{doubled}{{{{ x }}}}{{% endif %}}"
            ),
        ),
        (
            "loops",
            "{% for x in [[company, company]] %}{{ x }}{% endfor %}".to_owned(),
        ),
    ] {
        let (_, errors) = own(&format!("---\nsubject: Hello\n---\nHi,\n{body}\n"));
        let said = errors.first().map(ToString::to_string).unwrap_or_default();
        assert!(said.contains("fixed values only"), "{name}: {said:?}");
    }
    let (templates, errors) = own(
        "---\nsubject: Hello\n---\nHi,\n{% for n in [1, 2] %}{{ n }}{% endfor %}{% if company in [\"Northwind\", \"Acme\"] %}!{% endif %}\n",
    );
    assert!(errors.is_empty(), "{errors:?}");
    assert!(
        templates
            .render("own", &full())
            .unwrap()
            .body
            .contains("12!")
    );
}
