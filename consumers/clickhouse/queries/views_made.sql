SELECT concat({schema:String}, ' on ClickHouse ', version()) AS today, groupArrayIf(name, comment = today) AS made_today
FROM system.tables
WHERE database = currentDatabase()
