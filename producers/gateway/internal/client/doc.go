// Package client is an HTTP client generated from the gateway's OpenAPI document. The gateway's tests drive
// the gateway with it, so that the document can't say what the gateway doesn't do.
package client

// The generator is pinned here and not in go.mod, which it would add some thirty modules to.
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -config config.yaml ../../openapi.yaml
