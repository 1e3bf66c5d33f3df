-- Whether all figures are there: they aren't while they are made again, or after that was interrupted. One row, also before anything was said.
CREATE OR REPLACE VIEW figures_state SQL SECURITY DEFINER AS
SELECT if(last.1 = 'rebuilding', 'rebuilding', 'whole') AS state,
       CAST(last.2, 'DateTime64(3, ''UTC'')') AS since,
       if(last.1 = 'rebuilding', '', extract(last.1, '^catalogue (\\S+), zone ')) AS catalogue,
       if(last.1 = 'rebuilding', '', extract(last.1, ', zone (.*)$')) AS zone
FROM (SELECT argMax((made_of, made_at), made_at) AS last FROM figures_made);
