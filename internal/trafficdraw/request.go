package trafficdraw

import (
	"cmp"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// Requests returns n requests, each near the boundary of one of the rules: of what its
// conditions compare with, the same, a character more or less at either end, one in
// other case, one that is another, or the first and last addresses of a prefix and
// those beside them, IPv4 ones sometimes mapped into IPv6. The other conditions of the
// rule are mostly met, so that it is the one that decides. A header comes once at
// most.
func (t Traffic) Requests(r *rand.Rand, n int) []lb.Request {
	var rules []lb.Match
	for _, f := range t.Filters {
		rules = append(rules, f.Match)
	}
	for _, route := range t.Routes {
		rules = append(rules, route.Match)
	}
	out := make([]lb.Request, n)
	for i := range out {
		d := draft{rand: r, frontend: t.Frontend, host: pick(r, hosts...), path: pick(r, paths...), header: http.Header{}}
		d.source = t.letIn(r)
		if rarely(r, 2) {
			d.header.Set("X-Token", pick(r, tokens...))
		}
		if rule := pick(r, rules...); len(rule) > 0 {
			boundary := r.IntN(len(rule))
			for j, c := range rule {
				d.approach(c, j != boundary)
			}
		}
		out[i] = d.request()
	}
	return out
}

// letIn is any address, and mostly one that the filters let in which keep out all but
// some: else those would decide most of the time.
func (t Traffic) letIn(r *rand.Rand) netip.Addr {
	if !rarely(r, 5) {
		for _, f := range t.Filters {
			if len(f.Match) == 1 && f.Match[0].Field == lb.FieldSource && f.Match[0].Not {
				return near(r, f.Match[0].Values, true)
			}
		}
	}
	return near(r, drawSource(r, false).Values, false)
}

// draft is a request in the making.
type draft struct {
	rand     *rand.Rand
	frontend lb.FrontendSpec
	source   netip.Addr
	host     string // without a port, unless hosted
	hosted   bool   // host is the whole Host header
	path     string
	header   http.Header
}

// approach brings a request near what a condition compares with or, safely, to where it
// is met, but for Not.
func (d *draft) approach(c lb.Condition, safely bool) {
	switch c.Field {
	case lb.FieldSource:
		d.source = near(d.rand, c.Values, safely)
		return
	case lb.FieldHost:
		d.host, d.hosted = d.text(c, safely, "www", ""), false
		return
	case lb.FieldPath:
		d.path = d.text(c, safely, "/x", "x")
		return
	default: // a header: nothing else is drawn
	}
	if strings.EqualFold(c.Name, "host") {
		d.host, d.hosted = d.text(c, safely, "", ""), true
		return
	}
	d.header = http.Header{}
	if safely || !rarely(d.rand, 8) {
		name := pick(d.rand, c.Name, strings.ToLower(c.Name), strings.ToUpper(c.Name))
		d.header[name] = []string{d.text(c, safely, "x", "x")}
	}
}

// text is near one of the values of a condition; before and after are what may stand
// around it.
func (d *draft) text(c lb.Condition, safely bool, before, after string) string {
	value := pick(d.rand, c.Values...)
	if c.Op == lb.MatchRegex {
		return pick(d.rand, examples...)
	}
	if !safely && !rarely(d.rand, 3) {
		value = beside(d.rand, value)
	}
	switch c.Op {
	case lb.MatchPrefix:
		return value + pick(d.rand, "", after, "/")
	case lb.MatchSuffix:
		return pick(d.rand, "", before) + value
	case lb.MatchContains:
		return pick(d.rand, "", before) + value + pick(d.rand, "", after)
	default:
		return value
	}
}

// examples match patterns, or nearly do.
var examples = []string{
	"/a", "/A", "/b/a", "/ab", "/x.php", "/x.php5", "/xphp", "/x.PHP", "/a/", "/api/", "/apis/", "/b/api/", "/a/b", "/a/bb", "/ap/i",
	"/1", "/12", "/1a2", "/a123", "/login", "/LOGIN", "/login/", "/xlogin", "/b", "/B", "/ba", "/a.b", "/axb", "/a.b/", "/z", "/x/a",
}

// beside is a text that differs from another by little.
func beside(r *rand.Rand, text string) string {
	i := r.IntN(max(len(text), 1))
	switch r.IntN(7) {
	case 0:
		return text + pick(r, "x", "/", ".")
	case 1:
		return "x" + text
	case 2:
		return text[:max(len(text)-1, 0)]
	case 3:
		return text[min(1, len(text)):]
	case 4:
		return swapCase(text[:i]) + text[i:]
	case 5:
		return swapCase(text)
	default:
		return text[:i] + "x" + text[min(i+1, len(text)):]
	}
}

func swapCase(text string) string {
	if upper := strings.ToUpper(text); upper != text {
		return upper
	}
	return strings.ToLower(text)
}

// near is an address at the edge of one of some blocks.
func near(r *rand.Rand, blocks []string, safely bool) netip.Addr {
	block := netip.MustParsePrefix(pick(r, blocks...))
	first, last := block.Addr(), lastOf(block)
	choice := []netip.Addr{first, last}
	if !safely {
		choice = append(choice, first.Prev(), last.Next())
	}
	address := pick(r, choice...)
	if !address.IsValid() { // there is nothing beyond all of them
		return netip.MustParseAddr(pick(r, "10.1.2.4", "2001:db8::2"))
	}
	if address.Is4() && rarely(r, 4) {
		address = netip.AddrFrom16(address.As16())
	}
	return address
}

// lastOf is the last address of a block.
func lastOf(block netip.Prefix) netip.Addr {
	bytes := block.Addr().AsSlice()
	for bit := block.Bits(); bit < len(bytes)*8; bit++ {
		bytes[bit/8] |= 1 << (7 - bit%8)
	}
	last, _ := netip.AddrFromSlice(bytes)
	return last
}

// request is the draft as clients send it: the Host header has a port where, and only
// where, the scheme does not imply it, which is what Scaleway's filters by host rely on.
func (d *draft) request() lb.Request {
	port := d.frontend.Ports[0].From
	out := lb.Request{
		Source: d.source, Port: port, Protocol: "tcp", Host: strings.Trim(d.host, "/"),
		Method: pick(d.rand, "GET", "POST"), Query: pick(d.rand, "", "q=1", "a=/b&c=%20"), Header: d.header,
	}
	if d.frontend.Protocol == lb.ProtocolTCP {
		return lb.Request{Source: out.Source, Port: port, Protocol: "tcp", Host: out.Host}
	}
	out.Protocol = "http"
	if len(d.frontend.Certificates) > 0 {
		out.Protocol = "https"
	}
	out.Host = cmp.Or(out.Host, "x")
	switch implied := slices.Contains([]uint16{80, 443}, port); {
	case implied:
		out.Host, _, _ = strings.Cut(out.Host, ":")
	case !d.hosted:
		out.Host += ":" + strconv.Itoa(int(port))
	}
	if out.Path = d.path; !strings.HasPrefix(d.path, "/") {
		out.Path = "/" + d.path
	}
	return out
}
