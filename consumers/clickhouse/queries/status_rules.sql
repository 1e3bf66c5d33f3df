SELECT rule, toString(value) AS number FROM status_rules FINAL
