//! Colours by meaning. A theme is a small file; what the operator's own leaves out comes from the built-in one.
//!
//! No meaning rests on colour alone: wherever a colour says something, a word or a sign says it too.

use std::path::Path;

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

use super::text::clean;
use crate::config::UiTheme;
use crate::domain::nearest;
use crate::env::{self, file};

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident = $key:literal),* $(,)?) => {
        /// One style for each meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct Styles { $($(#[$doc])* pub $name: Style,)* }

        impl Styles {
            const KEYS: &'static [&'static str] = &[$($key,)*];

            fn slot(&mut self, key: &str) -> Option<&mut Style> {
                match key { $($key => Some(&mut self.$name),)* _ => None }
            }

            fn each(&mut self, mut change: impl FnMut(&mut Style)) { $(change(&mut self.$name);)* }
        }
    };
}

roles! {
    /// Plain text.
    text = "text",
    /// Secondary text.
    muted = "muted",
    /// Text in the background.
    faint = "faint",
    /// A heading.
    heading = "heading",
    /// Text that stands out.
    accent = "accent",
    /// A frame.
    border = "border",
    /// The frame of the pane that the keys go to.
    border_focus = "border_focus",
    /// The selected line.
    selected = "selected",
    /// The sign before the selected line.
    cursor = "cursor",
    /// The sign of a marked line.
    mark = "mark",
    /// The name of a key.
    key = "key",
    /// Good news.
    good = "good",
    /// A call for care.
    warning = "warning",
    /// A failure.
    bad = "bad",
    /// A high score.
    score_high = "score_high",
    /// A middling score.
    score_middle = "score_middle",
    /// A low score.
    score_low = "score_low",
    /// The word for: messages are sent.
    live = "live",
    /// The word for: drafts are made.
    draft = "draft",
    /// The word for: messages are only shown.
    dry_run = "dry_run",
    /// The word for: everything is stopped.
    stopped = "stopped",
    /// Letters that matched what was typed.
    matched = "match",
    /// A field to type in.
    input = "input",
}

/// The signs that are drawn; a terminal without them gets plain ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// True if only ASCII is drawn.
    pub ascii: bool,
    /// Before the selected line.
    pub cursor: &'static str,
    /// On a marked line.
    pub mark: &'static str,
    /// A guard that lets pass.
    pub pass: &'static str,
    /// A guard that refuses.
    pub refuse: &'static str,
    /// A guard that waits for the operator or the clock.
    pub wait: &'static str,
    /// Between parts of a line.
    pub dot: &'static str,
    /// The sign at a cut.
    pub cut: &'static str,
    /// Nothing is going on.
    pub idle: &'static str,
    /// Something wants attention.
    pub alert: &'static str,
    /// Turned while something goes on.
    pub spinner: &'static [&'static str],
    /// The full and the partial cells of a bar, thinnest first.
    pub bar: &'static [&'static str],
    /// The frame.
    pub border: border::Set<'static>,
}

const UNICODE: Glyphs = Glyphs {
    ascii: false,
    cursor: "▌",
    mark: "◆",
    pass: "✓",
    refuse: "✗",
    wait: "○",
    dot: "·",
    cut: "…",
    idle: "●",
    alert: "▲",
    spinner: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
    bar: &["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
    border: border::PLAIN,
};

const ASCII: Glyphs = Glyphs {
    ascii: true,
    cursor: ">",
    mark: "*",
    pass: "+",
    refuse: "x",
    wait: "o",
    dot: "-",
    cut: "~",
    idle: "o",
    alert: "!",
    spinner: &["|", "/", "-", "\\"],
    bar: &["#"],
    border: border::Set {
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        vertical_left: "|",
        vertical_right: "|",
        horizontal_top: "-",
        horizontal_bottom: "-",
    },
};

/// A named set of styles with the signs that go with the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// The name, which is the file's.
    pub name: String,
    /// The styles.
    pub styles: Styles,
    /// The signs.
    pub glyphs: Glyphs,
}

