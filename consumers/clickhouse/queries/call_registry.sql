SELECT count() AS Labs, countIf(archetype != '') AS Archetypes, countIf(opened <= {as_of:Date}) AS Opened FROM labs
