-- Mail that waits for an answer: whether they opted out.
INSERT INTO move (id, subject, family, contact_id, lead_signal_id, action, domain, status, title, rule, revenue, urgency, effort, strategic, revenue_why, urgency_why,
    strategic_why, score, started_at, due_at, changes_at, created_at, updated_at)
VALUES (140, 'contact:7:140', 'confirm_opt_out', 7, 3, 'confirm_opt_out', 'sales', 'open', 'Did they opt out?', 'opt_out', 0.5, 1, 0.1, 0.5, '', '', '', 1, 1, 1, 1, 1, 1);
INSERT INTO opt_out_question (key, move_id) VALUES ('ann@acme.example', 140), ('acme.example', 140);
