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
-- Approval by rules.
-- What rules decided, with the facts as they were, so that other rules can be asked about the same past.
CREATE TABLE approval_decision (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    move_id           INTEGER NOT NULL REFERENCES move (id) ON DELETE CASCADE,
    at                INTEGER NOT NULL,
    verdict           TEXT NOT NULL CHECK (verdict IN ('allow', 'deny', 'operator')),
    -- Who decided: a rule, the program itself, or nobody.
    kind              TEXT NOT NULL CHECK (kind IN ('rule', 'hard', 'nobody')),
    -- The rule's name, or the word of the hard denial.
    decider           TEXT NOT NULL,
    version           INTEGER NOT NULL DEFAULT 0,
    confidence        REAL CHECK (confidence BETWEEN 0 AND 1),
    reason            TEXT NOT NULL,
    -- The first rule in shadow that would have decided instead; empty if there is none.
    shadow_rule       TEXT NOT NULL DEFAULT '',
    shadow_verdict    TEXT NOT NULL DEFAULT '',
    shadow_version    INTEGER NOT NULL DEFAULT 0,
    shadow_confidence REAL,
    shadow_reason     TEXT NOT NULL DEFAULT '',
    rules_hash        BLOB NOT NULL,
    inputs_hash       BLOB NOT NULL,
    facts             TEXT NOT NULL
) STRICT;
CREATE INDEX approval_decision_by_move ON approval_decision (move_id, id);
CREATE INDEX approval_decision_by_time ON approval_decision (at);
CREATE INDEX approval_decision_by_rule ON approval_decision (decider, at) WHERE kind = 'rule';
CREATE INDEX approval_decision_by_shadow ON approval_decision (shadow_rule, at) WHERE shadow_rule <> '';

-- The last decision about each move, and when it needs another look.
CREATE TABLE approval_state (
    move_id     INTEGER PRIMARY KEY REFERENCES move (id) ON DELETE CASCADE,
    decided_at  INTEGER NOT NULL,
    look_at     INTEGER NOT NULL,
    -- Of the rules, the mode and the kill switch.
    context     BLOB NOT NULL,
    -- Of the facts that time alone does not change.
    facts_hash  BLOB NOT NULL,
    -- What was decided, and by what.
    outcome     TEXT NOT NULL
) STRICT;

CREATE INDEX execution_by_approval ON execution (approved_at);

-- The audit trail.
-- Its beginning may be cut off, up to the entry that meta names, and nothing else.
DROP TRIGGER audit_is_append_only_delete;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
WHEN old.seq > coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'audit_prune_to'), 0) BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
CREATE INDEX audit_by_subject ON audit (subject, seq);
CREATE INDEX audit_by_time ON audit (at, seq);


-- How well somebody fits is part of a move's strategic worth (engine/intake/propose.rs): a known fit shifts it by up to a tenth either way, so
-- a fit that changes shifts the standing moves. Where the person's own is unknown the firm's counts, and where that is unknown nothing.
CREATE TRIGGER move_fit AFTER UPDATE OF icp_fit ON contact WHEN old.icp_fit IS NOT new.icp_fit BEGIN
    UPDATE move
    SET strategic = round(max(0.0, min(1.0, strategic + 0.2 * (
            coalesce(new.icp_fit, (SELECT f.icp_fit FROM company f WHERE f.id = new.company_id), 0.5)
            - coalesce(old.icp_fit, (SELECT f.icp_fit FROM company f WHERE f.id = old.company_id), 0.5)))), 3),
        strategic_why = CASE
            WHEN strategic_why LIKE 'ICP fit %' THEN
                'ICP fit ' || printf('%.2f', coalesce(new.icp_fit, (SELECT f.icp_fit FROM company f WHERE f.id = new.company_id), 0.5))
                || substr(strategic_why, 13)
            ELSE 'ICP fit ' || printf('%.2f', new.icp_fit) || CASE strategic_why WHEN '' THEN '' ELSE ', ' || strategic_why END
        END,
        changes_at = 0
    WHERE contact_id = new.id AND status IN ('open', 'snoozed', 'approved', 'executing');
END;
