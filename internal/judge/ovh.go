package judge

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// OVH is a frontend of OVH's with what decides about its requests (facts 5.3, 5.6).
type OVH struct {
	protocol string
	frontend ovhFrontend
	actions  []*ovhRoute // that reject and redirect, in the order in which they are tried
	farms    []*ovhRoute // that choose a farm, in that order
}

type ovhFrontend struct {
	AllowedSource    []string `json:"allowedSource"`
	DeniedSource     []string `json:"deniedSource"`
	DefaultFarmID    *int64   `json:"defaultFarmId"`
	Disabled         bool     `json:"disabled"`
	RedirectLocation string   `json:"redirectLocation"`
}

type ovhRoute struct {
	RouteID    int64 `json:"routeId"`
	FrontendID int64 `json:"frontendId"`
	Weight     int64 `json:"weight"`
	Action     struct {
		Type   string `json:"type"`
		Target string `json:"target"`
		Status int    `json:"status"`
	} `json:"action"`
	rules []ovhRule
}

type ovhRule struct {
	Field    string `json:"field"`
	SubField string `json:"subField"`
	Match    string `json:"match"`
	Pattern  string `json:"pattern"`
	Negate   bool   `json:"negate"`
	compiled *regexp.Regexp
}

// NewOVH reads the frontend at path, "http/frontend/12", out of the objects of a
// service, which are JSON by path below it: its routes are "http/route/34", and their
// rules "http/route/34/rule/56". Of the routes, those count that are the frontend's.
func NewOVH(objects map[string]json.RawMessage, path string) (*OVH, error) {
	protocol, _, _ := strings.Cut(path, "/")
	id, err := strconv.ParseInt(path[strings.LastIndexByte(path, '/')+1:], 10, 64)
	if err != nil {
		return nil, err
	}
	f := &OVH{protocol: protocol}
	if err := json.Unmarshal(objects[path], &f.frontend); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if f.frontend.RedirectLocation != "" || f.frontend.Disabled {
		return nil, fmt.Errorf("%s: disabled, or redirected as a whole: judge knows neither", path)
	}
	for path, text := range objects {
		if prefix, found := strings.CutPrefix(path, protocol+"/route/"); !found || strings.Contains(prefix, "/") {
			continue
		}
		r := &ovhRoute{}
		if err := json.Unmarshal(text, r); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if r.FrontendID != id {
			continue
		}
		if err := r.read(objects, path); err != nil {
			return nil, err
		}
		if r.Action.Type == "farm" {
			f.farms = append(f.farms, r)
		} else {
			f.actions = append(f.actions, r)
		}
	}
	slices.SortFunc(f.actions, tried)
	slices.SortFunc(f.farms, tried)
	return f, nil
}

// tried is the order of routes: lower weights first, and of equal ones the older.
func tried(a, b *ovhRoute) int {
	return cmp.Or(cmp.Compare(a.Weight, b.Weight), cmp.Compare(a.RouteID, b.RouteID))
}

// read reads the rules of the route at path.
func (r *ovhRoute) read(objects map[string]json.RawMessage, path string) error {
	for rulePath, text := range objects {
		if !strings.HasPrefix(rulePath, path+"/rule/") {
			continue
		}
		var rule ovhRule
		if err := json.Unmarshal(text, &rule); err != nil {
			return fmt.Errorf("%s: %w", rulePath, err)
		}
		if rule.Match == "matches" {
			expression := rule.Pattern
			if rule.Field == "host" {
				expression = "(?i)" + expression
			}
			var err error
			if rule.compiled, err = regexp.Compile(expression); err != nil {
				return fmt.Errorf("%s: %w", rulePath, err)
			}
		}
		r.rules = append(r.rules, rule)
	}
	if len(r.rules) == 0 || len(r.rules) > 5 {
		return fmt.Errorf("%s: a route has 1 to 5 rules, this one %d", path, len(r.rules))
	}
	return nil
}

