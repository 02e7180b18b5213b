-- Who was announced by product and serial number, and who only turned up at an open label? A label
-- that requires registration takes the former alone. Devices that were there before this migration
-- count as announced unless they were made by their first certificate.
ALTER TABLE device ADD COLUMN announced boolean NOT NULL DEFAULT true;
UPDATE device SET announced = false WHERE first_enrolled_at IS NOT DISTINCT FROM created_at;
GRANT UPDATE (announced) ON device TO signet_server;
