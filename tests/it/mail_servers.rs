//! Real servers on loopback: Dovecot for IMAP and delivery, Postfix for submission, with TLS of their own authority.
//!
//! They need root to start, and the Debian packages that `.ci/run` installs, so the tests that use them are ignored unless asked for.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use crate::home::{poll, shown};

/// The operator's password: SASL must carry what is not ASCII.
pub const PASSWORD: &str = "geheim-ünd lang";
pub const DANA_PASSWORD: &str = "dana-secret";

const LIMIT: Duration = Duration::from_secs(30);

pub struct MailServers {
    dir: TempDir,
    pub imap: u16,
    pub imaps: u16,
    pub submission: u16,
    pub submissions: u16,
}

pub fn free_port() -> u16 {
    // Below the range that the system hands out by itself: a port of that may be another test's before the server has it.
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let own = u16::try_from(std::process::id() % 1_000).unwrap_or(0) * 12;
    loop {
        let port = 20_000 + (own + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn is_there(program: &str) -> bool {
    ["/usr/sbin", "/usr/bin"]
        .iter()
        .any(|folder| Path::new(folder).join(program).exists())
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|o| o.stdout == b"0\n")
}

fn quietly(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

impl MailServers {
    /// Starts both.
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// The same for servers that also take tokens (XOAUTH2), which they ask about at an address that the token is added to.
    pub fn start_for_tokens(token_info: &str) -> Self {
        Self::start_with(Some(token_info))
    }

    fn start_with(token_info: Option<&str>) -> Self {
        let missing: Vec<&str> = ["dovecot", "postfix", "openssl"]
            .into_iter()
            .filter(|p| !is_there(p))
            .collect();
        let has_lmtp = Path::new("/usr/lib/dovecot/lmtp").exists();
        assert!(
            missing.is_empty() && has_lmtp && is_root(),
            "Dovecot (with LMTP), Postfix, openssl and root are needed; missing: {missing:?}"
        );
        // Under /tmp, because a socket's path may only have 107 bytes and both servers' own users must get there.
        let dir = TempDir::new_in("/tmp").unwrap();
        let this = Self {
            dir,
            imap: free_port(),
            imaps: free_port(),
            submission: free_port(),
            submissions: free_port(),
        };
        this.write_files(token_info);
        let root = this.root();
        quietly(Command::new("chmod").arg("755").arg(&root));
        quietly(
            Command::new("chown")
                .args(["-R", "nobody:nogroup"])
                .arg(root.join("mail")),
        );
        quietly(Command::new("chown").arg("postfix").arg(root.join("data")));
        assert!(this.dovecot(&[]), "Dovecot did not start: {}", this.logs());
        assert!(
            this.postfix("start"),
            "Postfix did not start: {}",
            this.logs()
        );
        poll(LIMIT, "the start of the mail servers", || {
            [this.imaps, this.submissions]
                .iter()
                .all(|port| std::net::TcpStream::connect(("127.0.0.1", *port)).is_ok())
        });
        this
    }

    fn root(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    /// The authority that a client must trust.
    pub fn authority(&self) -> PathBuf {
        self.root().join("cert.pem")
    }

    /// The files of a person's folder.
    pub fn folder(&self, user: &str, folder: &str) -> Vec<PathBuf> {
        let mut base = self.root().join("mail").join(user);
        if folder != "INBOX" {
            base = base.join(format!(".{folder}"));
        }
        let mut found: Vec<PathBuf> = ["new", "cur"]
            .iter()
            .filter_map(|place| fs::read_dir(base.join(place)).ok())
            .flatten()
            .map(|entry| entry.unwrap().path())
            .collect();
        found.sort();
        found
    }

    /// Forgets which UIDs the messages of an inbox had, as a server does that was restored from a backup.
    pub fn forget_uids(&self, user: &str) {
        let base = self.root().join("mail").join(user);
        for entry in fs::read_dir(&base).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with("dovecot") {
                drop(fs::remove_file(path));
            }
        }
    }

    pub fn logs(&self) -> String {
        ["dovecot.log", "postfix.log"]
            .iter()
            .map(|name| fs::read_to_string(self.root().join(name)).unwrap_or_default())
            .collect()
    }

    fn dovecot(&self, more: &[&str]) -> bool {
        quietly(
            Command::new("dovecot")
                .arg("-c")
                .arg(self.root().join("dovecot.conf"))
                .args(more),
        )
    }

    fn postfix(&self, verb: &str) -> bool {
        quietly(
            Command::new("postfix")
                .arg("-c")
                .arg(self.root().join("postfix"))
                .arg(verb),
        )
    }

    fn write_files(&self, token_info: Option<&str>) {
        let root = self.root();
        for folder in ["mail", "run", "state", "queue", "data", "postfix"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        let r = shown(&root);
        assert!(quietly(Command::new("openssl").args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "30",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
            "-keyout",
            &format!("{r}/key.pem"),
            "-out",
            &format!("{r}/cert.pem"),
        ])));
        fs::write(
            root.join("users"),
            format!("casey:{{PLAIN}}{PASSWORD}::::::\ndana:{{PLAIN}}{DANA_PASSWORD}::::::\n"),
        )
        .unwrap();
        let (mechanisms, by_token) = match token_info {
            None => ("plain login", String::new()),
            Some(url) => {
                // As Google's servers do: the right must be there, and the account must be the one that is named.
                let settings = format!(
                    "tokeninfo_url = {url}\nscope = https://mail.google.com/\nusername_attribute = email\n\
                     username_format = %n@firm.example\n"
                );
                fs::write(root.join("oauth2.conf"), settings).unwrap();
                let passdb = format!(
                    "passdb {{\n  driver = oauth2\n  mechanisms = xoauth2\n  args = {r}/oauth2.conf\n}}\n"
                );
                ("plain login xoauth2", passdb)
            }
        };
        fs::write(
            root.join("dovecot.conf"),
            format!(
                "base_dir = {r}/run\nstate_dir = {r}/state\nlog_path = {r}/dovecot.log\nprotocols = imap lmtp\nlisten = 127.0.0.1\n\
                 ssl = yes\nssl_cert = <{r}/cert.pem\nssl_key = <{r}/key.pem\ndisable_plaintext_auth = yes\nauth_mechanisms = {mechanisms}\nauth_failure_delay = 0\n\
                 mail_location = maildir:{r}/mail/%n\nmail_uid = nobody\nmail_gid = nogroup\nfirst_valid_uid = 1\nauth_username_format = %n\n\
                 default_internal_user = dovecot\ndefault_login_user = dovenull\n\
                 {by_token}passdb {{\n  driver = passwd-file\n  mechanisms = plain login\n  args = scheme=PLAIN username_format=%n {r}/users\n}}\n\
                 userdb {{\n  driver = passwd-file\n  args = username_format=%n {r}/users\n}}\n\
                 namespace inbox {{\n  inbox = yes\n  separator = /\n  mailbox Sent {{\n    special_use = \\Sent\n    auto = create\n  }}\n\
                   mailbox Entwürfe {{\n    special_use = \\Drafts\n    auto = create\n  }}\n}}\n\
                 service anvil {{\n  chroot =\n  unix_listener anvil-auth-penalty {{\n    mode = 0\n  }}\n}}\n\
                 service imap-login {{\n  chroot =\n  inet_listener imap {{\n    port = {}\n  }}\n  inet_listener imaps {{\n    port = {}\n    ssl = yes\n  }}\n}}\n\
                 service lmtp {{\n  unix_listener {r}/lmtp {{\n    mode = 0666\n  }}\n}}\n\
                 service auth {{\n  unix_listener {r}/auth {{\n    mode = 0666\n  }}\n}}\n",
                self.imap, self.imaps
            ),
        )
        .unwrap();
        fs::write(
            root.join("postfix/main.cf"),
            format!(
                "compatibility_level = 3.6\nqueue_directory = {r}/queue\ndata_directory = {r}/data\ncommand_directory = /usr/sbin\n\
                 daemon_directory = /usr/lib/postfix/sbin\nmail_owner = postfix\nsetgid_group = postdrop\ninet_interfaces = loopback-only\n\
                 inet_protocols = ipv4\nmyhostname = mail.firm.example\nmydestination =\nmynetworks =\nmaillog_file = {r}/postfix.log\n\
                 maillog_file_prefixes = /tmp\nvirtual_mailbox_domains = firm.example, client.example\nvirtual_transport = lmtp:unix:{r}/lmtp\n\
                 smtpd_tls_cert_file = {r}/cert.pem\nsmtpd_tls_key_file = {r}/key.pem\nsmtpd_tls_security_level = may\nsmtpd_tls_auth_only = yes\n\
                 smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = {r}/auth\n\
                 smtpd_relay_restrictions = permit_sasl_authenticated, reject\n\
                 smtpd_recipient_restrictions = check_recipient_access inline:{{refused@client.example=REJECT}}, permit_sasl_authenticated, reject\n\
                 default_transport = error:no mail leaves this machine\nmessage_size_limit = 1000000\nalias_maps =\nalias_database =\n\
                 local_recipient_maps =\nbiff = no\n"
            ),
        )
        .unwrap();
        let daemons = [
            "pickup unix n - n 60 1 pickup",
            "cleanup unix n - n - 0 cleanup",
            "qmgr unix n - n 300 1 qmgr",
            "rewrite unix - - n - - trivial-rewrite",
            "bounce unix - - n - 0 bounce",
            "defer unix - - n - 0 bounce",
            "trace unix - - n - 0 bounce",
            "verify unix - - n - 1 verify",
            "flush unix n - n 1000? 0 flush",
            "proxymap unix - - n - - proxymap",
            "smtp unix - - n - - smtp",
            "error unix - - n - - error",
            "retry unix - - n - - error",
            "lmtp unix - - n - - lmtp",
            "anvil unix - - n - 1 anvil",
            "tlsmgr unix - - n 1000? 1 tlsmgr",
            "postlog unix-dgram n - n - 1 postlogd",
        ];
        fs::write(
            root.join("postfix/master.cf"),
            format!(
                "127.0.0.1:{} inet n - n - - smtpd\n127.0.0.1:{} inet n - n - - smtpd\n  -o smtpd_tls_wrappermode=yes\n{}\n",
                self.submission,
                self.submissions,
                daemons.join("\n")
            ),
        )
        .unwrap();
    }
}

impl Drop for MailServers {
    fn drop(&mut self) {
        self.postfix("stop");
        let pid = fs::read_to_string(self.root().join("run/master.pid")).unwrap_or_default();
        if !pid.trim().is_empty() {
            quietly(Command::new("kill").arg(pid.trim()));
        }
    }
}
