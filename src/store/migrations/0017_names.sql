-- Names are compared without pronouns and with one form for each nickname: their keys are made anew.
UPDATE contact SET name_key = '' WHERE name_key <> '';
