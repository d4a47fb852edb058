package scaleway

import (
	"testing"

	"github.com/lbkit/lbkit/internal/rest"
)

func TestIPUpdateSaysWhatIsSetAlone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		update IPUpdate
		want   string
	}{
		{"nothing", IPUpdate{}, `{}`},
		{"null", IPUpdate{LBID: Null[string]()}, `{"lb_id":null}`},
		{"value", IPUpdate{Reverse: Value("a.example")}, `{"reverse":"a.example"}`},
		{"empty value", IPUpdate{Reverse: Value(""), Tags: Value([]string{})}, `{"reverse":"","tags":[]}`},
		{"no tags", IPUpdate{Tags: Value([]string(nil))}, `{"tags":[]}`},
		{"all", IPUpdate{Reverse: Value("a<b"), LBID: Value(testLB), Tags: Value([]string{"x"})}, `{"reverse":"a<b","lb_id":"` + testLB + `","tags":["x"]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, w := newWire(t, always(200, anything))
			if _, err := client.Zone(testZone).IPs.Update(t.Context(), testIP, tt.update); err != nil {
				t.Fatal(err)
			}
			if got := w.only(t).Body; got != tt.want {
				t.Errorf("sent %s; want %s", got, tt.want)
			}
		})
	}
}

func TestOptionalReadsWhatItWrites(t *testing.T) {
	t.Parallel()
	for _, want := range []string{`{}`, `{"tags":null}`, `{"lb_id":"x","tags":["a"]}`} {
		var update IPUpdate
		if err := rest.Decode([]byte(want), &update); err != nil {
			t.Fatal(err)
		}
		if got, err := rest.Encode(update); err != nil || string(got) != want {
			t.Errorf("%s was read and written as %s, %v", want, got, err)
		}
	}
}
