package document_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/document"
)

// onShelf is a provider on a store with one load balancer.
func onShelf() (*shelf, *document.Provider, lb.LoadBalancerID) {
	store := newShelf()
	return store, document.New(folderRules(), store), "folder/" + store.add("edge")
}

func webBackend() lb.BackendSpec {
	return lb.BackendSpec{Name: "web", Protocol: lb.ProtocolHTTP, Port: 8080}
}

func webFrontend(to lb.BackendID) lb.FrontendSpec {
	return lb.FrontendSpec{Name: "web", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(80)}, DefaultBackend: to}
}

// must is the value of a call that has to succeed.
func must[V any](value V, err error) func(t *testing.T) V {
	return func(t *testing.T) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// fails wants err to be one of a call, with a code.
func fails(t *testing.T, err error, op string, code error) {
	t.Helper()
	_ = failure(t, err, op, code)
}

// failure is err as one of a call, with a code.
func failure(t *testing.T, err error, op string, code error) *lb.Error {
	t.Helper()
	var e *lb.Error
	if !errors.As(err, &e) || !errors.Is(err, code) || e.Op != op || e.Provider != "folder" {
		t.Fatalf("got %v, want an error of %s with %q", err, op, code)
	}
	return e
}

// rename is what somebody else does to a load balancer.
func rename(t *testing.T, s *shelf, key, name string) {
	t.Helper()
	d := must(s.open(key))(t)
	d.LoadBalancer.Name = name
	_ = must(s.put(d))(t)
}

func TestSomebodyElseWrites(t *testing.T) {
	t.Parallel()
	store, p, id := onShelf()
	b := must(p.Backends().Create(t.Context(), id, webBackend()))(t)
	store.before = func(*document.Document) {
		store.before = nil
		rename(t, store, "b1", "theirs")
	}
	runs := 0
	after := must(p.Backends().Update(t.Context(), b.ID, func(s *lb.BackendSpec) error {
		runs++
		s.Algorithm = lb.AlgorithmLeastConn
		return nil
	}))(t)
	if name := must(p.LoadBalancers().Get(t.Context(), id))(t).Name; name != "theirs" || after.Algorithm != lb.AlgorithmLeastConn || runs != 2 {
		t.Errorf("the load balancer is called %q and the backend has %q, after %d runs; want both changes after 2", name, after.Algorithm, runs)
	}
}

// TestRefusedForNothing has a store say that somebody else has written where nobody has.
func TestRefusedForNothing(t *testing.T) {
	t.Parallel()
	store, p, id := onShelf()
	writes := 0
	store.before = func(*document.Document) {
		writes++
		store.failures = []error{lb.ErrConflict}
	}
	_, err := p.Backends().Create(t.Context(), id, webBackend())
	fails(t, err, "backends.create", lb.ErrConflict)
	if writes != 2 {
		t.Errorf("it was written %d times, want the second to end it", writes)
	}
}

func TestAlwaysTooLate(t *testing.T) {
	t.Parallel()
	store, p, id := onShelf()
	writes := 0
	store.before = func(*document.Document) {
		writes++
		rename(t, store, "b1", fmt.Sprint("theirs ", writes))
	}
	_, err := p.Backends().Create(t.Context(), id, webBackend())
	fails(t, err, "backends.create", lb.ErrConflict)
	if writes != 101 {
		t.Errorf("it was written %d times, want 101", writes)
	}
}

// TestNoVersionYet has somebody else write the first version of a document: nothing has been
// refused before.
func TestNoVersionYet(t *testing.T) {
	t.Parallel()
	store := newShelf()
	unversioned := []byte(`{"loadBalancer":{"id":"b1"},"version":""}`)
	store.texts["b1"] = unversioned
	store.before = func(*document.Document) {
		store.before = nil
		rename(t, store, "b1", "theirs")
	}
	p := document.New(folderRules(), store)
	must(p.Backends().Create(t.Context(), "folder/b1", webBackend()))(t)

	store.texts["b1"] = unversioned
	store.before = func(*document.Document) { store.failures = []error{lb.ErrConflict} }
	_, err := p.Backends().Create(t.Context(), "folder/b1", webBackend())
	fails(t, err, "backends.create", lb.ErrConflict)
}

// repeatsOnce has the store do the next write twice, so that the second finds another version.
func (s *shelf) repeatsOnce(t *testing.T) {
	t.Helper()
	s.before = func(d *document.Document) {
		s.before = nil
		kept := *d
		_ = must(s.put(&kept))(t)
	}
}

// TestItsOwnConflict has a store repeat a write that had worked.
func TestItsOwnConflict(t *testing.T) {
	t.Parallel()
	store, p, id := onShelf()
	store.repeatsOnce(t)
	b := must(p.Backends().Create(t.Context(), id, webBackend()))(t)
	store.repeatsOnce(t)
	f := must(p.Frontends().Create(t.Context(), id, webFrontend(b.ID)))(t)
	tree := must(p.LoadBalancers().Read(t.Context(), id))(t)
	if len(tree.Backends) != 1 || len(tree.Frontends) != 1 || tree.Backends[0].ID != b.ID || tree.Frontends[0].ID != f.ID {
		t.Errorf("there are %d backends and %d frontends, want one of each, those that were made", len(tree.Backends), len(tree.Frontends))
	}
	addsTwice(t, store, p, b.ID)
	deletesTwice(t, store, p, f.ID, b.ID)
}

// addsTwice has the store repeat an addition that had worked, and leaves no servers.
func addsTwice(t *testing.T, store *shelf, p *document.Provider, b lb.BackendID) {
	t.Helper()
	one, two := lb.ServerSpec{Address: address(1)}, lb.ServerSpec{Address: address(2)}
	store.repeatsOnce(t)
	added := must(p.Servers().Add(t.Context(), b, one))(t)
	if all := must(p.Backends().Get(t.Context(), b))(t).Servers; len(added) != 1 || len(all) != 1 || added[0].ID != all[0].ID {
		t.Errorf("added %v, and there are %v; want the one that was added", added, all)
	}
	for _, again := range [][]lb.ServerSpec{{one}, {two, one}} {
		_, err := p.Servers().Add(t.Context(), b, again...)
		fails(t, err, "servers.add", lb.ErrExists)
	}

	// What somebody else has added meanwhile is not this call's, where it is another thing.
	store.before = func(*document.Document) {
		store.before = nil
		d := must(store.open("b1"))(t)
		d.Backends[0].Servers = append(d.Backends[0].Servers, &lb.Server{ServerSpec: lb.ServerSpec{Address: address(2), Weight: new(7)}})
		_ = must(store.put(d))(t)
	}
	_, err := p.Servers().Add(t.Context(), b, two)
	fails(t, err, "servers.add", lb.ErrExists)
	_ = must(p.Servers().Set(t.Context(), b, nil, lb.SetOptions{AllowEmpty: true}))(t)
}

// deletesTwice has the store repeat deletions that had worked.
func deletesTwice(t *testing.T, store *shelf, p *document.Provider, f lb.FrontendID, b lb.BackendID) {
	t.Helper()
	servers := must(p.Servers().Add(t.Context(), b, lb.ServerSpec{Address: address(1)}, lb.ServerSpec{Address: address(2)}))(t)
	for what, remove := range []func() error{
		func() error { return p.Frontends().Delete(t.Context(), f) },
		func() error { return p.Servers().Remove(t.Context(), servers[0].ID) },
		func() error { return p.Backends().Delete(t.Context(), b) },
	} {
		store.repeatsOnce(t)
		if err := remove(); err != nil {
			t.Errorf("deletion %d: %v", what, err)
		}
		if err := remove(); !errors.Is(err, lb.ErrNotFound) {
			t.Errorf("deletion %d, once more: got %v, want not found", what, err)
		}
	}
}

// forgetful is a store that loses what it is given, or answers something else.
type forgetful struct {
	*shelf

	answer func() (*document.Document, error)
}

// distracted is a store that reads something else than it was asked for.
type distracted struct{ *shelf }

func (s distracted) Read(context.Context, string) (*document.Document, error) { return s.get("b2") }

func TestReadsOfOtherThings(t *testing.T) {
	t.Parallel()
	store, _, id := onShelf()
	_ = store.add("other")
	b, err := document.New(folderRules(), distracted{store}).LoadBalancers().Get(t.Context(), id)
	if fails(t, err, "loadbalancers.get", lb.ErrUnavailable); b != nil {
		t.Errorf("got %v beside the error", b)
	}
}

func (s forgetful) Write(context.Context, *document.Document) (*document.Document, error) {
	return s.answer()
}

func TestAnswersOfOtherThings(t *testing.T) {
	t.Parallel()
	store, whole, id := onShelf()
	b := must(whole.Backends().Create(t.Context(), id, webBackend()))(t)
	_ = store.add("other")
	for name, answer := range map[string]func() (*document.Document, error){
		"none":                    func() (*document.Document, error) { return nil, nil },
		"no load balancer":        func() (*document.Document, error) { return &document.Document{}, nil },
		"another load balancer":   func() (*document.Document, error) { return store.get("b2") },
		"as it was before":        func() (*document.Document, error) { return store.get("b1") },
		"an error of the store's": func() (*document.Document, error) { return nil, errors.New("disk full") },
	} {
		p := document.New(folderRules(), forgetful{store, answer})
		_, err := p.Backends().Create(t.Context(), id, webBackend())
		e := failure(t, err, "backends.create", lb.ErrUncertain)
		if e.Kind != lb.KindLoadBalancer || e.ID != string(id) {
			t.Errorf("%s: the error is about %s %q", name, e.Kind, e.ID)
		}
		_, err = p.Frontends().Create(t.Context(), id, webFrontend(b.ID))
		fails(t, err, "frontends.create", lb.ErrUncertain)
		_, err = p.Servers().Add(t.Context(), b.ID, lb.ServerSpec{Address: address(1)})
		fails(t, err, "servers.add", lb.ErrUncertain)
	}
}

// TestOneProviderWritesInTurn: however much one program writes at once, all of it takes
// effect, and nothing is written twice.
func TestOneProviderWritesInTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const writers = 150 // more than the conflicts after which a call gives up
		store, p, id := onShelf()
		var group sync.WaitGroup
		for i := range writers {
			group.Go(func() {
				_, err := p.LoadBalancers().Update(t.Context(), id, func(s *lb.LoadBalancerSpec) error {
					s.Tags = append(s.Tags, fmt.Sprint("tag", i))
					<-time.After(time.Second)
					return nil
				})
				if err != nil {
					t.Errorf("update %d: %v", i, err)
				}
			})
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err := p.Backends().Create(ctx, id, webBackend())
		fails(t, err, "backends.create", context.DeadlineExceeded) // one that waits for its turn
		must(p.Backends().Create(t.Context(), "folder/"+store.add("another"), webBackend()))(t)
		group.Wait()
		if got := len(store.asked); got != 2*(writers+1) {
			t.Errorf("%d reads and writes, want %d", got, 2*(writers+1))
		}
		if got := must(p.LoadBalancers().Get(t.Context(), id))(t).Tags; len(got) != writers {
			t.Errorf("%d of %d updates took effect", len(got), writers)
		}
	})
}
