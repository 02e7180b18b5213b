SELECT predecessor FROM log_origin WHERE predecessor IS NOT NULL ORDER BY id DESC
