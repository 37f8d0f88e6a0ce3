//! The examination: with nothing set up, with everything in order, and with things broken.

use std::fs;

use caseyos::connectors::dns::Kind;
use caseyos::connectors::world::names::Names;
use caseyos::connectors::world::{Fault, FaultRule};
use serde_json::Value;

use crate::auth::Signing;
use crate::home::{Home, Ran};

fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["name"].as_str().unwrap().starts_with(name))
        .unwrap_or_else(|| panic!("no {name} in {report:#}"))
}

#[test]
fn it_works_with_nothing_set_up_and_makes_nothing() {
    let home = Home::empty();
    let ran = home.run(["doctor", "--offline", "--json"]).exits(3);
    let report = ran.json();
    for name in ["configuration", "database", "mail", "domain"] {
        let found = check(&report, name);
        assert_eq!(found["health"], "warn", "{found}");
        assert_ne!(found["fix"], "");
    }
    assert!(fs::read_dir(home.path()).unwrap().next().is_none());
}

#[test]
fn a_broken_configuration_or_database_is_named_with_its_fix() {
    let home = Home::init();
    let config = fs::read_to_string(home.path().join("config.toml")).unwrap();
    home.write("config.toml", "mode = [");
    let ran = home.run(["doctor", "--offline", "--json"]).exits(1);
    assert_eq!(check(&ran.json(), "configuration")["health"], "fail");
    home.write("config.toml", config);
    home.write("caseyos.db", vec![b'x'; 8192]);
    let ran = home.run(["doctor", "--offline", "--json"]).exits(1);
    let report = ran.json();
    let found = check(&report, "database");
    assert_eq!(found["health"], "fail");
    assert!(found["fix"].as_str().unwrap().contains("backups"));
}

#[cfg(unix)]
#[test]
fn files_that_others_may_read_are_named() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::init();
    let config = home.path().join("config.toml");
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(&config, fs::Permissions::from_mode(0o644)).unwrap();
    let ran = home.run(["doctor", "--offline", "--json"]).exits(3);
    let fix = check(&ran.json(), "permissions")["fix"].to_string();
    assert!(
        fix.contains("chmod 600") && fix.contains("config.toml"),
        "{fix}"
    );
}

#[test]
fn it_asks_for_the_domains_records_and_the_time() {
    let s = Signing::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The folder of a test is made with the usual rights.
        fs::set_permissions(s.home.path(), fs::Permissions::from_mode(0o700)).unwrap();
    }
    s.sign_in("google").exits(0);
    let records = |spf: &[&str]| {
        let mut all = vec![
            (
                "ruiz.example".to_owned(),
                Kind::Mx,
                "mx.ruiz.example".to_owned(),
            ),
            (
                "_dmarc.ruiz.example".to_owned(),
                Kind::Txt,
                "v=DMARC1; p=reject".to_owned(),
            ),
        ];
        all.extend(
            spf.iter()
                .map(|s| ("ruiz.example".to_owned(), Kind::Txt, (*s).to_owned())),
        );
        Names::start(all).unwrap()
    };
    let ask = |names: &Names| -> Ran {
        let address = names.address().to_string();
        s.home.edit_config(|c| {
            let mut document: toml_edit::DocumentMut = c.parse().unwrap();
            document["network"]["dns_server"] = toml_edit::value(address);
            document.to_string()
        });
        s.run("doctor --json")
    };
    let report = ask(&records(&["v=spf1 mx -all"])).exits(3).json();
    for name in ["MX", "SPF", "DMARC", "google", "database", "permissions"] {
        assert_eq!(check(&report, name)["health"], "ok", "{report:#}");
    }
    let report = ask(&records(&["v=spf1 mx", "v=spf1 -all"])).exits(1).json();
    assert_eq!(check(&report, "SPF")["health"], "fail");
    s.world
        .harm(FaultRule::on("", Fault::Skew { seconds: 600 }).times(0));
    let skewed = s.run("doctor --json").json();
    assert_eq!(check(&skewed, "clock")["health"], "fail", "{skewed:#}");
}

#[test]
fn a_name_server_that_is_silent_costs_seconds_not_minutes() {
    let home = Home::init();
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    home.edit_config(|c| {
        let mut document: toml_edit::DocumentMut = c.parse().unwrap();
        document["network"]["dns_server"] = toml_edit::value(address);
        document.to_string()
    });
    let begin = caseyos::env::monotonic();
    let report = home.run(["doctor", "--json"]).exits(3).json();
    assert!((caseyos::env::monotonic() - begin).as_secs() < 10);
    assert!(
        check(&report, "MX")["found"]
            .as_str()
            .unwrap()
            .contains("did not answer")
    );
}
