//! Where a mailbox's servers are: found by the address, with a name server and the domain's own web server on loopback.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::UdpSocket;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use caseyos::connectors::dns::Kind;
use caseyos::connectors::world::names::Names;
use caseyos::connectors::world::{
    Double, Setting, World, WorldOptions, WorldRequest, WorldResponse,
};
use jiff::Timestamp;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use serde_json::{Value, json};

use crate::home::{Home, Ran};

/// The web servers of every domain, as far as they publish settings: by path.
struct Web(BTreeMap<String, Vec<u8>>);

impl Double for Web {
    fn name(&self) -> &'static str {
        "web"
    }

    fn serves(&self, _: &str) -> bool {
        true
    }

    fn handle(&mut self, request: &WorldRequest, _: Timestamp) -> WorldResponse {
        match self.0.get(&request.path) {
            Some(body) => WorldResponse {
                body: body.clone(),
                ..WorldResponse::text(200, "text/xml", "")
            },
            None => WorldResponse::text(404, "text/html", "<h1>Nothing here"),
        }
    }

    fn settings(&self, _: &str) -> Vec<Setting> {
        Vec::new()
    }
}

struct Place {
    home: Home,
    world: World,
    _names: Names,
}

const NO_RECORDS: &[(&str, Kind, &str)] = &[];

impl Place {
    fn new(records: &[(&str, Kind, &str)], files: &[(&str, &str)]) -> Self {
        let names = Names::start(
            records
                .iter()
                .map(|(name, kind, value)| ((*name).to_owned(), *kind, (*value).to_owned()))
                .collect(),
        )
        .unwrap();
        let files = files
            .iter()
            .map(|(path, body)| ((*path).to_owned(), body.as_bytes().to_vec()))
            .collect();
        let web = Arc::new(Mutex::new(Web(files)));
        let world = World::start(WorldOptions::default(), vec![web]).unwrap();
        let home = Home::init();
        let place = Self {
            home,
            world,
            _names: names,
        };
        let address = place._names.address().to_string();
        place.ask_at(&address);
        place
    }

    fn ask_at(&self, name_server: &str) {
        let base = self.world.base();
        self.home.edit_config(|c| {
            let mut document: toml_edit::DocumentMut = c.parse().unwrap();
            document["network"]["dns_server"] = toml_edit::value(name_server);
            let mut urls = toml_edit::Array::new();
            urls.push(format!("{base}/autoconfig/{{domain}}"));
            urls.push(format!("{base}/well-known/{{domain}}"));
            document["network"]["mail_settings_urls"] = toml_edit::value(urls);
            document.to_string()
        });
    }

    fn add(&self, line: &str) -> Ran {
        let line = format!("mail add imap {line} --json");
        self.home.run(line.split_whitespace())
    }

    fn mailboxes(&self) -> usize {
        self.home.json("mail list").as_array().unwrap().len()
    }
}

fn server(host: &str, port: u16, security: &str) -> Value {
    json!({"host": host, "port": port, "security": security})
}

fn file(imap: &str, smtp: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<clientConfig version=\"1.1\"><emailProvider id=\"x\"><domain>x</domain>\
         <incomingServer type=\"imap\"><hostname>{imap}</hostname><port>993</port><socketType>SSL</socketType>\
         <username>their-name</username><password>their-password</password></incomingServer>\
         <outgoingServer type=\"smtp\"><hostname>{smtp}</hostname><port>587</port><socketType>STARTTLS</socketType></outgoingServer>\
         </emailProvider></clientConfig>\n"
    )
}

#[test]
fn a_domain_names_its_servers_by_srv_records() {
    let place = Place::new(
        &[
            (
                "_imaps._tcp.firm.example",
                Kind::Srv,
                "20 1 993 late.firm.example",
            ),
            (
                "_imaps._tcp.firm.example",
                Kind::Srv,
                "10 1 9930 imap.firm.example",
            ),
            (
                "_imap._tcp.firm.example",
                Kind::Srv,
                "10 1 143 plain.firm.example",
            ),
            ("_submissions._tcp.firm.example", Kind::Srv, "0 0 0 ."),
            (
                "_submission._tcp.firm.example",
                Kind::Srv,
                "5 1 587 smtp.firm.example",
            ),
            // Whoever names its servers itself is not asked by other ways.
            ("firm.example", Kind::Mx, "aspmx.l.google.com"),
        ],
        &[],
    );
    let added = place.add("casey@firm.example").exits(0).json();
    assert_eq!(added["settings_from"], "service_records");
    assert_eq!(added["imap"], server("imap.firm.example", 9930, "tls"));
    assert_eq!(added["smtp"], server("smtp.firm.example", 587, "starttls"));
    assert_eq!(
        (&added["added"], &added["outside"]),
        (&true.into(), &json!([]))
    );
    assert!(place.world.requests().is_empty());
    let text = place
        .home
        .run("mail add imap casey@firm.example --name two".split(' '))
        .exits(0)
        .out;
    assert!(
        text.contains("from  firm.example names them by its SRV records"),
        "{text}"
    );
}

