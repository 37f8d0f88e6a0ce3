//! What may name what: the tables that the layers are held to. `ARCHITECTURE.md` says the same of rooms and floors.

/// Each room, with the rooms that it may name besides itself.
pub const ROOMS: &[(&str, &[&str])] = &[
    ("env", &[]),
    ("secrets", &["env", "domain"]),
    ("telemetry", &["env"]),
    ("domain", &[]),
    ("config", &["env", "domain"]),
    ("store", &["env", "domain"]),
    ("connectors", &["env", "domain", "secrets"]),
    (
        "engine",
        &["env", "secrets", "domain", "config", "store", "connectors"],
    ),
    ("tui", &["env", "domain", "config", "engine"]),
    ("demo", &["env", "domain", "config", "engine"]),
    ("http", &["env", "domain", "config", "engine"]),
    (
        "cli",
        &[
            "env",
            "secrets",
            "telemetry",
            "domain",
            "config",
            "engine",
            "tui",
            "demo",
            "http",
        ],
    ),
];

/// The order inside a room.
pub struct Floors {
    /// The room.
    pub room: &'static str,
    /// The files and folders, bottom first. What stands on one floor names neither a higher one nor its neighbours.
    pub order: &'static [&'static [&'static str]],
    /// Whether every file of the room must stand on a floor; the room's own `mod.rs` lies above them all.
    pub is_whole: bool,
}

/// The rooms whose inside has an order. A longer entry (`effects/kinds`) wins over the folder that it lies in.
pub const FLOORS: &[Floors] = &[
    Floors {
        room: "engine",
        order: &[
            &["command"],
            &["outcomes", "scoring"],
            &["intake"],
            &["import", "seed", "sync"],
        ],
        is_whole: false,
    },
    Floors {
        room: "tui",
        order: &[
            &["background", "ids", "outside", "terminal", "text", "times"],
            &["action", "looks", "theme"],
            &["keymap", "message"],
            &["context", "jobs"],
            &["intent"],
            &["reader", "screen", "widgets"],
            &["overlays"],
            &["parts", "toasts"],
            &["screens"],
            &["app"],
            &["event_loop"],
        ],
        is_whole: true,
    },
];

/// The most files that may name each other in a circle.
pub const MOST: usize = 3;

/// Larger circles that are known and wait to be taken apart, each as its files. They may lose files; none may grow, and none may be added.
pub const KNOWN_CIRCLES: &[&str] = &[
    "engine/approvals/facts.rs engine/approvals.rs engine/commands/approve.rs engine/commands/moves.rs engine/commands/outbox.rs \
     engine/commands/pause.rs engine/core.rs engine/deed.rs engine/draft.rs engine/drafts.rs engine/execute/carry.rs \
     engine/execute/claim.rs engine/execute/drain.rs engine/execute/mod.rs engine/execute/plan.rs engine/execute/post/drafts.rs \
     engine/execute/post/gmail.rs engine/execute/post/imap.rs engine/execute/post/maildir.rs engine/execute/post/mod.rs \
     engine/execute/render.rs engine/execute/settle.rs engine/gate.rs engine/google.rs engine/hubspot/deeds.rs \
     engine/hubspot/outbox.rs engine/hubspot/undo.rs engine/hubspot/wishes.rs engine/intake/assign.rs engine/intake/deals.rs \
     engine/intake/propose.rs engine/intake.rs engine/mailboxes.rs engine/meetings.rs engine/mod.rs engine/outcomes.rs \
     engine/providers/auth.rs engine/providers/mod.rs engine/providers/standing.rs engine/queries/outbox.rs \
     engine/queries/show.rs engine/queries/today.rs engine/queries/undo.rs engine/queries/when.rs engine/queries/why.rs \
     engine/scoring.rs engine/sources/calendar.rs engine/sources/gmail.rs engine/sources/hubspot/bring.rs \
     engine/sources/hubspot/contacts.rs engine/sources/hubspot/deals.rs engine/sources/hubspot.rs engine/sources/imap.rs \
     engine/sources/mailbox.rs engine/sources/mod.rs engine/sources/timer.rs engine/undo.rs",
];

/// What a room must not name of the world outside.
pub const FOREIGN: &[(&str, &[&str])] = &[
    (
        "domain",
        &[
            "std::fs",
            "std::env",
            "std::net",
            "std::thread",
            "std::process",
            "SystemTime",
            "Instant::now",
            "Timestamp::now",
            "tokio",
            "rusqlite",
            "ratatui",
            "crossterm",
        ],
    ),
    ("config", &["tokio", "rusqlite", "ratatui"]),
    ("connectors", &["rusqlite", "ratatui"]),
    ("store", &["tokio", "ratatui"]),
    ("engine", &["rusqlite", "ratatui", "clap"]),
    ("tui", &["rusqlite", "clap"]),
    ("demo", &["rusqlite", "ratatui", "clap"]),
    ("cli", &["rusqlite", "ratatui"]),
];

/// What only the store may say: all the words of one entry together are SQL.
pub const SQL: &[&[&str]] = &[
    &["SELECT "],
    &["INSERT INTO"],
    &["DELETE FROM"],
    &["UPDATE ", " SET "],
    &["PRAGMA "],
    &["CREATE TABLE"],
];

/// The method that takes SQL.
pub const SQL_METHOD: &str = "prepare_cached";
