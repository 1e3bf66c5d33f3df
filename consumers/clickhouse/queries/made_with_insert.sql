INSERT INTO figures_made (catalogue, made_at)
