package chd

import (
	"fmt"
	"slices"
	"strings"
)

// What reaches outside the data folder is refused twice. First by the engine
// itself: its user has no right on any source (see engine.go). But that leaves
// holes, since the library thinks of itself as a local tool: the scalar
// function file() and INTO OUTFILE ask for no right, and format schemas may be
// read from any path. So, second, by this guard, which looks at the tokens of
// each statement and errs on refusing.

// guard holds what is refused. Its lists come from the engine that runs, so
// that what a newer one adds is refused until it is allowed here.
type guard struct {
	functions map[string]bool // lower case
	engines   map[string]bool // lower case
	formats   map[string]bool // lower case
}

// allowedTableFunctions read nothing but tables, and numbers made up on the spot.
func allowedTableFunctions() []string {
	return []string{
		"dictionary", "format", "generaterandom", "generateseries", "generate_series", "input", "merge",
		"mergetreeindex", "mergetreeprojection", "mergetreeanalyzeindexes", "null", "numbers", "numbers_mt",
		"primes", "values", "sqlstandardvalues", "view", "viewexplain", "viewifpermitted", "zeros", "zeros_mt",
		"timeseriesdata", "timeseriesmetrics", "timeseriesselector", "timeseriestags", "timeseriessamples",
	}
}

// deniedFunctions are the scalar functions that read files, run programs, or
// open connections.
func deniedFunctions() []string {
	return []string{"file", "catboostevaluate", "evalmlmethod", "hascolumnintable", "reversednsquery", "disk", "eval"}
}

// allowedEngine tells whether tables or databases of this engine stay inside.
func allowedEngine(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, "mergetree") || slices.Contains([]string{
		"atomic", "buffer", "generaterandom", "join", "log", "materializedview", "memory", "merge", "null",
		"ordinary", "replicated", "set", "stripelog", "timeseries", "tinylog", "view", "windowview",
	}, name)
}

// deniedFormats take their schema from a file or from an address.
func deniedFormats() []string {
	return []string{
		"template", "templateignorespaces", "capnproto", "protobuf", "protobuflist", "protobufsingle", "avroconfluent",
		"mysqlwire", "postgresqlwire",
	}
}

// deniedSettings name files or addresses, or widen what the engine may do.
func deniedSettings() []string {
	return []string{
		"format_schema", "format_schema_source", "format_template_row", "format_template_resultset",
		"format_avro_schema_registry_url", "input_format_record_errors_file_path", "output_format_schema",
		"allow_experimental_eval_table_function", "ai_function_text_default_credentials",
		"ai_function_embedding_default_credentials", "url_base", "disk", "storage_policy", "table_disk",
		"dialect", "implicit_select", "polyglot_dialect", // the guard reads SQL alone
	}
}

// statementKeywords begin the statements that a ClickHouse server knows. The
// library would take more: bare expressions, and its client's "exit".
func statementKeywords() []string {
	return []string{
		"SELECT", "WITH", "FROM", "INSERT", "CREATE", "ALTER", "DROP", "TRUNCATE", "RENAME", "EXCHANGE", "OPTIMIZE",
		"SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS", "CHECK", "SET", "USE", "SYSTEM", "KILL", "DETACH", "ATTACH",
		"REPLACE", "UNDROP", "DELETE", "UPDATE", "GRANT", "REVOKE", "VALUES",
	}
}

// newGuard asks the engine what it knows.
func newGuard(c *conn) (*guard, error) {
	g := &guard{functions: map[string]bool{}, engines: map[string]bool{}, formats: map[string]bool{}}
	tableFunctions, err := c.names("SELECT name FROM system.table_functions")
	if err != nil {
		return nil, fmt.Errorf("chd: list the table functions: %w", err)
	}
	allowed := allowedTableFunctions()
	for _, name := range tableFunctions {
		if name = strings.ToLower(name); !slices.Contains(allowed, name) {
			g.functions[name] = true
		}
	}
	for _, name := range deniedFunctions() {
		g.functions[name] = true
	}
	scalar, err := c.names("SELECT name FROM system.functions")
	if err != nil {
		return nil, fmt.Errorf("chd: list the functions: %w", err)
	}
	for _, name := range scalar {
		// Those that ask a language model.
		if strings.HasPrefix(name, "ai") || strings.HasPrefix(name, "AI") {
			g.functions[strings.ToLower(name)] = true
		}
	}
	engines, err := c.names("SELECT name FROM system.table_engines UNION ALL SELECT name FROM system.database_engines")
	if err != nil {
		return nil, fmt.Errorf("chd: list the engines: %w", err)
	}
	for _, name := range engines {
		if !allowedEngine(name) {
			g.engines[strings.ToLower(name)] = true
		}
	}
	for _, name := range deniedFormats() {
		g.formats[name] = true
	}
	return g, nil
}

