//! The terminal itself: taken over, given back whatever happens, lent to an editor or the shell, and the clipboard.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event,
    EventStream,
};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use futures_util::Stream;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::domain::text::clean_line;

/// The time that the loop has to end by itself once its terminal is gone.
#[cfg(unix)]
const GRACE: std::time::Duration = std::time::Duration::from_secs(1);

/// Whether the loop has ended.
static ENDING: AtomicBool = AtomicBool::new(false);

/// The operator's input as it comes in.
pub type Input = Pin<Box<dyn Stream<Item = io::Result<Event>> + Send>>;

/// The loop's needs of a terminal besides drawing on it.
pub trait Host {
    /// Returns the operator's input; an earlier one is dropped before.
    fn input(&mut self) -> Input;

    /// Gives the terminal away, to an editor or the shell.
    ///
    /// # Errors
    /// Fails once the terminal is gone.
    fn lend(&mut self) -> io::Result<()>;

    /// Takes the terminal back.
    ///
    /// # Errors
    /// Fails once the terminal is gone.
    fn take_back(&mut self) -> io::Result<()>;

    /// Stops the process until the shell continues it. The terminal must be lent meanwhile.
    fn stop(&mut self);

    /// Hears that the loop has ended and only waits for what still runs.
    fn ending(&mut self) {}

    /// Puts text on the clipboard.
    ///
    /// # Errors
    /// Fails once the terminal is gone.
    fn copy(&mut self, text: &str) -> io::Result<()>;

    /// Sets the terminal's title.
    ///
    /// # Errors
    /// Fails once the terminal is gone.
    fn title(&mut self, text: &str) -> io::Result<()> {
        let _ = text;
        Ok(())
    }

    /// Tells the desktop of something.
    ///
    /// # Errors
    /// Fails once the terminal is gone.
    fn notify(&mut self, text: &str) -> io::Result<()> {
        let _ = text;
        Ok(())
    }

    /// Asks the terminal for the colour of its background; the answer comes with the input.
    ///
    /// # Errors
    /// Fails once the terminal is gone.
    fn ask_background(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// True while the terminal is taken over; the panic hook asks it too.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// True once the title was changed, so that the one from before is to be put back.
static TITLED: AtomicBool = AtomicBool::new(false);

/// The most characters of a title or a notification.
const MAX_WORDS: usize = 200;

/// The terminal of the process, taken over; dropping it gives it back.
#[derive(Debug)]
pub struct Taken {
    mouse: bool,
}

/// The drawing surface: a frame is one write.
pub type Screen = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

impl Taken {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// Fails unless standard input and output are a terminal that can be taken.
    pub fn take(mouse: bool) -> io::Result<(Self, Screen)> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(io::Error::other(
                "the console needs a terminal; `caseyos today` prints the list without one",
            ));
        }
        give_back_upon_panic();
        let taken = Self { mouse };
        taken.enter()?;
        #[cfg(unix)]
        end_with_the_terminal();
        let out = BufWriter::with_capacity(64 * 1024, io::stdout());
        let screen = Terminal::new(CrosstermBackend::new(out))?;
        Ok((taken, screen))
    }

    fn enter(&self) -> io::Result<()> {
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        let mut out = io::stdout();
        execute!(
            out,
            EnterAlternateScreen,
            EnableBracketedPaste,
            cursor::Hide
        )?;
        if self.mouse {
            execute!(out, EnableMouseCapture)?;
        }
        Ok(())
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back();
    }
}

/// Tells whether the terminal of the process went away: its window was closed, or the connection to it broke.
pub fn is_gone() -> bool {
    !io::stdin().is_terminal() || !io::stdout().is_terminal()
}

/// Ends the process soon after its terminal is gone, unless the loop ends it: reading from a terminal that was closed can spin for ever in
/// crossterm, and the loop's own thread then hears no signal. An end here is a kill to the database, which the next start mends.
#[cfg(unix)]
#[expect(
    clippy::disallowed_methods,
    reason = "main waits for a thread that hears nothing more"
)]
fn end_with_the_terminal() {
    use rustix::event::{PollFd, PollFlags, poll};

    let watch = || {
        let terminal = io::stdin();
        loop {
            // A hang-up is told without being asked for.
            let mut watched = [PollFd::new(&terminal, PollFlags::empty())];
            match poll(&mut watched, None) {
                Ok(_) => break,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
        std::thread::sleep(GRACE);
        // Lent to an editor, it is not read here: what was written there is still to be kept.
        while !ENDING.load(Ordering::SeqCst) {
            if TAKEN.load(Ordering::SeqCst) {
                std::process::exit(0);
            }
            std::thread::sleep(GRACE);
        }
    };
    let thread = std::thread::Builder::new()
        .name("tui-terminal".into())
        .spawn(watch);
    if let Err(error) = thread {
        tracing::warn!("the watch of the terminal could not be started: {error}");
    }
}

/// Gives the terminal back as it was found; does nothing if it is not taken. Errors are ignored: there is nobody left to tell.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    if TITLED.swap(false, Ordering::SeqCst) {
        // The title from before lies on the terminal's own stack.
        drop(write!(out, "\u{1b}[23;0t"));
    }
    drop(execute!(
        out,
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    ));
    drop(out.flush());
    drop(disable_raw_mode());
}

