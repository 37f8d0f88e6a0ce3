//! Templates that never end: they are given up, named where they are used, and keep nobody from anything.

use crate::home::{Home, form};

const LOOPS: usize = 12;

/// A home with a move for Ann and one for Bob, whose first template is `form_follow_up` as given.
fn with_template(body: &str) -> Home {
    let home = Home::live();
    home.write(
        "templates/form_follow_up.j2",
        format!("---\nsubject: Your note\n---\nHi,\n{body}\nRegards\n"),
    );
    let lines = [
        form(
            "ann@acme.example",
            "2026-11-23T09:40:00Z",
            "What does it cost?",
        ),
        form("bob@other.example", "2026-11-23T09:41:00Z", "Hello"),
    ];
    home.signals(&lines).exits(0);
    home
}

fn nested() -> String {
    let open = "{% for a in [1,2,3,4,5,6,7,8,9,0] %}".repeat(LOOPS);
    format!("{open}x{}", "{% endfor %}".repeat(LOOPS))
}

fn bombs() -> [String; 2] {
    [
        nested(),
        "{{ (\"x\"*100000)|replace(\"x\",\"y\"*100000) }}".to_owned(),
    ]
}

#[test]
fn a_template_without_end_is_named_and_nothing_is_written() {
    for bomb in bombs() {
        let home = with_template(&bomb);
        let shown = home.ok("show 1");
        assert!(
            shown.contains("form_follow_up") && shown.contains("too much work"),
            "{shown}"
        );
        for line in ["approve 1 --now", "approve 1 --dry-run"] {
            let ran = home.run(line.split_whitespace()).exits(2);
            assert!(
                ran.err.contains("template \"form_follow_up\", line 5")
                    && ran.err.contains("mend the template"),
                "{line}: {}",
                ran.err
            );
        }
        home.ok("sync");
        home.ok("today");
        home.ok("stop by hand");
        home.ok("suppress add eve@other.example");
        assert_eq!(home.outbox().len(), 0);
        assert_eq!(home.today().len(), 2);
        let doctor = home.run(["doctor", "--offline"]).out;
        assert!(doctor.contains("template \"form_follow_up\""), "{doctor}");
    }
}

#[test]
fn one_move_with_such_a_template_leaves_the_others_alone() {
    for bomb in bombs() {
        let home = with_template(&format!(
            "{{% if email == \"ann@acme.example\" %}}{bomb}{{% endif %}}{{{{ email }}}}"
        ));
        home.write(
            "approval.toml",
            "[[rule]]\nname = \"all\"\neffect = \"allow\"\nstate = \"on\"\nwhen = \"true\"\nconfidence = 0.5\nreason = \"All of it.\"\nmay_mail_strangers = true\n",
        );
        let report = home.json("sync");
        assert_eq!(report["approved_by_rules"], 1, "{report}");
        let ran = home.run(["approve", "1", "--now"]).exits(2);
        assert!(ran.err.contains("too much work"), "{}", ran.err);
        let sent = home.outbox();
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].to, "bob@other.example");
        // What the operator wrote needs no template.
        home.run([
            "edit",
            "1",
            "--subject",
            "Hello",
            "--body",
            "Hi Ann,\nsee you.",
        ])
        .exits(0);
        home.ok("approve 1 --now");
        assert_eq!(home.outbox().len(), 2);
    }
}
