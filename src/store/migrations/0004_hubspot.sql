-- What stands in HubSpot, as it was last seen there.
CREATE TABLE hubspot_object (
    kind        TEXT NOT NULL,
    id          TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    -- When it was last brought in: a contact that changed here since was changed by the operator.
    applied_at  INTEGER NOT NULL,
    is_archived INTEGER NOT NULL DEFAULT 0 CHECK (is_archived IN (0, 1)),
    -- The properties that are kept on both sides, as JSON: the base of a three-way merge.
    base        TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

-- How far the reading of each kind is.
CREATE TABLE hubspot_sweep (
    kind          TEXT PRIMARY KEY,
    -- What changed at or after this is read; everything where there is none.
    since         INTEGER,
    -- The last id, or the mark of the next page, of the reading under way.
    last          TEXT NOT NULL DEFAULT '',
    began_at      INTEGER,
    done_at       INTEGER,
    -- When the first reading began: what is older was there before us and is no news.
    horizon       INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE hubspot_stage (
    pipeline       TEXT NOT NULL,
    id             TEXT NOT NULL,
    pipeline_label TEXT NOT NULL,
    label          TEXT NOT NULL,
    position       INTEGER NOT NULL,
    is_closed      INTEGER NOT NULL CHECK (is_closed IN (0, 1)),
    is_won         INTEGER NOT NULL CHECK (is_won IN (0, 1)),
    probability    REAL,
    PRIMARY KEY (pipeline, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE hubspot_owner (
    id    TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    name  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A field that was changed on both sides and that the operator must decide on.
CREATE TABLE hubspot_conflict (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL,
    object_id   TEXT NOT NULL,
    record_id   INTEGER NOT NULL,
    field       TEXT NOT NULL,
    base        TEXT NOT NULL,
    remote      TEXT NOT NULL,
    local       TEXT NOT NULL,
    remote_at   INTEGER,
    found_at    INTEGER NOT NULL,
    resolved_at INTEGER,
    taken       TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX hubspot_conflict_open ON hubspot_conflict (kind, object_id, field) WHERE resolved_at IS NULL;

-- The outbox of writes: a row is committed before its request leaves.
CREATE TABLE hubspot_write (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    -- What makes a second request for the same effect the same.
    key        TEXT NOT NULL UNIQUE,
    operation  TEXT NOT NULL,
    status     TEXT NOT NULL CHECK (status IN ('queued', 'sending', 'sent', 'failed', 'uncertain', 'cancelled')),
    summary    TEXT NOT NULL,
    asked_by   TEXT NOT NULL,
    holder     TEXT NOT NULL DEFAULT '',
    tries      INTEGER NOT NULL DEFAULT 0,
    remote_id  TEXT NOT NULL DEFAULT '',
    error      TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    claimed_at INTEGER,
    settled_at INTEGER
) STRICT;
CREATE INDEX hubspot_write_waiting ON hubspot_write (id) WHERE status IN ('queued', 'sending', 'uncertain');

-- Events that HubSpot's webhooks brought and that no pass has looked into yet.
CREATE TABLE hubspot_event (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    event_key   TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    object_id   TEXT NOT NULL,
    what        TEXT NOT NULL,
    occurred_at INTEGER,
    received_at INTEGER NOT NULL,
    done_at     INTEGER
) STRICT;
CREATE INDEX hubspot_event_waiting ON hubspot_event (id) WHERE done_at IS NULL;

-- What a record held before it was merged away or removed for good.
CREATE TABLE hubspot_snapshot (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    kind      TEXT NOT NULL,
    object_id TEXT NOT NULL,
    taken_at  INTEGER NOT NULL,
    reason    TEXT NOT NULL,
    holds     TEXT NOT NULL
) STRICT;
