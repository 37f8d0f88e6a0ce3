-- 0002_gate: see the file of the family of tables.

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

