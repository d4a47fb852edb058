package topology_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/lb/topology"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// What the benchmark plans, and what that may cost the process of the client.
const (
	manyBackends = 1000
	serversEach  = 10
	maxCPU       = 2 * time.Second
	maxHeap      = 300 << 20
	// pagesBeside are those of the load balancer, of what it is made of (three lists), of
	// certificates, farms and frontends; and one request for the server's time.
	pagesBeside = 8
)

func manyServers(backend int) []lb.ServerSpec {
	out := make([]lb.ServerSpec, serversEach)
	for i := range out {
		out[i].Address = netip.MustParseAddr(fmt.Sprintf("10.%d.%d.%d", backend/256, backend%256, i+1))
	}
	return out
}

func manyBackend(i int) lb.BackendSpec {
	return lb.BackendSpec{Name: fmt.Sprintf("pool-%04d", i), Protocol: lb.ProtocolHTTP, Port: 8080, HealthCheck: &lb.HealthCheck{Type: lb.CheckTCP}}
}

// fill makes the backends of the benchmark, and a frontend.
func fill(ctx context.Context, p lb.Provider, id lb.LoadBalancerID) error {
	var first lb.BackendID
	for i := range manyBackends {
		made, err := p.Backends().Create(ctx, id, manyBackend(i), manyServers(i)...)
		if err != nil {
			return err
		}
		if i == 0 {
			first = made.ID
		}
	}
	_, err := p.Frontends().Create(ctx, id, lb.FrontendSpec{Name: "site", Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(80)}, DefaultBackend: first})
	return err
}

func many() *topology.Spec {
	s := main()
	for i := range manyBackends {
		s.Backends = append(s.Backends, topology.Backend{BackendSpec: manyBackend(i), Servers: manyServers(i)})
	}
	s.Frontends = []topology.Frontend{webFrontend("site", 80, manyBackend(0).Name)}
	return s
}

// BenchmarkPlan plans 1,000 backends with 10 servers each against what is equal to them.
func BenchmarkPlan(b *testing.B) {
	b.Run("memory", func(b *testing.B) {
		memory := lbtest.NewMemory()
		id := memory.AddLoadBalancer(lb.LoadBalancerSpec{Name: "main"})
		fatal(b, fill(b.Context(), memory, id))
		benchmarkPlan(b, memory, id, new(atomic.Int64))
	})
	b.Run("ovh", func(b *testing.B) {
		at := serve(b)
		var requests atomic.Int64
		client, err := ovh.NewClient(ovh.Endpoint(at.URL+"/v1"), ovh.ApplicationKey(at.Key, lb.NewSecret(at.Secret), lb.NewSecret(at.Consumer)),
			ovh.WithObserver(func(context.Context, lb.CallEvent) { requests.Add(1) }))
		fatal(b, err)
		benchmarkPlan(b, ovh.NewProvider(client), at.ID, &requests)
	})
}

func benchmarkPlan(b *testing.B, p lb.Provider, id lb.LoadBalancerID, requests *atomic.Int64) {
	b.Helper()
	want := many()
	debug.SetGCPercent(100) // as in any program
	runtime.GC()
	var cpu time.Duration
	var heap uint64
	for b.Loop() {
		requests.Store(0)
		stop := peakHeap()
		before := usedCPU(b)
		plan, err := topology.NewPlan(b.Context(), p, id, want)
		cpu = max(cpu, usedCPU(b)-before)
		heap = max(heap, stop())
		fatal(b, err)
		if !plan.Empty() {
			b.Fatalf("%.2000s", plan)
		}
	}
	b.ReportMetric(cpu.Seconds(), "cpu-s/plan")
	b.ReportMetric(float64(heap)/(1<<20), "peak-MiB")
	b.ReportMetric(float64(requests.Load()), "requests/plan")
	if cpu > maxCPU || heap > maxHeap || requests.Load() > manyBackends+pagesBeside {
		b.Errorf("%s of CPU, %d bytes of heap, %d requests: more than planned for", cpu, heap, requests.Load())
	}
}

// peakHeap watches the heap until it is asked how large it became.
func peakHeap() (stop func() uint64) {
	done, peak := make(chan struct{}), make(chan uint64)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		var most uint64
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			most = max(most, sample[0].Value.Uint64())
			select {
			case <-done:
				peak <- most
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 {
		close(done)
		return <-peak
	}
}

// serveVariable makes the test's program serve the benchmark's API.
const serveVariable = "LBKIT_TOPOLOGY_SERVE"

// served is where the API of another process is.
type served struct {
	URL      string            `json:"url"`
	ID       lb.LoadBalancerID `json:"id"`
	Key      string            `json:"key"`
	Secret   string            `json:"secret"`
	Consumer string            `json:"consumer"`
}

// serveLarge serves an API with the benchmark's load balancer, says where on out, and
// ends with in.
func serveLarge(in io.Reader, out io.Writer) error {
	server := ovhtest.NewServer()
	defer server.Close()
	client, err := server.Client()
	if err != nil {
		return err
	}
	p, id := ovh.NewProvider(client), ovh.FormatLoadBalancerID(server.AddService("gra"))
	if err := fill(context.Background(), p, id); err != nil {
		return err
	}
	if _, err := p.LoadBalancers().Update(context.Background(), id, func(s *lb.LoadBalancerSpec) error { s.Name = "main"; return nil }); err != nil {
		return err
	}
	c := server.Credentials()
	if err := json.NewEncoder(out).Encode(served{server.URL, id, c.ApplicationKey, c.ApplicationSecret, c.ConsumerKey}); err != nil { //nolint:gosec // G117: made up for the benchmark
		return err
	}
	_, err = io.Copy(io.Discard, in)
	return err
}

// serve starts serveLarge in a process of its own.
func serve(b *testing.B) served {
	b.Helper()
	program, err := os.Executable()
	fatal(b, err)
	command := exec.CommandContext(b.Context(), program) //nolint:gosec // G204: this program
	command.Env = append(os.Environ(), serveVariable+"=1")
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	fatal(b, err)
	out, err := command.StdoutPipe()
	fatal(b, err)
	fatal(b, command.Start())
	b.Cleanup(func() {
		_ = in.Close()
		_ = command.Wait()
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	fatal(b, err)
	var at served
	fatal(b, json.Unmarshal(line, &at))
	return at
}

// TestPlanRequests: a plan asks for each page of objects once, and for nothing else.
func TestPlanRequests(t *testing.T) {
	t.Parallel()
	const backends, frontends = 101, 2 // one more than a page of Scaleway's
	each := map[string]int{
		// The load balancer, three lists of what it has, certificates, farms, frontends; the
		// servers of each farm.
		"ovh": 7 + backends,
		// The load balancer, backends in two pages, certificates, frontends, routes; the
		// filters of each frontend.
		"scaleway": 6 + frontends,
	}
	for name, limit := range each {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := clouds[name](t)
			want := main()
			for i := range backends {
				want.Backends = append(want.Backends, webBackend(manyBackend(i).Name, "10.0.0.1"))
			}
			want.Frontends = []topology.Frontend{webFrontend("one", 80, manyBackend(0).Name), webFrontend("two", 81, manyBackend(1).Name)}
			c.apply(t, want)
			before := len(c.requests())
			c.empty(t, want)
			if got := len(c.requests()) - before; got != limit {
				t.Errorf("%d requests, want %d", got, limit)
			}
		})
	}
}
