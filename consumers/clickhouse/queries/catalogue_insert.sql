INSERT INTO indicator_store (code, position, name_fr, name_en, unit, aggregation, definition_fr, definition_en, level, direction,
    cap, window, months, first, repeat, age, counts, scale, period, segments, phrases, over_labs, catalogue, updated_at)
