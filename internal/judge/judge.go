// Package judge says what OVHcloud and Scaleway do with a request, from nothing but
// the objects that their APIs hold and what is known of those (facts and mapping of
// the reference). It shares no code with the providers that write such objects, nor
// with lb.Explain: tests let it disagree with both.
//
// Where the facts are silent it assumes, of both clouds alike: the name of a host has
// no case (RFC 9110, 4.2.3), wherever a rule looks at it; rules and routes by host look
// at it without its port, those by a header at the whole header; every other comparison
// is of bytes; a client whose IPv4 address is mapped into IPv6 is an IPv4 client; a
// regular expression matches any part of a text.
package judge

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// Verdict is what becomes of a request.
type Verdict struct {
	Action   string // allow, deny or redirect
	Backend  string // where it goes, by the API's own ID
	Location string // of a redirect
	Status   int    // of a redirect or a denial; 0 where the API does not say
}

// url is a request's, as variables of a redirect show it.
type url struct {
	scheme, host, path, query string
}

func urlOf(r lb.Request) url {
	u := url{scheme: "http", host: r.Host, path: r.Path, query: r.Query}
	if r.Protocol == "https" {
		u.scheme = "https"
	}
	return u
}

// name is the host without its port.
func (u url) name() string {
	name, _, _ := strings.Cut(u.host, ":")
	return name
}

// within tells whether an address is in any of some blocks, each an address or a CIDR.
func within(address netip.Addr, blocks []string) (bool, error) {
	address = address.Unmap()
	found := false
	for _, block := range blocks {
		block = strings.TrimSpace(block)
		prefix, err := netip.ParsePrefix(block)
		if err != nil {
			single, err := netip.ParseAddr(block)
			if err != nil {
				return false, fmt.Errorf("%q is neither an address nor a block", block)
			}
			prefix = netip.PrefixFrom(single, single.BitLen())
		}
		found = found || prefix.Contains(address)
	}
	return found, nil
}

// headerOf is the value of a header, of which the request has one at most.
func headerOf(r lb.Request, name string) (value string, there bool) {
	if strings.EqualFold(name, "host") {
		return strings.ToLower(r.Host), r.Host != ""
	}
	for key, values := range r.Header {
		if strings.EqualFold(key, name) && len(values) > 0 {
			return values[0], true
		}
	}
	return "", false
}

var errNoSource = errors.New("the request has no source")
