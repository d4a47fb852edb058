package judge_test

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"net/http"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/internal/judge"
	"github.com/lbkit/lbkit/lb"
)

// TestItSharesNoCode: of the module it imports the contract's types alone.
func TestItSharesNoCode(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(path, ".") && path != "github.com/lbkit/lbkit/lb" {
				t.Errorf("%s imports %s", file, path)
			}
		}
	}
}

// asked is the request that both clouds are asked about.
func asked() lb.Request {
	return lb.Request{
		Source: netip.MustParseAddr("10.1.2.3"), Protocol: "http", Port: 8080, Host: "a.Example:8080", Path: "/a/b.php", Query: "q=1",
		Header: http.Header{"x-token": {"t"}},
	}
}

func TestOVH(t *testing.T) {
	t.Parallel()
	const (
		farm     = `{"routeId": 1, "frontendId": 7, "weight": 0, "action": {"type": "farm", "target": "3"}}`
		rejects  = `{"routeId": 2, "frontendId": 7, "weight": 9, "action": {"type": "reject"}}`
		redirect = `{"routeId": 3, "frontendId": 7, "weight": 9, "action": {"type": "redirect", "target": "${protocol}://${domain}:81${path}${arguments}", "status": 301}}`
		always   = `{"field": "uri", "match": "startswith", "pattern": "/"}`
	)
	rule := func(field, sub, match, pattern string, negate bool) string {
		text, err := json.Marshal(map[string]any{"field": field, "subField": sub, "match": match, "pattern": pattern, "negate": negate})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	byFarm, byDefault := judge.Verdict{Action: "allow", Backend: "3"}, judge.Verdict{Action: "allow", Backend: "5"}
	denied := judge.Verdict{Action: "deny", Status: 403}
	for name, test := range map[string]struct {
		objects map[string]string // beside the frontend
		want    judge.Verdict
	}{
		"nothing":                         {nil, byDefault},
		"a farm":                          {map[string]string{"http/route/1": farm, "http/route/1/rule/1": always}, byFarm},
		"reject comes before, by kind":    {map[string]string{"http/route/1": farm, "http/route/1/rule/1": always, "http/route/2": rejects, "http/route/2/rule/1": always}, denied},
		"the older of one weight":         {map[string]string{"http/route/3": redirect, "http/route/3/rule/1": always, "http/route/2": rejects, "http/route/2/rule/1": always}, denied},
		"lower weights first":             {map[string]string{"http/route/3": strings.Replace(redirect, "9", "8", 1), "http/route/3/rule/1": always, "http/route/2": rejects, "http/route/2/rule/1": always}, judge.Verdict{Action: "redirect", Location: "http://a.Example:81/a/b.php?q=1", Status: 301}},
		"another frontend's":              {map[string]string{"http/route/2": strings.Replace(rejects, "7", "8", 1), "http/route/2/rule/1": always}, byDefault},
		"detached":                        {map[string]string{"http/route/2": strings.Replace(rejects, `"frontendId": 7, `, "", 1), "http/route/2/rule/1": always}, byDefault},
		"a status":                        {map[string]string{"http/route/2": strings.Replace(rejects, `"reject"`, `"reject", "status": 429`, 1), "http/route/2/rule/1": always}, judge.Verdict{Action: "deny", Status: 429}},
		"all rules":                       {map[string]string{"http/route/2": rejects, "http/route/2/rule/1": always, "http/route/2/rule/2": rule("uri", "", "is", "/a", false)}, byDefault},
		"a list":                          {map[string]string{"http/route/2": rejects, "http/route/2/rule/1": rule("uri", "", "in", "/a, /a/b.php", false)}, denied},
		"is takes no list":                {map[string]string{"http/route/2": rejects, "http/route/2/rule/1": rule("uri", "", "is", "/a,/a/b.php", false)}, byDefault},
		"negated":                         {map[string]string{"http/route/2": rejects, "http/route/2/rule/1": rule("uri", "", "endswith", ".php", true)}, byDefault},
		"sources":                         {map[string]string{"http/route/2": rejects, "http/route/2/rule/1": rule("source", "", "in", "192.0.2.0/24, 10.1.2.3", false)}, denied},
		"host":                            {map[string]string{"http/route/2": rejects, "http/route/2/rule/1": rule("host", "", "is", "A.example", false)}, denied},
		"host by pattern":                 {map[string]string{"http/route/2": rejects, "http/route/2/rule/1": rule("host", "", "matches", "^A", false)}, denied},
		"header":                          {map[string]string{"http/route/2": rejects, "http/route/2/rule/1": rule("header", "X-Token", "contains", "t", false)}, denied},
		"header that is not there":        {map[string]string{"http/route/2": rejects, "http/route/2/rule/1": rule("header", "X-Other", "contains", "", false)}, byDefault},
		"header that is not there, not":   {map[string]string{"http/route/2": rejects, "http/route/2/rule/1": rule("header", "X-Other", "exists", "", true)}, denied},
		"the Host header has its port":    {map[string]string{"http/route/2": rejects, "http/route/2/rule/1": rule("header", "Host", "is", "A.example:8080", false)}, denied},
		"frontend allows none of them":    {map[string]string{"http/frontend/7": `{"defaultFarmId": 5, "allowedSource": ["192.0.2.0/24"]}`}, denied},
		"frontend allows":                 {map[string]string{"http/frontend/7": `{"defaultFarmId": 5, "allowedSource": ["192.0.2.0/24", "10.1.2.3/32"]}`}, byDefault},
		"frontend denies":                 {map[string]string{"http/frontend/7": `{"defaultFarmId": 5, "deniedSource": ["10.1.2.0/24"]}`}, denied},
		"frontend's denial before routes": {map[string]string{"http/frontend/7": `{"defaultFarmId": 5, "deniedSource": ["10.1.2.0/24"]}`, "http/route/3": redirect, "http/route/3/rule/1": always}, denied},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects := map[string]json.RawMessage{"http/frontend/7": json.RawMessage(`{"defaultFarmId": 5}`)}
			for path, text := range test.objects {
				objects[path] = json.RawMessage(text)
			}
			f, err := judge.NewOVH(objects, "http/frontend/7")
			if err != nil {
				t.Fatal(err)
			}
			got, err := f.Decide(asked())
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestScaleway(t *testing.T) {
	t.Parallel()
	byDefault, byRoute := judge.Verdict{Action: "allow", Backend: "default"}, judge.Verdict{Action: "allow", Backend: "b"}
	denied := judge.Verdict{Action: "deny"}
	deny := func(match string) string { return `{"index": 1, "action": {"type": "deny"}, "match": ` + match + `}` }
	redirect := func(kind, target string) string {
		return `{"index": 0, "action": {"type": "redirect", "redirect": {"type": "` + kind + `", "target": "` + target + `", "code": 301}}}`
	}
	to := func(match string) string { return `{"frontend_id": "f", "backend_id": "b", "match": ` + match + `}` }
	for name, test := range map[string]struct {
		acls, routes string
		want         judge.Verdict
	}{
		"nothing":                   {"", "", byDefault},
		"without a match":           {deny("null"), "", denied},
		"the lower index":           {deny("null") + "," + redirect("scheme", "https"), "", judge.Verdict{Action: "redirect", Location: "https://a.Example:8080/a/b.php?q=1", Status: 301}},
		"a location":                {redirect("location", "{{scheme}}://{{host}}/x/{{path}}?{{query}}"), "", judge.Verdict{Action: "redirect", Location: "http://a.Example:8080/x/a/b.php?q=1", Status: 301}},
		"allow ends the ACLs":       {`{"index": 0, "action": {"type": "allow"}},` + deny("null"), to(`{"path_begin": "/a"}`), byRoute},
		"a source":                  {deny(`{"ip_subnet": ["192.0.2.0/24", "10.1.2.3"], "http_filter": "acl_http_filter_none"}`), "", denied},
		"a source, inverted":        {deny(`{"ip_subnet": ["192.0.2.0/24", "10.1.2.3"], "http_filter": "acl_http_filter_none", "invert": true}`), "", byDefault},
		"a source and a path":       {deny(`{"ip_subnet": ["10.0.0.0/8"], "http_filter": "path_end", "http_filter_value": [".php"]}`), "", denied},
		"a source and no path":      {deny(`{"ip_subnet": ["10.0.0.0/8"], "http_filter": "path_end", "http_filter_value": [".html"]}`), "", byDefault},
		"neither":                   {deny(`{"ip_subnet": ["192.0.2.0/24"], "http_filter": "path_end", "http_filter_value": [".html"], "invert": true}`), "", denied},
		"not neither":               {deny(`{"ip_subnet": ["10.0.0.0/8"], "http_filter": "path_end", "http_filter_value": [".html"], "invert": true}`), "", byDefault},
		"a path's beginning":        {deny(`{"http_filter": "path_begin", "http_filter_value": ["/b", "/a"]}`), "", denied},
		"a pattern":                 {deny(`{"http_filter": "regex", "http_filter_value": ["^b", "php$"]}`), "", denied},
		"a header":                  {deny(`{"http_filter": "http_header_match", "http_filter_option": "X-Token", "http_filter_value": ["t"]}`), "", denied},
		"a header in other case":    {deny(`{"http_filter": "http_header_match", "http_filter_option": "X-Token", "http_filter_value": ["T"]}`), "", byDefault},
		"the Host header":           {deny(`{"http_filter": "http_header_match", "http_filter_option": "host", "http_filter_value": ["A.example:8080"]}`), "", denied},
		"a route by host":           {"", to(`{"host_header": "A.example"}`), byRoute},
		"subdomains":                {"", to(`{"host_header": "Example", "match_subdomains": true}`), byRoute},
		"subdomains, not itself":    {"", to(`{"host_header": "A.example", "match_subdomains": true}`), byDefault},
		"another frontend's route":  {"", strings.Replace(to(`{"path_begin": "/"}`), `"f"`, `"g"`, 1), byDefault},
		"two routes to one backend": {"", to(`{"path_begin": "/a"}`) + "," + to(`{"path_begin": "/"}`), byRoute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := scaleway(t, test.acls, test.routes).Decide(asked())
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func list(name, items string) []byte {
	return []byte(`{"` + name + `": [` + items + `], "total_count": ` + strconv.Itoa(strings.Count(items, `"action"`)+strings.Count(items, `"frontend_id"`)) + `}`)
}

func scaleway(t *testing.T, acls, routes string) *judge.Scaleway {
	t.Helper()
	frontend := []byte(`{"id": "f", "backend": {"id": "default", "forward_protocol": "http"}}`)
	f, err := judge.NewScaleway(frontend, list("acls", acls), list("routes", routes))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// What is not known, it does not decide.
func TestItDoesNotGuess(t *testing.T) {
	t.Parallel()
	routes := `{"frontend_id": "f", "backend_id": "b", "match": {"path_begin": "/a"}}, {"frontend_id": "f", "backend_id": "c", "match": {"path_begin": "/"}}`
	if got, err := scaleway(t, "", routes).Decide(asked()); err == nil {
		t.Errorf("of two routes it takes %+v", got)
	}
	for name, acl := range map[string]string{
		"an action":   `{"index": 0, "action": {"type": "tarpit"}}`,
		"a filter":    `{"index": 0, "action": {"type": "deny"}, "match": {"http_filter": "query", "http_filter_value": ["x"]}}`,
		"no filter":   `{"index": 0, "action": {"type": "deny"}, "match": {"http_filter": "acl_http_filter_none"}}`,
		"no redirect": `{"index": 0, "action": {"type": "redirect"}}`,
		"a subnet":    `{"index": 0, "action": {"type": "deny"}, "match": {"ip_subnet": ["office"], "http_filter": "acl_http_filter_none"}}`,
	} {
		if got, err := scaleway(t, acl, "").Decide(asked()); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	two := `{"index": 0, "action": {"type": "deny"}}`
	if _, err := judge.NewScaleway([]byte(`{}`), list("acls", two+","+two), list("routes", "")); err == nil {
		t.Error("two ACLs of one index have an order")
	}
	if _, err := judge.NewScaleway([]byte(`{}`), []byte(`{"acls": [], "total_count": 1}`), list("routes", "")); err == nil {
		t.Error("a page is taken for the list")
	}
	for name, objects := range map[string]map[string]json.RawMessage{
		"no rules":        {"http/frontend/7": []byte(`{"defaultFarmId": 5}`), "http/route/1": []byte(`{"frontendId": 7}`)},
		"no such pattern": {"http/frontend/7": []byte(`{"defaultFarmId": 5}`), "http/route/1": []byte(`{"frontendId": 7}`), "http/route/1/rule/1": []byte(`{"match": "matches", "pattern": "("}`)},
		"a redirection":   {"http/frontend/7": []byte(`{"redirectLocation": "https://a.example/"}`)},
		"no frontend":     {},
	} {
		if _, err := judge.NewOVH(objects, "http/frontend/7"); err == nil {
			t.Errorf("%s: it reads them", name)
		}
	}
	for name, rule := range map[string]string{
		"a field":  `{"field": "asn", "match": "is", "pattern": "1"}`,
		"a match":  `{"field": "uri", "match": "internal", "pattern": "1"}`,
		"a source": `{"field": "source", "match": "is", "pattern": "office"}`,
	} {
		f, err := judge.NewOVH(map[string]json.RawMessage{
			"http/frontend/7": []byte(`{"defaultFarmId": 5}`), "http/route/1": []byte(`{"frontendId": 7, "action": {"type": "reject"}}`), "http/route/1/rule/1": []byte(rule),
		}, "http/frontend/7")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.Decide(asked()); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
