-- What was ever said about reporting periods and still holds. The story of a period goes by the stream's order, and each
-- event has its place where its present revision was first told: sending it again, unchanged, moves nothing. local_day is by
-- the lab's calendar, programme_day by the programme's: a lab on the other side of the world may live in tomorrow already.
CREATE OR REPLACE VIEW period_events SQL SECURITY DEFINER AS
SELECT s.lab AS lab, s.period AS period, s.kind AS kind, s.id AS id, s.occurred_at AS occurred_at, s.local_day AS local_day,
       toDate(s.occurred_at, '{{zone}}') AS programme_day, s.words AS words, s.revision AS revision, s.stream_seq AS stream_seq,
       if(v.told_seq = 0, s.stream_seq, v.told_seq) AS told_seq
FROM (
    SELECT lab, JSONExtractString(data, 'period') AS period, kind, id, occurred_at, local_day, revision, stream_seq,
           if(kind = 'period.reopened', JSONExtractString(data, 'why'), JSONExtractString(data, 'comment')) AS words
    FROM event_store FINAL PREWHERE kind IN ('period.submitted', 'period.approved', 'period.reopened')
    WHERE NOT superseded AND NOT retracted
) AS s
LEFT JOIN (
    SELECT lab, id, revision, min(stream_seq) AS told_seq
    FROM event_versions
    WHERE (lab, id) IN (SELECT lab, id FROM event_store WHERE kind IN ('period.submitted', 'period.approved', 'period.reopened'))
    GROUP BY lab, id, revision
) AS v ON s.lab = v.lab AND s.id = v.id AND s.revision = v.revision;

-- The periods that agreements in force ask reports for; where two ask for the same one, the earlier date counts.
CREATE OR REPLACE VIEW period_dues SQL SECURITY DEFINER AS
SELECT lab, period, argMin(number, (day, number)) AS agreement, min(day) AS due
FROM (
    SELECT lab, agreement AS number, JSONExtractString(r, 'period') AS period, toDate(JSONExtractString(r, 'due')) AS day
    FROM {{agreements}} ARRAY JOIN JSONExtractArrayRaw(data, 'reporting') AS r
)
GROUP BY lab, period;

-- Where each period stands as of a day. A reopening that follows another one (or nothing) has nothing to undo and is passed
-- over. The approval in force is the first one since the last reopening: saying it again freezes nothing anew. A period that
-- was told of stays here when an amendment no longer asks for it; it has no due date then.
CREATE OR REPLACE VIEW period_states_as_of SQL SECURITY DEFINER AS
SELECT
    lab, agreement, period, starts, ends, due,
    multiIf(approval > 0, 'approved',
            submission > 0, 'submitted',
            sent_back > 0, if(arrayExists(i -> i > before AND i < sent_back AND told[i].2 = 'period.approved', arrayEnumerate(told)), 'reopened', 'sent_back'),
            due < {as_of:Date}, 'overdue',
            {as_of:Date} <= ends, 'upcoming',
            'open') AS state,
    if(empty(submissions), NULL, told[submissions[1]].4) AS first_submitted_at,
    if(empty(submissions), NULL, told[submissions[-1]].4) AS submitted_at,
    CAST(if(empty(submissions) OR due IS NULL, NULL, arrayMin(i -> told[i].5, submissions) <= due), 'Nullable(Bool)') AS on_time,
    if(approval = 0, NULL, told[approval].4) AS approved_at,
    if(approval = 0, NULL, told[approval].3) AS approval_id,
    if(approval = 0, 0, told[approval].1) AS approval_seq,
    if(approval = 0, '', told[approval].6) AS comment,
    if(sent_back = 0, NULL, told[sent_back].4) AS reopened_at,
    if(sent_back = 0, '', told[sent_back].6) AS reason,
    length(reopenings) AS reopenings,
    {as_of:Date} AS as_of
FROM (
    SELECT *,
           arrayFilter(i -> i > sent_back AND told[i].2 = 'period.approved', arrayEnumerate(told))[1] AS approval,
           arrayFilter(i -> i > sent_back AND told[i].2 = 'period.submitted', arrayEnumerate(told))[1] AS submission,
           arrayFilter(i -> i < sent_back AND told[i].2 = 'period.reopened', arrayEnumerate(told))[-1] AS before
    FROM (
        SELECT
            lab, agreement, period, due, told,
            makeDate(toUInt16(substring(period, 1, 4)),
                     if(position(period, 'Q') > 0, 3 * toUInt8OrZero(substring(period, 7, 1)) - 2, toUInt8OrZero(substring(period, 6, 2))), 1) AS starts,
            toLastDayOfMonth(addMonths(starts, if(position(period, 'Q') > 0, 2, 0))) AS ends,
            arrayFilter(i -> told[i].2 = 'period.submitted', arrayEnumerate(told)) AS submissions,
            arrayFilter(i -> told[i].2 = 'period.reopened' AND i > 1 AND told[i - 1].2 != 'period.reopened', arrayEnumerate(told)) AS reopenings,
            reopenings[-1] AS sent_back
        FROM (
            SELECT if(d.lab = '', t.lab, d.lab) AS lab, d.agreement AS agreement, if(d.period = '', t.period, d.period) AS period,
                   if(d.lab = '', NULL, d.due) AS due, t.told AS told
            FROM {{period_dues}} AS d
            FULL OUTER JOIN (
                SELECT lab, period, arraySort(e -> e.1, groupArray((told_seq, kind, id, occurred_at, local_day, words))) AS told
                FROM {{period_events}}
                WHERE programme_day <= {as_of:Date}
                GROUP BY lab, period
            ) AS t ON d.lab = t.lab AND d.period = t.period
        )
    )
);

CREATE OR REPLACE VIEW period_states SQL SECURITY DEFINER AS
SELECT * FROM {{period_states_as_of(as_of = {{today}})}};
