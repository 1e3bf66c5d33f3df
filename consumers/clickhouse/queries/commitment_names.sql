SELECT code AS Code, position AS Position, name_fr AS NameFR, name_en AS NameEN FROM indicators
