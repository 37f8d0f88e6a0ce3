-- Invitations and records that approval of a move carried out, a meeting that was booked by both roads, and one that is being moved.
INSERT INTO move (id, subject, family, contact_id, lead_signal_id, action, domain, status, title, rule, revenue, urgency, effort, strategic, revenue_why, urgency_why,
    strategic_why, score, started_at, due_at, changes_at, created_at, updated_at)
WITH n (i, status, action) AS (VALUES (20, 'done', 'book_meeting'), (21, 'executing', 'book_meeting'), (22, 'done', 'create_task'), (23, 'executing', 'create_task'), (24, 'done', 'update_contact'))
SELECT i, 'contact:7:' || i, action, 7, 3, action, 'sales', status, 'Do it', 'manual', 0.5, 0.5, 0.5, 0.5, '', '', '', 1, 1, 1, 1, 1, 1 FROM n;
INSERT INTO execution (id, move_id, contact_id, action, idempotency_key, status, mode, transport, to_key, to_domain, subject, message_id, content_hash, content,
    approved_by, approved_at, approval_expires_at, not_before, claimed_at, settled_at, location, error, tries, kind) VALUES
    (20, 20, 7, 'book_meeting', 'move:20:0', 'sent', 'live', 'google:calendar', 'ann@acme.example', 'acme.example', 'Call', '<m20@x>', zeroblob(32),
     '{"calendar":"primary","event":{"id":"","title":"Call with Ann Lee","description":"","place":"","start":"2026-11-27T14:00:00Z","end":"2026-11-27T14:30:00Z","zone":"UTC","attendees":[["ann@acme.example","Ann Lee"]],"with_call":false},"to":"ann@acme.example","their_zone":"UTC"}',
     'operator', 300, 400, 300, 310, 320, 'google:calendar/primary/ev20', '', 1, 'meeting'),
    (21, 21, 7, 'book_meeting', 'move:21:0', 'sending', 'live', 'google:calendar', 'ann@acme.example', 'acme.example', 'Call', '<m21@x>', zeroblob(32),
     '{"calendar":"primary","event":{"id":"","title":"Call with Ann Lee","description":"","place":"","start":"2026-12-01T14:00:00Z","end":"2026-12-01T14:30:00Z","zone":"UTC","attendees":[["ann@acme.example","Ann Lee"]],"with_call":false},"to":"ann@acme.example","their_zone":"UTC"}',
     'operator', 300, 400, 300, 310, NULL, '', '', 1, 'meeting'),
    (22, 22, 7, 'create_task', 'move:22:0', 'sent', 'live', 'hubspot:crm', '', '', 'Task', '<m22@x>', zeroblob(32),
     '{"operation":{"operation":"task","subject":"Call","body":"","due":"2026-11-24T10:00:00Z","owner":null,"ties":[]},"summary":"Task"}',
     'operator', 300, 400, 300, 310, 320, 'hubspot:tasks/88', '', 1, 'record'),
    (23, 23, 7, 'create_task', 'move:23:0', 'uncertain', 'live', 'hubspot:crm', '', '', 'Task', '<m23@x>', zeroblob(32),
     '{"operation":{"operation":"task","subject":"Call","body":"","due":"2026-11-24T10:00:00Z","owner":null,"ties":[]},"summary":"Task"}',
     'operator', 300, 400, 300, 310, NULL, '', 'no answer', 1, 'record'),
    (24, 24, 7, 'update_contact', 'move:24:0', 'sent', 'live', 'hubspot:crm', '', '', 'jobtitle of Ann', '<m24@x>', zeroblob(32),
     '{"operation":{"operation":"set","kind":"contacts","id":"501","record":7,"properties":{"jobtitle":"CTO"},"base":{},"decided":false},"summary":"jobtitle of Ann"}',
     'rule:replied-before', 300, 400, 300, 310, 320, 'hubspot:contacts/501', '', 1, 'record');
INSERT INTO hubspot_write (id, key, operation, status, summary, asked_by, tries, remote_id, error, created_at, claimed_at, settled_at) VALUES
    (20, 'execution:abcdef012345:22:1', '{"operation":"task","subject":"Call","body":"","due":"2026-11-24T10:00:00Z","owner":null,"ties":[]}', 'failed', 'Task', 'operator', 1, '', 'refused', 300, 310, 315),
    (21, 'execution:abcdef012345:22:21', '{"operation":"task","subject":"Call","body":"","due":"2026-11-24T10:00:00Z","owner":null,"ties":[]}', 'sent', 'Task', 'operator', 1, '88', '', 300, 316, 320),
    (22, 'execution:abcdef012345:23:1', '{"operation":"task","subject":"Call","body":"","due":"2026-11-24T10:00:00Z","owner":null,"ties":[]}', 'uncertain', 'Task', 'operator', 1, '', 'no answer', 300, 310, NULL),
    (23, 'execution:abcdef012345:24:1', '{"operation":"set","kind":"contacts","id":"501","record":7,"properties":{"jobtitle":"CTO"},"base":{},"decided":false}', 'cancelled', 'jobtitle of Ann', 'operator', 1, '', 'HubSpot says so already; nothing was written.', 300, 310, 320);
INSERT INTO booking (id, once, calendar, event, contact_id, starts_at, ends_at, content, state, error, at, new_start, new_end, moving_at) VALUES
    (20, 'execution:20', 'primary', 'ev20', 7, 1795788000000, 1795789800000, '{"id":"ev20","title":"Call with Ann Lee","description":"","place":"","start":"2026-11-27T14:00:00Z","end":"2026-11-27T14:30:00Z","zone":"UTC","attendees":[["ann@acme.example","Ann Lee"]],"with_call":false}', 'booked', '', 320, 1795874400000, 1795876200000, 330);
INSERT INTO undo (id, at, summary, promise, step) VALUES (20, 330, 'Moved booking 2', 'The meeting goes back.', '{"step":"meeting_time","id":2,"starts_at":"2026-11-27T09:00:00Z","ends_at":"2026-11-27T09:30:00Z"}');
