-- FR: De quoi vivent les labs, trimestre par trimestre ?
-- EN: What do the labs live on, quarter by quarter?
-- Lecture : euros hors taxes et hors subventions ; share est la part du total ventilé du trimestre.
-- Reading: euros before VAT and without grants; share is that of what the quarter breaks down.
-- Columns: quarter, stream, revenue, share
SELECT quarter, substring(segment, length('revenue_stream=') + 1) AS stream, sum(value) AS revenue,
       round(100 * toFloat64(revenue) / nullIf(sum(toFloat64(revenue)) OVER (PARTITION BY quarter), 0), 1) AS share
FROM kpi_quarterly
WHERE indicator = 'E01' AND startsWith(segment, 'revenue_stream=')
GROUP BY quarter, segment
ORDER BY quarter, revenue DESC
