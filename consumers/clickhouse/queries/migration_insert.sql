INSERT INTO schema_migrations (name, checksum, applied_at)
