//! The keys and their meanings by place, read from `assets/keymap.toml` with the operator's own file over it.
//!
//! Within one place a key has one meaning, and a key that two screens bind means the same on both.

mod chord;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use toml::Spanned;

pub use chord::Chord;

use super::action::KeyAction;
use super::ids::ScreenId;
use crate::domain::UnknownWord;

/// The built-in keymap file.
pub const BUILT_IN: &str = include_str!("../../../assets/keymap.toml");

/// A place in which keys hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyContext {
    /// Every screen.
    Screen,
    /// One screen, beside the keys of every screen.
    On(ScreenId),
    /// A question.
    Confirm,
    /// A text to be read.
    Viewer,
    /// The look at a file before it is imported.
    Import,
    /// A choice without typing.
    List,
    /// A choice by typing.
    Picker,
    /// Words that narrow the list.
    Find,
    /// A draft that is being written.
    Editor,
}

impl KeyContext {
    /// Lists every place.
    pub fn all() -> impl Iterator<Item = Self> {
        let screens = ScreenId::ALL.iter().copied().map(Self::On);
        std::iter::once(Self::Screen).chain(screens).chain([
            Self::Confirm,
            Self::Viewer,
            Self::Import,
            Self::List,
            Self::Picker,
            Self::Find,
            Self::Editor,
        ])
    }

    /// Returns the name of the place's table in the keymap file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Screen => "screen",
            Self::On(screen) => screen.word(),
            Self::Confirm => "confirm",
            Self::Viewer => "viewer",
            Self::Import => "import",
            Self::List => "list",
            Self::Picker => "picker",
            Self::Find => "find",
            Self::Editor => "editor",
        }
    }

    /// Returns the wider place whose keys hold here too.
    #[must_use]
    pub const fn parent(self) -> Option<Self> {
        match self {
            Self::On(_) => Some(Self::Screen),
            Self::Screen
            | Self::Confirm
            | Self::Viewer
            | Self::Import
            | Self::List
            | Self::Picker
            | Self::Find
            | Self::Editor => None,
        }
    }

    /// Tells whether characters are text here.
    #[must_use]
    pub const fn takes_text(self) -> bool {
        matches!(self, Self::Picker | Self::Find | Self::Editor)
    }
}

impl fmt::Display for KeyContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The names of all places.
static PLACES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| KeyContext::all().map(KeyContext::as_str).collect());

impl FromStr for KeyContext {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::all()
            .find(|place| place.as_str() == text)
            .ok_or_else(|| UnknownWord::new("a place of the keymap", text, PLACES.as_slice()))
    }
}

/// Keys one after another that mean one action in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The place.
    pub context: KeyContext,
    /// The keys, at least one.
    pub keys: Vec<Chord>,
    /// The meaning.
    pub action: KeyAction,
}

/// The meaning of the keys pressed so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// They mean this.
    Action(KeyAction),
    /// More must follow: the next key and the meaning of each continuation.
    Prefix(Vec<(Chord, KeyAction)>),
    /// They mean nothing here.
    Unbound,
}

/// All bindings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

/// A mistake in a keymap file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("keymap.toml:{line}: {message}.")]
pub struct KeymapError {
    /// The line, from 1.
    pub line: usize,
    /// The mistake.
    pub message: String,
}

type File = BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Vec<Spanned<String>>>>;

struct Entry {
    context: KeyContext,
    action: KeyAction,
    keys: Vec<(Vec<Chord>, usize)>,
}

impl Keymap {
    /// Reads the built-in keymap with the operator's own file over it.
    ///
    /// # Errors
    /// Names the line of the first mistake in the operator's file.
    pub fn load(own: Option<&str>) -> Result<Self, KeymapError> {
        let mut keymap = Self {
            bindings: Vec::new(),
        };
        keymap.lay_over(BUILT_IN)?;
        if let Some(own) = own {
            keymap.lay_over(own)?;
        }
        Ok(keymap)
    }

    fn lay_over(&mut self, text: &str) -> Result<(), KeymapError> {
        let entries = read(text)?;
        // Two meanings for one key within one file are a mistake; over another file, the later one wins.
        let mut seen: Vec<Binding> = Vec::new();
        for entry in &entries {
            for (keys, line) in &entry.keys {
                let error = |message: String| KeymapError {
                    line: *line,
                    message,
                };
                if entry.context.takes_text() && keys.first().is_some_and(|k| k.is_text()) {
                    return Err(error(format!(
                        "\"{}\" is text in [{}] and cannot be bound there",
                        show(keys),
                        entry.context
                    )));
                }
                let binding = Binding {
                    context: entry.context,
                    keys: keys.clone(),
                    action: entry.action,
                };
                if let Some(other) = seen.iter().find(|other| clashes(other, &binding)) {
                    return Err(error(if other.keys == binding.keys {
                        format!(
                            "\"{}\" already means {} in [{}]",
                            show(keys),
                            other.action,
                            other.context
                        )
                    } else {
                        format!(
                            "\"{}\" and \"{}\" cannot both be bound: one begins the other",
                            show(&other.keys),
                            show(keys)
                        )
                    }));
                }
                seen.push(binding);
            }
        }
        self.bindings.retain(|old| {
            !entries
                .iter()
                .any(|e| e.context == old.context && e.action == old.action)
                && !seen.iter().any(|new| clashes(old, new))
        });
        self.bindings.append(&mut seen);
        Ok(())
    }

