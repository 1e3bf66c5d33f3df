// Command gen lists the packages below producers/importers that have a function Connector: go
// generate ./producers/connectors.
package main

import (
	"bytes"
	_ "embed"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"log"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed all.go.tmpl
var list string

func main() {
	const importers = "../importers"
	folders, err := os.ReadDir(importers)
	if err != nil {
		log.Fatal(err)
	}
	var names []string
	for _, folder := range folders {
		if folder.IsDir() && hasConnector(filepath.Join(importers, folder.Name())) {
			names = append(names, folder.Name())
		}
	}
	var out bytes.Buffer
	if err := template.Must(template.New("all").Parse(list)).Execute(&out, names); err != nil {
		log.Fatal(err)
	}
	source, err := format.Source(out.Bytes())
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("all.go", source, 0o644); err != nil {
		log.Fatal(err)
	}
}

// hasConnector says whether a folder's package has a function Connector.
func hasConnector(folder string) bool {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			log.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, is := d.(*ast.FuncDecl); is && f.Recv == nil && f.Name.Name == "Connector" {
				return true
			}
		}
	}
	return false
}
