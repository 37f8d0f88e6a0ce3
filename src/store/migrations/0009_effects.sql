-- One outbox for every kind of effect, whoever asks for it. Runs without the check of foreign keys, since a table that others refer to is made anew.
CREATE TABLE execution_new (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    -- An open list of words, like kind: validated when read.
    origin              TEXT NOT NULL,
    kind                TEXT NOT NULL,
    -- The move that asked for it; none for a wish of its own.
    move_id             INTEGER REFERENCES move (id),
    contact_id          INTEGER REFERENCES contact (id),
    -- The execution that this one takes back.
    undoes              INTEGER REFERENCES execution (id),
    action              TEXT NOT NULL,
    idempotency_key     TEXT NOT NULL UNIQUE,
    -- Names the effect: no two rows that live have the same. Empty where the same may be asked for again.
    once                TEXT NOT NULL DEFAULT '',
    status              TEXT NOT NULL
                        CHECK (status IN ('queued', 'sending', 'sent', 'drafted', 'failed', 'uncertain', 'cancelled')),
    -- How it ended, as a word; the sentence for the operator stands in error.
    ended               TEXT NOT NULL DEFAULT '',
    mode                TEXT NOT NULL,
    transport           TEXT NOT NULL,
    to_key              TEXT NOT NULL,
    to_domain           TEXT NOT NULL,
    subject             TEXT NOT NULL,
    message_id          TEXT NOT NULL UNIQUE,
    -- Our own name for it on the other side, under which it is looked up.
    mark                TEXT NOT NULL DEFAULT '',
    content_hash        BLOB NOT NULL,
    -- What was approved, as JSON; the message is rendered from it when it is claimed.
    content             TEXT NOT NULL,
    rendered            BLOB,
    -- What was carried out in the end, where a look just before changed it.
    carried             TEXT NOT NULL DEFAULT '',
    -- The other side's name for what came of it.
    remote_id           TEXT NOT NULL DEFAULT '',
    -- Whether it lay ready on disk when it was claimed: then its absence means that it left.
    is_staged           INTEGER NOT NULL DEFAULT 0 CHECK (is_staged IN (0, 1)),
    approved_by         TEXT NOT NULL,
    approved_at         INTEGER NOT NULL,
    approval_expires_at INTEGER NOT NULL,
    -- The operator's wish, not a guard's: nothing is tried before this instant.
    not_before          INTEGER NOT NULL,
    send_class          TEXT NOT NULL DEFAULT 'follow_up' CHECK (send_class IN ('reply', 'follow_up', 'first_touch')),
    waits_for           TEXT NOT NULL DEFAULT 'turn' CHECK (waits_for IN ('turn', 'undo_window', 'retry')),
    check_at            INTEGER,
    asks                INTEGER NOT NULL DEFAULT 0,
    holder              TEXT NOT NULL DEFAULT '',
    claimed_at          INTEGER,
    settled_at          INTEGER,
    tries               INTEGER NOT NULL DEFAULT 0,
    location            TEXT NOT NULL DEFAULT '',
    error               TEXT NOT NULL DEFAULT '',
    answered_at         INTEGER,
    silence_at          INTEGER
) STRICT;

INSERT INTO execution_new (id, origin, kind, move_id, contact_id, action, idempotency_key, once, status, ended, mode, transport, to_key, to_domain,
    subject, message_id, content_hash, content, rendered, is_staged, approved_by, approved_at, approval_expires_at, not_before, send_class, waits_for,
    check_at, asks, holder, claimed_at, settled_at, tries, location, error, answered_at, silence_at)
SELECT id, 'move', kind, move_id, contact_id, action, idempotency_key,
    CASE
        WHEN kind = 'meeting' AND content_hash IS NOT NULL AND json_valid(content)
            THEN 'meeting:' || coalesce(contact_id, 0) || ':' || coalesce(unixepoch(content ->> '$.event.start'), 0)
        ELSE kind || ':' || substr(idempotency_key, instr(idempotency_key, ':') + 1)
    END,
    status,
    CASE
        WHEN status = 'drafted' OR (status = 'sent' AND location NOT LIKE 'unknown:%') THEN 'done'
        WHEN status = 'sent' THEN 'closed'
        WHEN status = 'cancelled' THEN 'withdrawn'
        WHEN status = 'failed' AND tries > 3 THEN 'gave_up'
        WHEN status = 'failed' THEN 'refused'
        ELSE ''
    END,
    mode, transport, to_key, to_domain, subject, message_id, content_hash, content, rendered, is_staged, approved_by, approved_at, approval_expires_at,
    not_before, send_class, waits_for, check_at, asks, holder, claimed_at, settled_at, tries, location, error, answered_at, silence_at
FROM execution;
-- Of two that were asked for by two roads, the newest keeps the name.
UPDATE execution_new SET once = '' WHERE status NOT IN ('failed', 'cancelled') AND EXISTS (
    SELECT 1 FROM execution_new later WHERE later.once = execution_new.once AND later.id > execution_new.id AND later.status NOT IN ('failed', 'cancelled'));
UPDATE sqlite_sequence SET seq = max(seq, (SELECT seq FROM sqlite_sequence WHERE name = 'execution'))
WHERE name = 'execution_new' AND EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'execution');
DROP TABLE execution;
ALTER TABLE execution_new RENAME TO execution;

CREATE UNIQUE INDEX execution_once ON execution (once) WHERE once <> '' AND status NOT IN ('failed', 'cancelled');
CREATE INDEX execution_waiting ON execution (status, id) WHERE status IN ('queued', 'sending', 'uncertain');
CREATE INDEX execution_by_move ON execution (move_id) WHERE move_id IS NOT NULL;
CREATE INDEX execution_undoing ON execution (undoes, id) WHERE undoes IS NOT NULL;
CREATE INDEX execution_sent ON execution (settled_at) WHERE status = 'sent';
CREATE INDEX execution_sent_to ON execution (contact_id, settled_at) WHERE status = 'sent';
CREATE INDEX execution_silence ON execution (silence_at) WHERE silence_at IS NOT NULL AND answered_at IS NULL;
CREATE INDEX execution_dead ON execution (settled_at) WHERE status = 'failed';
CREATE INDEX execution_to ON execution (to_key) WHERE status IN ('sent', 'drafted');
CREATE INDEX execution_by_approval ON execution (approved_at);
CREATE INDEX execution_timeline ON execution (contact_id, approved_at) WHERE contact_id IS NOT NULL;
CREATE INDEX execution_counted ON execution (settled_at, status, contact_id, to_key, action, approved_by, kind, origin) WHERE settled_at IS NOT NULL;

-- The move that an effect closed besides its own: a booking closes the move that asked for it, and opens it again when it is taken back.
ALTER TABLE move ADD COLUMN closed_by INTEGER REFERENCES execution (id);
CREATE INDEX move_closed_by ON move (closed_by) WHERE closed_by IS NOT NULL;

-- A booking is the record of a meeting that exists, or did.
CREATE TABLE booking_new (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    execution_id INTEGER UNIQUE REFERENCES execution (id),
    calendar     TEXT NOT NULL,
    event        TEXT NOT NULL UNIQUE,
    contact_id   INTEGER NOT NULL REFERENCES contact (id),
    starts_at    INTEGER NOT NULL,
    ends_at      INTEGER NOT NULL,
    content      TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('booked', 'failed', 'taken_back')),
    error        TEXT NOT NULL DEFAULT '',
    at           INTEGER NOT NULL
) STRICT;
