-- Those versions that were the latest before the {approvals} and aren't any more, or weren't copied.
WITH latest AS (
    SELECT v.lab AS lab, v.id AS id, max((v.revision, v.stream_seq)) AS top
    FROM (SELECT lab, id, revision, stream_seq FROM {main:Identifier}.event_versions WHERE lab IN (SELECT lab FROM approvals)) AS v
    INNER JOIN approvals AS a ON v.lab = a.lab
    WHERE v.stream_seq < a.seq
    GROUP BY lab, id
    HAVING (lab, id, top.2) NOT IN (SELECT lab, id, stream_seq FROM event_store)
)
SELECT lab AS Lab, id AS ID, revision AS Revision, stream_seq AS StreamSeq, kind AS Kind, local_day AS LocalDay, occurred_at AS OccurredAt,
       retracted AS Retracted, reason AS Reason, toString(source) AS Source, received_at AS ReceivedAt, data AS Data
FROM {main:Identifier}.event_versions FINAL
WHERE lab IN (SELECT lab FROM approvals) AND (lab, id, revision, stream_seq) IN (SELECT lab, id, top.1, top.2 FROM latest)
ORDER BY Lab, StreamSeq
