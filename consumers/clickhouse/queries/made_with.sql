SELECT if(count() = 0, '', argMax(catalogue, made_at)) FROM figures_made
