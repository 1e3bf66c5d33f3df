SELECT name AS Name, checksum AS Checksum, applied_at AS AppliedAt FROM schema_migrations FINAL ORDER BY name
