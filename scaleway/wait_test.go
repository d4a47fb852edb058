package scaleway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// stages answers each look with the next of its bodies, the last one for good. A
// stage that is a number is an error of that status.
func stages(all ...string) func(sentRequest) reply {
	return func(sentRequest) reply {
		now := all[0]
		if len(all) > 1 {
			all = all[1:]
		}
		var status int
		if _, err := fmt.Sscan(now, &status); err == nil {
			return reply{status: status, body: `{"message":"m"}`}
		}
		return reply{status: 200, body: now}
	}
}

func status(s string) string { return `{"id":"` + testLB + `","status":"` + s + `"}` }

func instances(all ...string) string {
	for i, s := range all {
		all[i] = `{"status":"` + s + `"}`
	}
	return `{"id":"` + testLB + `","status":"ready","instances":[` + strings.Join(all, ",") + `]}`
}

func certificate(s string) string {
	return `{"id":"` + testCertificate + `","status":"` + s + `","status_details":"no DNS"}`
}

func networks(s string) string {
	if s == "" {
		return `{"private_network":[],"total_count":0}`
	}
	return `{"private_network":[{"private_network_id":"` + testNetwork + `","status":"` + s + `"}],"total_count":1}`
}

// waits are the waits of this package, by what they wait for.
func waits() map[string]func(ctx context.Context, api *API, options WaitOptions) error {
	return map[string]func(ctx context.Context, api *API, options WaitOptions) error{
		"ready": func(ctx context.Context, api *API, options WaitOptions) error {
			return second(api.LBs.WaitReady(ctx, testLB, options))
		},
		"instances": func(ctx context.Context, api *API, options WaitOptions) error {
			return second(api.LBs.WaitInstances(ctx, testLB, options))
		},
		"deleted": func(ctx context.Context, api *API, options WaitOptions) error {
			return api.LBs.WaitDeleted(ctx, testLB, options)
		},
		"certificate": func(ctx context.Context, api *API, options WaitOptions) error {
			return second(api.Certificates.WaitReady(ctx, testCertificate, options))
		},
		"attached": func(ctx context.Context, api *API, options WaitOptions) error {
			return second(api.PrivateNetworks.WaitReady(ctx, testLB, testNetwork, options))
		},
		"detached": func(ctx context.Context, api *API, options WaitOptions) error {
			return api.PrivateNetworks.WaitDetached(ctx, testLB, testNetwork, options)
		},
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		wait, name string
		stages     []string
		looks      int
		want       error // nil: it ends well
	}{
		{"ready", "at once", []string{status("ready")}, 1, nil},
		{"ready", "a creation", []string{status("to_create"), status("creating"), status("ready")}, 3, nil},
		{"ready", "a migration", []string{status("migrating"), status("ready")}, 2, nil},
		{"ready", "before 2022", []string{status("pending"), status("ready")}, 2, nil},
		{"ready", "unknown states", []string{status("unknown"), status("of-tomorrow"), status("ready")}, 3, nil},
		{"ready", "an error", []string{status("creating"), status("error")}, 2, lb.ErrFailed},
		{"ready", "a lock", []string{status("locked")}, 1, lb.ErrFailed},
		{"ready", "stopped", []string{status("stopped")}, 1, lb.ErrFailed},
		{"ready", "deleted meanwhile", []string{status("to_delete")}, 1, lb.ErrFailed},
		{"ready", "gone", []string{"404"}, 1, lb.ErrNotFound},
		{"ready", "a moment of trouble", []string{status("creating"), "503", "429", status("ready")}, 4, nil},
		{"ready", "refused", []string{"403"}, 1, lb.ErrForbidden},

		{"instances", "at once", []string{instances("ready")}, 1, nil},
		{"instances", "a change", []string{instances("pending"), instances("ready")}, 2, nil},
		{"instances", "a creation", []string{status("creating"), instances(), instances("ready")}, 3, nil},
		{"instances", "two", []string{instances("ready", "pending"), instances("pending", "ready"), instances("ready", "ready")}, 3, nil},
		{"instances", "an error", []string{instances("ready", "error")}, 1, lb.ErrFailed},
		{"instances", "of a load balancer in error", []string{status("error")}, 1, lb.ErrFailed},

		{"deleted", "in the end", []string{status("ready"), status("to_delete"), status("deleting"), "404"}, 4, nil},
		{"deleted", "a lock", []string{status("locked")}, 1, lb.ErrFailed},
		{"deleted", "an error", []string{status("to_delete"), status("error")}, 2, lb.ErrFailed},
		{"deleted", "refused", []string{"403"}, 1, lb.ErrForbidden},

		{"certificate", "in the end", []string{certificate("pending"), certificate("ready")}, 2, nil},
		{"certificate", "an error", []string{certificate("pending"), certificate("error")}, 2, lb.ErrFailed},

		{"attached", "in the end", []string{networks("pending"), networks("unknown"), networks("ready")}, 3, nil},
		{"attached", "an error", []string{networks("error")}, 1, lb.ErrFailed},
		{"attached", "never was", []string{networks("")}, 1, lb.ErrNotFound},

		{"detached", "in the end", []string{networks("ready"), networks("pending"), networks("")}, 3, nil},
		{"detached", "an error", []string{networks("error")}, 1, lb.ErrFailed},
	}
	for _, tt := range tests {
		t.Run(tt.wait+"/"+tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, w := newWire(t, stages(tt.stages...))
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour) // a wait that misses its end fails, and does not hang
				defer cancel()
				err := waits()[tt.wait](ctx, client.Zone(testZone), WaitOptions{})
				if !errors.Is(err, tt.want) {
					t.Errorf("%v; want %v", err, tt.want)
				}
				if n := len(w.all()); n != tt.looks {
					t.Errorf("%d looks; want %d", n, tt.looks)
				}
			})
		})
	}
}

