package ovh

import (
	"net/http"
	"net/netip"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// An address of a frontend's own may be one of a block that is routed to the load
// balancer, and no two frontends may share any of it.
func TestDedicatedBlocks(t *testing.T) {
	t.Parallel()
	block := netip.MustParsePrefix
	first := &frontend{HTTPFrontend: HTTPFrontend{FrontendID: 1}, protocol: lb.ProtocolHTTP}
	second := &frontend{HTTPFrontend: HTTPFrontend{FrontendID: 2}, protocol: lb.ProtocolHTTP}
	for name, test := range map[string]struct {
		routed    string
		dedicated []dedicated
		want      []Precondition
	}{
		"one of a block":      {"203.0.113.0/29", []dedicated{{block("203.0.113.1/32"), first}}, nil},
		"the block":           {"203.0.113.0/29", []dedicated{{block("203.0.113.0/29"), first}}, nil},
		"more than the block": {"203.0.113.0/29", []dedicated{{block("203.0.113.0/28"), first}}, []Precondition{PreconditionAddressRouted}},
		"a block and one of it": {
			"203.0.113.0/29",
			[]dedicated{{block("203.0.113.0/29"), first}, {block("203.0.113.1/32"), second}},
			[]Precondition{PreconditionAddressOnce},
		},
		"of one frontend": {"203.0.113.0/29", []dedicated{{block("203.0.113.0/29"), first}, {block("203.0.113.1/32"), first}}, nil},
	} {
		d := &draft{service: "s", dedicated: test.dedicated, failover: []netip.Prefix{block(test.routed)}}
		d.checkAddresses()
		if len(d.problems) != len(test.want) {
			t.Errorf("%s: %v, want %v", name, d.problems, test.want)
			continue
		}
		for i, problem := range d.problems {
			if problem.Precondition != test.want[i] {
				t.Errorf("%s: %v, want %v", name, problem, test.want[i])
			}
		}
	}
}

// A refresh that begins to run between the two requests for those under way is one.
func TestRefreshThatBeginsInBetweenIsOne(t *testing.T) {
	t.Parallel()
	client := unsigned(t, func(r *http.Request, _ []byte) answerTo {
		status := r.URL.Query().Get("status")
		if status == "todo" {
			return answerTo{body: `[{"id":7,"status":"todo"},{"id":8,"status":"todo"}]`}
		}
		return answerTo{body: `[{"id":7,"status":"doing"}]`}
	})
	tasks, err := client.refreshing(t.Context(), "x")
	if err != nil || len(tasks) != 2 || tasks[0].ID != 7 || tasks[0].Status != TaskDoing || tasks[1].ID != 8 {
		t.Errorf("%v, %v", tasks, err)
	}
}

// A precondition that nobody knows is not among those that there are.
func TestPreconditionsAreKnown(t *testing.T) {
	t.Parallel()
	if !PreconditionIdle.Known() || Precondition("other").Known() || Precondition("").Known() {
		t.Error("Known knows others than the constants")
	}
}
