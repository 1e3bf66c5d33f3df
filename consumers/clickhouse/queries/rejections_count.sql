-- How many rejections match, in each state, by lab, code or field; with {by} '' all together. The conditions are those of rejections_find.
SELECT multiIf({by:String} = 'lab', lab, {by:String} = 'code', code, {by:String} = 'field', path, '') AS Key,
       countIf(state = 'open') AS Open, countIf(state = 'replayed') AS Replayed, countIf(state = 'discarded') AS Discarded,
       max(received_at) AS Last
FROM (
    SELECT stream_seq, lab, kind, code, field, received_at, state, replaceRegexpAll(field, '\\[[0-9]+\\]', '[]') AS path FROM rejections
)
WHERE (empty({seqs:Array(UInt64)}) OR has({seqs:Array(UInt64)}, stream_seq))
  AND ({lab:String} = '' OR lab = {lab:String})
  AND ({kind:String} = '' OR kind = {kind:String})
  AND ({code:String} = '' OR code = {code:String})
  AND ({field:String} = '' OR field = {field:String} OR path = {field:String}
       OR startsWith(path, concat({field:String}, '.')) OR startsWith(path, concat({field:String}, '[')))
  AND ({state:String} = '' OR state = {state:String})
  AND toUnixTimestamp64Milli(received_at) >= {since:Int64}
  AND toUnixTimestamp64Milli(received_at) < {until:Int64}
GROUP BY Key
ORDER BY Open DESC, Replayed + Discarded DESC, Key