/// A panic on the drawing thread gives the terminal back before its message is printed. One on another thread is answered by the
/// loop as a failed job; its message would only spoil the screen, so it goes to the log.
fn give_back_upon_panic() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let drawing = std::thread::current().id();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if std::thread::current().id() == drawing {
                give_back();
            } else if TAKEN.load(Ordering::SeqCst) {
                tracing::error!("a job panicked: {info}");
                return;
            }
            before(info);
        }));
    });
}

impl Host for Taken {
    fn input(&mut self) -> Input {
        Box::pin(EventStream::new())
    }

    fn lend(&mut self) -> io::Result<()> {
        give_back();
        Ok(())
    }

    fn take_back(&mut self) -> io::Result<()> {
        self.enter()
    }

    fn ending(&mut self) {
        ENDING.store(true, Ordering::SeqCst);
    }

    fn stop(&mut self) {
        // The shell takes over until `fg`. Where no shell would continue the process (it was started as the terminal's only program)
        // the system ignores this signal, as it would not ignore SIGSTOP.
        drop(signal_hook::low_level::raise(signal_hook::consts::SIGTSTP));
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        let mut out = io::stdout();
        write!(out, "{}", osc52(text))?;
        out.flush()
    }

    fn title(&mut self, text: &str) -> io::Result<()> {
        let push = if TITLED.swap(true, Ordering::SeqCst) {
            ""
        } else {
            "\u{1b}[22;0t"
        };
        Self::say(&format!("{push}{}", osc_title(text)))
    }

    fn notify(&mut self, text: &str) -> io::Result<()> {
        Self::say(&osc_notify(text))
    }

    fn ask_background(&mut self) -> io::Result<()> {
        Self::say("\u{1b}]11;?\u{1b}\\")
    }
}

impl Taken {
    fn say(sequence: &str) -> io::Result<()> {
        let mut out = io::stdout();
        write!(out, "{sequence}")?;
        out.flush()
    }
}

/// Returns the sequence that sets the title (OSC 2).
fn osc_title(text: &str) -> String {
    format!("\u{1b}]2;{}\u{1b}\\", clean_line(text, MAX_WORDS))
}

/// Returns the sequences that tell the desktop of something: OSC 9 as iTerm2 and others know it, OSC 777 as rxvt and others do, and a bell for
/// the rest. A semicolon would part the text.
fn osc_notify(text: &str) -> String {
    let text = clean_line(text, MAX_WORDS).replace(';', ",");
    format!("\u{1b}]9;{text}\u{1b}\\\u{1b}]777;notify;CaseyOS;{text}\u{1b}\\\u{7}")
}

/// The most bytes that are put on the clipboard: xterm cuts longer sequences off.
const MAX_CLIPBOARD: usize = 74_000;

/// Returns the sequence that sets the clipboard (OSC 52), which works over SSH as well.
fn osc52(text: &str) -> String {
    let cut = text.floor_char_boundary(MAX_CLIPBOARD.min(text.len()));
    let text = text.get(..cut).unwrap_or_default();
    format!("\u{1b}]52;c;{}\u{1b}\\", base64(text.as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for i in 0..4 {
            if i > chunk.len() {
                out.push('=');
                continue;
            }
            let letter = (bits >> (18 - 6 * i)) as usize & 63;
            out.push(char::from(LETTERS.get(letter).copied().unwrap_or(b'=')));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clipboard_gets_base64() {
        let check = |text: &str, expect: &str| assert_eq!(base64(text.as_bytes()), expect);
        check("", "");
        check("f", "Zg==");
        check("fo", "Zm8=");
        check("foo", "Zm9v");
        check("foobar", "Zm9vYmFy");
        assert_eq!(osc52("foo"), "\u{1b}]52;c;Zm9v\u{1b}\\");
        assert!(osc52(&"é".repeat(100_000)).len() < 100_000);
    }

    #[test]
    fn titles_and_notifications_cannot_carry_sequences_of_their_own() {
        let hostile = "a\u{1b}]0;owned\u{7}b\u{9c}c;d";
        for sequence in [osc_title(hostile), osc_notify(hostile)] {
            let inner = sequence.replace("\u{1b}]", "").replace("\u{1b}\\", "");
            let inner = inner.trim_end_matches('\u{7}');
            assert!(
                !inner.chars().any(crate::domain::text::is_hostile),
                "{sequence:?}"
            );
        }
        assert!(osc_notify("a;b").contains("a,b"));
    }
}
