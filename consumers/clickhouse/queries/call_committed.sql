SELECT indicator AS Of, uniqExact(lab) AS Labs FROM commitments WHERE from_date <= {as_of:Date} GROUP BY indicator
