SELECT count() FROM {relation:Identifier}
