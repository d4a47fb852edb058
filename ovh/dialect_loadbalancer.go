package ovh

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/lbkit/lbkit/lb"
)

// canonicalLoadBalancer is the form in which OVH reports a service. Tags and Plan
// pass, since they are read; changing them is what an update refuses.
func (d dialect) canonicalLoadBalancer(spec lb.LoadBalancerSpec) (lb.LoadBalancerSpec, lb.Problems) {
	f := &findings{kind: lb.KindLoadBalancer, leaf: "loadbalancer"}
	out := lb.Clone(spec)
	f.text("name", spec.Name)
	if n := utf8.RuneCountInString(spec.Name); n > maxServiceName {
		f.invalid("name", "%d characters; OVH keeps %d", n, maxServiceName)
	}
	out.Tags = sortedTags(spec.Tags)
	none(f, "zone", spec.Zone)
	oneOf(f, "tlsPolicy", spec.TLSPolicy, lb.TLSPolicyIntermediate, lb.TLSPolicyModern)
	if out.TLSPolicy == "" {
		out.TLSPolicy = lb.TLSPolicyIntermediate // facts 5.2: null behaves so
	}
	if own := ownExtensions(spec.Extensions); !own.IsZero() && !d.loadBalancerOptions {
		f.lacks("loadbalancer.extensions", "extensions."+providerName, nil, "this provider neither reads nor writes them")
	}
	options := optionsOf[LoadBalancerOptions](f, "extensions."+providerName, spec.Extensions)
	options.QuotaAlerts = f.quotaAlerts(options.QuotaAlerts)
	options.LogStreams = f.logStreams(options.LogStreams)
	out.Extensions = lb.Extend(options)
	return out, f.problems
}

// quotaAlerts are by zones in lower case. Whether the API keeps an alert at 0 bytes
// or takes it for none is not known, so there is none.
func (f *findings) quotaAlerts(alerts map[string]int64) map[string]int64 {
	const at = "extensions.ovh.quotaAlerts"
	var out map[string]int64
	for _, zone := range slices.Sorted(maps.Keys(alerts)) {
		name := f.zone(at, zone)
		switch _, twice := out[name]; {
		case name == "":
			f.invalid(at, "%q is not one zone", zone)
		case twice:
			f.invalid(at, "zone %s is named twice", name)
		case alerts[zone] < 1:
			f.invalid(at, "%d bytes in zone %s; leave the zone out for no alert", alerts[zone], name)
		}
		if out == nil {
			out = map[string]int64{}
		}
		out[name] = alerts[zone]
	}
	return out
}

// logStreams is a set, sorted by kind and stream.
func (f *findings) logStreams(streams []LogStream) []LogStream {
	const at = "extensions.ovh.logStreams"
	var out []LogStream
	for _, s := range streams {
		if s.Kind != "http" && s.Kind != "tcp" {
			f.invalid(at, "%q is not a kind of logs; OVH has http and tcp", s.Kind)
		}
		if !uuid.MatchString(s.Stream) {
			f.invalid(at, "%q is not a stream's UUID", s.Stream)
		}
		out = append(out, LogStream{Kind: s.Kind, Stream: strings.ToLower(s.Stream)})
	}
	return sortedStreams(out)
}

var uuid = regexp.MustCompile("^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$")

func sortedStreams(streams []LogStream) []LogStream {
	slices.SortFunc(streams, func(a, b LogStream) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Stream, b.Stream))
	})
	return slices.Compact(streams)
}

func sortedTags(tags []string) []string {
	if len(tags) == 0 {
		return nil
	}
	tags = slices.Sorted(slices.Values(tags))
	return slices.Compact(tags)
}
