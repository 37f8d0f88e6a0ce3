-- Rows as the first version of the schema left them: a person, moves, and an execution in every state.
INSERT INTO meta (key, value) VALUES ('instance', 'abcdef012345') ON CONFLICT DO NOTHING;
INSERT INTO contact (id, first_name, last_name, email, created_at, updated_at) VALUES (7, 'Ann', 'Lee', 'ann@acme.example', 1, 1);
INSERT INTO contact (id, first_name, last_name, email, created_at, updated_at) VALUES (8, 'Bob', 'Ray', 'bob@bolt.example', 1, 1);
INSERT INTO signal (id, source, kind, occurred_at, seen_at, contact_id, state, payload, hash) VALUES (3, 'form', 'form.submitted', 1, 1, 7, 'matched', '{}', x'00');
INSERT INTO move (id, subject, family, contact_id, lead_signal_id, action, domain, status, title, rule, revenue, urgency, effort, strategic, revenue_why, urgency_why,
    strategic_why, score, started_at, due_at, changes_at, created_at, updated_at)
WITH RECURSIVE n (i, status) AS (VALUES (1, 'approved'), (2, 'executing'), (3, 'done'), (4, 'done'), (5, 'open'), (6, 'executing'), (7, 'open'))
SELECT i, 'contact:7:' || i, 'email', 7, 3, 'email_follow_up', 'sales', status, 'Answer the form', 'form', 0.5, 0.5, 0.5, 0.5, '', '', '', 1, 1, 1, 1, 1, 1 FROM n;
INSERT INTO execution (id, move_id, contact_id, action, idempotency_key, status, mode, transport, to_key, to_domain, subject, message_id, content_hash, content,
    approved_by, approved_at, approval_expires_at, not_before, settled_at, location, error, tries)
WITH n (i, status, settled, location, error, tries) AS (VALUES
    (1, 'queued', NULL, '', '', 0), (2, 'sending', NULL, '', '', 1), (3, 'sent', 50, 'outbox/new/3', '', 1), (4, 'drafted', 50, 'drafts/4', '', 1),
    (5, 'failed', 50, '', 'the server refused it', 4), (6, 'uncertain', NULL, '', 'nobody answered', 1), (7, 'cancelled', 50, '', 'withdrawn by the operator', 0))
SELECT i, i, 7, 'email_follow_up', 'move:' || i || ':0', status, 'live', 'mail', 'ann@acme.example', 'acme.example', 'Hi', '<caseyos.abcdef012345.' || i || '@ruiz.example>',
    zeroblob(32), '{"from_name":"","from":"me@ruiz.example","to_name":"Ann","to":"ann@acme.example","subject":"Hi","body":"Hi.","in_reply_to":"","references":[]}',
    'operator', 10, 20, 10, settled, location, error, tries FROM n;
INSERT INTO verdict (execution_id, phase, position, guard, passed, detail) VALUES (3, 'claim', 1, 'idempotency', 1, 'not carried out before');
INSERT INTO message (direction, message_id, thread_id, contact_id, execution_id, from_address, to_address, subject, base_subject, sent_at, text, source)
    VALUES ('out', '<caseyos.abcdef012345.3@ruiz.example>', 1, 7, 3, 'me@ruiz.example', 'ann@acme.example', 'Hi', 'hi', 50, 'Hi.', 'mail');
INSERT INTO suppression (value, kind, reason, source, created_at) VALUES ('eve@else.example', 'address', 'asked', 'mail', 1);
INSERT INTO undo (id, at, summary, promise, step) VALUES (1, 10, 'Approve Answer the form', 'It is withdrawn.', '{"step":"execution","id":1}');
