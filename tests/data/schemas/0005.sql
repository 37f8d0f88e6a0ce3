-- Bookings in every state.
INSERT INTO booking (id, once, calendar, event, contact_id, starts_at, ends_at, content, state, error, at) VALUES
    (1, '7:2026-11-26T14:00:00Z:2026-11-26T14:30:00Z:primary:0', 'primary', 'ev1', 7, 1795701600000, 1795703400000, '{"id":"ev1","title":"Call with Ann Lee","description":"","place":"","start":"2026-11-26T14:00:00Z","end":"2026-11-26T14:30:00Z","zone":"UTC","attendees":[["ann@acme.example","Ann Lee"]],"with_call":false}', 'booking', '', 200),
    (2, '7:2026-11-27T14:00:00Z:2026-11-27T14:30:00Z:primary:0', 'primary', 'ev2', 7, 1795788000000, 1795789800000, '{"id":"ev2","title":"Call with Ann Lee","description":"","place":"","start":"2026-11-27T14:00:00Z","end":"2026-11-27T14:30:00Z","zone":"UTC","attendees":[["ann@acme.example","Ann Lee"]],"with_call":false}', 'booked', '', 200),
    (3, '8:2026-11-27T15:00:00Z:2026-11-27T15:30:00Z:primary:0', 'primary', 'ev3', 8, 1795791600000, 1795793400000, '{}', 'failed', 'the calendar refused it', 200),
    (4, '8:2026-11-28T15:00:00Z:2026-11-28T15:30:00Z:primary:0', 'primary', 'ev4', 8, 1795878000000, 1795879800000, '{}', 'taken_back', '', 200);
INSERT INTO undo (id, at, summary, promise, step) VALUES (3, 200, 'Booked for Fri 27 Nov 14:00', 'The meeting is taken out of the calendar.', '{"step":"meeting","id":2}');
INSERT INTO undo (id, at, summary, promise, step, undone_at) VALUES (4, 200, 'Booked for Sat 28 Nov 15:00', 'The meeting is taken out of the calendar.', '{"step":"meeting","id":4}', 210);
