package scaleway

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/lbkit/lbkit/internal/plain"
	"github.com/lbkit/lbkit/lb"
)

// What stands in the target of a redirect for a part of the request. The path comes
// without its first slash, and the query without its question mark: Scaleway's
// documentation writes "https://{{host}}/{{path}}?{{query}}".
const (
	schemePlaceholder = "{{scheme}}"
	hostPlaceholder   = "{{host}}"
	pathPlaceholder   = "/{{path}}"
	queryPlaceholder  = "?{{query}}"
)

var redirectCodes = []int{
	http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
	http.StatusTemporaryRedirect, http.StatusPermanentRedirect,
}

// location is a redirect as the target of one of type location.
func location(r lb.Redirect) string {
	scheme, authority, path, query := r.Scheme, r.Host, r.Path, queryPlaceholder
	if scheme == "" {
		scheme = schemePlaceholder
	}
	if authority == "" {
		authority = hostPlaceholder
	}
	if r.Port != 0 {
		authority += ":" + strconv.Itoa(int(r.Port))
	}
	if path == "" {
		path = pathPlaceholder
	}
	if r.DropQuery {
		query = ""
	}
	return scheme + "://" + authority + path + query
}

// parseLocation is the inverse of location. It is not ok for a target that no
// lb.Redirect would be written as.
func parseLocation(target string) (r lb.Redirect, ok bool) {
	scheme, rest, ok := strings.Cut(target, "://")
	if !ok {
		return lb.Redirect{}, false
	}
	rest, keeps := strings.CutSuffix(rest, queryPlaceholder)
	r.DropQuery = !keeps
	authority, path, _ := strings.Cut(rest, "/")
	if path = "/" + path; path != pathPlaceholder { // none at all is the root (RFC 9110, 4.2.3)
		r.Path = path
	}
	if scheme != schemePlaceholder {
		r.Scheme = scheme
	}
	host, port, found := strings.Cut(authority, ":")
	if found {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
			return lb.Redirect{}, false
		}
		r.Port = uint16(n)
	}
	if host != hostPlaceholder {
		r.Host = host
	}
	if host == "" || scheme == "" || !redirects(r) || redirectFault(r) != "" {
		return lb.Redirect{}, false
	}
	return r, true
}

// schemeOnly reports whether a redirect changes nothing but the scheme, which
// Scaleway has a type of its own for.
func schemeOnly(r lb.Redirect) bool {
	r.Scheme, r.Code = "", 0
	return r == lb.Redirect{}
}

// redirects reports whether a redirect leads anywhere else than where the request
// came from.
func redirects(r lb.Redirect) bool {
	r.Code = 0
	return r != lb.Redirect{}
}

// redirectFault names the field of a redirect that no target can hold, if any.
func redirectFault(r lb.Redirect) (field string) {
	bad := func(text, chars string) bool { return strings.ContainsAny(text, chars) || !plain.Word(text) }
	switch {
	case r.Scheme != "" && !isScheme(r.Scheme):
		return "scheme"
	case bad(r.Host, `/?#@:\[]{}`):
		return "host"
	case r.Path != "" && (r.Path[0] != '/' || bad(r.Path, "?#{}")):
		return "path"
	}
	return ""
}

// isScheme reports whether s may be the scheme of a URL, in lower case: Scaleway
// names ftp and git beside http and https.
func isScheme(s string) bool {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("+-.", r)
	})
}

// redirect settles where a filter redirects to: a location that an lb.Redirect can
// hold becomes one.
func (p *problems) redirect(path string, plain bool, c *lb.FilterSpec, o *FilterOptions) {
	verbatim := path + extensionPath + ".location"
	if c.Redirect == nil {
		c.Redirect = &lb.Redirect{}
	}
	r := c.Redirect
	r.Scheme = strings.ToLower(r.Scheme)
	switch own, ok := parseLocation(o.Location); {
	case o.Location != "" && redirects(*r):
		p.invalid(verbatim, "the redirect says where to")
	case ok && (plain || !joinsPort(own)):
		own.Code = r.Code
		*r, o.Location = own, ""
	case o.Location != "":
		p.word(verbatim, o.Location)
	case !redirects(*r):
		p.invalid(path+"redirect", "set scheme, host, port, path or dropQuery: it keeps the request's URL as it is")
	}
	if field := redirectFault(*r); field != "" {
		p.invalid(path+"redirect."+field, "no URL can hold it, or not in one meaning")
	}
	if joinsPort(*r) && !plain {
		p.unsupported("filter.redirect.port.alone", path+"redirect.port", r.Port,
			"Scaleway puts the port behind the Host header, and on this port that holds one")
	}
	if r.Code == 0 {
		r.Code = http.StatusFound
	}
	if !slices.Contains(redirectCodes, r.Code) {
		p.unsupported("filter.redirect.code", path+"redirect.code", r.Code, "Scaleway has 301, 302, 303, 307 and 308")
	}
}

// joinsPort reports whether a redirect gives the request's host another port.
func joinsPort(r lb.Redirect) bool { return r.Host == "" && r.Port != 0 }
