// Package kubernetes checks the Kustomize bases: built as `kubectl kustomize` builds them, decoded strictly as the API server
// would, and held to what docs/deploy.md promises. A module of its own, so that the product's go.mod stays free of Kubernetes.
package kubernetes

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// workload is what runs pods.
type workload struct {
	name    string
	labels  map[string]string
	pod     core.PodSpec
	claims  []string
	serves  bool // goes on running, so that it needs probes
	matches map[string]string
}

// cluster is what a base builds.
type cluster struct {
	workloads []workload
	objects   map[string]bool // Kind/name
	services  []core.Service
	budgets   []policy.PodDisruptionBudget
	policies  []networking.NetworkPolicy
}

func build(t *testing.T, dir string) cluster {
	t.Helper()
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		t.Fatalf("%s: %v", dir, err)
	}
	c := cluster{objects: map[string]bool{}}
	for _, r := range resources.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		if r.GetKind() != "Namespace" && r.GetNamespace() != "vitrine" {
			t.Errorf("%s/%s is in the namespace %q", r.GetKind(), r.GetName(), r.GetNamespace())
		}
		c.objects[r.GetKind()+"/"+r.GetName()] = true
		decode := func(into any) {
			t.Helper()
			if err := yaml.UnmarshalStrict(text, into); err != nil {
				t.Errorf("%s/%s: %v", r.GetKind(), r.GetName(), err)
			}
		}
		switch gvk := r.GetGvk(); gvk.ApiVersion() + " " + gvk.Kind {
		case "v1 Namespace":
			decode(&core.Namespace{})
		case "v1 ConfigMap":
			decode(&core.ConfigMap{})
		case "v1 PersistentVolumeClaim":
			decode(&core.PersistentVolumeClaim{})
		case "v1 Service":
			var s core.Service
			decode(&s)
			c.services = append(c.services, s)
		case "policy/v1 PodDisruptionBudget":
			var b policy.PodDisruptionBudget
			decode(&b)
			c.budgets = append(c.budgets, b)
		case "networking.k8s.io/v1 NetworkPolicy":
			var p networking.NetworkPolicy
			decode(&p)
			c.policies = append(c.policies, p)
		case "apps/v1 StatefulSet":
			var s apps.StatefulSet
			decode(&s)
			w := workload{name: s.Name, labels: s.Spec.Template.Labels, pod: s.Spec.Template.Spec, serves: true, matches: s.Spec.Selector.MatchLabels}
			for _, claim := range s.Spec.VolumeClaimTemplates {
				w.claims = append(w.claims, claim.Name)
			}
			c.workloads = append(c.workloads, w)
		case "apps/v1 Deployment":
			var d apps.Deployment
			decode(&d)
			c.workloads = append(c.workloads, workload{name: d.Name, labels: d.Spec.Template.Labels, pod: d.Spec.Template.Spec, serves: true, matches: d.Spec.Selector.MatchLabels})
		case "batch/v1 Job":
			var j batch.Job
			decode(&j)
			c.workloads = append(c.workloads, workload{name: j.Name, labels: j.Spec.Template.Labels, pod: j.Spec.Template.Spec})
		default:
			t.Errorf("%s %s/%s isn't checked: teach this test its kind", gvk.ApiVersion(), gvk.Kind, r.GetName())
		}
	}
	return c
}

func TestBases(t *testing.T) {
	for _, dir := range []string{"base", "demo"} {
		t.Run(dir, func(t *testing.T) {
			c := build(t, dir)
			if len(c.workloads) < 5 {
				t.Fatalf("%d workloads", len(c.workloads))
			}
			for _, w := range c.workloads {
				for _, fault := range append(w.faults(), c.missing(w)...) {
					t.Errorf("%s: %s", w.name, fault)
				}
			}
			for _, fault := range append(c.selectors(), c.scattering()...) {
				t.Error(fault)
			}
		})
	}
}

// faults are what a workload lacks of what every workload here has.
func (w workload) faults() (all []string) {
	fault := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	for label, value := range w.matches {
		if w.labels[label] != value {
			fault("its selector asks for %s=%s, which its pods don't have", label, value)
		}
	}
	if w.pod.AutomountServiceAccountToken == nil || *w.pod.AutomountServiceAccountToken {
		fault("its pods get a token for the API server")
	}
	if s := w.pod.SecurityContext; s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot || s.SeccompProfile == nil || s.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault {
		fault("it may run as root, or without seccomp")
	}
	for _, c := range w.pod.Containers {
		if !regexp.MustCompile(`^[a-z0-9./-]+:[A-Za-z0-9][\w.-]*$`).MatchString(c.Image) || strings.HasSuffix(c.Image, ":latest") {
			fault("image %q has no version", c.Image)
		}
		if c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero() || c.Resources.Limits.Memory().IsZero() {
			fault("it says not what it needs: cpu and memory requested, memory limited")
		}
		s := c.SecurityContext
		if s == nil || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation || s.Capabilities == nil || !slices.Contains(s.Capabilities.Drop, "ALL") {
			fault("its container may gain privileges")
		}
		if w.serves && (c.LivenessProbe == nil || c.ReadinessProbe == nil) {
			fault("it has no liveness or no readiness probe")
		}
		for _, probe := range []*core.Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
			if probe != nil && !slices.ContainsFunc(c.Ports, func(p core.ContainerPort) bool { return p.Name == probe.HTTPGet.Port.String() }) {
				fault("a probe asks the port %q, which it doesn't have", probe.HTTPGet.Port.String())
			}
		}
		for _, m := range c.VolumeMounts {
			if !slices.Contains(w.claims, m.Name) && !slices.ContainsFunc(w.pod.Volumes, func(v core.Volume) bool { return v.Name == m.Name }) {
				fault("it mounts %q, which is no volume", m.Name)
			}
		}
	}
	return all
}

