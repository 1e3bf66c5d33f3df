-- Written out, without the indicators' names and in no order: nothing takes the engine longer to plan, and each of the three would add to it.
SELECT lab AS Lab, agreement AS Agreement, number AS Number, indicator AS Indicator, segment AS Segment, mode AS Mode, every AS Every,
       direction AS Direction, aggregation AS Aggregation, toFloat64(target) AS Target, toFloat64(baseline) AS Baseline,
       toFloat64(actual) AS Actual, toFloat64(percent) AS Percent, toFloat64(expected) AS Expected, toFloat64(pace) AS Pace,
       toFloat64(projected) AS Projected, toFloat64(projected_low) AS ProjectedLow, toFloat64(projected_high) AS ProjectedHigh,
       toFloat64(needed_per_month) AS NeededPerMonth, status AS Status, as_of AS AsOf, from_date AS From, due_date AS Due, unit AS Unit
FROM {{commitment_status_over(days = {days:Array(Date)}, lab = {lab:String})}}
WHERE lab >= {from:String} AND ({to:String} = '' OR lab < {to:String})
-- What was said joins the commitments as it comes, on all cores; the other way round the commitments, few rows, are one core's.
SETTINGS query_plan_join_swap_table = 'true'