/// The number of colours of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// 16.7 million.
    True,
    /// 256.
    Indexed,
    /// 16.
    Sixteen,
    /// None is wanted or had.
    None,
}

/// The abilities of a terminal, as it states them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Surroundings {
    /// The number of colours.
    pub depth: Depth,
    /// True if the background is known to be light.
    pub light: bool,
    /// True if only ASCII can be drawn.
    pub ascii: bool,
}

impl Surroundings {
    /// Reads `NO_COLOR`, `TERM`, `COLORTERM` and `COLORFGBG`. The terminal itself is not asked: waiting for its answer would delay the
    /// first frame.
    #[must_use]
    pub fn of_process() -> Self {
        Self::of(
            env::variable("NO_COLOR").is_some(),
            &env::variable("TERM").unwrap_or_default(),
            &env::variable("COLORTERM").unwrap_or_default(),
            &env::variable("COLORFGBG").unwrap_or_default(),
        )
    }

    fn of(no_color: bool, term: &str, colorterm: &str, colorfgbg: &str) -> Self {
        let depth = if no_color || term == "dumb" {
            Depth::None
        } else if matches!(colorterm, "truecolor" | "24bit") || term.ends_with("-direct") {
            Depth::True
        } else if term.contains("256color") {
            Depth::Indexed
        } else {
            Depth::Sixteen
        };
        // rxvt's convention: "foreground;background"; 7 and 15 are the light backgrounds.
        let light = colorfgbg
            .rsplit(';')
            .next()
            .is_some_and(|background| matches!(background, "7" | "15"));
        Self {
            depth,
            light,
            // The consoles that have a font of their own lack the blocks and the Braille.
            ascii: matches!(term, "dumb" | "linux" | "vt100" | "vt102" | "vt220"),
        }
    }
}

const BUILT_IN: &[(&str, &str)] = &[
    ("dark", include_str!("../../assets/themes/dark.toml")),
    ("light", include_str!("../../assets/themes/light.toml")),
    ("ansi", include_str!("../../assets/themes/ansi.toml")),
    ("mono", include_str!("../../assets/themes/mono.toml")),
];

/// The largest theme file that is read.
const MAX_FILE_BYTES: u64 = 64 * 1024;

