-- A message of ours that nothing knows, and one that the operator knows.
INSERT INTO stray (id, message_id, transport, location, to_key, subject, sent_at, found_at, state) VALUES
    (1, '<caseyos.abcdef012345.90.0011223344556677@x>', 'mail', '/outbox/new/1', 'ann@acme.example', 'Pricing', 100, 200, 'open'),
    (2, '<caseyos.abcdef012345.91.0011223344556677@x>', 'mail', '/outbox/new/2', 'bo@kite.example', 'Pricing', 100, 200, 'known');
