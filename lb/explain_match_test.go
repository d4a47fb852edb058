package lb_test

import (
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// TestExplainComparesConditions asks one filter about one request, with the condition and
// with its negation.
func TestExplainComparesConditions(t *testing.T) {
	t.Parallel()
	host := func(name string) lb.Request { return lb.Request{Host: name} }
	path := func(path string) lb.Request { return lb.Request{Path: path} }
	header := func(pairs ...string) lb.Request { return lb.Request{Header: headers(pairs...)} }
	query := func(query string) lb.Request { return lb.Request{Query: query} }
	token := func(op lb.MatchOp, values ...string) lb.Condition {
		return lb.Condition{Field: lb.FieldHeader, Name: "X-Token", Op: op, Values: values}
	}
	session := func(op lb.MatchOp, values ...string) lb.Condition {
		return lb.Condition{Field: lb.FieldCookie, Name: "session", Op: op, Values: values}
	}
	param := func(op lb.MatchOp, values ...string) lb.Condition {
		return lb.Condition{Field: lb.FieldParam, Name: "q", Op: op, Values: values}
	}
	is := func(field lb.Field, op lb.MatchOp, values ...string) lb.Condition {
		return lb.Condition{Field: field, Op: op, Values: values}
	}
	for name, test := range map[string]struct {
		condition lb.Condition
		request   lb.Request
		want      bool
	}{
		"first address of a prefix":   {is(lb.FieldSource, "", "10.1.0.0/16"), from("10.1.0.0"), true},
		"last address of a prefix":    {is(lb.FieldSource, "", "10.1.0.0/16"), from("10.1.255.255"), true},
		"one before a prefix":         {is(lb.FieldSource, "", "10.1.0.0/16"), from("10.0.255.255"), false},
		"one behind a prefix":         {is(lb.FieldSource, "", "10.1.0.0/16"), from("10.2.0.0"), false},
		"any of several prefixes":     {is(lb.FieldSource, "", "192.0.2.0/24", "10.1.0.0/16"), from("10.1.2.3"), true},
		"IPv4 mapped into IPv6":       {is(lb.FieldSource, "", "10.1.0.0/16"), from("::ffff:10.1.2.3"), true},
		"IPv4 is not in ::/0":         {is(lb.FieldSource, "", "::/0"), from("10.1.2.3"), false},
		"mapped IPv4 is not in ::/0":  {is(lb.FieldSource, "", "::/0"), from("::ffff:10.1.2.3"), false},
		"IPv6 is not in 0.0.0.0/0":    {is(lb.FieldSource, "", "0.0.0.0/0"), from("2001:db8::1"), false},
		"last of an IPv6 prefix":      {is(lb.FieldSource, "", "2001:db8::/127"), from("2001:db8::1"), true},
		"behind an IPv6 prefix":       {is(lb.FieldSource, "", "2001:db8::/127"), from("2001:db8::2"), false},
		"an IPv6 zone plays no part":  {is(lb.FieldSource, "", "fe80::/10"), from("fe80::1%eth0"), true},
		"host":                        {is(lb.FieldHost, "", "a.example"), host("a.example"), true},
		"host in other case":          {is(lb.FieldHost, "", "A.example"), host("a.EXAMPLE"), true},
		"host with a port":            {is(lb.FieldHost, "", "a.example"), host("a.example:8080"), true},
		"host is not its subdomain":   {is(lb.FieldHost, "", "a.example"), host("www.a.example"), false},
		"subdomains":                  {is(lb.FieldHost, lb.MatchSuffix, ".a.example"), host("www.a.example:8080"), true},
		"subdomains, not the domain":  {is(lb.FieldHost, lb.MatchSuffix, ".a.example"), host("a.example"), false},
		"subdomains, not lookalikes":  {is(lb.FieldHost, lb.MatchSuffix, ".a.example"), host("bada.example"), false},
		"host by pattern, other case": {is(lb.FieldHost, lb.MatchRegex, `^a\.`), host("A.EXAMPLE"), true},
		"host by prefix, other case":  {is(lb.FieldHost, lb.MatchPrefix, "WWW."), host("www.a.example"), true},
		"host by part, other case":    {is(lb.FieldHost, lb.MatchContains, "EXAM"), host("a.example"), true},
		"an IPv6 host":                {is(lb.FieldHost, "", "[2001:db8::1]"), host("[2001:db8::1]:8080"), true},
		"an IPv6 host without port":   {is(lb.FieldHost, "", "[2001:db8::1]"), host("[2001:db8::1]"), true},
		"no host":                     {is(lb.FieldHost, lb.MatchExists), host(""), false},
		"no host is not empty":        {is(lb.FieldHost, "", ""), host(""), false},
		"host out of the headers":     {is(lb.FieldHost, "", "a.example"), header("host", "a.example"), true},
		"path":                        {is(lb.FieldPath, "", "/a"), path("/a"), true},
		"path in other case":          {is(lb.FieldPath, "", "/a"), path("/A"), false},
		"path and one more":           {is(lb.FieldPath, "", "/a"), path("/a/"), false},
		"path by prefix":              {is(lb.FieldPath, lb.MatchPrefix, "/a"), path("/ab"), true},
		"path by prefix, one less":    {is(lb.FieldPath, lb.MatchPrefix, "/ab"), path("/a"), false},
		"path by suffix":              {is(lb.FieldPath, lb.MatchSuffix, ".php"), path("/a.php"), true},
		"path by part":                {is(lb.FieldPath, lb.MatchContains, "b"), path("/abc"), true},
		"path by pattern":             {is(lb.FieldPath, lb.MatchRegex, `^/a\d$`), path("/a1"), true},
		"path by pattern, other case": {is(lb.FieldPath, lb.MatchRegex, `^/a`), path("/A"), false},
		"path is not decoded":         {is(lb.FieldPath, "", "/a b"), path("/a%20b"), false},
		"no path is the root":         {is(lb.FieldPath, "", "/"), path(""), true},
		"method":                      {is(lb.FieldMethod, "", "POST", "PUT"), lb.Request{Method: "PUT"}, true},
		"no method is GET":            {is(lb.FieldMethod, "", "GET"), lb.Request{}, true},
		"protocol":                    {is(lb.FieldProtocol, "", "https"), lb.Request{Protocol: "https"}, true},
		"no protocol":                 {is(lb.FieldProtocol, "", "http"), lb.Request{}, true},
		"header":                      {token("", "t"), header("X-Token", "t"), true},
		"header's name in other case": {token("", "t"), header("x-TOKEN", "t"), true},
		"header in other case":        {token("", "t"), header("X-Token", "T"), false},
		"header twice":                {token("", "t"), header("X-Token", "s", "X-Token", "t"), true},
		"empty header exists":         {token(lb.MatchExists), header("X-Token", ""), true},
		"empty header is empty":       {token("", ""), header("X-Token", ""), true},
		"no header is not empty":      {token("", ""), header("X-Other", ""), false},
		"no header":                   {token(lb.MatchExists), header("X-Other", "t"), false},
		"header Host has its port":    {lb.Condition{Field: lb.FieldHeader, Name: "host", Values: []string{"a.example"}}, host("a.example:8080"), false},
		"header Host in other case":   {lb.Condition{Field: lb.FieldHeader, Name: "host", Values: []string{"a.example:8080"}}, host("A.example:8080"), true},
		"cookie":                      {session("", "1"), header("Cookie", "a=2; session=1"), true},
		"cookie, second line":         {session("", "1"), header("cookie", "a=2", "Cookie", "session=1"), true},
		"cookie's name in other case": {session("", "1"), header("Cookie", "Session=1"), false},
		"cookie of another name":      {session("", "1"), header("Cookie", "mysession=1"), false},
		"empty cookie exists":         {session(lb.MatchExists), header("Cookie", "session="), true},
		"parameter":                   {param("", "a b"), query("x=1&q=a+b"), true},
		"parameter, decoded":          {param("", "a b"), query("q=a%20b"), true},
		"parameter twice":             {param(lb.MatchPrefix, "b"), query("q=a&q=b1"), true},
		"parameter without a value":   {param(lb.MatchExists), query("q"), true},
		"parameter in other case":     {param(lb.MatchExists), query("Q=1"), false},
		"a broken parameter is none":  {param(lb.MatchExists), query("q=%zz&x=1"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, not := range []bool{false, true} {
				test.condition.Not = not
				filters := []lb.FilterSpec{{Match: lb.Match{test.condition}, Action: lb.FilterDeny}}
				got, err := lb.Explain(httpFrontend(), filters, nil, test.request)
				if err != nil {
					t.Fatal(err)
				}
				if denied := got.Action == lb.FilterDeny; denied != (test.want != not) {
					t.Errorf("not %t: %s", not, got.Reason)
				}
			}
		})
	}
}
