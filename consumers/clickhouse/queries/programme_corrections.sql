-- The latest versions of a lab's events that say something else than the version before them, which stands beside each.
SELECT id AS ID, local_day AS LocalDay, kind AS Kind, occurred_at AS OccurredAt, retracted AS Retracted, reason AS Reason, source AS Source, received_at AS ReceivedAt,
       data AS Data, before_kind AS BeforeKind, before_at AS BeforeAt, before_retracted AS BeforeRetracted, before_data AS BeforeData
FROM (
    SELECT *, row_number() OVER w AS number, lagInFrame(kind) OVER w AS before_kind, lagInFrame(occurred_at) OVER w AS before_at,
           lagInFrame(retracted) OVER w AS before_retracted, lagInFrame(data) OVER w AS before_data
    FROM event_history
    WHERE lab = {lab:String} AND received_at < toDateTime64({before:Date}, 3, 'UTC')
      AND kind NOT IN ('lab.registered', 'period.submitted', 'period.approved', 'period.reopened')
    WINDOW w AS (PARTITION BY id ORDER BY revision, stream_seq ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
)
WHERE number > 1 AND (kind, occurred_at, retracted, if(retracted, '', data)) != (before_kind, before_at, before_retracted, if(before_retracted, '', before_data))
ORDER BY received_at DESC, stream_seq DESC
LIMIT {limit:UInt32}
