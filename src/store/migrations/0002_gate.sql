-- 0002_gate: see the file of the family of tables.

-- The outbox, and what keeps it shut.
-- In which order messages leave when there is not room for all.
ALTER TABLE execution ADD COLUMN send_class TEXT NOT NULL DEFAULT 'follow_up'
    CHECK (send_class IN ('reply', 'follow_up', 'first_touch'));
-- What not_before is the end of.
ALTER TABLE execution ADD COLUMN waits_for TEXT NOT NULL DEFAULT 'turn' CHECK (waits_for IN ('turn', 'undo_window', 'retry'));
-- When what held it, or the provider that did not know of it, is asked again.
ALTER TABLE execution ADD COLUMN check_at INTEGER;
-- How often the provider said that it does not know the message.
ALTER TABLE execution ADD COLUMN asks INTEGER NOT NULL DEFAULT 0;
CREATE INDEX execution_dead ON execution (settled_at) WHERE status = 'failed';

-- Times at which nothing leaves: a pause that the operator planned, or too many bounces. Kept when they are over, because the days of a pause are no silence.
CREATE TABLE hold (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    kind     TEXT NOT NULL CHECK (kind IN ('pause', 'deliverability')),
    reason   TEXT NOT NULL,
    since    INTEGER NOT NULL,
    -- The planned end of a pause.
    until    INTEGER,
    ended_at INTEGER,
    ended_by TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX hold_in_force ON hold (kind) WHERE ended_at IS NULL;
CREATE INDEX hold_by_end ON hold (kind, ended_at);

CREATE INDEX undo_of_execution ON undo (step ->> 'id') WHERE step ->> 'step' = 'execution';
-- Reports of spam, which are rare.
CREATE INDEX message_complaints ON message (sent_at) WHERE direction = 'in' AND class = 'opt_out' AND label = 'complaint';
CREATE INDEX execution_to ON execution (to_key) WHERE status IN ('sent', 'drafted');
