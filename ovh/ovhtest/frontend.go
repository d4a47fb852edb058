package ovhtest

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// frontend is a frontend of any protocol (facts 5.3).
type frontend struct {
	FrontendID       int64    `json:"frontendId"`
	Zone             string   `json:"zone"`
	Port             string   `json:"port"` // "80", "8000-8100" or a list of both
	DisplayName      *string  `json:"displayName,omitzero"`
	DefaultFarmID    *int64   `json:"defaultFarmId,omitzero"`
	DedicatedIPFO    []string `json:"dedicatedIpfo,omitzero"`
	Disabled         bool     `json:"disabled,omitzero"`
	SSL              bool     `json:"ssl,omitzero"`
	DefaultSSLID     *int64   `json:"defaultSslId,omitzero"`
	AllowedSource    []string `json:"allowedSource,omitzero"`
	DeniedSource     []string `json:"deniedSource,omitzero"`
	HSTS             bool     `json:"hsts,omitzero"`
	HTTPHeader       []string `json:"httpHeader,omitzero"`
	RedirectLocation *string  `json:"redirectLocation,omitzero"`
	// A frontend gets these by a call of OVH's own alone.
	VRackNetworkID *int64 `json:"vrackNetworkId,omitzero"`
	VRackVRouterID *int64 `json:"vrackVrouterId,omitzero"`
}

func (f *frontend) clone() resource             { next := *f; return &next }
func (f *frontend) place(path string)           { f.FrontendID = idOf(path) }
func (f *frontend) zoneIn(*tree, string) string { return f.Zone }
func (f *frontend) view(*call, string) any      { return f }

func (f *frontend) check(c *call, path string) error {
	zone, err := c.svc.ownZone(f.Zone)
	if err != nil {
		return err
	}
	f.Zone = zone
	if !portList(f.Port) {
		return invalid("port", "not a port, a range or a list of both within 1 and 49151")
	}
	if err := f.checkHTTP(); err != nil {
		return err
	}
	if err := f.checkSources(c, path); err != nil {
		return err
	}
	return f.checkTargets(c, path)
}

func (f *frontend) checkHTTP() error {
	if f.RedirectLocation != nil {
		u, err := url.Parse(*f.RedirectLocation)
		if err != nil || u.Scheme == "" || u.Host == "" {
			return invalid("redirectLocation", "not an absolute URL")
		}
	}
	for _, header := range f.HTTPHeader {
		name, value, ok := strings.Cut(header, " ")
		if !ok || name == "" || value == "" || strings.HasSuffix(name, ":") {
			return invalid("httpHeader", "not of the form Name value")
		}
	}
	return nil
}

// checkSources holds the address lists against each other and against the
// service's Additional IPs, each of which may serve one frontend alone
// (facts 5.3).
func (f *frontend) checkSources(c *call, path string) error {
	if len(f.AllowedSource) > 0 && len(f.DeniedSource) > 0 {
		return badRequest("[allowedSource] and [deniedSource] exclude each other")
	}
	f.AllowedSource, f.DeniedSource, f.DedicatedIPFO = canonical(f.AllowedSource), canonical(f.DeniedSource), canonical(f.DedicatedIPFO)
	if problem := c.svc.dedicatedProblem(path, f); problem != "" {
		return c.assume.DedicatedIPFO.refuse("[dedicatedIpfo] " + problem)
	}
	return nil
}

// canonical writes blocks in CIDR form, as reads show them.
func canonical(blocks []string) []string {
	out := slices.Clone(blocks) // nil stays nil
	for i, text := range out {
		block, err := parseBlock(text)
		if err != nil {
			panic("ovhtest: block passed the schema: " + text)
		}
		out[i] = block.String()
	}
	return out
}

// dedicatedProblem says what is wrong with a frontend's dedicated addresses.
func (svc *service) dedicatedProblem(path string, f *frontend) string {
	for _, block := range f.DedicatedIPFO {
		if !slices.ContainsFunc(svc.failover, func(p netip.Prefix) bool { return p.String() == block }) {
			return block + " is not routed to this service"
		}
		for _, protocol := range []string{"http", "tcp", "udp"} {
			for other, g := range each[frontend](svc.draft, protocol+"/frontend") {
				if other != path && slices.Contains(g.DedicatedIPFO, block) {
					return block + " is dedicated to " + other
				}
			}
		}
	}
	return ""
}

func (f *frontend) checkTargets(c *call, path string) error {
	protocol := protocolOf(path)
	if f.DefaultFarmID != nil {
		if err := c.needFarm("defaultFarmId", protocol, *f.DefaultFarmID, f.Zone); err != nil {
			return err
		}
	}
	if f.DefaultSSLID != nil && at[certificate](c.svc.draft.nodes, "ssl/"+formatID(*f.DefaultSSLID)) == nil {
		return c.dangling("defaultSslId", *f.DefaultSSLID)
	}
	for _, r := range each[trafficRoute](c.svc.draft, protocol+"/route") {
		if r.FrontendID == nil || *r.FrontendID != f.FrontendID {
			continue
		}
		if err := r.checkTarget(c, protocol, f.Zone); err != nil {
			return err
		}
	}
	return nil
}

func (f *frontend) remove(c *call, path string) error {
	protocol := protocolOf(path)
	for routePath, r := range each[trafficRoute](c.svc.draft, protocol+"/route") {
		if r.FrontendID == nil || *r.FrontendID != f.FrontendID {
			continue
		}
		if err := c.assume.FrontendInUse.refuse("This frontend is used by " + routePath); err != nil {
			return err
		}
		detached := *r
		detached.FrontendID = nil
		c.svc.draft.put(routePath, &detached)
	}
	return nil
}

// portList tells whether a text is a port, a range low-high, or a comma list of
// both (facts 5.3).
func portList(text string) bool {
	for part := range strings.SplitSeq(text, ",") {
		low, high, isRange := strings.Cut(part, "-")
		from, ok := portNumber(low)
		if !ok {
			return false
		}
		if !isRange {
			continue
		}
		if to, ok := portNumber(high); !ok || to <= from {
			return false
		}
	}
	return true
}

func portNumber(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= minPort && n <= maxPort && strconv.Itoa(n) == text
}
