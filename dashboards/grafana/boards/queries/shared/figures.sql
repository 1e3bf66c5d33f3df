-- Whether all figures are there: one row.
SELECT state, since FROM vitrine.figures_state
