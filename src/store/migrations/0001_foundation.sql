-- Times are integer milliseconds UTC. Ids are never used twice where something outside may remember them.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Rows that several processes must agree on at once: the kill switch.
CREATE TABLE control (
    key    TEXT PRIMARY KEY,
    value  TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO control (key, value, at) VALUES ('kill_switch', 'running', 0);

CREATE TABLE company (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL,
    name_key   TEXT NOT NULL,
    domain     TEXT,
    industry   TEXT NOT NULL DEFAULT '',
    icp_fit    REAL CHECK (icp_fit BETWEEN 0 AND 1),
    is_logo    INTEGER NOT NULL DEFAULT 0 CHECK (is_logo IN (0, 1)),
    is_partner INTEGER NOT NULL DEFAULT 0 CHECK (is_partner IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX company_by_domain ON company (domain) WHERE domain IS NOT NULL;
CREATE INDEX company_by_name ON company (name_key);

CREATE TABLE contact (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    first_name       TEXT NOT NULL DEFAULT '',
    last_name        TEXT NOT NULL DEFAULT '',
    email            TEXT NOT NULL DEFAULT '',
    phone            TEXT NOT NULL DEFAULT '',
    mobile           TEXT NOT NULL DEFAULT '',
    title            TEXT NOT NULL DEFAULT '',
    company_id       INTEGER REFERENCES company (id),
    city             TEXT NOT NULL DEFAULT '',
    state            TEXT NOT NULL DEFAULT '',
    country          TEXT NOT NULL DEFAULT '',
    time_zone        TEXT NOT NULL DEFAULT '',
    linkedin         TEXT NOT NULL DEFAULT '',
    stage            TEXT NOT NULL DEFAULT 'lead'
                     -- Not IN: SQLite builds a table of its list for each row that is checked.
                     CHECK (stage = 'subscriber' OR stage = 'lead' OR stage = 'opportunity' OR stage = 'customer'
                            OR stage = 'former_customer' OR stage = 'other' OR stage = 'do_not_contact'),
    icp_fit          REAL CHECK (icp_fit BETWEEN 0 AND 1),
    renewal_at       INTEGER,
    notes            TEXT NOT NULL DEFAULT '',
    -- Of the record as it was last imported, so that an unchanged row costs one comparison.
    fingerprint      INTEGER NOT NULL DEFAULT 0,
    -- The last mail, meeting or visit either way; none where nothing is known of the past.
    last_contact_at  INTEGER,
    paused_until     INTEGER,
    pause_reason     TEXT NOT NULL DEFAULT '',
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX contact_by_company ON contact (company_id) WHERE company_id IS NOT NULL;
CREATE INDEX contact_customers ON contact (last_contact_at) WHERE stage = 'customer' AND last_contact_at IS NOT NULL;
CREATE INDEX contact_renewals ON contact (renewal_at) WHERE renewal_at IS NOT NULL;

-- Every address that a contact is known by, in lower case.
CREATE TABLE contact_email (
    key        TEXT PRIMARY KEY,
    contact_id INTEGER NOT NULL REFERENCES contact (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_email_by_contact ON contact_email (contact_id);

-- A file may hold several rows about one person. `contact.fingerprint` is of the last of them; these are of all,
-- kept only where there is more than one, so that importing the file again changes nothing.
CREATE TABLE contact_row_seen (
    contact_id  INTEGER NOT NULL REFERENCES contact (id) ON DELETE CASCADE,
    fingerprint INTEGER NOT NULL,
    PRIMARY KEY (contact_id, fingerprint)
) STRICT, WITHOUT ROWID;

CREATE TABLE external_id (
    kind      TEXT NOT NULL CHECK (kind = 'contact' OR kind = 'company' OR kind = 'deal'),
    system    TEXT NOT NULL,
    external  TEXT NOT NULL,
    record_id INTEGER NOT NULL,
    -- What differs most comes first: most comparisons end there.
    PRIMARY KEY (external, system, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX external_id_by_record ON external_id (record_id, kind);

-- The prefix index is for the first key of every search, which has the most hits.
CREATE VIRTUAL TABLE contact_search USING fts5 (
    name, email, company,
    content = '', contentless_delete = 1, detail = column, prefix = '1',
    tokenize = "unicode61 remove_diacritics 2"
);

CREATE TABLE deal (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    name             TEXT NOT NULL,
    company_id       INTEGER REFERENCES company (id),
    contact_id       INTEGER REFERENCES contact (id),
    amount           INTEGER,
    currency         TEXT NOT NULL DEFAULT '',
    pipeline         TEXT NOT NULL DEFAULT 'default',
    stage            TEXT NOT NULL DEFAULT '',
    stage_position   INTEGER,
    is_closed        INTEGER NOT NULL DEFAULT 0 CHECK (is_closed IN (0, 1)),
    is_won           INTEGER NOT NULL DEFAULT 0 CHECK (is_won IN (0, 1)),
    renewal_at       INTEGER,
    expires_at       INTEGER,
    -- The instant of the newest event that was applied: a late one must not turn the record back.
    as_of            INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX deal_by_contact ON deal (contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX deal_by_company ON deal (company_id) WHERE company_id IS NOT NULL;
CREATE INDEX deal_renewals ON deal (renewal_at) WHERE renewal_at IS NOT NULL;
CREATE INDEX deal_expiries ON deal (expires_at) WHERE expires_at IS NOT NULL AND is_closed = 0;

CREATE TABLE meeting (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    uid        TEXT NOT NULL UNIQUE,
    contact_id INTEGER REFERENCES contact (id),
    title      TEXT NOT NULL DEFAULT '',
    starts_at  INTEGER NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('booked', 'held', 'no_show', 'declined')),
    as_of      INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX meeting_ahead ON meeting (starts_at) WHERE state = 'booked';
CREATE INDEX meeting_by_contact ON meeting (contact_id);

CREATE TABLE signal (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    source      TEXT NOT NULL,
    external_id TEXT NOT NULL DEFAULT '',
    kind        TEXT NOT NULL,
    version     INTEGER NOT NULL DEFAULT 0,
    occurred_at INTEGER NOT NULL,
    seen_at     INTEGER NOT NULL,
    email       TEXT NOT NULL DEFAULT '',
    contact_id  INTEGER REFERENCES contact (id),
    deal_id     INTEGER REFERENCES deal (id),
    state       TEXT NOT NULL CHECK (state IN ('matched', 'unmatched')),
    payload     TEXT NOT NULL,
    hash        BLOB NOT NULL UNIQUE
) STRICT;
CREATE UNIQUE INDEX signal_once ON signal (source, external_id, kind, version) WHERE external_id <> '';
CREATE INDEX signal_by_contact ON signal (contact_id, occurred_at) WHERE contact_id IS NOT NULL;
CREATE INDEX signal_by_deal ON signal (deal_id, occurred_at) WHERE deal_id IS NOT NULL;
CREATE INDEX signal_replies ON signal (contact_id, occurred_at) WHERE kind = 'mail.reply_received' AND contact_id IS NOT NULL;
CREATE INDEX signal_by_time ON signal (occurred_at);
CREATE INDEX signal_unmatched ON signal (occurred_at) WHERE state = 'unmatched';

CREATE TABLE source_state (
    name          TEXT PRIMARY KEY,
    cursor        TEXT NOT NULL DEFAULT '',
    last_run_at   INTEGER,
    last_clean_at INTEGER,
    last_error    TEXT NOT NULL DEFAULT '',
    failures      INTEGER NOT NULL DEFAULT 0,
    seen          INTEGER NOT NULL DEFAULT 0,
    new           INTEGER NOT NULL DEFAULT 0,
    matched       INTEGER NOT NULL DEFAULT 0,
    dropped       INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE source_drop (
    name   TEXT NOT NULL,
    reason TEXT NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (name, reason)
) STRICT, WITHOUT ROWID;

-- The unique names of the Maildir files that were read: a Maildir has no order that a cursor could follow.
CREATE TABLE maildir_seen (
    source      TEXT NOT NULL,
    unique_name TEXT NOT NULL,
    PRIMARY KEY (source, unique_name)
) STRICT, WITHOUT ROWID;

CREATE TABLE move (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    -- 'contact:12' or 'deal:7' or 'signal:3': what there is one open move of a family about.
    subject        TEXT NOT NULL,
    family         TEXT NOT NULL,
    contact_id     INTEGER REFERENCES contact (id),
    -- The contact's stage, kept here by a trigger so that scoring many moves need not visit every contact.
    stage          TEXT NOT NULL DEFAULT '',
    deal_id        INTEGER REFERENCES deal (id),
    lead_signal_id INTEGER NOT NULL REFERENCES signal (id),
    action         TEXT NOT NULL,
    domain         TEXT NOT NULL CHECK (domain IN ('sales', 'marketing', 'cs')),
    status         TEXT NOT NULL
                   CHECK (status IN ('open', 'snoozed', 'approved', 'executing', 'done', 'skipped', 'expired')),
    title          TEXT NOT NULL,
    rule           TEXT NOT NULL,
    template       TEXT NOT NULL DEFAULT '',
    revenue        REAL NOT NULL CHECK (revenue BETWEEN 0 AND 1),
    urgency        REAL NOT NULL CHECK (urgency BETWEEN 0 AND 1),
    effort         REAL NOT NULL CHECK (effort BETWEEN 0 AND 1),
    strategic      REAL NOT NULL CHECK (strategic BETWEEN 0 AND 1),
    revenue_why    TEXT NOT NULL,
    urgency_why    TEXT NOT NULL,
    strategic_why  TEXT NOT NULL,
    -- Hundredths of a point, as of the last scoring; it holds until changes_at.
    score          INTEGER NOT NULL,
    started_at     INTEGER NOT NULL,
    due_at         INTEGER NOT NULL,
    -- The next instant at which the row needs a look: a step of the score, or the end of a snooze.
    changes_at     INTEGER NOT NULL,
    snoozed_until  INTEGER,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    closed_at      INTEGER,
    close_reason   TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX move_one_of_a_family ON move (subject, family) WHERE status IN ('open', 'snoozed', 'approved', 'executing');
CREATE INDEX move_today ON move (score DESC, due_at, created_at, id) WHERE status = 'open';
CREATE INDEX move_today_by_domain ON move (domain, score DESC, due_at, created_at, id) WHERE status = 'open';
CREATE INDEX move_changes ON move (changes_at) WHERE status IN ('open', 'snoozed');
-- Tasks that may be overdue.
CREATE INDEX move_tasks_due ON move (due_at) WHERE status = 'open' AND family = 'task';
CREATE INDEX move_by_contact ON move (contact_id, status) WHERE contact_id IS NOT NULL;
CREATE INDEX move_by_subject ON move (subject, family, closed_at);

CREATE TRIGGER move_stage AFTER UPDATE OF stage ON contact WHEN old.stage <> new.stage BEGIN
    UPDATE move SET stage = new.stage, changes_at = 0 WHERE contact_id = new.id AND status IN ('open', 'snoozed', 'approved', 'executing');
END;

-- How many open moves each domain has, so that no face has to count them.
CREATE TABLE open_count (
    domain TEXT PRIMARY KEY,
    n      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO open_count (domain, n) VALUES ('sales', 0), ('marketing', 0), ('cs', 0);
CREATE TRIGGER open_count_insert AFTER INSERT ON move WHEN new.status = 'open' BEGIN
    UPDATE open_count SET n = n + 1 WHERE domain = new.domain;
END;
CREATE TRIGGER open_count_delete AFTER DELETE ON move WHEN old.status = 'open' BEGIN
    UPDATE open_count SET n = n - 1 WHERE domain = old.domain;
END;
CREATE TRIGGER open_count_update AFTER UPDATE OF status, domain ON move
WHEN old.status <> new.status OR old.domain <> new.domain BEGIN
    UPDATE open_count SET n = n - 1 WHERE domain = old.domain AND old.status = 'open';
    UPDATE open_count SET n = n + 1 WHERE domain = new.domain AND new.status = 'open';
END;

CREATE TABLE move_signal (
    move_id   INTEGER NOT NULL REFERENCES move (id) ON DELETE CASCADE,
    signal_id INTEGER NOT NULL REFERENCES signal (id),
    PRIMARY KEY (move_id, signal_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX move_signal_by_signal ON move_signal (signal_id);

-- Only what the operator wrote; a draft that nobody touched is made anew from its template.
CREATE TABLE draft (
    move_id    INTEGER PRIMARY KEY REFERENCES move (id) ON DELETE CASCADE,
    subject    TEXT NOT NULL,
    body       TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE execution (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    move_id             INTEGER NOT NULL REFERENCES move (id),
    contact_id          INTEGER REFERENCES contact (id),
    action              TEXT NOT NULL,
    idempotency_key     TEXT NOT NULL UNIQUE,
    status              TEXT NOT NULL
                        CHECK (status IN ('queued', 'sending', 'sent', 'drafted', 'failed', 'uncertain', 'cancelled')),
    mode                TEXT NOT NULL,
    transport           TEXT NOT NULL,
    to_key              TEXT NOT NULL,
    to_domain           TEXT NOT NULL,
    subject             TEXT NOT NULL,
    message_id          TEXT NOT NULL UNIQUE,
    content_hash        BLOB NOT NULL,
    -- What was approved, as JSON; the message is rendered from it when it is claimed.
    content             TEXT NOT NULL,
    rendered            BLOB,
    -- Whether it lay ready on disk when it was claimed: then its absence means that it left.
    is_staged           INTEGER NOT NULL DEFAULT 0 CHECK (is_staged IN (0, 1)),
    approved_by         TEXT NOT NULL,
    approved_at         INTEGER NOT NULL,
    approval_expires_at INTEGER NOT NULL,
    -- The operator's wish, not a guard's: nothing is tried before this instant.
    not_before          INTEGER NOT NULL,
    holder              TEXT NOT NULL DEFAULT '',
    claimed_at          INTEGER,
    settled_at          INTEGER,
    tries               INTEGER NOT NULL DEFAULT 0,
    location            TEXT NOT NULL DEFAULT '',
    error               TEXT NOT NULL DEFAULT '',
    answered_at         INTEGER,
    silence_at          INTEGER
) STRICT;
CREATE INDEX execution_waiting ON execution (status, id) WHERE status IN ('queued', 'sending', 'uncertain');
CREATE INDEX execution_by_move ON execution (move_id);
CREATE INDEX execution_sent ON execution (settled_at) WHERE status = 'sent';
CREATE INDEX execution_sent_to ON execution (contact_id, settled_at) WHERE status = 'sent';
CREATE INDEX execution_silence ON execution (silence_at) WHERE silence_at IS NOT NULL AND answered_at IS NULL;

CREATE TABLE verdict (
    execution_id INTEGER NOT NULL REFERENCES execution (id) ON DELETE CASCADE,
    phase        TEXT NOT NULL CHECK (phase IN ('approval', 'claim')),
    position     INTEGER NOT NULL,
    guard        TEXT NOT NULL,
    passed       INTEGER NOT NULL CHECK (passed IN (0, 1)),
    detail       TEXT NOT NULL,
    clears_at    INTEGER,
    PRIMARY KEY (execution_id, phase, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE message (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    direction    TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    message_id   TEXT NOT NULL,
    thread_id    INTEGER NOT NULL,
    contact_id   INTEGER REFERENCES contact (id),
    execution_id INTEGER REFERENCES execution (id),
    signal_id    INTEGER REFERENCES signal (id),
    from_address TEXT NOT NULL,
    to_address   TEXT NOT NULL,
    subject      TEXT NOT NULL,
    base_subject TEXT NOT NULL,
    sent_at      INTEGER NOT NULL,
    in_reply_to  TEXT NOT NULL DEFAULT '',
    refs         TEXT NOT NULL DEFAULT '',
    text         TEXT NOT NULL,
    class        TEXT NOT NULL DEFAULT '',
    label        TEXT NOT NULL DEFAULT '',
    confidence   REAL NOT NULL DEFAULT 1,
    source       TEXT NOT NULL,
    file         TEXT NOT NULL DEFAULT '',
    UNIQUE (message_id, direction)
) STRICT;
CREATE INDEX message_by_contact ON message (contact_id, sent_at) WHERE contact_id IS NOT NULL;
CREATE INDEX message_by_thread ON message (thread_id, sent_at);

CREATE TABLE outcome (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    kind         TEXT NOT NULL,
    contact_id   INTEGER REFERENCES contact (id),
    deal_id      INTEGER REFERENCES deal (id),
    move_id      INTEGER REFERENCES move (id),
    execution_id INTEGER REFERENCES execution (id),
    signal_id    INTEGER REFERENCES signal (id),
    family       TEXT NOT NULL DEFAULT '',
    segment      TEXT NOT NULL DEFAULT '',
    source       TEXT NOT NULL,
    confidence   REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    occurred_at  INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    note         TEXT NOT NULL DEFAULT '',
    -- What makes a second sighting of the same outcome the same.
    once         TEXT NOT NULL UNIQUE,
    undone_at    INTEGER
) STRICT;
CREATE INDEX outcome_by_time ON outcome (occurred_at);
CREATE INDEX outcome_by_move ON outcome (move_id) WHERE move_id IS NOT NULL;
CREATE INDEX outcome_by_deal ON outcome (deal_id) WHERE deal_id IS NOT NULL;
CREATE INDEX outcome_by_contact ON outcome (contact_id, occurred_at) WHERE contact_id IS NOT NULL;

CREATE TABLE outcome_tally (
    scope  TEXT NOT NULL,
    day    INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    impact INTEGER NOT NULL,
    PRIMARY KEY (scope, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE suppression (
    value      TEXT PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('address', 'domain')),
    reason     TEXT NOT NULL,
    source     TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE undo (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    summary   TEXT NOT NULL,
    -- What comes back and what cannot, said before it is asked for.
    promise   TEXT NOT NULL,
    step      TEXT NOT NULL,
    -- The entry that this one took back: undoing again walks on past it, and taking it back by its number does that again.
    undoes    INTEGER REFERENCES undo (id),
    undone_at INTEGER
) STRICT;
CREATE INDEX undo_open ON undo (id) WHERE undone_at IS NULL AND undoes IS NULL;

CREATE TABLE audit (
    seq      INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    event    TEXT NOT NULL,
    subject  TEXT NOT NULL,
    detail   TEXT NOT NULL,
    previous BLOB NOT NULL,
    hash     BLOB NOT NULL UNIQUE
) STRICT;
CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;

CREATE TABLE event (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL
) STRICT;