// TestNetworkThatIsAttachedAgain: the attachment that is leaving stands beside its
// successor, under the same ID (recorded 2022-04). Neither is another network's.
func TestNetworkThatIsAttachedAgain(t *testing.T) {
	t.Parallel()
	const again = `{"private_network":[
		{"private_network_id":"` + testNetwork + `","status":"pending","created_at":"2022-04-12T09:57:09.277624Z"},
		{"private_network_id":"` + testNetwork + `","status":"pending","created_at":"2022-04-12T09:58:43.630228Z"}],"total_count":2}`
	client, _ := newWire(t, stages(again))
	service := client.Zone(testZone).PrivateNetworks
	all, err := lb.Collect(service.List(t.Context(), testLB, PrivateNetworkListOptions{}))
	if err != nil || len(all) != 2 || all[0].CreatedAt.Equal(all[1].CreatedAt) {
		t.Errorf("listed %v, %v; want both", all, err)
	}
	if err := service.WaitDetached(t.Context(), testLB, testBackend, WaitOptions{}); err != nil {
		t.Errorf("another network: %v", err)
	}
}

// TestNetworkWaitsTakeUUIDs: an ID that no attachment can have is no detachment, and
// one in capitals is the same.
func TestNetworkWaitsTakeUUIDs(t *testing.T) {
	t.Parallel()
	client, w := newWire(t, stages(networks("ready")))
	service := client.Zone(testZone).PrivateNetworks
	for _, id := range []string{"", "fr-par/" + testNetwork, testNetwork[1:]} {
		if err := service.WaitDetached(t.Context(), testLB, id, WaitOptions{}); !errors.Is(err, lb.ErrInvalid) {
			t.Errorf("detached, %q: %v; want ErrInvalid", id, err)
		}
		if _, err := service.WaitReady(t.Context(), testLB, id, WaitOptions{}); !errors.Is(err, lb.ErrInvalid) {
			t.Errorf("attached, %q: %v; want ErrInvalid", id, err)
		}
	}
	if sent := w.all(); len(sent) > 0 {
		t.Errorf("sent %v", sent)
	}
	if n, err := service.WaitReady(t.Context(), testLB, strings.ToUpper(testNetwork), WaitOptions{}); err != nil || n.PrivateNetworkID != testNetwork {
		t.Errorf("in capitals: %v, %v", n, err)
	}
	client, w = newWire(t, stages(networks("pending"), networks("")))
	err := client.Zone(testZone).PrivateNetworks.WaitDetached(t.Context(), testLB, strings.ToUpper(testNetwork), WaitOptions{Shortest: time.Millisecond})
	if n := len(w.all()); err != nil || n != 2 {
		t.Errorf("detached, in capitals: %v after %d looks; want two", err, n)
	}
}

