-- Writes to HubSpot in every state, of the operator's own wish, of a push, and of an undo.
INSERT INTO hubspot_write (id, key, operation, status, summary, asked_by, tries, remote_id, error, created_at, claimed_at, settled_at) VALUES
    (1, 'k1', '{"operation":"task","subject":"Call Ann","body":"","due":"2026-11-24T10:00:00Z","owner":null,"ties":[{"kind":"contacts","id":"501"}]}', 'queued', 'Task "Call Ann"', 'operator', 0, '', '', 100, NULL, NULL),
    (2, 'k2', '{"operation":"note","body":"Met.","at":"2026-11-23T10:00:00Z","owner":null,"ties":[]}', 'sending', 'Note', 'operator', 1, '', '', 100, 110, NULL),
    (3, 'k3', '{"operation":"call","title":"Renewal","body":"","at":"2026-11-23T10:00:00Z","owner":null,"ties":[]}', 'sent', 'Call "Renewal"', 'operator', 1, '77', '', 100, 110, 120),
    (4, 'k4', '{"operation":"set","kind":"contacts","id":"501","record":7,"properties":{"jobtitle":"CTO"},"base":{"jobtitle":"Buyer"},"decided":false}', 'failed', 'jobtitle of Ann', 'operator', 5, '', 'HubSpot refused it.', 100, 110, 120),
    (5, 'edit:501:1:2', '{"operation":"set","kind":"contacts","id":"501","record":7,"properties":{"city":"Madrid"},"base":{"city":""},"decided":false}', 'uncertain', 'city of Ann', 'operator', 1, '', 'no answer', 100, 110, NULL),
    (6, 'undo:0:k3', '{"operation":"archive","kind":"calls","id":"77"}', 'cancelled', 'Undo: Call "Renewal"', 'operator', 0, '', 'HubSpot says so already; nothing was written.', 100, NULL, 120);
INSERT INTO undo (id, at, summary, promise, step) VALUES (2, 120, 'Call "Renewal"', 'It is put away.', '{"step":"hubspot_write","id":3}');
