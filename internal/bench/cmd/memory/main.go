// Command memory lists 100,000 load balancers without keeping them, and says how
// much of the heap that takes: while it runs, and when it is done. The server is
// another process, this program once more, so that the heap is the client's alone.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/lbkit/lbkit/internal/bench/canned"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
)

// What may be used of the heap: bytes beyond what a list of few has left behind,
// and bytes for each object while the list runs.
const (
	few, many  = 1_000, 100_000
	mostAfter  = 2 << 20
	mostDuring = 100
)

func main() {
	serve := flag.Bool("serve", false, "be the server, until standard input ends")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *serve)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "memory:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, serve bool) error {
	if serve {
		return server()
	}
	url, end, err := launch(ctx)
	if err != nil {
		return err
	}
	defer end()
	client, err := scaleway.NewClient(lb.NewSecret(canned.ScalewayToken), scaleway.WithBaseURL(url))
	if err != nil {
		return err
	}
	base, err := list(ctx, client, few)
	if err != nil {
		return err
	}
	done, err := list(ctx, client, many)
	if err != nil {
		return err
	}
	during := float64(done.most-base.most) / (many - few) // the pages under way are in both
	after := done.after - base.after
	fmt.Fprintf(os.Stdout, "%d load balancers in %s: while listing, at most %.1f bytes of heap an object more (<= %d) %s; after it %+d KiB (<= %d) %s\n",
		many, done.took.Round(time.Millisecond), during, mostDuring, verdict(during <= mostDuring), after>>10, mostAfter>>10, verdict(after <= mostAfter))
	return nil
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "MISSED"
}

// use is what a list took of the heap, in bytes in use.
type use struct {
	most, after int64
	took        time.Duration
}

// list goes through n load balancers and looks at the heap twenty times.
func list(ctx context.Context, client *scaleway.Client, n int) (use, error) {
	var u use
	start := time.Now()
	count := 0
	// The name of the server's zone says how many load balancers it holds.
	for b, err := range client.Zone(zoneOf(n)).LBs.List(ctx, scaleway.LBListOptions{}) {
		if err != nil {
			return u, err
		}
		if b.ID != canned.LoadBalancerID(count) {
			return u, fmt.Errorf("load balancer %d is %s", count, b.ID)
		}
		if count++; count%(n/20) == 0 {
			u.most = max(u.most, heap())
		}
	}
	if count != n {
		return u, fmt.Errorf("%d load balancers, want %d", count, n)
	}
	u.took = time.Since(start)
	u.after = heap()
	return u, nil
}

// heap is how many bytes of it are in use, once what nobody needs is gone.
func heap() int64 {
	runtime.GC()
	runtime.GC() // pools give up what they hold in two steps
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse) //nolint:gosec // G115: fits
}

// zones are named after the number of their load balancers, in hundreds.
func zoneOf(n int) scaleway.Zone {
	if n == few {
		return "fr-few-1"
	}
	return "fr-many-1"
}

// launch starts the server.
func launch(ctx context.Context) (url string, end func(), err error) {
	own, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, own, "-serve") //nolint:gosec // G204: this program
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	end = func() { _ = in.Close(); _ = cmd.Wait() }
	url, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		end()
		return "", nil, fmt.Errorf("the server says nothing: %w", err)
	}
	return strings.TrimSpace(url), end, nil
}

// server answers lists of load balancers until standard input ends.
func server() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // there is nothing to wait for
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	for _, n := range []int{few, many} {
		mux.HandleFunc("GET /lb/v1/zones/"+string(zoneOf(n))+"/lbs", func(w http.ResponseWriter, r *http.Request) { page(w, r, n) })
	}
	s := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = s.Close()
	}()
	fmt.Fprintln(os.Stdout, "http://"+listener.Addr().String())
	if err := s.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func page(w http.ResponseWriter, r *http.Request, total int) {
	number, err := strconv.Atoi(r.URL.Query().Get("page"))
	size, sizeErr := strconv.Atoi(r.URL.Query().Get("page_size"))
	if err != nil || sizeErr != nil || number < 1 || size < 1 {
		http.Error(w, "no page is asked for", http.StatusBadRequest)
		return
	}
	body := []byte(`{"lbs":[`)
	first := (number - 1) * size
	for i := first; i < min(first+size, total); i++ {
		if i > first {
			body = append(body, ',')
		}
		body = append(body, canned.LoadBalancer(i)...)
	}
	body = fmt.Appendf(body, `],"total_count":%d}`, total)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}
