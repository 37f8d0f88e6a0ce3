//! What may name what: the tables that the layers are held to. `ARCHITECTURE.md` says the same of rooms and floors.

/// Each room, with the rooms that it may name besides itself.
pub const ROOMS: &[(&str, &[&str])] = &[
    ("env", &[]),
    ("secrets", &["env", "domain"]),
    ("telemetry", &["env", "domain"]),
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
            &["error"],
            &["ground"],
            &[
                "outside",
                "road/outcomes",
                "road/sources/scope",
                "undo/reopen",
                "undo/step",
            ],
            &["road/scoring", "undo/change"],
            &["road/intake", "orders"],
            &["handle", "road/sources/mailbox"],
            &["jobs/job", "outside/sign_in"],
            &["road/refresh", "road/sources"],
            &["road/sources/job"],
            &["road"],
            &["effects"],
            &["commands", "features/consent", "features/post"],
            &["features", "undo"],
            &["jobs/registry", "listeners"],
            &["jobs", "open"],
            &["pass", "queries"],
        ],
        is_whole: true,
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
pub const KNOWN_CIRCLES: &[&str] = &[];

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
