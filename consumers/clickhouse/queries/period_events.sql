SELECT kind AS Kind, id AS ID, occurred_at AS At, words AS Words, told_seq AS ToldSeq
FROM period_events
WHERE lab = {lab:String} AND period = {period:String} AND programme_day <= {as_of:Date}
ORDER BY ToldSeq
