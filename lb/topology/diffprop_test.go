package topology

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/internal/codes"
	"github.com/lbkit/lbkit/lb"
)

// A topology does not differ from itself, nor from itself in another order.
func TestDiffOfTheSameIsEmpty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := randomSpec().Draw(t, "a")
		if d := Diff(a, shuffled(t, a)); len(d) > 0 {
			t.Fatalf("%v", d)
		}
	})
}

// Topologies without differences are the same file, but for the order of entries, servers
// and domains, and for where a certificate of a known fingerprint is kept. And the other
// way round.
func TestDiffIsEmptyForTheSameFile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := randomSpec().Draw(t, "a")
		b := shuffled(t, a)
		for range rapid.IntRange(0, 2).Draw(t, "changes") {
			changeOne(t, b)
		}
		d := Diff(a, b)
		if before, after := plainFile(t, a), plainFile(t, b); (len(d) == 0) != (before == after) {
			t.Fatalf("%d differences of\n%s\nand\n%s\n%v", len(d), before, after, d)
		}
	})
}

// A setting that changes stands in the step of its entry, and nothing else does.
func TestDiffHasEachSetting(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := randomSpec().Draw(t, "a")
		b := a.Clone()
		kind, id, field := changeOne(t, b)
		d := Diff(a, b)
		if plainFile(t, a) == plainFile(t, b) {
			return
		}
		if len(d) != 1 || d[0].Kind != kind || d[0].ID != id {
			t.Fatalf("%s of %s %s: %v", field, kind, id, d)
		}
		for _, change := range d[0].Changes {
			path := change.Path
			if kind == lb.KindServer {
				_, path, _ = strings.Cut(path, fieldMark)
			}
			if path != field && !strings.HasPrefix(path, field+".") && d[0].Kind != lb.KindFilter && d[0].Kind != lb.KindRoute {
				t.Fatalf("%s of %s %s: %v", field, kind, id, d)
			}
		}
	})
}

// What comes one way goes the other way, and what is one value after another is that in
// reverse. Of rules that changed places, either may be the one that moved: there are as many.
func TestDiffIsMirrored(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := randomSpec().Draw(t, "a")
		b := shuffled(t, a)
		if rapid.Bool().Draw(t, "others") {
			b = randomSpec().Draw(t, "b")
		}
		for range 3 {
			changeOne(t, b)
		}
		there, back := facts(Diff(a, b), false), facts(Diff(b, a), true)
		if !slices.Equal(there, back) {
			t.Fatalf("there:\n%s\nback, in reverse:\n%s", strings.Join(there, "\n"), strings.Join(back, "\n"))
		}
	})
}

// facts are what differences say, each in a line, in reverse or not.
func facts(d Differences, reverse bool) []string {
	reversed := map[Action]Action{ActionCreate: ActionDelete, ActionDelete: ActionCreate}
	var all []string
	for _, s := range d {
		if reverse {
			s.Action = cmp.Or(reversed[s.Action], s.Action)
		}
		if s.Kind != lb.KindFilter && s.Kind != lb.KindRoute {
			all = append(all, fmt.Sprint(s.Action, s.Kind, s.ID))
		}
		gone, made := 0, 0
		for _, change := range s.Changes {
			before, after := change.Before, change.After
			if reverse {
				before, after = after, before
			}
			if s.Kind != lb.KindFilter && s.Kind != lb.KindRoute {
				_, field, _ := strings.Cut(change.Path, fieldMark) // the port of an endpoint is that of after
				if s.Kind != lb.KindServer {
					field = change.Path
				}
				all = append(all, fmt.Sprint(s.Kind, s.ID, field, shown(before), shown(after)))
			}
			if before != nil {
				gone++
			}
			if after != nil {
				made++
			}
		}
		if s.Kind == lb.KindFilter || s.Kind == lb.KindRoute {
			all = append(all, fmt.Sprint(s.Kind, s.ID, gone, made))
		}
	}
	slices.Sort(all)
	return all
}

