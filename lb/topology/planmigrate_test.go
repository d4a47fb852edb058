package topology_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/internal/trafficdraw"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/topology"
)

// How much a migration is tried: topologies, and requests that are compared for each.
const (
	migrations          = 50
	requestsOfMigration = 200 // 10,000 in all
	migrationsUnderRace = 5
)

// TestMigration takes topologies from OVH to Scaleway and back, and once more, after which
// nothing is left to be done at OVH: what both can express is a fixed point, once each
// has said it in its own words. What one of them cannot express is named by Check, and
// left out by name. Requests are decided alike all along.
func TestMigration(t *testing.T) {
	t.Parallel()
	at := newMigration(t)
	losses := map[string]int{}
	count := uint64(migrations)
	if underRace {
		count = migrationsUnderRace
	}
	for seed := range count {
		r := random(seed)
		drawn := trafficdraw.Draw(r, at.ovh.Dialect(), at.scaleway.Dialect())
		before := at.there(t, drawn)
		after := at.over(t, before, losses, faithful)
		back := at.back(t, after, losses)
		again := at.over(t, back, losses, faithful)
		at.ovh.empty(t, carried(t, at.ovh, at.withKeys(again.Portable()), losses), topology.Prune())
		for _, then := range []*topology.Spec{after, back, again} {
			if reason := differs(t, r, drawn, before, then); reason != "" {
				t.Fatalf("seed %d: %s", seed, reason)
			}
		}
	}
	if underRace {
		return // what is lost takes more of them to show
	}
	same(t, "settings that were lost", []string{"filters[].status", "healthCheck.timeout", "routes[].match"}, slices.Sorted(maps.Keys(losses)))
}

// TestMigrationByBrokenTranslators: a translator that forgets something is caught by a
// request.
func TestMigrationByBrokenTranslators(t *testing.T) {
	t.Parallel()
	translators := map[string]func(s *topology.Spec){
		"a dropped negation": func(s *topology.Spec) {
			for _, f := range s.Frontends {
				for i := range f.Filters {
					for j := range f.Filters[i].Match {
						f.Filters[i].Match[j].Not = false
					}
				}
			}
		},
		"swapped order": func(s *topology.Spec) {
			for _, f := range s.Frontends {
				slices.Reverse(f.Filters)
			}
		},
		"a forgotten phase": func(s *topology.Spec) {
			for i := range s.Frontends {
				s.Frontends[i].Filters = nil
			}
		},
	}
	for name, translate := range translators {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := newMigration(t)
			for seed := range uint64(migrations) {
				r := random(seed)
				drawn := trafficdraw.Draw(r, at.ovh.Dialect(), at.scaleway.Dialect())
				before := at.there(t, drawn)
				after := at.over(t, before, map[string]int{}, translate)
				if reason := differs(t, r, drawn, before, after); reason != "" {
					t.Log(reason)
					return
				}
			}
			t.Error("nobody noticed")
		})
	}
}

func faithful(*topology.Spec) {}

func random(seed uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // G404: to be drawn alike each time
}

// migration is a load balancer at each of two providers.
type migration struct{ ovh, scaleway *cloud }

func newMigration(t *testing.T) migration { return migration{newOVH(t), newScaleway(t)} }

// there puts drawn rules on OVH, and exports them.
func (m migration) there(t *testing.T, drawn trafficdraw.Traffic) *topology.Spec {
	t.Helper()
	s := main()
	for i, name := range trafficdraw.Backends() {
		b := webBackend(string(name), fmt.Sprintf("10.0.%d.1", i), fmt.Sprintf("10.0.%d.2", i))
		b.Protocol = drawn.Frontend.Protocol
		s.Backends = append(s.Backends, b)
	}
	f := topology.Frontend{FrontendSpec: drawn.Frontend, Filters: drawn.Filters, Routes: drawn.Routes}
	f.Name = "site"
	for _, name := range f.Certificates {
		s.Certificates = append(s.Certificates, topology.Certificate{CertificateSpec: material(string(name))})
	}
	s.Frontends = []topology.Frontend{f}
	m.ovh.apply(t, s, topology.Prune())
	return m.ovh.export(t)
}

