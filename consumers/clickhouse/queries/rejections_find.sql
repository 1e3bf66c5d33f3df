-- The newest {limit} rejections that match, the oldest of them first. A field stands for what lies in it, and without
-- its numbers for each item: data.companies, data.companies[].siren.
SELECT StreamSeq, Lab, Kind, ID, Code, Field, ReasonEN, ReasonFR, Subject, ReceivedAt, State, ResolvedAt, ReplayedAs, ResolutionReason
FROM (
    SELECT stream_seq AS StreamSeq, lab AS Lab, kind AS Kind, id AS ID, code AS Code, field AS Field, reason AS ReasonEN, reason_fr AS ReasonFR,
           subject AS Subject, received_at AS ReceivedAt, state AS State, resolved_at AS ResolvedAt, replayed_as AS ReplayedAs,
           resolution_reason AS ResolutionReason, replaceRegexpAll(field, '\\[[0-9]+\\]', '[]') AS path
    FROM rejections
    WHERE (empty({seqs:Array(UInt64)}) OR has({seqs:Array(UInt64)}, stream_seq))
      AND ({lab:String} = '' OR lab = {lab:String})
      AND ({kind:String} = '' OR kind = {kind:String})
      AND ({code:String} = '' OR code = {code:String})
      AND ({field:String} = '' OR field = {field:String} OR path = {field:String}
           OR startsWith(path, concat({field:String}, '.')) OR startsWith(path, concat({field:String}, '[')))
      AND ({state:String} = '' OR state = {state:String})
      AND toUnixTimestamp64Milli(received_at) >= {since:Int64}
      AND toUnixTimestamp64Milli(received_at) < {until:Int64}
    ORDER BY stream_seq DESC
    LIMIT {limit:UInt64}
)
ORDER BY StreamSeq
