-- What the console's screens page by.

-- The timeline of a person or a deal: everything about them by time.
CREATE INDEX message_by_signal ON message (signal_id) WHERE signal_id IS NOT NULL;
CREATE INDEX move_timeline ON move (contact_id, created_at) WHERE contact_id IS NOT NULL;
CREATE INDEX move_closed_timeline ON move (contact_id, closed_at) WHERE contact_id IS NOT NULL AND closed_at IS NOT NULL;
CREATE INDEX move_of_deal ON move (deal_id, created_at) WHERE deal_id IS NOT NULL;
CREATE INDEX execution_timeline ON execution (contact_id, approved_at) WHERE contact_id IS NOT NULL;

-- How many moves are due, for the terminal's title.
CREATE INDEX move_due ON move (due_at) WHERE status = 'open';

-- The list of people, those in touch last first.
CREATE INDEX contact_in_touch ON contact (coalesce(last_contact_at, 0), id);
-- What the console's screens read: kept counts and indexes, so that a look costs the same at a hundred rows and at a million.

-- How many signals each source has brought of each kind, so that no face has to count them.
CREATE TABLE signal_count (
    source TEXT NOT NULL,
    kind   TEXT NOT NULL,
    state  TEXT NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (source, kind, state)
) STRICT, WITHOUT ROWID;
INSERT INTO signal_count (source, kind, state, n) SELECT source, kind, state, count(*) FROM signal GROUP BY source, kind, state;
CREATE TRIGGER signal_count_insert AFTER INSERT ON signal BEGIN
    INSERT INTO signal_count (source, kind, state, n) VALUES (new.source, new.kind, new.state, 1)
    ON CONFLICT (source, kind, state) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER signal_count_delete AFTER DELETE ON signal BEGIN
    UPDATE signal_count SET n = n - 1 WHERE source = old.source AND kind = old.kind AND state = old.state;
END;
CREATE TRIGGER signal_count_update AFTER UPDATE OF state ON signal WHEN old.state <> new.state BEGIN
    UPDATE signal_count SET n = n - 1 WHERE source = old.source AND kind = old.kind AND state = old.state;
    INSERT INTO signal_count (source, kind, state, n) VALUES (new.source, new.kind, new.state, 1)
    ON CONFLICT (source, kind, state) DO UPDATE SET n = n + 1;
END;

-- The feed by source and by kind. The row's number is the last column of every index, so that (when, number) is a key to page by.
CREATE INDEX signal_by_source ON signal (source, occurred_at);
CREATE INDEX signal_by_kind ON signal (kind, occurred_at);
CREATE INDEX signal_unmatched_by_source ON signal (source, occurred_at) WHERE state = 'unmatched';
CREATE INDEX signal_unmatched_by_kind ON signal (kind, occurred_at) WHERE state = 'unmatched';

-- What came of a signal, and what metrics join; an outcome that was taken back counts nowhere.
CREATE INDEX outcome_by_signal ON outcome (signal_id) WHERE signal_id IS NOT NULL;
CREATE INDEX outcome_counted ON outcome (kind, occurred_at, contact_id, execution_id, undone_at) WHERE undone_at IS NULL;

-- Everything that metrics read of executions: the rows themselves hold whole messages.
CREATE INDEX execution_counted ON execution (settled_at, status, contact_id, to_key, action, approved_by) WHERE settled_at IS NOT NULL;

-- Everything that metrics read of closed moves, and how often each rule made one.
CREATE INDEX move_counted ON move (closed_at, status, action) WHERE closed_at IS NOT NULL;
CREATE INDEX move_by_rule ON move (rule, status, created_at);

-- The trail is looked through by event and by subject; its own order is that of its rows.
CREATE INDEX IF NOT EXISTS audit_by_event ON audit (event);
CREATE INDEX IF NOT EXISTS audit_by_subject ON audit (subject);