impl Theme {
    /// Returns the name of the theme that `choice` means here.
    #[must_use]
    pub fn choose(choice: UiTheme, around: Surroundings) -> &'static str {
        match choice {
            _ if around.depth == Depth::None => "mono",
            UiTheme::Auto => match (around.depth, around.light) {
                (Depth::Sixteen | Depth::None, _) => "ansi",
                (_, true) => "light",
                (_, false) => "dark",
            },
            UiTheme::Dark => "dark",
            UiTheme::Light => "light",
            UiTheme::Ansi => "ansi",
            UiTheme::Mono => "mono",
        }
    }

    /// Returns the built-in theme `name` as `around` can show it; the dark one if there is none of that name.
    #[must_use]
    pub fn built_in(name: &str, around: Surroundings) -> Self {
        let base = if BUILT_IN.iter().any(|(n, _)| *n == name) {
            name
        } else {
            "dark"
        };
        let text = BUILT_IN
            .iter()
            .find(|(n, _)| *n == base)
            .map_or("", |(_, text)| text);
        let mut theme = Self {
            name: name.to_owned(),
            styles: Styles::default(),
            glyphs: if around.ascii { ASCII } else { UNICODE },
        };
        // The built-in files are tested to be sound.
        drop(theme.lay_over(text));
        theme.fit(around);
        theme
    }

    /// Reads the theme `name`, with the operator's own file in `folder` over the built-in one if there is such a file.
    ///
    /// # Errors
    /// The built-in theme, and what is wrong with the file.
    pub fn load(
        name: &str,
        folder: &Path,
        around: Surroundings,
    ) -> Result<Self, Box<(Self, String)>> {
        let mut theme = Self::built_in(name, around);
        let path = folder.join(format!("{name}.toml"));
        let result = match file::read_text(&path, MAX_FILE_BYTES) {
            Ok(text) => theme.lay_over(&text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(theme),
            Err(e) => Err(format!("it cannot be read: {e}")),
        };
        theme.fit(around);
        match result {
            Ok(()) => Ok(theme),
            Err(message) => Err(Box::new((
                Self::built_in(name, around),
                format!("{}: {message}", path.display()),
            ))),
        }
    }

    /// Returns the names of all themes: the built-in ones and the files in `folder`.
    #[must_use]
    pub fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = BUILT_IN.iter().map(|(n, _)| (*n).to_owned()).collect();
        let own = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut found: Vec<String> = own
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                Some(clean(name.strip_suffix(".toml")?))
            })
            .filter(|name| !names.contains(name))
            .take(50)
            .collect();
        found.sort();
        names.append(&mut found);
        names
    }

    fn lay_over(&mut self, text: &str) -> Result<(), String> {
        let file: toml::Table = text
            .parse()
            .map_err(|e: toml::de::Error| e.message().to_owned())?;
        for (key, value) in file {
            let Some(slot) = self.styles.slot(&key) else {
                let near = nearest(&key, Styles::KEYS.iter().copied());
                return Err(match near {
                    Some(near) => format!("unknown style \"{key}\"; did you mean \"{near}\"?"),
                    None => format!(
                        "unknown style \"{key}\"; one of {}",
                        Styles::KEYS.join(", ")
                    ),
                });
            };
            let value = value
                .as_str()
                .ok_or_else(|| format!("\"{key}\" must be a text"))?;
            *slot = style(value).map_err(|e| format!("{key}: {e}"))?;
        }
        Ok(())
    }

    /// Brings the colours down to what the terminal has.
    fn fit(&mut self, around: Surroundings) {
        let change = |color: Option<Color>| match (around.depth, color) {
            (Depth::None, _) => None,
            (Depth::Indexed, Some(Color::Rgb(r, g, b))) => Some(Color::Indexed(index(r, g, b))),
            (Depth::Sixteen, Some(Color::Rgb(r, g, b))) => Some(sixteen(r, g, b)),
            (_, color) => color,
        };
        self.styles.each(|style| {
            style.fg = change(style.fg);
            style.bg = change(style.bg);
        });
    }

    /// Returns the style of a score.
    #[must_use]
    pub fn score(&self, points: f64) -> Style {
        if points >= 70.0 {
            self.styles.score_high
        } else if points >= 45.0 {
            self.styles.score_middle
        } else {
            self.styles.score_low
        }
    }
}

fn style(text: &str) -> Result<Style, String> {
    let mut style = Style::new();
    let mut words = text.split_whitespace();
    let mut first = true;
    while let Some(word) = words.next() {
        match word {
            "bold" => style = style.add_modifier(Modifier::BOLD),
            "dim" => style = style.add_modifier(Modifier::DIM),
            "italic" => style = style.add_modifier(Modifier::ITALIC),
            "underline" => style = style.add_modifier(Modifier::UNDERLINED),
            "reverse" => style = style.add_modifier(Modifier::REVERSED),
            "on" => style.bg = color(words.next().unwrap_or_default())?,
            word if first => style.fg = color(word)?,
            other => return Err(format!("\"{other}\" is not a word of a style")),
        }
        first = false;
    }
    Ok(style)
}

fn color(word: &str) -> Result<Option<Color>, String> {
    if word == "default" {
        return Ok(None);
    }
    word.parse()
        .map(Some)
        .map_err(|_| format!("\"{word}\" is not a colour"))
}

