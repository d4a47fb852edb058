package scaleway_test

import (
	"cmp"
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// TestInterruptedPublish: it reads alone, and ends with what was written live or with an
// error after which it can be called again.
func TestInterruptedPublish(t *testing.T) {
	t.Parallel()
	for what, i := range interruptions {
		for nth := range 3 {
			t.Run(fmt.Sprintf("%s/%d", what, nth+1), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := newScene(t)
					must(lb.Publish(t.Context(), s, s.parent))(t)
					must(s.Servers().Set(t.Context(), s.other, at("10.0.0.8"), lb.SetOptions{}))(t)
					rule := s.api.Faults().On(nil).Skip(nth)
					if !i.lasts {
						rule.Times(1)
					}
					i.inject(rule)
					ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
					defer cancel()
					_, err := lb.Publish(ctx, s, s.parent)
					s.api.Faults().Reset()
					if err != nil {
						isCode(t, "publish", err, cmp.Or(i.code, lb.ErrUnavailable))
						if op := must(lb.Publish(t.Context(), s, s.parent))(t); op.ID == "" {
							t.Error("once more, it has nothing to wait for")
						}
					} else if i.lasts {
						t.Error("it succeeds")
					}
					if !s.live(s.parent) {
						t.Error("an instance is not ready")
					}
					nothingPending(t, s.world, s.parent)
				})
			})
		}
	}
}
