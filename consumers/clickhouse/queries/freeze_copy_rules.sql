INSERT INTO status_rules (rule, value, version) SELECT rule, value, version FROM {main:Identifier}.status_rules FINAL
