SELECT period, transform(state, {{words period_states}}, state) AS state, starts, due, submitted_at, on_time, approved_at, reopenings
FROM vitrine.period_states
WHERE lab = ${lab:singlequote} AND starts <= as_of
ORDER BY starts DESC
