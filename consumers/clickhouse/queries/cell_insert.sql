INSERT INTO kpi_cells
    (lab, kind, local_day, version, item_indicator, item_part, item_fn, item_day, item_segment, item_ref, item_amount, item_at, item_seq)