func material(name string) lb.CertificateSpec {
	return lb.CertificateSpec{Name: name, PEM: pairs()[0].pem, Key: lb.NewSecret(pairs()[0].key)}
}

// over takes a topology of OVH to Scaleway, and exports what is there.
func (m migration) over(t *testing.T, from *topology.Spec, losses map[string]int, translate func(*topology.Spec)) *topology.Spec {
	t.Helper()
	s := carried(t, m.scaleway, m.withKeys(from.Portable()), losses)
	translate(s)
	m.scaleway.apply(t, s, topology.Prune())
	m.scaleway.empty(t, s, topology.Prune())
	return m.scaleway.export(t)
}

// withKeys is s with the material of its certificates: keys never come back, and whoever
// migrates has them.
func (m migration) withKeys(s *topology.Spec) *topology.Spec {
	for i := range s.Certificates {
		s.Certificates[i] = topology.Certificate{CertificateSpec: material(s.Certificates[i].Name)}
	}
	return s
}

// back takes what is at Scaleway to OVH, and exports what is there.
func (m migration) back(t *testing.T, from *topology.Spec, losses map[string]int) *topology.Spec {
	t.Helper()
	s := carried(t, m.ovh, m.withKeys(from.Portable()), losses)
	m.ovh.apply(t, s, topology.Prune())
	m.ovh.empty(t, s, topology.Prune())
	return m.ovh.export(t)
}

// carried is s without the settings that a provider refuses, which are counted as lost:
// those that say what the other provider does by default. Any other problem is not
// expected. A route that matches everything says so in words.
func carried(t *testing.T, to *cloud, s *topology.Spec, losses map[string]int) *topology.Spec {
	t.Helper()
	out := s.Portable()
	problems, _ := s.Check(to).(lb.Problems) //nolint:errorlint // what Check promises
	for _, problem := range problems {
		lacks, ok := problem.(*lb.UnsupportedError) //nolint:errorlint // what Check promises
		if !ok {
			t.Fatal(problem)
		}
		var entry, item int
		switch {
		case scans(lacks.Path, "frontends[%d].filters[%d].status", &entry, &item):
			out.Frontends[entry].Filters[item].Status = 0
		case scans(lacks.Path, "frontends[%d].routes[%d].match", &entry, &item) && len(out.Frontends[entry].Routes[item].Match) == 0:
			out.Frontends[entry].Routes[item].Match = lb.Match{{Field: lb.FieldPath, Op: lb.MatchPrefix, Values: []string{"/"}}}
		case scans(lacks.Path, "backends[%d].healthCheck.timeout", &entry):
			out.Backends[entry].HealthCheck.Timeout = 0
		default:
			t.Fatal(problem)
		}
		losses[lossOf(lacks.Path)]++
	}
	return out
}

func scans(path, format string, into ...any) bool {
	n, err := fmt.Sscanf(path, format, into...)
	if err != nil || n != len(into) {
		return false
	}
	values := make([]any, len(into))
	for i := range into {
		values[i] = *into[i].(*int) //nolint:forcetypeassert,errcheck // all are
	}
	return path == fmt.Sprintf(format, values...)
}

var numbers = regexp.MustCompile(`\d+`)

// lossOf is a path within its entry, without positions.
func lossOf(path string) string {
	_, path, _ = strings.Cut(numbers.ReplaceAllString(path, ""), "].")
	return path
}

// differs looks for a request that is decided otherwise by two topologies.
func differs(t *testing.T, r *rand.Rand, drawn trafficdraw.Traffic, before, after *topology.Spec) string {
	t.Helper()
	was, is := before.Frontends[0], after.Frontends[0]
	for _, request := range drawn.Requests(r, requestsOfMigration) {
		one, err := lb.Explain(was.FrontendSpec, was.Filters, was.Routes, request)
		fatal(t, err)
		two, err := lb.Explain(is.FrontendSpec, is.Filters, is.Routes, request)
		fatal(t, err)
		one.Reason, two.Reason, one.Filter, two.Filter, one.Route, two.Route = "", "", 0, 0, 0, 0
		if diff := cmp.Diff(one, two); diff != "" {
			return fmt.Sprintf("%+v is decided otherwise (-before +after):\n%s", request, diff)
		}
	}
	return ""
}