/// Returns the nearest of the 256 colours, from the 6x6x6 cube (levels 0, 95, 135, ... 255) or the 24 greys (8, 18, ... 238).
fn index(r: u8, g: u8, b: u8) -> u8 {
    let level = |v: u8| -> u8 {
        match v {
            0..48 => 0,
            48..115 => 1,
            _ => (v - 35) / 40,
        }
    };
    let value = |l: u8| if l == 0 { 0 } else { 55 + 40 * l };
    let (lr, lg, lb) = (level(r), level(g), level(b));
    let cube = (value(lr), value(lg), value(lb));
    let average = (u16::from(r) + u16::from(g) + u16::from(b)) / 3;
    let step = u8::try_from(average.saturating_sub(3) / 10)
        .unwrap_or(23)
        .min(23);
    let grey = 8 + 10 * step;
    let apart = |(x, y, z): (u8, u8, u8)| {
        [(r, x), (g, y), (b, z)]
            .map(|(a, b)| u32::from(a.abs_diff(b)).pow(2))
            .iter()
            .sum::<u32>()
    };
    if apart((grey, grey, grey)) < apart(cube) {
        232 + step
    } else {
        16 + 36 * lr + 6 * lg + lb
    }
}

/// Returns a colour of the sixteen by hue and lightness, roughly; only a theme that was chosen by name comes here.
fn sixteen(r: u8, g: u8, b: u8) -> Color {
    let (high, low) = (r.max(g).max(b), r.min(g).min(b));
    if high - low < 40 {
        return match high {
            0..64 => Color::Black,
            64..128 => Color::DarkGray,
            128..208 => Color::Gray,
            _ => Color::White,
        };
    }
    let half = low + (high - low) / 2;
    match (r > half, g > half, b > half) {
        (true, true, false) => Color::Yellow,
        (true, false, true) => Color::Magenta,
        (false, true, true) => Color::Cyan,
        (true, false, false) => Color::Red,
        (false, true, false) => Color::Green,
        _ => Color::Blue,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUE: Surroundings = Surroundings {
        depth: Depth::True,
        light: false,
        ascii: false,
    };

    #[test]
    fn the_built_in_themes_name_every_style_and_no_other() {
        for (name, text) in BUILT_IN {
            let table: toml::Table = text.parse().unwrap();
            for key in Styles::KEYS {
                assert!(table.contains_key(*key), "{name} lacks {key}");
            }
            let mut theme = Theme::built_in(name, TRUE);
            assert_eq!(theme.lay_over(text), Ok(()), "{name}");
        }
    }

    #[test]
    fn without_colour_no_theme_has_any() {
        let none = Surroundings {
            depth: Depth::None,
            ..TRUE
        };
        for (name, _) in BUILT_IN {
            let mut theme = Theme::built_in(name, none);
            theme.styles.each(|style| {
                assert_eq!((style.fg, style.bg), (None, None), "{name}");
            });
        }
        for choice in UiTheme::ALL {
            assert_eq!(Theme::choose(*choice, none), "mono");
        }
    }

    #[test]
    fn the_terminal_decides_what_auto_means() {
        let check = |no_color, term: &str, colorterm: &str, fgbg: &str, expect: &str| {
            let around = Surroundings::of(no_color, term, colorterm, fgbg);
            assert_eq!(Theme::choose(UiTheme::Auto, around), expect, "{term}");
        };
        check(false, "xterm-256color", "truecolor", "", "dark");
        check(false, "xterm-256color", "", "0;15", "light");
        check(false, "xterm", "", "", "ansi");
        check(true, "xterm-256color", "truecolor", "", "mono");
        check(false, "dumb", "", "", "mono");
    }

    #[test]
    fn mistakes_in_a_theme_are_named() {
        let check = |text: &str, expect: &str| {
            let error = Theme::built_in("dark", TRUE).lay_over(text).unwrap_err();
            assert!(error.contains(expect), "{error}");
        };
        check("txt = \"red\"", "did you mean \"text\"?");
        check("text = \"reddish\"", "\"reddish\" is not a colour");
        check("text = \"red shiny\"", "\"shiny\"");
        check("text = 3", "must be a text");
    }

    #[test]
    fn colours_come_down_to_the_nearest() {
        assert_eq!(index(0, 0, 0), 16);
        assert_eq!(index(255, 255, 255), 231);
        assert_eq!(index(128, 128, 128), 244);
        assert_eq!(index(255, 0, 0), 196);
        assert_eq!(sixteen(0xf2, 0x8b, 0x82), Color::Red);
    }
}
