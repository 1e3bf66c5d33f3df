SELECT if(count() = 0, '', argMax(made_with, made_at)) FROM figures_made
