-- The programme from its start to today, one column per figure: all labs, since a company counts once however many of them it uses.
SELECT toFloat64(maxIf(value, indicator = 'C01' AND segment = '')) AS C01,
       toFloat64(maxIf(value, indicator = 'C03' AND segment = '')) AS C03,
       toFloat64(maxIf(value, indicator = 'C04' AND segment = '')) AS C04,
       toFloat64(maxIf(value, indicator = 'C05' AND segment = '')) AS C05,
       toFloat64(maxIf(value, indicator = 'O05' AND segment = '')) AS O05,
       toFloat64(maxIf(value, indicator = 'E01' AND segment = '')) AS E01,
       toFloat64(maxIf(value, indicator = 'E02' AND segment = '')) AS E02,
       toFloat64(maxIf(value, indicator = 'E03' AND segment = '')) AS E03,
       toFloat64(maxIf(value, indicator = 'B01' AND segment = '')) AS B01,
       toFloat64(maxIf(value, indicator = 'C01' AND segment = 'size_class=micro')) AS size_micro,
       toFloat64(maxIf(value, indicator = 'C01' AND segment = 'size_class=pme')) AS size_pme,
       toFloat64(maxIf(value, indicator = 'C01' AND segment = 'size_class=eti')) AS size_eti,
       toFloat64(maxIf(value, indicator = 'C01' AND segment = 'size_class=ge')) AS size_ge,
       toFloat64(maxIf(value, indicator = 'C05' AND segment = 'outcome_type=prototype')) AS outcome_prototype,
       toFloat64(maxIf(value, indicator = 'C05' AND segment = 'outcome_type=product')) AS outcome_product,
       toFloat64(maxIf(value, indicator = 'C05' AND segment = 'outcome_type=small_series')) AS outcome_small_series,
       toFloat64(maxIf(value, indicator = 'C05' AND segment = 'outcome_type=patent')) AS outcome_patent,
       toFloat64(maxIf(value, indicator = 'C05' AND segment = 'outcome_type=job')) AS outcome_job,
       toFloat64(maxIf(value, indicator = 'C05' AND segment = 'outcome_type=company_created')) AS outcome_company_created
FROM vitrine.programme_figures
HAVING count() > 0
