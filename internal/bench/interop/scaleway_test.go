package interop

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	api "github.com/scaleway/scaleway-sdk-go/api/lb/v1"
	"github.com/scaleway/scaleway-sdk-go/scw"

	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

const zone = scw.ZoneFrPar1

// The life of a load balancer, from its address to its end, lived through the
// vendor's client and its waiters. The server's time runs a hundred times as
// fast as ours, so that creation takes 30 ms.
func TestScalewayLifeCycle(t *testing.T) {
	t.Parallel()
	l := newLife(t)
	l.allocate()
	l.create()
	l.addBackend()
	l.addServers()
	l.updateBackend()
	l.updateHealthCheck()
	l.addFrontend()
	l.updateFrontend()
	l.setACLs()
	l.addRoutes()
	l.addCertificates()
	l.readStats()
	l.attachNetwork()
	l.subscribe()
	l.detachNetwork()
	l.migrate()
	l.updateLB()
	l.listAll()
	l.refuse()
	l.takeDown()
	l.deleteLB()
	l.releaseIP()
}

// life is a load balancer with all that belongs to it, as the vendor's client
// knows it.
type life struct {
	t      *testing.T
	server *scalewaytest.Server
	api    *api.ZonedAPI

	ip       *api.IP
	lb       *api.LB
	backend  *api.Backend
	spare    *api.Backend
	frontend *api.Frontend
	acl      *api.ACL
	route    *api.Route
	imported *api.Certificate
	issued   *api.Certificate
}

func newLife(t *testing.T) *life {
	t.Helper()
	server := scalewaytest.NewServer(scalewaytest.WithSpeed(100))
	t.Cleanup(server.Close)
	client, err := scw.NewClient(
		scw.WithAPIURL(server.URL),
		scw.WithAuth("SCW00000000000000000", server.SecretKey().Reveal()),
		scw.WithDefaultProjectID(server.ProjectID()),
		scw.WithHTTPClient(&http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return &life{t: t, server: server, api: api.NewZonedAPI(client)}
}

// Waiters ask every 5 ms and give up after 20 s.
var (
	pause    = ref(5 * time.Millisecond)
	patience = ref(20 * time.Second)
)

func ref[T any](v T) *T { return &v }

// must is the answer of a call that has to work.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// same compares every field of an answer with what it has to be. Times that the
// server chose are looked at by recent. A load balancer inside another object is
// a summary (facts 11), compared by what summaries hold.
func same[T any](t *testing.T, got, want *T) {
	t.Helper()
	if got == nil {
		t.Fatal("no answer")
	}
	ignored := cmpopts.IgnoreTypes(&time.Time{})
	embedded := cmp.Comparer(func(a, b *api.LB) bool {
		if a == nil || b == nil {
			return a == b
		}
		return a.ID == b.ID && a.Name == b.Name && a.ProjectID == b.ProjectID && a.Zone == b.Zone && cmp.Equal(a.Tags, b.Tags)
	})
	if diff := cmp.Diff(*want, *got, ignored, embedded); diff != "" {
		t.Errorf("not what was expected (-want +got):\n%s", diff)
	}
}

// recent checks that the server has set the times of an object, and to its now.
func recent(t *testing.T, times ...*time.Time) {
	t.Helper()
	for _, at := range times {
		// The server's clock runs fast and the life is short.
		if at == nil || at.Before(time.Now().Add(-time.Hour)) || at.After(time.Now().Add(24*time.Hour)) {
			t.Errorf("a time is %v", at)
		}
	}
}

// gone reports whether err is the client's error of a 404.
func gone(err error) bool {
	var notFound *scw.ResourceNotFoundError
	var response *scw.ResponseError
	return errors.As(err, &notFound) || (errors.As(err, &response) && response.StatusCode == http.StatusNotFound)
}
