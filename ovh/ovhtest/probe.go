package ovhtest

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// probe is a farm's health check (facts 5.4).
type probe struct {
	ForceSSL *bool   `json:"forceSsl,omitzero"`
	Interval *int64  `json:"interval,omitzero"` // seconds
	Match    *string `json:"match,omitzero"`
	Method   *string `json:"method,omitzero"`
	Negate   *bool   `json:"negate,omitzero"`
	Pattern  *string `json:"pattern,omitzero"`
	Port     *int64  `json:"port,omitzero"`
	Type     *string `json:"type,omitzero"`
	URL      *string `json:"url,omitzero"`
}

// availableProbe is ipLoadbalancing.FarmAvailableProbe: what a type of probe
// can be set to.
type availableProbe struct {
	Matches          []string `json:"matches"`
	Method           []string `json:"method"`
	NegatableMatches []string `json:"negatableMatches"`
	Port             bool     `json:"port"`
	Type             string   `json:"type"`
	URL              bool     `json:"url"`
}

const (
	minInterval = 30    // seconds
	minPort     = 1     // facts 6.13
	maxPort     = 49151 // facts 6.13
)

// availableProbes is the probe matrix of facts 5.4.
func availableProbes() []availableProbe {
	body := []string{"contains", "matches"}
	plain := []string{"default"}
	return []availableProbe{
		{
			Type: "http", Port: true, URL: true, Method: []string{"GET", "HEAD", "OPTIONS"},
			Matches: []string{"default", "contains", "matches", "status"}, NegatableMatches: []string{"contains", "matches", "status"},
		},
		{Type: "mysql", Port: true, Matches: plain, NegatableMatches: []string{}},
		{Type: "oco", Matches: plain, NegatableMatches: []string{}},
		{Type: "pgsql", Port: true, Matches: plain, NegatableMatches: []string{}},
		{Type: "smtp", Port: true, Matches: plain, NegatableMatches: []string{}},
		{Type: "tcp", Port: true, Matches: []string{"default", "contains", "matches"}, NegatableMatches: body},
	}
}

func (p *probe) check() error {
	kind := *orDefault(p.Type, "tcp")
	i := slices.IndexFunc(availableProbes(), func(a availableProbe) bool { return a.Type == kind })
	allowed := availableProbes()[i]
	switch {
	case p.Interval != nil && *p.Interval < minInterval:
		return invalid("probe.interval", "less than 30 seconds")
	case p.Port != nil && (*p.Port < minPort || *p.Port > maxPort):
		return invalid("probe.port", "not within 1 and 49151")
	case p.Method != nil && allowed.Method == nil:
		return invalid("probe.method", "a "+kind+" probe has none")
	case p.URL != nil && !allowed.URL:
		return invalid("probe.url", "a "+kind+" probe has none")
	case p.URL != nil && !probeURL(*p.URL):
		return invalid("probe.url", "neither a path nor an absolute URL with one")
	}
	return p.checkMatch(kind, allowed)
}

func (p *probe) checkMatch(kind string, allowed availableProbe) error {
	match := *orDefault(p.Match, "default")
	pattern := *orDefault(p.Pattern, "")
	negate := *orDefault(p.Negate, false)
	switch {
	case !slices.Contains(allowed.Matches, match):
		return invalid("probe.match", "a "+kind+" probe has no match "+match)
	case negate && p.Match == nil:
		return badRequest("A probe can not negate without a match")
	case negate && !slices.Contains(allowed.NegatableMatches, match):
		return invalid("probe.negate", "match "+match+" can not be negated")
	case match == "default" && pattern != "":
		return invalid("probe.pattern", "match default has none")
	case match != "default" && pattern == "":
		return invalid("probe.pattern", "match "+match+" needs one")
	case match == "status" && !statusList(pattern):
		return invalid("probe.pattern", "not a list of HTTP status codes")
	}
	return nil
}

// probeURL tells whether a text is [scheme://host]/path.
func probeURL(text string) bool {
	if strings.HasPrefix(text, "/") {
		return true
	}
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.Path != ""
}

func statusList(pattern string) bool {
	for code := range strings.SplitSeq(pattern, ",") {
		if n, err := strconv.Atoi(code); err != nil || n < 100 || n > 599 {
			return false
		}
	}
	return true
}

// withDefaults shows the values that null stands for.
func (p probe) withDefaults() probe {
	p.Type = orDefault(p.Type, "tcp")
	p.Interval = orDefault(p.Interval, minInterval)
	p.Match = orDefault(p.Match, "default")
	p.ForceSSL = orDefault(p.ForceSSL, false)
	p.Negate = orDefault(p.Negate, false)
	if *p.Type == "http" {
		p.Method = orDefault(p.Method, "GET")
		p.URL = orDefault(p.URL, "/")
	}
	return p
}
