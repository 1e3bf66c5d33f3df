-- The segments that a lab's live events contribute to an indicator in; '' is the whole.
SELECT DISTINCT segment_ AS Segment
FROM (
    SELECT fact_indicator, fact_segment
    FROM event_store FINAL
    WHERE lab = {lab:String} AND kind IN {kinds:Array(String)} AND NOT superseded AND NOT retracted
)
ARRAY JOIN fact_indicator AS indicator_, fact_segment AS segment_
WHERE indicator_ = {indicator:String}
ORDER BY Segment
