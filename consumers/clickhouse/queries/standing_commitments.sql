SELECT c.lab AS Lab, c.agreement AS Agreement, c.indicator AS Indicator, c.segment AS Segment, c.mode AS Mode, p.every AS Every,
       c.from_date AS From, c.due_date AS Due, toFloat64(c.target) AS Target, toFloat64(c.actual) AS Actual, toFloat64(c.expected) AS Expected,
       toFloat64(c.pace) AS Pace, c.status AS Status, c.unit AS Unit, i.name_fr AS NameFR, i.name_en AS NameEN
FROM commitment_status_as_of(as_of = {as_of:Date}) AS c
INNER JOIN (SELECT lab, agreement, number, every FROM commitments) AS p ON c.lab = p.lab AND c.agreement = p.agreement AND c.number = p.number
INNER JOIN (SELECT code, name_fr, name_en FROM indicators) AS i ON c.indicator = i.code
ORDER BY Lab, Agreement, c.number