// missing are the objects that a workload names and nobody makes; secrets are made by hand, as docs/deploy.md says.
func (c cluster) missing(w workload) (all []string) {
	guide, err := os.ReadFile("../../docs/deploy.md")
	if err != nil {
		return []string{err.Error()}
	}
	need := func(kind, name string) {
		if !c.objects[kind+"/"+name] {
			all = append(all, fmt.Sprintf("there is no %s %s", kind, name))
		}
	}
	secret := func(name string) {
		if !strings.Contains(string(guide), " secret generic "+name+" ") {
			all = append(all, fmt.Sprintf("docs/deploy.md doesn't say how to make the secret %s", name))
		}
	}
	for _, v := range w.pod.Volumes {
		switch {
		case v.ConfigMap != nil:
			need("ConfigMap", v.ConfigMap.Name)
		case v.Secret != nil:
			secret(v.Secret.SecretName)
		case v.PersistentVolumeClaim != nil:
			need("PersistentVolumeClaim", v.PersistentVolumeClaim.ClaimName)
		}
	}
	for _, container := range w.pod.Containers {
		for _, from := range container.EnvFrom {
			need("ConfigMap", from.ConfigMapRef.Name)
		}
		for _, e := range container.Env {
			if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
				secret(e.ValueFrom.SecretKeyRef.Name)
			}
		}
	}
	return all
}

// selectors says which services, budgets and policies select nothing, or a port that isn't there.
func (c cluster) selectors() (all []string) {
	selected := func(labels map[string]string) (found []workload) {
		for _, w := range c.workloads {
			fits := true
			for k, v := range labels {
				fits = fits && w.labels[k] == v
			}
			if fits {
				found = append(found, w)
			}
		}
		return found
	}
	check := func(what string, labels map[string]string, ports ...intstr.IntOrString) {
		found := selected(labels)
		if len(found) == 0 {
			all = append(all, what+" selects no pods")
		}
		for _, w := range found {
			for _, port := range ports {
				if !slices.ContainsFunc(w.pod.Containers[0].Ports, func(p core.ContainerPort) bool { return p.Name == port.String() }) {
					all = append(all, fmt.Sprintf("%s names the port %s, which %s doesn't have", what, port.String(), w.name))
				}
			}
		}
	}
	for _, s := range c.services {
		for _, p := range s.Spec.Ports {
			check("service "+s.Name, s.Spec.Selector, p.TargetPort)
		}
	}
	for _, b := range c.budgets {
		check("budget "+b.Name, b.Spec.Selector.MatchLabels)
	}
	for _, p := range c.policies {
		if len(p.Spec.PodSelector.MatchLabels) == 0 {
			continue // everything
		}
		for _, rule := range p.Spec.Ingress {
			for _, port := range rule.Ports {
				check("policy "+p.Name, p.Spec.PodSelector.MatchLabels, *port.Port)
			}
		}
	}
	return all
}

// scattering says which services send a visitor of the form from one process to another: a file that was checked waits in
// the memory of the one that checked it.
func (c cluster) scattering() (all []string) {
	for _, s := range c.services {
		pages := slices.ContainsFunc(c.workloads, func(w workload) bool {
			return w.labels["app.kubernetes.io/name"] == s.Spec.Selector["app.kubernetes.io/name"] && slices.Contains(w.pod.Containers[0].Args, "--session-key-file")
		})
		if pages && s.Spec.SessionAffinity != core.ServiceAffinityClientIP {
			all = append(all, "service "+s.Name+" has no session affinity")
		}
	}
	return all
}

func TestTheChecksBite(t *testing.T) {
	bare := workload{name: "bare", serves: true, matches: map[string]string{"a": "b"}, pod: core.PodSpec{Containers: []core.Container{{
		Image: "x:latest", LivenessProbe: &core.Probe{ProbeHandler: core.ProbeHandler{HTTPGet: &core.HTTPGetAction{Port: intstr.FromString("http")}}},
		VolumeMounts: []core.VolumeMount{{Name: "nowhere"}}}}, Volumes: []core.Volume{{VolumeSource: core.VolumeSource{Secret: &core.SecretVolumeSource{SecretName: "unheard-of"}}}}}}
	if n := len(bare.faults()); n != 9 {
		t.Errorf("%d faults of a bare workload, want 9: %q", n, bare.faults())
	}
	c := cluster{workloads: []workload{bare}, services: []core.Service{{Spec: core.ServiceSpec{Selector: map[string]string{"no": "body"}, Ports: []core.ServicePort{{}}}}}}
	if n := len(c.missing(bare)) + len(c.selectors()); n != 2 {
		t.Errorf("%d faults between them, want 2: %q %q", n, c.missing(bare), c.selectors())
	}
	pages := workload{labels: map[string]string{"app.kubernetes.io/name": "serve"}, pod: core.PodSpec{Containers: []core.Container{{Args: []string{"serve", "--session-key-file", "k"}}}}}
	c = cluster{workloads: []workload{pages}, services: []core.Service{{Spec: core.ServiceSpec{Selector: pages.labels}}}}
	if n := len(c.scattering()); n != 1 {
		t.Errorf("%d services that scatter visitors, want 1", n)
	}
}
