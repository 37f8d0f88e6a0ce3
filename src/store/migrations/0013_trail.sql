-- `INSERT OR REPLACE` deletes without asking the triggers on deletion; an entry that stands may not be written again in any way.
CREATE TRIGGER audit_is_append_only_insert BEFORE INSERT ON audit
WHEN new.seq <= (SELECT coalesce(max(seq), 0) FROM audit) BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
