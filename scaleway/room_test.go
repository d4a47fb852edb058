package scaleway_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jarcoal/httpmock"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/scaleway"
)

// An object that is read by itself says of its lists what the answer says: absent and
// null are nil, empty is empty, and more than most have are all there. What an answer
// that broke off has left is not among them.
func TestListsOfOneObject(t *testing.T) {
	t.Parallel()
	const id = "105bdce1-64c0-48ab-899d-868455867ecf"
	for name, test := range map[string]struct {
		answers []string
		want    []string
		isNil   bool
	}{
		"absent":           {answers: []string{`{"id":"` + id + `"}`}, isNil: true},
		"null":             {answers: []string{`{"id":"` + id + `","pool":null}`}, isNil: true},
		"empty":            {answers: []string{`{"id":"` + id + `","pool":[]}`}},
		"few":              {answers: []string{`{"id":"` + id + `","pool":["10.0.0.1","10.0.0.2"]}`}, want: []string{"10.0.0.1", "10.0.0.2"}},
		"many":             {answers: []string{`{"id":"` + id + `","pool":["a","b","c","d","e","f"]}`}, want: []string{"a", "b", "c", "d", "e", "f"}},
		"after a cut one":  {answers: []string{`{"id":"` + id + `","pool":["10.0.0.1","10.0.`, `{"id":"` + id + `"}`}, isNil: true},
		"after an odd one": {answers: []string{`{"pool":["10.0.0.1",7]}`, `{"id":"` + id + `","pool":["10.0.0.9"]}`}, want: []string{"10.0.0.9"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := httpmock.NewMockTransport()
			sent := 0
			mock.RegisterResponder(http.MethodGet, "=~.*", func(*http.Request) (*http.Response, error) {
				sent++
				return httpmock.NewStringResponse(http.StatusOK, test.answers[min(sent, len(test.answers))-1]), nil
			})
			client, err := scaleway.NewClient(lb.NewSecret(id), scaleway.WithHTTPClient(&http.Client{Transport: mock}),
				scaleway.WithRetry(lb.RetryPolicy{MaxAttempts: 2, MinWait: 1, MaxWait: 1}))
			if err != nil {
				t.Fatal(err)
			}
			b, err := client.Zone("fr-par-1").Backends.Get(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if len(b.Pool) != len(test.want) || len(test.want) > 0 && !cmp.Equal(b.Pool, test.want) || (b.Pool == nil) != test.isNil {
				t.Errorf("%#v, want %#v", b.Pool, test.want)
			}
			if b.LB.IP != nil || b.LB.Tags != nil || b.LB.Instances != nil {
				t.Errorf("lists that no answer names: %#v", b.LB)
			}
		})
	}
}