// Decide says what becomes of a request. Lists of sources come first (facts 5.3), then
// routes that reject or redirect, then those to farms; in each group the first route
// whose rules all match decides (facts 5.6).
func (f *OVH) Decide(r lb.Request) (Verdict, error) {
	if !r.Source.IsValid() {
		return Verdict{}, errNoSource
	}
	allowed, err := within(r.Source, f.frontend.AllowedSource)
	if err != nil {
		return Verdict{}, err
	}
	denied, err := within(r.Source, f.frontend.DeniedSource)
	if err != nil {
		return Verdict{}, err
	}
	if len(f.frontend.AllowedSource) > 0 && !allowed || denied {
		return f.reject(0), nil
	}
	for _, route := range slices.Concat(f.actions, f.farms) {
		matches, err := route.matches(r)
		if err != nil {
			return Verdict{}, fmt.Errorf("route %d: %w", route.RouteID, err)
		}
		if matches {
			return f.carryOut(route, r)
		}
	}
	if f.frontend.DefaultFarmID == nil {
		return Verdict{}, fmt.Errorf("nothing decides about %+v", r)
	}
	return Verdict{Action: "allow", Backend: strconv.FormatInt(*f.frontend.DefaultFarmID, 10)}, nil
}

// reject denies with a status, which is 403 unless the route says another; TCP has
// none.
func (f *OVH) reject(status int) Verdict {
	if f.protocol == "http" {
		status = cmp.Or(status, 403)
	}
	return Verdict{Action: "deny", Status: status}
}

func (f *OVH) carryOut(route *ovhRoute, r lb.Request) (Verdict, error) {
	switch route.Action.Type {
	case "farm":
		return Verdict{Action: "allow", Backend: route.Action.Target}, nil
	case "reject":
		return f.reject(route.Action.Status), nil
	case "redirect":
		return Verdict{Action: "redirect", Status: cmp.Or(route.Action.Status, 302), Location: ovhLocation(route.Action.Target, r)}, nil
	default:
		return Verdict{}, fmt.Errorf("route %d: action %q", route.RouteID, route.Action.Type)
	}
}

// ovhLocation fills in a redirect's template: ${host} has the port that the Host header
// has, ${domain} has none, and ${arguments} begins with its question mark, if there are
// any (facts 5.6, mapping 3.7).
func ovhLocation(template string, r lb.Request) string {
	u := urlOf(r)
	arguments := ""
	if u.query != "" {
		arguments = "?" + u.query
	}
	return strings.NewReplacer(
		"${protocol}", u.scheme, "${host}", u.host, "${domain}", u.name(), "${path}", u.path, "${arguments}", arguments,
		"${port}", strconv.Itoa(int(r.Port)),
	).Replace(template)
}

func (r *ovhRoute) matches(request lb.Request) (bool, error) {
	for _, rule := range r.rules {
		is, err := rule.matches(request)
		if err != nil || is == rule.Negate {
			return false, err
		}
	}
	return true, nil
}

// matches is a rule without its negation.
func (r ovhRule) matches(request lb.Request) (bool, error) {
	value, there := "", true
	pattern := r.Pattern
	switch r.Field {
	case "source":
		if r.Match != "is" && r.Match != "in" {
			return false, fmt.Errorf("a source is not compared by %q", r.Match)
		}
		return within(request.Source, strings.Split(pattern, ","))
	case "uri":
		value = request.Path
	case "host", "sni":
		value, there = strings.ToLower(urlOf(request).name()), request.Host != ""
		pattern = strings.ToLower(pattern)
	case "header":
		value, there = headerOf(request, r.SubField)
		if strings.EqualFold(r.SubField, "host") {
			pattern = strings.ToLower(pattern)
		}
	default:
		return false, fmt.Errorf("judge does not know rules on %q", r.Field)
	}
	is, err := r.compare(value, pattern)
	return is && there, err
}

func (r ovhRule) compare(value, pattern string) (bool, error) {
	switch r.Match {
	case "is":
		return value == pattern, nil
	case "in":
		for item := range strings.SplitSeq(pattern, ",") {
			if strings.TrimSpace(item) == value {
				return true, nil
			}
		}
		return false, nil
	case "startswith":
		return strings.HasPrefix(value, pattern), nil
	case "endswith":
		return strings.HasSuffix(value, pattern), nil
	case "contains":
		return strings.Contains(value, pattern), nil
	case "matches":
		return r.compiled.MatchString(value), nil
	case "exists":
		return true, nil
	default:
		return false, fmt.Errorf("a rule matches by %q", r.Match)
	}
}
