package chd

import (
	"slices"
	"strings"
)

// checkReader refuses a reader's statements that aren't plain reading. The
// engine holds readers to readonly = 2 as well; this comes first because some
// statements, such as SET, act in its client part already.
func checkReader(st *statement) error {
	switch keyword := st.keyword(); keyword {
	case "SELECT", "WITH", "FROM", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS", "VALUES":
		if err := checkReaderTables(st); err != nil {
			return err
		}
	default:
		return newException(codeReadonly, "READONLY", "Cannot execute query in readonly mode: %s is not for this user, who may SELECT, SHOW, DESCRIBE, EXISTS and EXPLAIN", keyword)
	}
	parts := st.has("UNION") || st.has("INTERSECT") || st.has("EXCEPT")
	seen := false                  // a SETTINGS stands before
	open, at, depth := false, 0, 0 // in a list of settings, at this depth of parentheses
	for i, t := range st.tokens {
		if t.isName() && (seen && i+1 < len(st.tokens) && st.tokens[i+1].is("=") || open && depth == at && beginsSetting(st.tokens[i-1])) {
			if err := checkReaderSetting(t.text); err != nil {
				return err
			}
			// The engine holds a statement's own settings to the profile, but not those of its parts.
			if limits(t.text) && (depth > 0 || parts) {
				return newException(codeReadonly, "READONLY", "Cannot modify '%s' setting of a part of a statement in readonly mode: set it for the whole, in the URL", t.text)
			}
		}
		switch {
		case t.is("SETTINGS"):
			seen, open, at = true, true, depth
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
			open = open && depth >= at
		case t.is("SELECT"):
			open = open && depth > at
		}
	}
	return nil
}

// checkReaderSetting lets readers choose how results look, and nothing else
// that could lift a limit.
func checkReaderSetting(name string) error {
	name = strings.ToLower(name)
	for _, prefix := range []string{"output_format_", "format_csv_", "format_tsv", "date_time_", "join_", "aggregate_functions_", "transform_", "union_", "prefer_", "optimize_", "http_", "send_progress_in_http_", "input_format_"} {
		if strings.HasPrefix(name, prefix) {
			return nil
		}
	}
	switch name {
	case "session_timezone", "do_not_merge_across_partitions_select_final", "final", "extremes", "max_block_size", "limit", "offset", "decimal_check_overflow", "log_comment",
		"enable_http_compression", "add_http_cors_header", "cast_keep_nullable", "data_type_default_nullable",
		"max_result_rows", "max_result_bytes", "result_overflow_mode", "max_execution_time", "max_rows_to_read",
		"max_bytes_to_read", "max_memory_usage", "max_threads", "network_compression_method",
		"network_zstd_compression_level", "enable_analyzer", "allow_experimental_analyzer", "use_query_cache",
		"cancel_http_readonly_queries_on_client_close", "wait_end_of_query", "low_cardinality_allow_in_native_format":
		// Those with limits are bounded by the engine (see the profile in engine.go).
		return nil
	}
	return newException(codeReadonly, "READONLY", "Cannot modify '%s' setting in readonly mode", name)
}

// limits tells whether a setting bounds what a statement takes.
func limits(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "max_") || name == "result_overflow_mode"
}

// readableSystemTables are what clients ask of system to find their way: Grafana, DBeaver, the drivers. The others tell
// of other people's statements, of rights and of the machine.
func readableSystemTables() []string {
	return []string{
		"columns", "data_type_families", "databases", "dictionaries", "formats", "functions", "keywords", "numbers", "numbers_mt", "one",
		"settings", "table_engines", "table_functions", "tables", "time_zones", "zeros",
	}
}

// readerDeniedFunctions are those of allowedTableFunctions that reach a table by another way than its name.
func readerDeniedFunctions() []string {
	return []string{
		"dictionary", "input", "merge", "mergetreeindex", "mergetreeprojection", "mergetreeanalyzeindexes", "viewexplain", "viewifpermitted",
		"timeseriesdata", "timeseriesmetrics", "timeseriesselector", "timeseriestags", "timeseriessamples",
	}
}

// checkReaderTables refuses what the engine would show to anybody who reads: most of the system's tables, and table
// functions that take a table's name as text.
func checkReaderTables(st *statement) error {
	toks := st.tokens
	for i, t := range toks {
		if !t.isName() || i+1 >= len(toks) {
			continue
		}
		next := toks[i+1]
		switch {
		case strings.EqualFold(t.text, "SHOW") && i == 0 && next.is("PROCESSLIST"):
			return newException(codeAccessDenied, "ACCESS_DENIED", "SHOW PROCESSLIST is not for the user analyst: it tells of other people's statements")
		case t.text == "system" && next.is(".") && i+2 < len(toks) && !slices.Contains(readableSystemTables(), toks[i+2].text):
			return newException(codeAccessDenied, "ACCESS_DENIED", "system.%s is not for the user analyst, who may read system.%s",
				excerpt(toks[i+2].text), strings.Join(readableSystemTables(), ", "))
		case next.is("(") && slices.Contains(readerDeniedFunctions(), strings.ToLower(t.text)):
			return newException(codeAccessDenied, "ACCESS_DENIED", "%s() is not for the user analyst: name the relation itself", t.text)
		}
	}
	return nil
}
