-- What a lab's live events contribute to an indicator on some days, one row per contribution. The references that
-- are active or not are read in all segments: an event that ends one names none.
SELECT id AS ID, kind AS Kind, occurred_at AS OccurredAt, stream_seq AS StreamSeq, toString(part_) AS Part, toString(fn_) AS Fn,
       day_ AS Day, segment_ AS Segment, ref_ AS Ref, amount_ AS Amount, days AS Days
FROM (
    SELECT id, kind, occurred_at, stream_seq, fact_indicator, fact_part, fact_fn, fact_day, fact_segment, fact_ref, fact_amount,
           toUInt32(arrayUniq(arrayFilter((day, indicator) -> indicator = {indicator:String}, fact_day, fact_indicator))) AS days
    FROM event_store FINAL
    WHERE lab = {lab:String} AND kind IN {kinds:Array(String)} AND NOT superseded AND NOT retracted
)
ARRAY JOIN fact_indicator AS indicator_, fact_part AS part_, fact_fn AS fn_, fact_day AS day_, fact_segment AS segment_,
           fact_ref AS ref_, fact_amount AS amount_
WHERE indicator_ = {indicator:String} AND day_ BETWEEN {from:Date} AND {to:Date} AND (segment_ = {segment:String} OR fn_ = 'state')
ORDER BY Day, OccurredAt, StreamSeq, Ref, Segment
