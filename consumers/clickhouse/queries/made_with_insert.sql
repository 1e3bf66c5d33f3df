INSERT INTO figures_made (made_with, made_at)
