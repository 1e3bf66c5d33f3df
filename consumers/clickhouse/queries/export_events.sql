-- Not sorted: there may be millions. lab '' is all labs.
SELECT * FROM events WHERE {lab:String} = '' OR lab = {lab:String}
