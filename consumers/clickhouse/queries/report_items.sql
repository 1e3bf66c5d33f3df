-- What a report names one by one: live events of some kinds on some days. Nothing of companies.
SELECT lab AS Lab, kind AS Kind, local_day AS Day, type AS Type, audience AS Audience, scope AS Scope, medium AS Medium,
       segments['licence'] AS Licence, segments['decision'] AS Decision, segments['hypothesis_type'] AS Hypothesis,
       segments['milestone'] AS Milestone, segments['action'] AS Action,
       JSONExtractString(data, 'title') AS Title, JSONExtractString(data, 'outlet') AS Outlet, JSONExtractString(data, 'url') AS URL,
       JSONExtractString(data, 'due') AS Due,
       JSONExtract(data, 'attendance', 'Nullable(Int64)') AS Attendance
FROM events
WHERE ({lab:String} = '' OR lab = {lab:String}) AND kind IN {kinds:Array(String)} AND local_day BETWEEN {from:Date} AND {to:Date}
ORDER BY lab, local_day, occurred_at, stream_seq
