-- As export_selection, in order. The rows of a relation of the contract: of a lab ('' is all), from a day to another, both included ('' is no bound). Where
-- there is no column for it, another one's name is given and the bound is ''.
SELECT * FROM {relation:Identifier}
WHERE ({lab:String} = '' OR {lab_column:Identifier} = {lab:String})
  AND ({from:String} = '' OR toDate({day_column:Identifier}) >= toDateOrNull({from:String}))
  AND ({to:String} = '' OR toDate({day_column:Identifier}) <= toDateOrNull({to:String}))
ORDER BY ALL
