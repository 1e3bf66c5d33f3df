SELECT argMax(made_with, made_at), max(made_at) FROM figures_made
