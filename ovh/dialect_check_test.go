package ovh

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// checkDefaults is check with what OVH fills in.
func checkDefaults(check lb.HealthCheck) *lb.HealthCheck {
	if check.Interval == 0 {
		check.Interval = seconds(30)
	}
	check.UnhealthyThreshold = 2
	return &check
}

func extended(options HealthCheckOptions) lb.Extensions { return lb.Extend(options) }

func TestDialectHealthCheckAccepts(t *testing.T) {
	t.Parallel()
	slash := &lb.HTTPCheck{Method: "GET", Path: "/"}
	for name, test := range map[string]struct{ spec, want lb.HealthCheck }{
		"tcp by default":           {lb.HealthCheck{}, lb.HealthCheck{Type: lb.CheckTCP}},
		"bounds of the interval":   {lb.HealthCheck{Type: lb.CheckTCP, Interval: seconds(3600), UnhealthyThreshold: 2, Port: 49151}, lb.HealthCheck{Type: lb.CheckTCP, Interval: seconds(3600), Port: 49151}},
		"smtp":                     {lb.HealthCheck{Type: lb.CheckSMTP}, lb.HealthCheck{Type: lb.CheckSMTP}},
		"mysql":                    {lb.HealthCheck{Type: lb.CheckMySQL, Port: 3306}, lb.HealthCheck{Type: lb.CheckMySQL, Port: 3306}},
		"pgsql over TLS":           {lb.HealthCheck{Type: lb.CheckPgSQL, Extensions: extended(HealthCheckOptions{ForceTLS: true})}, lb.HealthCheck{Type: lb.CheckPgSQL, Extensions: extended(HealthCheckOptions{ForceTLS: true})}},
		"oco":                      {lb.HealthCheck{Type: lb.CheckOCO}, lb.HealthCheck{Type: lb.CheckOCO}},
		"http gets / by default":   {lb.HealthCheck{Type: lb.CheckHTTP}, lb.HealthCheck{Type: lb.CheckHTTP, HTTP: slash}},
		"https":                    {lb.HealthCheck{Type: lb.CheckHTTPS, Extensions: extended(HealthCheckOptions{ForceTLS: true})}, lb.HealthCheck{Type: lb.CheckHTTPS, HTTP: slash}},
		"http over TLS is https":   {lb.HealthCheck{Type: lb.CheckHTTP, Extensions: extended(HealthCheckOptions{ForceTLS: true})}, lb.HealthCheck{Type: lb.CheckHTTPS, HTTP: slash}},
		"method, host and path":    {lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Method: "HEAD", Host: "example.com:81", Path: "/a?b"}}, lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Method: "HEAD", Host: "example.com:81", Path: "/a?b"}}},
		"status codes are a set":   {lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Status: []int{204, 200, 204}}}, lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Method: "GET", Path: "/", Status: []int{200, 204}}}},
		"codes that fail":          {lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Status: []int{500}}, Extensions: extended(HealthCheckOptions{NegateStatus: true})}, lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Method: "GET", Path: "/", Status: []int{500}}, Extensions: extended(HealthCheckOptions{NegateStatus: true})}},
		"a banner":                 {lb.HealthCheck{Type: lb.CheckTCP, Expect: &lb.Expect{Contains: "SSH-"}}, lb.HealthCheck{Type: lb.CheckTCP, Expect: &lb.Expect{Contains: "SSH-"}}},
		"a pattern, turned round":  {lb.HealthCheck{Type: lb.CheckHTTP, Expect: &lb.Expect{Regex: "^err(or)?$", Negate: true}}, lb.HealthCheck{Type: lb.CheckHTTP, HTTP: slash, Expect: &lb.Expect{Regex: "^err(or)?$", Negate: true}}},
		"a URL that is a path":     {lb.HealthCheck{Type: lb.CheckHTTP, Extensions: extended(HealthCheckOptions{URL: "/a"})}, lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Method: "GET", Path: "/a"}}},
		"a URL with a host":        {lb.HealthCheck{Type: lb.CheckHTTPS, Extensions: extended(HealthCheckOptions{URL: "https://a/b"})}, lb.HealthCheck{Type: lb.CheckHTTPS, HTTP: &lb.HTTPCheck{Method: "GET", Host: "a", Path: "/b"}}},
		"a URL of another scheme":  {lb.HealthCheck{Type: lb.CheckHTTPS, Extensions: extended(HealthCheckOptions{URL: "http://a/b"})}, lb.HealthCheck{Type: lb.CheckHTTPS, HTTP: &lb.HTTPCheck{Method: "GET"}, Extensions: extended(HealthCheckOptions{URL: "http://a/b"})}},
		"OVH's words for Expect":   {lb.HealthCheck{Type: lb.CheckTCP, Extensions: extended(HealthCheckOptions{Match: "contains", Pattern: "a", Negate: true})}, lb.HealthCheck{Type: lb.CheckTCP, Expect: &lb.Expect{Contains: "a", Negate: true}}},
		"OVH's words for Status":   {lb.HealthCheck{Type: lb.CheckHTTP, Extensions: extended(HealthCheckOptions{Match: "status", Pattern: "204, 200", Negate: true})}, lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Method: "GET", Path: "/", Status: []int{200, 204}}, Extensions: extended(HealthCheckOptions{NegateStatus: true})}},
		"a pattern of OVH's own":   {lb.HealthCheck{Type: lb.CheckTCP, Extensions: extended(HealthCheckOptions{Match: "matches", Pattern: "a(?=b)", Negate: true})}, lb.HealthCheck{Type: lb.CheckTCP, Extensions: extended(HealthCheckOptions{Match: "matches", Pattern: "a(?=b)", Negate: true})}},
		"OVH's words for no words": {lb.HealthCheck{Type: lb.CheckHTTP, Extensions: extended(HealthCheckOptions{Match: "status", Pattern: "2xx"})}, lb.HealthCheck{Type: lb.CheckHTTP, HTTP: slash, Extensions: extended(HealthCheckOptions{Match: "status", Pattern: "2xx"})}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			backend := lb.BackendSpec{Protocol: lb.ProtocolTCP, HealthCheck: &test.spec}
			unmodified(t, backend, func(backend lb.BackendSpec) {
				got, _, err := dialect{}.Backend(backend, nil)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(checkDefaults(test.want), got.HealthCheck, specsEqual); diff != "" {
					t.Errorf("canonical form (-want +got):\n%s", diff)
				}
				if again, _, err := (dialect{}).Backend(got, nil); err != nil || !lb.Equal(again, got) {
					t.Errorf("not stable: %v, %v", lb.Diff(got, again), err)
				}
			})
		})
	}
}

