package ovh

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/lbkit/lbkit/internal/plain"
	"github.com/lbkit/lbkit/lb"
)

// Variables in the target of a redirect. ${host} is the Host header as it came, its
// port included; ${domain} is the same without a port; ${arguments} begins with "?"
// where there are any (facts 5.6, and the guide that they are from).
const (
	varProtocol  = "${protocol}"
	varHost      = "${host}"
	varDomain    = "${domain}"
	varPath      = "${path}"
	varArguments = "${arguments}"
)

// Statuses of the actions of HTTP routes; the defaults are what null stands for
// (facts 5.6).
const (
	defaultRedirect = http.StatusFound
	defaultReject   = http.StatusForbidden
)

var (
	redirectStatuses = []int{
		http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect,
	}
	rejectStatuses = []int{
		http.StatusOK, http.StatusBadRequest, http.StatusForbidden, http.StatusMethodNotAllowed,
		http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	}
)

// redirectTarget is a redirect in OVH's own form. A host without a port is sent
// without one: it means the scheme's own.
func redirectTarget(r lb.Redirect) string {
	scheme, authority, path, arguments := r.Scheme, r.Host, r.Path, varArguments
	if scheme == "" {
		scheme = varProtocol
	}
	switch {
	case r.Host == "" && r.Port == 0:
		authority = varHost
	case r.Host == "":
		authority = varDomain
	}
	if r.Port != 0 {
		authority += ":" + strconv.Itoa(int(r.Port))
	}
	if path == "" {
		path = varPath
	}
	if r.DropQuery {
		arguments = ""
	}
	return scheme + "://" + authority + path + arguments
}

// redirectOf is the inverse of redirectTarget. It is not ok for a target that no
// lb.Redirect would be written as.
func redirectOf(target string) (r lb.Redirect, ok bool) {
	scheme, rest, _ := strings.Cut(target, "://")
	if scheme != varProtocol {
		r.Scheme = scheme
	}
	rest, found := strings.CutSuffix(rest, varArguments)
	r.DropQuery = !found
	authority, found := strings.CutSuffix(rest, varPath)
	if !found {
		slash := strings.IndexByte(rest, '/')
		if slash < 0 {
			return lb.Redirect{}, false
		}
		authority, r.Path = rest[:slash], rest[slash:]
	}
	host, port, found := strings.Cut(authority, ":")
	if found {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return lb.Redirect{}, false
		}
		r.Port = uint16(n)
	}
	if authority != varHost && (host != varDomain || !found) {
		r.Host = host
	}
	if !redirects(r) || redirectFault(r) != "" || redirectTarget(r) != target {
		return lb.Redirect{}, false
	}
	return r, true
}

// redirects: the redirect leads anywhere else than where the request came from.
func redirects(r lb.Redirect) bool {
	r.Code = 0
	return r != lb.Redirect{}
}

// redirectFault names the field of a redirect that a URL cannot hold, if any.
func redirectFault(r lb.Redirect) (path string) {
	bad := func(text, chars string) bool {
		return strings.ContainsAny(text, chars) || strings.Contains(text, "${") || !plain.Word(text)
	}
	switch {
	case r.Scheme != "" && r.Scheme != "http" && r.Scheme != "https":
		return "scheme"
	case bad(r.Host, `/?#@:\[]`):
		return "host"
	case r.Path != "" && (r.Path[0] != '/' || bad(r.Path, "?#")):
		return "path"
	}
	return ""
}

// redirect is the form in which OVH reports where a filter redirects to.
func (f *findings) redirect(spec *lb.Redirect, options *FilterOptions) *lb.Redirect {
	const target = "extensions.ovh.target"
	out := lb.Redirect{}
	if spec != nil {
		out = *spec
	}
	out.Scheme = strings.ToLower(out.Scheme)
	switch own, ok := redirectOf(options.Target); {
	case redirects(out) && options.Target != "":
		f.invalid(target, "the redirect says where to go")
	case ok:
		own.Code = out.Code
		out, options.Target = own, ""
	case options.Target != "":
		if !plain.Word(options.Target) {
			f.invalid(target, "%q is not a URL", options.Target)
		}
	case !redirects(out):
		f.invalid("redirect", "it keeps every part of the request's URL: set scheme, host, port, path or dropQuery")
	}
	f.redirectParts(out)
	if out.Code == 0 {
		out.Code = defaultRedirect
	}
	if !slices.Contains(redirectStatuses, out.Code) {
		f.unsupported("redirect.code", out.Code, "OVH has "+joinStatus(redirectStatuses))
	}
	return &out
}

func (f *findings) redirectParts(r lb.Redirect) {
	switch redirectFault(r) {
	case "scheme":
		f.unsupported("redirect.scheme", r.Scheme, "OVH has http, https")
	case "host":
		f.invalid("redirect.host", "%q is not a host's name", r.Host)
	case "path":
		f.invalid("redirect.path", "%q is not a path", r.Path)
	}
}
