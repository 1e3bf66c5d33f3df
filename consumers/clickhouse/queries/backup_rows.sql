-- The rows of a table of some labs, as they are stored: what was replaced and isn't merged yet comes along, and does no harm.
SELECT * FROM {relation:Identifier} WHERE lab >= {from:String} AND (lab < {to:String} OR {to:String} = '')
