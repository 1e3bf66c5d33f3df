package boards

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// expander does to a query what Grafana and the ClickHouse plugin do before it is sent: $__conditionalAll, then the
// variables, then the plugin's macros, as their documentation says. What it doesn't know is an error.
type expander struct {
	from, to  time.Time
	interval  time.Duration
	variables map[string]chosen
}

// chosen is what a reader has chosen of a variable; all says that it is everything.
type chosen struct {
	values []string
	all    bool
}

func (e expander) expand(sql string) (string, error) {
	sql, err := e.conditionalAll(sql)
	if err != nil {
		return "", err
	}
	if sql, err = e.interpolate(sql); err != nil {
		return "", err
	}
	return e.macros(sql)
}

// arguments returns those of the call whose opening bracket is at sql[open], and where it ends.
func arguments(sql string, open int) (args []string, end int, err error) {
	depth, begin, quoted := 0, open+1, false
	for i := open; i < len(sql); i++ {
		switch c := sql[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth == 0 {
				return append(args, strings.TrimSpace(sql[begin:i])), i + 1, nil
			}
		case c == ',' && depth == 1:
			args, begin = append(args, strings.TrimSpace(sql[begin:i])), i+1
		}
	}
	return nil, 0, fmt.Errorf("a bracket isn't closed after %q", sql[:open])
}

// conditionalAll replaces $__conditionalAll(condition, $variable) by the condition, or by 1=1 if all is chosen.
func (e expander) conditionalAll(sql string) (string, error) {
	const macro = "$__conditionalAll("
	for {
		at := strings.LastIndex(sql, macro)
		if at < 0 {
			return sql, nil
		}
		args, end, err := arguments(sql, at+len(macro)-1)
		if err != nil {
			return "", err
		}
		if len(args) != 2 { // the plugin leaves such a call as it is
			return "", fmt.Errorf("%s takes a condition without commas of its own and a variable, got %q", macro, args)
		}
		name := strings.Trim(args[1], "${}")
		v, ok := e.variables[name]
		if !ok {
			return "", fmt.Errorf("%s: there is no variable %q", macro, name)
		}
		condition := args[0]
		if v.all || len(v.values) == 1 && v.values[0] == "" {
			condition = "1=1"
		}
		sql = sql[:at] + condition + sql[end:]
	}
}

var variablePattern = regexp.MustCompile(`\$\{(\w+)(?::(\w+))?\}|\$([a-zA-Z]\w*)`)

func (e expander) interpolate(sql string) (string, error) {
	var failed error
	sql = variablePattern.ReplaceAllStringFunc(sql, func(use string) string {
		m := variablePattern.FindStringSubmatch(use)
		name, format := m[1]+m[3], m[2]
		switch name {
		case "__from":
			return fmt.Sprint(e.from.UnixMilli())
		case "__to":
			return fmt.Sprint(e.to.UnixMilli())
		}
		v, ok := e.variables[name]
		if !ok {
			failed = fmt.Errorf("there is no variable %q", name)
			return use
		}
		text, err := v.format(format)
		if err != nil {
			failed = fmt.Errorf("%s: %w", use, err)
		}
		return text
	})
	return sql, failed
}

func (c chosen) format(format string) (string, error) {
	quote := func(escape func(string) string) (string, error) {
		var all []string
		for _, v := range c.values {
			all = append(all, "'"+escape(v)+"'")
		}
		return strings.Join(all, ","), nil
	}
	switch format {
	case "singlequote":
		return quote(func(s string) string { return strings.ReplaceAll(s, "'", `\'`) })
	case "sqlstring":
		return quote(func(s string) string { return strings.ReplaceAll(s, "'", "''") })
	case "csv", "raw":
		return strings.Join(c.values, ","), nil
	case "": // several come as {a,b}, which no SQL means
		if len(c.values) != 1 {
			return "", fmt.Errorf("%d values without a format", len(c.values))
		}
		return c.values[0], nil
	default:
		return "", fmt.Errorf("the format %q isn't known here", format)
	}
}

var macroPattern = regexp.MustCompile(`\$__(\w+)`)

