-- Every row of a relation; lab '' is all labs.
SELECT * FROM {relation:Identifier} WHERE {lab:String} = '' OR lab = {lab:String} ORDER BY ALL
