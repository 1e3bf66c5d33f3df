package schemas

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// writtenOut are the bodies of the views so far, by name, with what they read written out in place. In a migration's view,
//
//	FROM {{kpi_by_period(grain = 'month', as_of = today())}} AS k
//
// is the query of that view in brackets, its parameters replaced: the same rows as from the view itself. The engine analyses
// a view that another one reads on its own, and one with parameters twice, so that each level would double what the levels
// below it take: most of what a query took on a small database, and half a second for some.
type writtenOut map[string]string

var (
	madeView  = regexp.MustCompile(`^CREATE OR REPLACE VIEW (\w+) SQL SECURITY DEFINER AS\s+`) // its body follows
	viewInUse = regexp.MustCompile(`\{\{(\w+)`)
	parameter = regexp.MustCompile(`\{(\w+):[\w()]+\}`)
)

// viewSettings end each view: a pass of the engine's analyser (26.7.2) that looks for chains of comparisons takes longer over
// large queries than everything else together, and finds nothing in these.
const viewSettings = "\nSETTINGS optimize_and_compare_chain = 0"

// add writes out what a statement reads, and remembers it if it makes a view.
func (w writtenOut) add(statement string) (string, error) {
	for {
		at := viewInUse.FindStringSubmatchIndex(statement)
		if at == nil {
			break
		}
		name, rest := statement[at[2]:at[3]], statement[at[1]:]
		arguments, length, err := splitArguments(rest)
		if err != nil {
			return "", fmt.Errorf("view %s: %w", name, err)
		}
		body, known := w[name]
		if !known {
			return "", fmt.Errorf("view %s is read before it is made", name)
		}
		if body, err = fillParameters(body, arguments); err != nil {
			return "", fmt.Errorf("view %s: %w", name, err)
		}
		statement = statement[:at[0]] + "(" + body + ")" + rest[length:]
	}
	if m := madeView.FindStringSubmatchIndex(statement); m != nil {
		name := statement[m[2]:m[3]]
		w[name] = statement[m[1]:]
		statement = statement[:m[3]] + saidColumns(name) + statement[m[3]:] + viewSettings
	}
	return statement, nil
}

// saidColumns are the columns of a relation of the contract, as they stand behind its view's name. Where the engine needn't find them out, it
// doesn't analyse the view before somebody reads it: half of what making all tables and views takes. What other views have it finds out.
func saidColumns(view string) string {
	all := relations()
	at := slices.IndexFunc(all, func(r Relation) bool { return r.Name == view })
	if at < 0 {
		return ""
	}
	var columns []string
	for _, c := range all[at].Columns {
		columns = append(columns, "`"+c.Name+"` "+c.Type)
	}
	return " (" + strings.Join(columns, ", ") + ")"
}

// WriteOut writes out the views that a query reads as {{name(argument = value)}}, as migrations do: a view with parameters is analysed twice
// where a query reads it by its name. Views that turn on the programme's zone or day can't be read so; a query that reads none stays as it is.
func WriteOut(query string) (string, error) {
	if !strings.Contains(query, "{{") {
		return query, nil
	}
	views, err := viewsAnywhere()
	if err != nil {
		return "", err
	}
	whole, err := maps.Clone(views).add(query)
	if err == nil && strings.Contains(whole, notAnywhere) {
		return "", fmt.Errorf("a view that it reads turns on the programme's zone: read it by its name")
	}
	return whole, err
}

// notAnywhere stands for what depends on a programme; it is in no statement.
const notAnywhere = "?!"

// viewsAnywhere are the migrations' views as far as they depend on no programme: written out once, as a store has dozens of queries.
var viewsAnywhere = sync.OnceValues(func() (writtenOut, error) {
	views, fill := writtenOut{}, strings.NewReplacer("{{zone}}", notAnywhere, "{{today}}", notAnywhere, "{{database}}", notAnywhere)
	var wrong error
	err := eachMigration(func(_ string, statements []string) {
		for _, s := range statements {
			if _, err := views.add(fill.Replace(s)); err != nil && wrong == nil {
				wrong = err
			}
		}
	})
	return views, errors.Join(err, wrong)
})

// splitArguments reads "(name = value, …)}}", or "}}" alone, and says how long it is.
func splitArguments(s string) (arguments map[string]string, length int, err error) {
	arguments = map[string]string{}
	end := strings.Index(s, "}}")
	if end < 0 {
		return nil, 0, fmt.Errorf("expected }} after it")
	}
	if end == 0 {
		return arguments, 2, nil
	}
	depth, from := 0, 1
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(', '[':
			depth++
			continue
		case ')', ']':
			depth--
		case ',':
		default:
			continue
		}
		if depth == 0 || depth == 1 && s[i] == ',' {
			name, value, found := strings.Cut(s[from:i], " = ")
			if !found {
				return nil, 0, fmt.Errorf("argument %q: expected name = value", s[from:i])
			}
			arguments[strings.TrimSpace(name)] = strings.TrimSpace(value)
			from = i + 1
		}
		if depth == 0 {
			if !strings.HasPrefix(s[i+1:], "}}") {
				return nil, 0, fmt.Errorf("expected }} after its arguments")
			}
			return arguments, i + 3, nil
		}
	}
	return nil, 0, fmt.Errorf("expected ) after its arguments")
}

func fillParameters(body string, arguments map[string]string) (string, error) {
	var missing error
	used := map[string]bool{}
	filled := parameter.ReplaceAllStringFunc(body, func(p string) string {
		name := parameter.FindStringSubmatch(p)[1]
		value, given := arguments[name]
		if !given {
			missing = fmt.Errorf("expected an argument %s", name)
		}
		used[name] = true
		return value
	})
	for name := range arguments {
		if !used[name] {
			return "", fmt.Errorf("it has no parameter %s", name)
		}
	}
	return filled, missing
}
