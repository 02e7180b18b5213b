-- Who stands behind an operator's certificate that somebody else had made; NULL: its principal alone.
ALTER TABLE certificate ADD COLUMN person text;
