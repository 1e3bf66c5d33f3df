SELECT * FROM {relation:Identifier}
