SELECT made_with, made_at FROM figures_made ORDER BY made_at DESC LIMIT 1
