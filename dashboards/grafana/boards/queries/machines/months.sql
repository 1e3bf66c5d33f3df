-- What the chosen labs' machines did, by month: one read for the panels that show it.
SELECT month AS time,
       -- Hours by how they are known.
       toFloat64(sumIf(value, indicator = 'U01' AND segment = 'origin=measured')) AS origin_measured,
       toFloat64(sumIf(value, indicator = 'U01' AND segment = 'origin=booked')) AS origin_booked,
       toFloat64(sumIf(value, indicator = 'U01' AND segment = 'origin=declared')) AS origin_declared,
       -- Hours by who used the machine.
       toFloat64(sumIf(value, indicator = 'U01' AND segment = 'user_type=individual')) AS user_individual,
       toFloat64(sumIf(value, indicator = 'U01' AND segment = 'user_type=student_jobseeker')) AS user_student_jobseeker,
       toFloat64(sumIf(value, indicator = 'U01' AND segment = 'user_type=self_employed')) AS user_self_employed,
       toFloat64(sumIf(value, indicator = 'U01' AND segment = 'user_type=sme')) AS user_sme,
       toFloat64(sumIf(value, indicator = 'U01' AND segment = 'user_type=large_company')) AS user_large_company,
       toFloat64(sumIf(value, indicator = 'U01' AND segment = 'user_type=startup')) AS user_startup,
       toFloat64(sumIf(value, indicator = 'U01' AND segment = 'user_type=public_body')) AS user_public_body,
       toFloat64(sumIf(value, indicator = 'U01' AND segment = 'user_type=education_body')) AS user_education_body,
       toFloat64(sumIf(value, indicator = 'U01' AND segment = 'user_type=unknown')) AS user_unknown,
       -- Hours used, hours available, and the part of them that each way of knowing makes: together they are U02.
       toFloat64(sumIf(numerator, indicator = 'U02' AND segment = '')) / 3600 AS used,
       toFloat64(sumIf(denominator, indicator = 'U02' AND segment = '')) / 3600 AS available,
       100 * origin_measured / nullIf(available, 0) AS share_measured,
       100 * origin_booked / nullIf(available, 0) AS share_booked,
       100 * origin_declared / nullIf(available, 0) AS share_declared,
       100 * used / nullIf(available, 0) AS U02,
       100 * toFloat64(sumIf(numerator, indicator = 'U03' AND segment = '')) / nullIf(toFloat64(sumIf(denominator, indicator = 'U03' AND segment = '')), 0) AS U03,
       -- Utilisation by machine category.
       100 * toFloat64(sumIf(numerator, indicator = 'U02' AND segment = 'machine_category=laser_cutter'))
           / nullIf(toFloat64(sumIf(denominator, indicator = 'U02' AND segment = 'machine_category=laser_cutter')), 0) AS category_laser_cutter,
       100 * toFloat64(sumIf(numerator, indicator = 'U02' AND segment = 'machine_category=printer_3d_fdm'))
           / nullIf(toFloat64(sumIf(denominator, indicator = 'U02' AND segment = 'machine_category=printer_3d_fdm')), 0) AS category_printer_3d_fdm,
       100 * toFloat64(sumIf(numerator, indicator = 'U02' AND segment = 'machine_category=printer_3d_resin'))
           / nullIf(toFloat64(sumIf(denominator, indicator = 'U02' AND segment = 'machine_category=printer_3d_resin')), 0) AS category_printer_3d_resin,
       100 * toFloat64(sumIf(numerator, indicator = 'U02' AND segment = 'machine_category=vinyl_cutter'))
           / nullIf(toFloat64(sumIf(denominator, indicator = 'U02' AND segment = 'machine_category=vinyl_cutter')), 0) AS category_vinyl_cutter,
       100 * toFloat64(sumIf(numerator, indicator = 'U02' AND segment = 'machine_category=cnc_mill_large'))
           / nullIf(toFloat64(sumIf(denominator, indicator = 'U02' AND segment = 'machine_category=cnc_mill_large')), 0) AS category_cnc_mill_large,
       100 * toFloat64(sumIf(numerator, indicator = 'U02' AND segment = 'machine_category=cnc_mill_small'))
           / nullIf(toFloat64(sumIf(denominator, indicator = 'U02' AND segment = 'machine_category=cnc_mill_small')), 0) AS category_cnc_mill_small,
       100 * toFloat64(sumIf(numerator, indicator = 'U02' AND segment = 'machine_category=electronics'))
           / nullIf(toFloat64(sumIf(denominator, indicator = 'U02' AND segment = 'machine_category=electronics')), 0) AS category_electronics,
       100 * toFloat64(sumIf(numerator, indicator = 'U02' AND segment = 'machine_category=textile'))
           / nullIf(toFloat64(sumIf(denominator, indicator = 'U02' AND segment = 'machine_category=textile')), 0) AS category_textile,
       100 * toFloat64(sumIf(numerator, indicator = 'U02' AND segment = 'machine_category=large_format_print'))
           / nullIf(toFloat64(sumIf(denominator, indicator = 'U02' AND segment = 'machine_category=large_format_print')), 0) AS category_large_format_print,
       100 * toFloat64(sumIf(numerator, indicator = 'U02' AND segment = 'machine_category=scanner_3d'))
           / nullIf(toFloat64(sumIf(denominator, indicator = 'U02' AND segment = 'machine_category=scanner_3d')), 0) AS category_scanner_3d,
       100 * toFloat64(sumIf(numerator, indicator = 'U02' AND segment = 'machine_category=woodworking'))
           / nullIf(toFloat64(sumIf(denominator, indicator = 'U02' AND segment = 'machine_category=woodworking')), 0) AS category_woodworking,
       100 * toFloat64(sumIf(numerator, indicator = 'U02' AND segment = 'machine_category=metalworking'))
           / nullIf(toFloat64(sumIf(denominator, indicator = 'U02' AND segment = 'machine_category=metalworking')), 0) AS category_metalworking,
       100 * toFloat64(sumIf(numerator, indicator = 'U02' AND segment = 'machine_category=other'))
           / nullIf(toFloat64(sumIf(denominator, indicator = 'U02' AND segment = 'machine_category=other')), 0) AS category_other
FROM vitrine.kpi_monthly
WHERE indicator IN ('U01', 'U02', 'U03') AND NOT startsWith(segment, 'machine=')
  AND month >= toStartOfMonth(toDate($__fromTime)) AND month <= toDate($__toTime)
  AND $__conditionalAll(lab IN (${lab:singlequote}), $lab)
GROUP BY time
ORDER BY time
