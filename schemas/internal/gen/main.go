// Command gen writes what schemas publishes from its Go types and its catalogue: go generate ./schemas.
package main

import (
	_ "embed"
	"log"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"vitrine/schemas"
)

//go:embed dictionary.md.tmpl
var dictionary string

func main() {
	for _, kind := range schemas.Kinds() {
		doc, err := schemas.JSONSchema(kind)
		if err != nil {
			log.Fatalf("schema of %s: %v", kind.Name, err)
		}
		write(filepath.Join("jsonschema", kind.Name+".json"), doc)
	}
	var out strings.Builder
	page := template.Must(template.New("dictionary").Funcs(template.FuncMap{"cell": cell, "fields": schemas.FieldsOf}).Parse(dictionary))
	if err := page.Execute(&out, map[string]any{"Kinds": schemas.Kinds(), "Indicators": schemas.DefaultCatalogue().Indicators}); err != nil {
		log.Fatal(err)
	}
	write(filepath.Join("..", "docs", "data-dictionary.md"), []byte(out.String()))
}

func write(path string, content []byte) {
	if err := os.WriteFile(path, content, 0o644); err != nil {
		log.Fatal(err)
	}
}

// cell makes a text fit into a Markdown table.
func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }
