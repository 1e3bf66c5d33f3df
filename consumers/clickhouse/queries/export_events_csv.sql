-- As export_events. CSV is opened with spreadsheet programs: a lab's free text that they would take for a formula
-- gets an apostrophe before it. The other text columns are codes, or begin with a bracket.
SELECT * REPLACE (if(match(reason, '^\\s*[=+@-]'), concat('''', reason), reason) AS reason)
FROM events WHERE {lab:String} = '' OR lab = {lab:String}