    /// Returns every binding.
    #[must_use]
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// Returns the bindings that hold in `context`, its parent's among them.
    pub fn within(&self, context: KeyContext) -> impl Iterator<Item = &Binding> {
        self.bindings
            .iter()
            .filter(move |b| b.context == context || Some(b.context) == context.parent())
    }

    /// Tells what the keys pressed so far mean in `context`.
    #[must_use]
    pub fn resolve(&self, context: KeyContext, pressed: &[Chord]) -> Resolution {
        let mut next = Vec::new();
        for binding in self.within(context) {
            if binding.keys == pressed {
                return Resolution::Action(binding.action);
            }
            if binding.keys.starts_with(pressed)
                && let Some(key) = binding.keys.get(pressed.len())
            {
                next.push((*key, binding.action));
            }
        }
        if next.is_empty() {
            Resolution::Unbound
        } else {
            Resolution::Prefix(next)
        }
    }

    /// Returns the first key of an action in `context`, as it is printed; empty if it has none.
    #[must_use]
    pub fn key(&self, context: KeyContext, action: KeyAction) -> String {
        self.within(context)
            .find(|b| b.action == action)
            .map(|b| show(&b.keys))
            .unwrap_or_default()
    }

    /// Returns the keys of an action that are bound in `context` itself, as they are printed.
    #[must_use]
    pub fn own_keys(&self, context: KeyContext, action: KeyAction) -> Vec<String> {
        self.bindings
            .iter()
            .filter(|b| b.context == context && b.action == action)
            .map(|b| show(&b.keys))
            .collect()
    }

    /// Returns all keys of an action in `context`, as they are printed.
    #[must_use]
    pub fn keys(&self, context: KeyContext, action: KeyAction) -> Vec<String> {
        self.within(context)
            .filter(|b| b.action == action)
            .map(|b| show(&b.keys))
            .collect()
    }
}

fn show(keys: &[Chord]) -> String {
    keys.iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Tells whether two bindings of different meaning cannot stand together: same keys, or one begins the other, where both hold. On two screens
/// a key may have the same meaning, and never another one.
fn clashes(a: &Binding, b: &Binding) -> bool {
    let meet = a.context == b.context
        || a.context.parent() == Some(b.context)
        || b.context.parent() == Some(a.context);
    let sisters = a.context != b.context
        && a.context.parent().is_some()
        && a.context.parent() == b.context.parent()
        && a.action != b.action;
    (meet || sisters) && (a.keys.starts_with(&b.keys) || b.keys.starts_with(&a.keys))
}

fn read(text: &str) -> Result<Vec<Entry>, KeymapError> {
    let line = |offset: usize| {
        text.get(..offset)
            .map_or(1, |before| before.matches('\n').count() + 1)
    };
    let at = |offset: usize, message: String| KeymapError {
        line: line(offset),
        message: message.trim_end_matches('.').to_owned(),
    };
    let file: File = toml::from_str(text).map_err(|e| {
        at(
            e.span().map_or(0, |span| span.start),
            e.message().to_owned(),
        )
    })?;
    let mut entries = Vec::new();
    for (context, actions) in file {
        let place: KeyContext = context
            .get_ref()
            .parse()
            .map_err(|e: UnknownWord| at(context.span().start, e.to_string()))?;
        for (action, keys) in actions {
            let meaning: KeyAction = action
                .get_ref()
                .parse()
                .map_err(|e: UnknownWord| at(action.span().start, e.to_string()))?;
            let keys = keys
                .iter()
                .map(|key| {
                    let chords = key
                        .get_ref()
                        .split_whitespace()
                        .map(str::parse)
                        .collect::<Result<Vec<Chord>, String>>()
                        .map_err(|e| at(key.span().start, e))?;
                    if chords.is_empty() {
                        return Err(at(key.span().start, "an empty text is not a key".into()));
                    }
                    Ok((chords, line(key.span().start)))
                })
                .collect::<Result<_, _>>()?;
            entries.push(Entry {
                context: place,
                action: meaning,
                keys,
            });
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests;
