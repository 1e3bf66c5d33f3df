package gateway

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/goccy/go-yaml"

	"vitrine/schemas"
)

//go:embed openapi.yaml
var openAPISource []byte

// openAPI is the OpenAPI 3.1 document: what is written by hand, with the schema of each kind's data.
func openAPI() ([]byte, error) {
	var doc map[string]any
	if err := yaml.Unmarshal(openAPISource, &doc); err != nil {
		return nil, fmt.Errorf("gateway: OpenAPI document: %w", err)
	}
	components := doc["components"].(map[string]any)["schemas"].(map[string]any) // a test reads the document
	var data []any
	for _, kind := range schemas.Kinds() {
		raw, err := schemas.JSONSchema(kind)
		if err != nil {
			return nil, fmt.Errorf("gateway: OpenAPI document: schema of %s: %w", kind.Name, err)
		}
		var schema map[string]any
		if err := json.Unmarshal(raw, &schema); err != nil {
			return nil, fmt.Errorf("gateway: OpenAPI document: schema of %s: %w", kind.Name, err)
		}
		// Within the document it has the document's address and dialect.
		delete(schema, "$id")
		delete(schema, "$schema")
		components[kind.Name] = schema
		data = append(data, map[string]any{"$ref": "#/components/schemas/" + kind.Name})
	}
	// Which of them it is follows from the event's type.
	event := components["Event"].(map[string]any)["properties"].(map[string]any)["data"].(map[string]any)
	event["anyOf"] = data
	return json.Marshal(doc)
}

func (g *Gateway) serveOpenAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", mediaJSON)
	w.Header().Set("Cache-Control", "public, max-age=300") // it holds nobody's data
	_, _ = w.Write(g.openAPI)
}
