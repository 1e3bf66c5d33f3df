SELECT lab, count() AS found,
       sum(xxHash64(concat(indicator, '\0', segment, '\0', toString(start), '\0', numerator_text, '\0',
                           ifNull(denominator_text, ''), '\0', ifNull(value_text, ''), '\0'))) AS digest
FROM verified
GROUP BY lab
