SELECT code, toString(position) AS position, name_fr, name_en, unit, aggregation, definition_fr, definition_en, level, direction,
       toString(cap) AS cap, window, toString(months) AS months, toString(first) AS first, toString(repeat) AS repeat, toString(age) AS age,
       counts, toString(scale) AS scale, period, arrayStringConcat(arrayMap(x -> concat(x, ';'), segments)) AS segments,
       arrayStringConcat(arrayMap(x -> concat(x, ';'), phrases)) AS phrases, over_labs, catalogue
FROM indicators