// names runs a statement that returns one column of names.
func (c *conn) names(sql string) ([]string, error) {
	r, err := c.query(sql, "TSVRaw", nil)
	if err != nil {
		return nil, err
	}
	defer r.close()
	return strings.Fields(string(r.bytes())), nil
}

func denied(format string, args ...any) *Exception {
	return newException(codeAccessDenied, "ACCESS_DENIED", "vitrine's embedded ClickHouse doesn't allow %s", fmt.Sprintf(format, args...))
}

// checkFormat refuses formats that read a schema from elsewhere.
func (g *guard) checkFormat(name string) error {
	if g.formats[strings.ToLower(name)] {
		return denied("the format %s, whose schema lies outside the data folder", name)
	}
	return nil
}

// checkSetting refuses settings that reach outside.
func (g *guard) checkSetting(name string) error {
	if slices.Contains(deniedSettings(), strings.ToLower(name)) {
		return denied("the setting %s", name)
	}
	return nil
}

// check refuses a statement that isn't one, is several, or reaches outside.
func (g *guard) check(st *statement) error {
	if len(st.tokens) == 0 {
		return newException(codeSyntaxError, "SYNTAX_ERROR", "Empty query")
	}
	if st.broken {
		return newException(codeSyntaxError, "SYNTAX_ERROR", "Syntax error: a quote or a comment is not closed, or a $, a # or a \\ stands where it may be read in two ways")
	}
	keyword := st.keyword()
	if !slices.Contains(statementKeywords(), keyword) {
		return newException(codeSyntaxError, "SYNTAX_ERROR", "Syntax error: failed at position 1 (%s): no statement begins like this", excerpt(st.tokens[0].text))
	}
	toks := st.tokens
	at := func(i int) token {
		if i >= 0 && i < len(toks) {
			return toks[i]
		}
		return token{}
	}
	settings := false // a column may well be named as a setting is
	for i, t := range toks {
		settings = settings || t.is("SETTINGS") || t.is("SETTING") || t.is("SET")
		switch {
		case t.is(";"):
			return newException(codeSyntaxError, "SYNTAX_ERROR", "Syntax error (Multi-statements are not allowed): failed at position %d (end of query)", t.start+1)
		case t.is("INTO") && at(i+1).is("OUTFILE"):
			return denied("INTO OUTFILE")
		case t.is("FROM") && at(i+1).is("INFILE"):
			return denied("FROM INFILE")
		case t.is("INTO") && (at(i+1).is("FUNCTION") || at(i+1).is("TABLE") && at(i+2).is("FUNCTION")),
			keyword == "INSERT" && i <= 2 && t.is("FUNCTION"):
			return denied("INSERT INTO FUNCTION")
		case t.isName() && g.functions[strings.ToLower(t.text)] && at(i+1).is("("):
			return denied("%s(): it reaches outside the data folder", t.text)
		case t.isName() && g.functions[strings.ToLower(t.text)] && (at(i-1).is("APPLY") || at(i-1).is("(") && at(i-2).is("APPLY")):
			return denied("APPLY(%s)", t.text)
		case t.is("ENGINE"):
			name := at(i + 1)
			if name.is("=") {
				name = at(i + 2)
			}
			if name.isName() && g.engines[strings.ToLower(name.text)] {
				return denied("the engine %s: it reaches outside the data folder", name.text)
			}
		case t.is("FORMAT") && at(i+1).isName():
			if err := g.checkFormat(at(i + 1).text); err != nil && !at(i+2).is("(") && !at(i+2).is(",") && !at(i+2).is(".") {
				return err
			}
		case settings && t.isName() && (at(i+1).is("=") || beginsSetting(at(i-1))) && g.checkSetting(t.text) != nil:
			return denied("the setting %s", t.text)
		}
	}
	return checkKeyword(keyword, st)
}

// checkKeyword refuses whole kinds of statement.
func checkKeyword(keyword string, st *statement) error {
	second := ""
	if len(st.tokens) > 1 {
		second = strings.ToUpper(st.tokens[1].text)
	}
	switch keyword {
	case "ATTACH":
		if st.has("FROM") {
			return denied("ATTACH … FROM a path")
		}
	case "SYSTEM":
		if second == "SHUTDOWN" || second == "KILL" || second == "SUSPEND" || second == "LISTEN" {
			// SYSTEM SHUTDOWN would send SIGTERM to this process's whole group.
			return denied("SYSTEM %s", second)
		}
	case "CREATE", "REPLACE":
		for _, t := range st.tokens[1:min(len(st.tokens), 4)] {
			if t.is("DICTIONARY") || t.is("FUNCTION") {
				return denied("%s %s", keyword, strings.ToUpper(t.text))
			}
		}
	}
	return nil
}

// beginsSetting tells whether a setting's name stands after this token, in a list of them. Its value
// may be left out, which means true.
func beginsSetting(t token) bool {
	return t.is("SETTINGS") || t.is("SETTING") || t.is("SET") || t.is(",")
}

func excerpt(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
