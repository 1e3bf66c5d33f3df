module vitrine/dashboards/grafana

go 1.26.0

require (
	github.com/goccy/go-yaml v1.19.2
	github.com/grafana/grafana-foundation-sdk/go v0.0.22
	vitrine v0.0.0
)

require github.com/google/uuid v1.6.0 // indirect

replace vitrine => ../..
