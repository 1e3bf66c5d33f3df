SELECT lab AS Lab, name AS Name, commune AS Commune, region AS Region, latitude AS Latitude, longitude AS Longitude,
       last_event AS LastEvent, silent_days AS SilentDays, events AS Events, overdue_periods AS OverduePeriods
FROM lab_signs_over(as_of = {as_of:Date}, lab = {lab:String})
ORDER BY Lab
