package schemas

import (
	"strings"
	"testing"
)

func TestViewsAreWrittenOut(t *testing.T) {
	const made = "CREATE OR REPLACE VIEW figures SQL SECURITY DEFINER AS\nSELECT a FROM b WHERE day <= {as_of:Date} AND grain = {grain:String}"
	for name, c := range map[string]struct{ read, want, wrong string }{
		"nothing":        {read: "SELECT 1", want: "SELECT 1"},
		"no parameters":  {read: "SELECT * FROM {{plain}} AS p", want: "SELECT * FROM (SELECT 1) AS p"},
		"parameters":     {read: "SELECT * FROM {{figures(grain = 'day', as_of = least(x, y[1]))}}", want: "SELECT * FROM (SELECT a FROM b WHERE day <= least(x, y[1]) AND grain = 'day')"},
		"handed on":      {read: "SELECT * FROM {{figures(grain = {grain:String}, as_of = {day:Date})}}", want: "SELECT * FROM (SELECT a FROM b WHERE day <= {day:Date} AND grain = {grain:String})"},
		"not there":      {read: "SELECT * FROM {{none}}", wrong: "view none is read before it is made"},
		"one is missing": {read: "SELECT * FROM {{figures(grain = 'day')}}", wrong: "view figures: expected an argument as_of"},
		"one too many":   {read: "SELECT * FROM {{plain(grain = 'day')}}", wrong: "view plain: it has no parameter grain"},
		"not closed":     {read: "SELECT * FROM {{plain", wrong: "view plain: expected }} after it"},
		"not ended":      {read: "SELECT * FROM {{figures(grain = 'day'}}", wrong: "view figures: expected ) after its arguments"},
		"no name":        {read: "SELECT * FROM {{figures('day')}}", wrong: `view figures: argument "'day'": expected name = value`},
	} {
		t.Run(name, func(t *testing.T) {
			views := writtenOut{}
			for _, view := range []string{made, "CREATE OR REPLACE VIEW plain SQL SECURITY DEFINER AS\nSELECT 1"} {
				if _, err := views.add(view); err != nil {
					t.Fatal(err)
				}
			}
			got, err := views.add(c.read)
			if c.wrong != "" {
				if err == nil || err.Error() != c.wrong {
					t.Errorf("got %q, %v, want the error %q", got, err, c.wrong)
				}
			} else if err != nil || got != c.want {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestQueriesAreWrittenOut(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT {day:Date}":      "SELECT {day:Date}",
		"SELECT * FROM {{none}}": "view none is read before it is made",
		"SELECT * FROM {{labs}}": "turns on the programme's zone",
		"SELECT * FROM {{commitment_status_over(days = [{day:Date}], lab = '')}}": "ARRAY JOIN [{day:Date}] AS as_of",
	} {
		got, err := WriteOut(query)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) || strings.Contains(got, "{{") {
			t.Errorf("%s: %.200s, want %s", query, got, want)
		}
	}
}
