// Command gen writes what schemas publishes from its Go types: go generate ./schemas.
package main

import (
	"log"
	"os"
	"path/filepath"

	"vitrine/schemas"
)

func main() {
	for _, kind := range schemas.Kinds() {
		doc, err := schemas.JSONSchema(kind)
		if err != nil {
			log.Fatalf("schema of %s: %v", kind.Name, err)
		}
		if err := os.WriteFile(filepath.Join("jsonschema", kind.Name+".json"), doc, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
