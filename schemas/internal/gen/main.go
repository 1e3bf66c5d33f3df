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

//go:embed call.md.tmpl
var call string

func main() {
	for _, kind := range schemas.Kinds() {
		doc, err := schemas.JSONSchema(kind)
		if err != nil {
			log.Fatalf("schema of %s: %v", kind.Name, err)
		}
		write(filepath.Join("jsonschema", kind.Name+".json"), doc)
	}
	file, err := schemas.AgreementFileSchema()
	if err != nil {
		log.Fatalf("schema of agreement files: %v", err)
	}
	write("agreement-file.json", file)
	page("data-dictionary", dictionary, map[string]any{"Kinds": schemas.Kinds(), "Indicators": schemas.DefaultCatalogue().Indicators, "Relations": schemas.Relations()})
	page("call", call, map[string]any{"Phrases": schemas.Phrases()})
}

// page writes a document into docs.
func page(name, text string, data any) {
	var out strings.Builder
	functions := template.FuncMap{"cell": cell, "fields": schemas.FieldsOf, "join": func(s []string) string { return strings.Join(s, ", ") }, "code": code}
	if err := template.Must(template.New(name).Funcs(functions).Parse(text)).Execute(&out, data); err != nil {
		log.Fatal(err)
	}
	write(filepath.Join("..", "docs", name+".md"), []byte(out.String()))
}

func write(path string, content []byte) {
	if err := os.WriteFile(path, content, 0o644); err != nil {
		log.Fatal(err)
	}
}

// cell makes a text fit into a Markdown table.
func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

// code sets names as code.
func code(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "`" + strings.Join(names, "`, `") + "`"
}