#[test]
fn servers_outside_the_domain_are_taken_only_when_they_are_confirmed() {
    let place = Place::new(
        &[
            (
                "_imaps._tcp.firm.example",
                Kind::Srv,
                "0 1 993 imap.hoster.example",
            ),
            (
                "_submissions._tcp.firm.example",
                Kind::Srv,
                "0 1 465 evilfirm.example",
            ),
        ],
        &[],
    );
    let refused = place.add("casey@firm.example").exits(2);
    for word in [
        "imap.hoster.example and evilfirm.example",
        "--yes",
        "Nothing was added",
    ] {
        assert!(refused.err.contains(word), "{}", refused.err);
    }
    assert_eq!(place.mailboxes(), 0);
    let shown = place.add("casey@firm.example --dry-run").exits(0).json();
    assert_eq!(
        shown["outside"],
        json!(["imap.hoster.example", "evilfirm.example"])
    );
    assert_eq!(shown["added"], false);
    assert_eq!(place.mailboxes(), 0);
    // What is not asked of DNS needs no confirmation.
    let half = place
        .add("casey@firm.example --name half --imap imap.firm.example --smtp smtp.firm.example:587")
        .exits(0)
        .json();
    assert_eq!(half["settings_from"], "given");
    let added = place.add("casey@firm.example --yes").exits(0).json();
    assert_eq!(added["imap"], server("imap.hoster.example", 993, "tls"));
    assert_eq!(place.mailboxes(), 2);
}

#[test]
fn whoever_sits_at_a_terminal_is_asked() {
    let place = Place::new(
        &[
            (
                "_imaps._tcp.firm.example",
                Kind::Srv,
                "0 1 993 imap.hoster.example",
            ),
            (
                "_submissions._tcp.firm.example",
                Kind::Srv,
                "0 1 465 smtp.firm.example",
            ),
        ],
        &[],
    );
    for (answer, code, mailboxes) in [("\r", 2, 0), ("no\r", 2, 0), ("y\r", 0, 1)] {
        let pair = native_pty_system().openpty(PtySize::default()).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_caseyos"));
        command.args(["mail", "add", "imap", "casey@firm.example"]);
        command.env("CASEYOS_HOME", place.home.path());
        let mut child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        // The terminal keeps what is typed ahead.
        let mut keys = pair.master.take_writer().unwrap();
        keys.write_all(answer.as_bytes()).unwrap();
        let mut screen = Vec::new();
        // A terminal whose other side has gone ends with an error.
        drop(
            pair.master
                .try_clone_reader()
                .unwrap()
                .read_to_end(&mut screen),
        );
        let screen = String::from_utf8_lossy(&screen);
        assert!(
            screen.contains("names imap.hoster.example by its SRV records, outside itself"),
            "{screen}"
        );
        assert_eq!(child.wait().unwrap().exit_code(), code, "{screen}");
        assert_eq!(place.mailboxes(), mailboxes);
    }
}

#[test]
fn a_domain_that_says_it_offers_no_imap_is_believed() {
    let place = Place::new(
        &[
            ("_imaps._tcp.firm.example", Kind::Srv, "0 0 0 ."),
            ("_imap._tcp.firm.example", Kind::Srv, "0 0 0 ."),
            (
                "_submissions._tcp.firm.example",
                Kind::Srv,
                "0 1 465 smtp.firm.example",
            ),
            ("firm.example", Kind::Mx, "aspmx.l.google.com"),
        ],
        &[],
    );
    let said = place.add("casey@firm.example").exits(1).err;
    assert!(
        said.contains("does not offer IMAP") && said.contains("--imap"),
        "{said}"
    );
    // The operator knows better.
    let added = place
        .add("casey@firm.example --imap 10.0.0.7:993")
        .exits(0)
        .json();
    assert_eq!(added["smtp"], server("smtp.firm.example", 465, "tls"));
    assert_eq!(place.mailboxes(), 1);
}

#[test]
fn whose_mail_goes_to_a_well_known_host_signs_in_there() {
    let place = Place::new(
        &[
            ("firm.example", Kind::Mx, "aspmx.l.google.com"),
            (
                "office.example",
                Kind::Mx,
                "office-example.mail.protection.outlook.com",
            ),
            ("own.example", Kind::Mx, "mx.own.example"),
        ],
        &[],
    );
    let google = place.add("casey@firm.example").exits(0).json();
    assert_eq!(google["settings_from"], "exchanger");
    assert_eq!(google["imap"], server("imap.gmail.com", 993, "tls"));
    assert!(google["note"].as_str().unwrap().contains("--oauth2"));
    let office = place.add("casey@office.example").exits(0).json();
    assert_eq!(
        office["smtp"],
        server("smtp.office365.com", 587, "starttls")
    );
    let said = place.add("casey@own.example").exits(1).err;
    for word in [
        "no SRV records",
        "mail goes to mx.own.example",
        "are not there (404)",
        "--imap HOST[:PORT]",
        "imap.own.example",
        "Nothing was added",
    ] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert_eq!(place.mailboxes(), 2);
}

#[test]
fn a_domain_publishes_its_servers_for_mail_programs() {
    let good = file("imap.hoster.example", "smtp.%EMAILDOMAIN%");
    let other = file("other.example", "other.example");
    let long = format!("{good}<!-- {} -->", "x".repeat(100_000));
    let place = Place::new(
        NO_RECORDS,
        &[
            ("/autoconfig/one.example", &good),
            ("/well-known/one.example", &other),
            ("/autoconfig/two.example", "<html>not here</html>"),
            ("/well-known/two.example", &good),
            ("/autoconfig/three.example", &long),
            ("/autoconfig/xn--mller-kva.example", &good),
        ],
    );
    let one = place.add("casey@one.example").exits(0).json();
    assert_eq!(one["settings_from"], "autoconfig");
    assert_eq!(one["imap"], server("imap.hoster.example", 993, "tls"));
    assert_eq!(one["smtp"], server("smtp.one.example", 587, "starttls"));
    // Hosts and ports are taken, and nothing that signs in.
    assert_eq!(one["user"], "casey@one.example");
    let config = std::fs::read_to_string(place.home.path().join("config.toml")).unwrap();
    assert!(!config.contains("their-"), "{config}");
    let two = place.add("casey@two.example").exits(0).json();
    assert_eq!(two["smtp"], server("smtp.two.example", 587, "starttls"));
    let said = place.add("casey@three.example").exits(1).err;
    assert!(said.contains("longer than"), "{said}");
    let umlaut = place.add("casey@müller.example").exits(0).json();
    assert_eq!(umlaut["settings_from"], "autoconfig");
    assert_eq!(place.mailboxes(), 3);
    assert!(place.world.requests().iter().all(|r| !r.elsewhere));
}

#[test]
fn a_silent_name_server_leaves_the_other_ways() {
    let good = file("imap.firm.example", "smtp.firm.example");
    let place = Place::new(NO_RECORDS, &[("/autoconfig/firm.example", &good)]);
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    place.ask_at(&silent.local_addr().unwrap().to_string());
    let added = place.add("casey@firm.example").exits(0).json();
    assert_eq!(added["settings_from"], "autoconfig");
    let said = place.add("casey@other.example").exits(1).err;
    assert!(said.contains("could not be asked for"), "{said}");
    // A well-known host needs nobody's answer.
    let known = place.add("casey@gmx.de").exits(0).json();
    assert_eq!(known["settings_from"], "table");
}

#[test]
fn signing_in_by_an_address_adds_its_mailbox() {
    let place = Place::new(
        &[
            (
                "_imaps._tcp.firm.example",
                Kind::Srv,
                "0 1 993 imap.firm.example",
            ),
            (
                "_submissions._tcp.firm.example",
                Kind::Srv,
                "0 1 465 smtp.firm.example",
            ),
        ],
        &[],
    );
    place.home.edit_config(|c| {
        let mut document: toml_edit::DocumentMut = c.parse().unwrap();
        document["secrets"]["backend"] = toml_edit::value("file");
        document.to_string()
    });
    let login = |address: &str| -> Ran {
        let line = format!("auth login mail {address} --password-stdin");
        let mut child = place
            .home
            .command(line.split_whitespace())
            .env("CASEYOS_PASSPHRASE", "correct horse battery")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Whoever refuses reads nothing.
        drop(child.stdin.take().unwrap().write_all(b"sesame\n"));
        child.wait_with_output().unwrap().into()
    };
    let ran = login("casey@firm.example").exits(0);
    assert!(ran.out.contains("imap.firm.example:993"), "{}", ran.out);
    assert!(
        ran.out.contains("Signed in to mail:firm.example"),
        "{}",
        ran.out
    );
    // The second time the mailbox is there.
    let again = login("casey@firm.example").exits(0);
    assert!(!again.out.contains("added"), "{}", again.out);
    assert_eq!(place.mailboxes(), 1);
    login("casey@nowhere.example").exits(1);
    login("nobody").exits(2);
    assert_eq!(place.mailboxes(), 1);
}
