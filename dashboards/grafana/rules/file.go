package rules

import (
	"encoding/json"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/grafana/grafana-foundation-sdk/go/alerting"
	"github.com/grafana/grafana-foundation-sdk/go/common"
)

// group is the rules' group; its rules are evaluated one after the other.
const group = "vitrine-programme"

// every is how often: the figures' views take a second or two each, and days are what is counted.
const every = "15m"

// expressionsUID is Grafana's own data source for what is worked out of answers.
const expressionsUID = "__expr__"

func expressions() common.DataSourceRef {
	uid := expressionsUID
	return common.DataSourceRef{Type: &uid, Uid: &uid}
}

// file is Grafana's format of a provisioned file, where it differs from that of its API, which the SDK speaks.
type file struct {
	APIVersion int         `json:"apiVersion"`
	Groups     []fileGroup `json:"groups"`
}

type fileGroup struct {
	OrgID    int64      `json:"orgId"`
	Name     string     `json:"name"`
	Folder   string     `json:"folder"`
	Interval string     `json:"interval"`
	Rules    []fileRule `json:"rules"`
}

type fileRule struct {
	UID          string            `json:"uid"`
	Title        string            `json:"title"`
	Condition    string            `json:"condition"`
	Data         []alerting.Query  `json:"data"`
	NoDataState  string            `json:"noDataState"`
	ExecErrState string            `json:"execErrState"`
	For          string            `json:"for"`
	Annotations  map[string]string `json:"annotations"`
	Labels       map[string]string `json:"labels"`
}

const head = "# Made by `make generate` from dashboards/grafana/rules: don't edit. What each alert means and what to do: docs/alerts.md.\n" +
	"# Grafana replaces $NAME by the environment in labels and queries, but not in annotations: none of them has a $.\n"

// File is the provisioned file.
func File() ([]byte, error) {
	built, err := Build()
	if err != nil {
		return nil, err
	}
	f := file{APIVersion: 1, Groups: []fileGroup{{OrgID: 1, Name: group, Folder: "Vitrine", Interval: every}}}
	for _, r := range built {
		f.Groups[0].Rules = append(f.Groups[0].Rules, fileRule{UID: *r.Uid, Title: r.Title, Condition: r.Condition, Data: r.Data,
			NoDataState: string(r.NoDataState), ExecErrState: string(r.ExecErrState), For: r.For, Annotations: r.Annotations, Labels: r.Labels})
	}
	raw, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	text, err := yaml.JSONToYAML(raw)
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	return append([]byte(head), text...), nil
}