func (e expander) macros(sql string) (string, error) {
	for {
		m := macroPattern.FindStringSubmatchIndex(sql)
		if m == nil {
			return sql, nil
		}
		name, end := sql[m[2]:m[3]], m[1]
		var args []string
		if end < len(sql) && sql[end] == '(' {
			var err error
			if args, end, err = arguments(sql, end); err != nil {
				return "", err
			}
		}
		text, err := e.macro(name, args)
		if err != nil {
			return "", err
		}
		sql = sql[:m[0]] + text + sql[end:]
	}
}

func (e expander) macro(name string, args []string) (string, error) {
	seconds := int(max(e.interval.Seconds(), 1))
	second := func(t time.Time) string { return fmt.Sprintf("toDateTime(%d)", t.Unix()) }
	milli := func(t time.Time) string { return fmt.Sprintf("fromUnixTimestamp64Milli(%d)", t.UnixMilli()) }
	day := func(t time.Time) string { return "toDate('" + t.Format(time.DateOnly) + "')" }
	between := func(column string, at func(time.Time) string) string {
		return fmt.Sprintf("%s >= %s AND %[1]s <= %[3]s", column, at(e.from), at(e.to))
	}
	wants := map[string]int{"timeFilter": 1, "timeFilter_ms": 1, "dateFilter": 1, "dateTimeFilter": 2, "dt": 2, "timeInterval": 1}
	if n, ok := wants[name]; ok && len(args) != n {
		return "", fmt.Errorf("$__%s takes %d arguments, got %q", name, n, args)
	}
	switch name {
	case "fromTime":
		return second(e.from), nil
	case "toTime":
		return second(e.to), nil
	case "fromTime_ms":
		return milli(e.from), nil
	case "toTime_ms":
		return milli(e.to), nil
	case "timeFilter":
		return between(args[0], second), nil
	case "timeFilter_ms":
		return between(args[0], milli), nil
	case "dateFilter":
		return between(args[0], day), nil
	case "dateTimeFilter", "dt":
		return fmt.Sprintf("(%s) AND (%s)", between(args[0], day), between(args[1], second)), nil
	case "timeInterval":
		return fmt.Sprintf("toStartOfInterval(toDateTime(%s), INTERVAL %d second)", args[0], seconds), nil
	case "interval_s":
		return fmt.Sprint(seconds), nil
	case "interval_ms":
		return fmt.Sprint(e.interval.Milliseconds()), nil
	default:
		return "", fmt.Errorf("the plugin has no macro $__%s, or it isn't known here", name)
	}
}

func TestExpand(t *testing.T) {
	e := expander{from: time.Unix(1_750_000_000, 0).UTC(), to: time.Unix(1_760_000_000, 0).UTC(), interval: time.Minute, variables: map[string]chosen{
		"lab": {values: []string{"a'b", "c"}}, "region": {values: []string{"x"}, all: true}, "one": {values: []string{"q"}},
	}}
	for sql, want := range map[string]string{
		"$__conditionalAll(lab IN (${lab:singlequote}), $lab)":       `lab IN ('a\'b','c')`,
		"$__conditionalAll(r IN (${region:singlequote}), ${region})": "1=1",
		"'$one' $__interval_s":            "'q' 60",
		"$__timeFilter(t)":                "t >= toDateTime(1750000000) AND t <= toDateTime(1760000000)",
		"$__dateFilter(toDate(f(a, b)))":  "toDate(f(a, b)) >= toDate('2025-06-15') AND toDate(f(a, b)) <= toDate('2025-10-09')",
		"$__timeInterval(t), $__fromTime": "toStartOfInterval(toDateTime(t), INTERVAL 60 second), toDateTime(1750000000)",
	} {
		if got, err := e.expand(sql); err != nil || got != want {
			t.Errorf("%s is %q (%v), want %q", sql, got, err, want)
		}
	}
	for _, sql := range []string{"$nothing", "$__nothing(1)", "$lab", "${lab:percentencode}", "$__conditionalAll(f(1), 2, $lab)", "$__conditionalAll(1, $nothing)", "$__timeFilter(t", "$__dt(a)"} {
		if got, err := e.expand(sql); err == nil {
			t.Errorf("%s is %q without an error", sql, got)
		}
	}
}