func TestFailedWaitSaysWhy(t *testing.T) {
	t.Parallel()
	client, _ := newWire(t, stages(certificate("error")))
	_, err := client.Zone(testZone).Certificates.WaitReady(t.Context(), testCertificate, WaitOptions{})
	var state *lb.StateError
	if !errors.As(err, &state) {
		t.Fatalf("%v; want a *lb.StateError", err)
	}
	want := lb.StateError{Kind: lb.KindCertificate, ID: "fr-par-1/" + testCertificate, Want: "ready", Got: "error", Detail: "no DNS"}
	if diff := cmp.Diff(want, *state); diff != "" {
		t.Error(diff)
	}
}

// TestWaitEndsWithItsContext: in the pause, at the moment the context ends, and
// naming a state that nobody knows.
func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for name, wait := range waits() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				body := map[string]string{
					"instances": instances("of-tomorrow"), "certificate": certificate("of-tomorrow"),
					"attached": networks("of-tomorrow"), "detached": networks("of-tomorrow"),
				}[name]
				if body == "" {
					body = status("of-tomorrow")
				}
				client, w := newWire(t, stages(body))
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				start := time.Now()
				err := wait(ctx, client.Zone(testZone), WaitOptions{})
				if took := time.Since(start); took != 10*time.Second || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("after %v: %v", took, err)
				}
				contains(t, "error", failed(t, err).Error(), "of-tomorrow")
				if n := len(w.all()); n != 5 { // at 0, 1, 2.5, 4.75 and 8.125 s
					t.Errorf("%d looks in 10 s; want 5", n)
				}
			})
		})
	}
}

// TestWaitGivesUpOnTroubleThatStays: two minutes of failing looks end a wait.
func TestWaitGivesUpOnTroubleThatStays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _ := newWire(t, stages(status("creating"), "503"))
		start := time.Now()
		_, err := client.Zone(testZone).LBs.WaitReady(t.Context(), testLB, WaitOptions{})
		if took := time.Since(start); !errors.Is(err, lb.ErrUnavailable) || took < 2*time.Minute || took > 3*time.Minute {
			t.Errorf("after %v: %v", took, err)
		}
	})
}

// TestWaitOutlivesTroubleThatPasses: however often looks fail, what counts is
// that one in between did not.
func TestWaitOutlivesTroubleThatPasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var all []string
		for range 60 { // ten minutes of it
			all = append(all, "503", status("creating"))
		}
		client, _ := newWire(t, stages(append(all, status("ready"))...))
		if _, err := client.Zone(testZone).LBs.WaitReady(t.Context(), testLB, WaitOptions{}); err != nil {
			t.Error(err)
		}
	})
}

func TestWaitReports(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _ := newWire(t, stages(status("to_create"), "503", status("creating"), status("ready")))
		var got []lb.Progress
		options := WaitOptions{Shortest: 4 * time.Second, Report: func(p lb.Progress) { got = append(got, p) }}
		if _, err := client.Zone(testZone).LBs.WaitReady(t.Context(), testLB, options); err != nil {
			t.Fatal(err)
		}
		progress := func(state string, elapsed time.Duration, polls int) lb.Progress {
			return lb.Progress{Kind: lb.KindLoadBalancer, ID: "fr-par-1/" + testLB, State: state, Percent: -1, Elapsed: elapsed, Polls: polls}
		}
		want := []lb.Progress{
			progress("to_create", 0, 1), progress("unavailable", 4*time.Second, 2),
			progress("creating", 9*time.Second, 3), progress("ready", 14*time.Second, 4),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
