//! The operator's browser: opened where there is one.

use std::process::Stdio;

use crate::env;

/// Opens an address in the operator's browser; returns true if a program was started.
pub(super) fn open(url: &str) -> bool {
    // The convention: commands separated by colons, the first that starts wins.
    if let Some(named) = env::variable("BROWSER") {
        return named.split(':').any(|command| {
            let mut words = command.split_whitespace();
            let Some(program) = words.next() else {
                return false;
            };
            let mut args: Vec<String> = words.map(|w| w.replace("%s", url)).collect();
            if !command.contains("%s") {
                args.push(url.to_owned());
            }
            start(program, &args)
        });
    }
    let url = url.to_owned();
    if cfg!(target_os = "macos") {
        return start("open", &[url]);
    }
    if cfg!(target_os = "windows") {
        return start("rundll32", &["url.dll,FileProtocolHandler".to_owned(), url]);
    }
    let has_screen =
        env::variable("DISPLAY").is_some() || env::variable("WAYLAND_DISPLAY").is_some();
    has_screen && start("xdg-open", &[url])
}

/// Starts a program that nobody waits for; what it prints is none of ours.
fn start(program: &str, args: &[String]) -> bool {
    env::program(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .is_ok()
}
