-- The beginning of the trail may be cut off only as far as an entry of the trail says, and nothing beside the trail can allow more.
DROP TRIGGER audit_is_append_only_delete;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
WHEN NOT EXISTS (
    SELECT 1 FROM audit cut
    WHERE cut.subject = 'audit' AND cut.event = 'audit.pruned' AND CASE WHEN json_valid(cut.detail) THEN cut.detail ->> 'through' END >= old.seq
) BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
DELETE FROM meta WHERE key = 'audit_prune_to';