// shuffled is a copy of s in another order.
func shuffled(t *rapid.T, s *Spec) *Spec {
	out := s.Clone()
	out.Certificates = rapid.Permutation(out.Certificates).Draw(t, "certificates")
	out.Backends = rapid.Permutation(out.Backends).Draw(t, "backends")
	for i := range out.Backends {
		out.Backends[i].Servers = rapid.Permutation(out.Backends[i].Servers).Draw(t, "servers")
	}
	out.Frontends = rapid.Permutation(out.Frontends).Draw(t, "frontends")
	return out
}

// changeOne draws one field of s anew, and says which: the kind and ID of its step, and its
// JSON name.
func changeOne(t *rapid.T, s *Spec) (kind lb.Kind, id, field string) {
	type place struct {
		kind  lb.Kind
		id    string
		value reflect.Value
	}
	places := []place{{lb.KindLoadBalancer, "", reflect.ValueOf(&s.LoadBalancer)}}
	for i := range s.Certificates {
		places = append(places, place{lb.KindCertificate, string(s.Certificates[i].ID), reflect.ValueOf(&s.Certificates[i])})
	}
	for i := range s.Backends {
		b := &s.Backends[i]
		places = append(places, place{lb.KindBackend, string(b.ID), reflect.ValueOf(&b.BackendSpec)})
		for j := range b.Servers {
			places = append(places, place{lb.KindServer, string(b.ID), reflect.ValueOf(&b.Servers[j])})
		}
	}
	for i := range s.Frontends {
		f := &s.Frontends[i]
		places = append(places, place{lb.KindFrontend, string(f.ID), reflect.ValueOf(&f.FrontendSpec)})
		for j := range f.Filters {
			places = append(places, place{lb.KindFilter, string(f.ID), reflect.ValueOf(&f.Filters[j])})
		}
		for j := range f.Routes {
			places = append(places, place{lb.KindRoute, string(f.ID), reflect.ValueOf(&f.Routes[j])})
		}
	}
	at := rapid.SampledFrom(places).Draw(t, "place")
	fields := slices.DeleteFunc(reflect.VisibleFields(at.value.Elem().Type()), func(f reflect.StructField) bool {
		switch f.Name {
		case "ID", "Address", "Certificates", "Match": // what it is known by, and what must fit
			return true
		case "Port":
			return at.kind == lb.KindServer
		case "PEM", "PEMFile": // a file with both is not read back as it was
			return true
		default:
			return f.Anonymous || f.Type == reflect.TypeFor[lb.Secret]()
		}
	})
	chosen := rapid.SampledFrom(fields).Draw(t, "field")
	value := at.value.Elem().FieldByIndex(chosen.Index)
	if value.Type() == reflect.TypeFor[lb.BackendID]() {
		value.SetString(string(s.someBackend(t)))
	} else {
		value.SetZero()
		fillRandom(t, chosen.Name, value)
	}
	field, _, _ = strings.Cut(chosen.Tag.Get("json"), ",")
	return at.kind, at.id, field
}

// plainFile is the file of s with all that makes no difference alike.
func plainFile(t *rapid.T, s *Spec) string {
	s = s.Clone()
	for i := range s.Certificates {
		c := s.Certificates[i].known()
		if c.Fingerprint != "" {
			c.PEM, c.PEMFile, c.KeyFile = "", "", ""
		}
		s.Certificates[i] = c
	}
	slices.SortFunc(s.Certificates, func(a, b Certificate) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Backends, func(a, b Backend) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Frontends, func(a, b Frontend) int { return cmp.Compare(a.ID, b.ID) })
	for _, b := range s.Backends {
		slices.SortFunc(b.Servers, func(a, b lb.ServerSpec) int { return a.Address.Compare(b.Address) })
	}
	text, err := json.Marshal(withoutEmpty(codes.Document(s)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// withoutEmpty is a document without lists that have no items: none is the same.
func withoutEmpty(document any) any {
	switch document := document.(type) {
	case map[string]any:
		for key, value := range document {
			if items, isList := value.([]any); isList && len(items) == 0 {
				delete(document, key)
				continue
			}
			document[key] = withoutEmpty(value)
		}
	case []any:
		for i := range document {
			document[i] = withoutEmpty(document[i])
		}
	}
	return document
}
