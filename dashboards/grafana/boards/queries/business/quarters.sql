-- What may be added up over the chosen labs, by quarter: one read for the panels that show it.
SELECT quarter AS time,
       -- Services delivered to companies.
       toFloat64(sumIf(value, indicator = 'C04' AND segment = 'service_type=prototyping')) AS service_prototyping,
       toFloat64(sumIf(value, indicator = 'C04' AND segment = 'service_type=design')) AS service_design,
       toFloat64(sumIf(value, indicator = 'C04' AND segment = 'service_type=machining')) AS service_machining,
       toFloat64(sumIf(value, indicator = 'C04' AND segment = 'service_type=small_series')) AS service_small_series,
       toFloat64(sumIf(value, indicator = 'C04' AND segment = 'service_type=training')) AS service_training,
       toFloat64(sumIf(value, indicator = 'C04' AND segment = 'service_type=consulting')) AS service_consulting,
       toFloat64(sumIf(value, indicator = 'C04' AND segment = 'service_type=space_rental')) AS service_space_rental,
       toFloat64(sumIf(value, indicator = 'C04' AND segment = 'service_type=residency')) AS service_residency,
       toFloat64(sumIf(value, indicator = 'C04' AND segment = 'service_type=other')) AS service_other,
       -- New services, each in the quarter in which its lab launched it first.
       toFloat64(sumIf(value, indicator = 'O05' AND segment = 'service_type=prototyping')) AS launch_prototyping,
       toFloat64(sumIf(value, indicator = 'O05' AND segment = 'service_type=design')) AS launch_design,
       toFloat64(sumIf(value, indicator = 'O05' AND segment = 'service_type=machining')) AS launch_machining,
       toFloat64(sumIf(value, indicator = 'O05' AND segment = 'service_type=small_series')) AS launch_small_series,
       toFloat64(sumIf(value, indicator = 'O05' AND segment = 'service_type=training')) AS launch_training,
       toFloat64(sumIf(value, indicator = 'O05' AND segment = 'service_type=consulting')) AS launch_consulting,
       toFloat64(sumIf(value, indicator = 'O05' AND segment = 'service_type=space_rental')) AS launch_space_rental,
       toFloat64(sumIf(value, indicator = 'O05' AND segment = 'service_type=residency')) AS launch_residency,
       toFloat64(sumIf(value, indicator = 'O05' AND segment = 'service_type=other')) AS launch_other,
       -- Own revenue. What a lab reported without saying where it came from has no stream.
       toFloat64(sumIf(value, indicator = 'E01' AND segment = 'revenue_stream=memberships')) AS revenue_memberships,
       toFloat64(sumIf(value, indicator = 'E01' AND segment = 'revenue_stream=machine_hours')) AS revenue_machine_hours,
       toFloat64(sumIf(value, indicator = 'E01' AND segment = 'revenue_stream=trainings')) AS revenue_trainings,
       toFloat64(sumIf(value, indicator = 'E01' AND segment = 'revenue_stream=company_services')) AS revenue_company_services,
       toFloat64(sumIf(value, indicator = 'E01' AND segment = 'revenue_stream=events')) AS revenue_events,
       toFloat64(sumIf(value, indicator = 'E01' AND segment = 'revenue_stream=sales')) AS revenue_sales,
       toFloat64(sumIf(value, indicator = 'E01' AND segment = 'revenue_stream=rental')) AS revenue_rental,
       toFloat64(sumIf(value, indicator = 'E01' AND segment = 'revenue_stream=other')) AS revenue_other,
       -- Tests concluded, by what was decided.
       toFloat64(sumIf(value, indicator = 'B01' AND segment = 'decision=kept')) AS test_kept,
       toFloat64(sumIf(value, indicator = 'B01' AND segment = 'decision=changed')) AS test_changed,
       toFloat64(sumIf(value, indicator = 'B01' AND segment = 'decision=dropped')) AS test_dropped,
       -- Labs by the stage of their business model at the quarter's end.
       toFloat64(countIf(indicator = 'B03' AND segment = '' AND value = 0)) AS stage_0,
       toFloat64(countIf(indicator = 'B03' AND segment = '' AND value = 1)) AS stage_1,
       toFloat64(countIf(indicator = 'B03' AND segment = '' AND value = 2)) AS stage_2,
       toFloat64(countIf(indicator = 'B03' AND segment = '' AND value = 3)) AS stage_3,
       toFloat64(countIf(indicator = 'B03' AND segment = '' AND value = 4)) AS stage_4,
       -- Ratios over labs are ratios of sums, never means of the labs' ratios.
       100 * toFloat64(sumIf(numerator, indicator = 'C03' AND segment = '')) / nullIf(toFloat64(sumIf(denominator, indicator = 'C03' AND segment = '')), 0) AS C03,
       100 * toFloat64(sumIf(numerator, indicator = 'E02' AND segment = '')) / nullIf(toFloat64(sumIf(denominator, indicator = 'E02' AND segment = '')), 0) AS E02,
       100 * toFloat64(sumIf(numerator, indicator = 'E03' AND segment = '')) / nullIf(toFloat64(sumIf(denominator, indicator = 'E03' AND segment = '')), 0) AS E03
FROM vitrine.kpi_quarterly
WHERE indicator IN ('B01', 'B03', 'C03', 'C04', 'E01', 'E02', 'E03', 'O05')
  AND quarter >= toStartOfQuarter(toDate($__fromTime)) AND quarter <= toDate($__toTime)
  AND $__conditionalAll(lab IN (${lab:singlequote}), $lab)
GROUP BY time
ORDER BY time
