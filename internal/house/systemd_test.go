package house

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coreos/go-systemd/v22/unit"
)

// TestSystemdUnits: each unit starts a command that there is, with flags that it has, and may do little else on its machine.
func TestSystemdUnits(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root(t), "deploy", "systemd", "*.service"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%d units: %v", len(files), err)
	}
	source := binarySource(t)
	for _, file := range files {
		name := filepath.Base(file)
		values := unitValues(t, name)
		wanted := map[string]string{"Service.NoNewPrivileges": "yes", "Service.ProtectSystem": "strict", "Service.ProtectHome": "yes", "Service.PrivateDevices": "yes",
			"Service.UMask": "0077", "Service.SystemCallFilter": "@system-service"}
		if slices.Contains(values["Service.Type"], "oneshot") { // a timer starts it
			timer := strings.TrimSuffix(name, ".service") + ".timer"
			if of := unitValues(t, timer); len(of["Timer.OnCalendar"]) == 0 || !slices.Contains(of["Install.WantedBy"], "timers.target") {
				t.Errorf("%s: %v starts nothing", timer, of)
			}
		} else {
			wanted["Service.Restart"], wanted["Install.WantedBy"] = "always", "multi-user.target"
		}
		for key, want := range wanted {
			if !slices.Contains(values[key], want) {
				t.Errorf("%s: %s is %q, want %s", name, key, values[key], want)
			}
		}
		if len(values["Service.User"])+len(values["Service.DynamicUser"]) == 0 {
			t.Errorf("%s runs as root", name)
		}
		words := strings.Fields(strings.Join(values["Service.ExecStart"], " "))
		if len(words) < 2 || !strings.HasPrefix(words[0], "/usr/local/bin/vitrine") {
			t.Errorf("%s: ExecStart=%s", name, words)
			continue
		}
		if words[0] == "/usr/local/bin/vitrine-agent" {
			continue // its own tests start it
		}
		if !hasCommand(source, words[1]) {
			t.Errorf("%s runs `vitrine %s`, which isn't a command", name, words[1])
		}
		for _, word := range words[2:] {
			if flag, ok := strings.CutPrefix(word, "--"); ok && !regexp.MustCompile(`Var(P)?\([^"]+"`+regexp.QuoteMeta(flag)+`"`).Match(source) {
				t.Errorf("%s gives --%s, which isn't a flag", name, flag)
			}
		}
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("systemd-analyze isn't on this machine: the units weren't shown to it")
		return
	}
	// A program that isn't installed here is all that it may find.
	out, _ := exec.Command(analyze, append([]string{"verify"}, files...)...).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); line != "" && !strings.Contains(line, "is not executable: No such file or directory") && !strings.HasPrefix(line, "Failed to open") {
			for _, file := range files {
				if strings.Contains(line, strings.TrimSuffix(filepath.Base(file), ".service")) {
					t.Errorf("systemd-analyze verify: %s", line)
				}
			}
		}
	}
}

// unitValues are a unit's settings, by section and name.
func unitValues(t *testing.T, name string) map[string][]string {
	t.Helper()
	sections, err := unit.DeserializeOptions(strings.NewReader(string(read(t, "deploy", "systemd", name))))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	values := map[string][]string{}
	for _, o := range sections {
		values[o.Section+"."+o.Name] = append(values[o.Section+"."+o.Name], o.Value)
	}
	return values
}