func TestDialectHealthCheckRefuses(t *testing.T) {
	t.Parallel()
	const at = "backend.healthCheck."
	web := func(http lb.HTTPCheck) lb.HealthCheck { return lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &http} }
	expecting := func(t lb.CheckType, expect lb.Expect) lb.HealthCheck { return lb.HealthCheck{Type: t, Expect: &expect} }
	option := func(t lb.CheckType, options HealthCheckOptions) lb.HealthCheck {
		return lb.HealthCheck{Type: t, Extensions: extended(options)}
	}
	for name, test := range map[string]struct {
		spec lb.HealthCheck
		want []string
	}{
		"redis":                      {lb.HealthCheck{Type: lb.CheckRedis}, []string{"unsupported " + at + "type at healthCheck.type"}},
		"ldap":                       {lb.HealthCheck{Type: lb.CheckLDAP}, []string{"unsupported " + at + "type at healthCheck.type"}},
		"a type that nobody knows":   {lb.HealthCheck{Type: "internal"}, []string{"unsupported " + at + "type at healthCheck.type"}},
		"a port above 49151":         {lb.HealthCheck{Port: 49152}, []string{"invalid at healthCheck.port"}},
		"a port of oco":              {lb.HealthCheck{Type: lb.CheckOCO, Port: 79}, []string{"unsupported " + at + "port.oco at healthCheck.port"}},
		"too often":                  {lb.HealthCheck{Interval: seconds(29)}, []string{"invalid at healthCheck.interval"}},
		"too seldom":                 {lb.HealthCheck{Interval: seconds(3601)}, []string{"invalid at healthCheck.interval"}},
		"half seconds":               {lb.HealthCheck{Interval: lb.Duration(30500 * time.Millisecond)}, []string{"invalid at healthCheck.interval"}},
		"a negative interval":        {lb.HealthCheck{Interval: -1}, []string{"invalid at healthCheck.interval"}},
		"what OVH does not have":     {lb.HealthCheck{Timeout: 1, UnhealthyThreshold: 3, User: "u"}, []string{"unsupported " + at + "timeout at healthCheck.timeout", "unsupported " + at + "unhealthyThreshold at healthCheck.unhealthyThreshold", "unsupported " + at + "user at healthCheck.user"}},
		"a request of tcp":           {lb.HealthCheck{HTTP: &lb.HTTPCheck{}}, []string{"invalid at healthCheck.http"}},
		"a URL of tcp":               {option(lb.CheckTCP, HealthCheckOptions{URL: "/"}), []string{"invalid at healthCheck.extensions.ovh.url"}},
		"POST":                       {web(lb.HTTPCheck{Method: "POST"}), []string{"unsupported " + at + "http.method at healthCheck.http.method"}},
		"SNI":                        {web(lb.HTTPCheck{SNI: "a"}), []string{"unsupported " + at + "http.sni at healthCheck.http.sni"}},
		"a path that is none":        {web(lb.HTTPCheck{Path: "a"}), []string{"invalid at healthCheck.http.path"}},
		"a path with a blank":        {web(lb.HTTPCheck{Path: "/a b"}), []string{"invalid at healthCheck.http.path"}},
		"a host that is none":        {web(lb.HTTPCheck{Host: "a/b"}), []string{"invalid at healthCheck.http.host"}},
		"statuses that are none":     {web(lb.HTTPCheck{Status: []int{99, 200, 600}}), []string{"invalid at healthCheck.http.status", "invalid at healthCheck.http.status"}},
		"two things to look for":     {lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Status: []int{200}}, Expect: &lb.Expect{Contains: "a"}}, []string{"unsupported " + at + "expect.withStatus at healthCheck.expect"}},
		"what is no text":            {lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Host: "a\xff", Path: "/\xff"}, Expect: &lb.Expect{Contains: "\xff"}}, []string{"invalid at healthCheck.http.path", "invalid at healthCheck.http.host", "invalid at healthCheck.expect.contains"}},
		"nothing to look for":        {expecting(lb.CheckTCP, lb.Expect{Negate: true}), []string{"invalid at healthCheck.expect"}},
		"a text and a pattern":       {expecting(lb.CheckTCP, lb.Expect{Contains: "a", Regex: "b"}), []string{"unsupported " + at + "expect.containsAndRegex at healthCheck.expect"}},
		"no pattern":                 {expecting(lb.CheckTCP, lb.Expect{Regex: "("}), []string{"invalid at healthCheck.expect.regex"}},
		"a pattern of another kind":  {expecting(lb.CheckTCP, lb.Expect{Regex: "a(?=b)"}), []string{"invalid at healthCheck.expect.regex"}},
		"looking into mysql":         {expecting(lb.CheckMySQL, lb.Expect{Contains: "a"}), []string{"unsupported " + at + "expect.otherTypes at healthCheck.expect"}},
		"codes turned round, none":   {option(lb.CheckHTTP, HealthCheckOptions{NegateStatus: true}), []string{"invalid at healthCheck.extensions.ovh.negateStatus"}},
		"a URL and a path":           {lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Path: "/"}, Extensions: extended(HealthCheckOptions{URL: "/"})}, []string{"invalid at healthCheck.extensions.ovh.url"}},
		"a URL with a blank":         {option(lb.CheckHTTP, HealthCheckOptions{URL: "a b"}), []string{"invalid at healthCheck.extensions.ovh.url"}},
		"a URL without a scheme":     {option(lb.CheckHTTP, HealthCheckOptions{URL: "a.example/b"}), []string{"invalid at healthCheck.extensions.ovh.url"}},
		"a URL without a host":       {option(lb.CheckHTTP, HealthCheckOptions{URL: "https:///b"}), []string{"invalid at healthCheck.extensions.ovh.url"}},
		"a URL without a path":       {option(lb.CheckHTTP, HealthCheckOptions{URL: "http://a"}), []string{"invalid at healthCheck.extensions.ovh.url"}},
		"a pattern without match":    {option(lb.CheckTCP, HealthCheckOptions{Pattern: "a"}), []string{"invalid at healthCheck.extensions.ovh.match"}},
		"a match without pattern":    {option(lb.CheckTCP, HealthCheckOptions{Match: "contains"}), []string{"invalid at healthCheck.extensions.ovh.pattern"}},
		"OVH's internal match":       {option(lb.CheckTCP, HealthCheckOptions{Match: "internal"}), []string{"unsupported " + at + "extensions.ovh.match at healthCheck.extensions.ovh.match"}},
		"codes of tcp":               {option(lb.CheckTCP, HealthCheckOptions{Match: "status", Pattern: "200"}), []string{"unsupported " + at + "extensions.ovh.match at healthCheck.extensions.ovh.match"}},
		"looking into smtp, by OVH":  {option(lb.CheckSMTP, HealthCheckOptions{Match: "contains", Pattern: "a"}), []string{"unsupported " + at + "extensions.ovh.match at healthCheck.extensions.ovh.match"}},
		"another level's extension":  {lb.HealthCheck{Extensions: lb.Extend(BackendOptions{Zone: "a"})}, []string{"invalid at healthCheck.extensions.ovh"}},
		"a codes' match and a codes": {lb.HealthCheck{Type: lb.CheckHTTP, HTTP: &lb.HTTPCheck{Status: []int{200}}, Extensions: extended(HealthCheckOptions{Match: "status", Pattern: "201"})}, []string{"unsupported " + at + "expect.withStatus at healthCheck.expect"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := dialect{}.Backend(lb.BackendSpec{Protocol: lb.ProtocolHTTP, HealthCheck: &test.spec}, nil)
			checkHints(t, err)
			if refused := refusals(t, err); !slices.Equal(refused, test.want) {
				t.Errorf("refused: %q\nwant     %q", refused, test.want)
			}
		})
	}
}
