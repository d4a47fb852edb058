package document_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/document"
	"github.com/lbkit/lbkit/lb/lbtest"
)

// TestConformance holds what New makes to all that package lb promises.
func TestConformance(t *testing.T) {
	t.Parallel()
	lbtest.Run(t, func(t *testing.T) *lbtest.Harness {
		t.Helper()
		store := newShelf()
		p := document.New(folderRules(), store)
		return &lbtest.Harness{
			Provider:     func(testing.TB) lb.Provider { return p },
			LoadBalancer: func(testing.TB) lb.LoadBalancerID { return "folder/" + store.add("suite") },
			SetHealth: func(id lb.ServerID, state lb.Health) {
				store.mu.Lock()
				defer store.mu.Unlock()
				parts := strings.Split(string(id), "/") // folder/b1/backends/web/servers/10.0.0.4
				store.health[parts[1]+"/"+parts[3]+"/"+parts[5]] = state
			},
			SetProvisioning: func(id lb.LoadBalancerID, state lb.Provisioning) {
				store.mu.Lock()
				defer store.mu.Unlock()
				d, err := store.open(strings.TrimPrefix(string(id), "folder/"))
				if err != nil {
					return
				}
				d.LoadBalancer.Provisioning = state
				_, _ = store.put(d)
			},
			Requests: func() []*http.Request {
				store.mu.Lock()
				defer store.mu.Unlock()
				return slices.Clone(store.asked)
			},
			Fail: func(_ string, err error, times int) {
				store.mu.Lock()
				defer store.mu.Unlock()
				store.failures = nil
				for range times {
					store.failures = append(store.failures, err)
				}
			},
		}
	})
}
