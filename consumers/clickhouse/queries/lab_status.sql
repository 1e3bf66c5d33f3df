SELECT s.lab AS Lab, s.name AS Name, s.commune AS Commune, s.region AS Region, l.latitude AS Latitude, l.longitude AS Longitude,
       s.worst_status AS WorstStatus, s.mean_status AS MeanStatus,
       s.achieved AS Achieved, s.on_track AS OnTrack, s.at_risk AS AtRisk, s.late AS Late, s.missed AS Missed,
       s.no_data AS NoData, s.not_started AS NotStarted, s.commitments AS Commitments,
       if(s.events = 0, NULL, s.last_event) AS LastEvent, s.silent_days AS SilentDays, s.events AS Events, s.overdue_periods AS OverduePeriods
FROM lab_status_over(as_of = {as_of:Date}, lab = {lab:String}) AS s
LEFT JOIN labs AS l ON s.lab = l.lab
ORDER BY Lab
