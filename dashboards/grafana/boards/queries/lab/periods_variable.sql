SELECT period AS __value, period AS __text
FROM vitrine.period_states
WHERE lab = ${lab:singlequote} AND starts <= as_of
ORDER BY starts DESC
