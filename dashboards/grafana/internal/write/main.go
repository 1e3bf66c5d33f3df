// Command write makes the dashboards' JSON from their code:
//
//	go run ./internal/write [-to dashboards] [-public-url https://vitrine.example.org]
//	go run ./internal/write -rules provisioning/alerting/vitrine.yaml
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"vitrine/dashboards/grafana/boards"
	"vitrine/dashboards/grafana/kit"
	"vitrine/dashboards/grafana/rules"
)

func main() {
	to := flag.String("to", "dashboards", "folder of the JSON files, made if missing")
	publicURL := flag.String("public-url", kit.DefaultPublicURL, "where Vitrine's pages are for those who look at the dashboards")
	rulesTo := flag.String("rules", "", "file of the alert rules: write it, and no dashboards")
	flag.Parse()
	var err error
	if *rulesTo != "" {
		err = writeRules(*rulesTo)
	} else {
		err = write(*to, *publicURL)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "write dashboards:", err)
		os.Exit(1)
	}
}

func write(folder, publicURL string) error {
	all, err := boards.Build(publicURL)
	if err != nil {
		return err
	}
	for _, b := range all {
		raw, err := b.JSON()
		if err != nil {
			return fmt.Errorf("%s: %w", b.File(), err)
		}
		file := filepath.Join(folder, filepath.FromSlash(b.File()))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, raw, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func writeRules(file string) error {
	raw, err := rules.File()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, raw, 0o644)
}
