-- As export_sorted of labs, with an apostrophe before free text that spreadsheet programs would take for a formula.
SELECT * REPLACE (if(match(name, '^\\s*[=+@-]'), concat('''', name), name) AS name,
                  if(match(commune, '^\\s*[=+@-]'), concat('''', commune), commune) AS commune,
                  if(match(region, '^\\s*[=+@-]'), concat('''', region), region) AS region)
FROM labs WHERE {lab:String} = '' OR lab = {lab:String} ORDER BY ALL
