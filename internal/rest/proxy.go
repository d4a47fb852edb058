package rest

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// lasting reports whether err, for which there is no connection, will be that of the next
// attempt too: a certificate that is not trusted, a proxy that refuses.
func lasting(err error) bool {
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); untrusted {
		return true
	}
	if proxy, ok := errors.AsType[*proxyError](err); ok {
		return !passing(proxy.status) && proxy.status != http.StatusTooManyRequests
	}
	// Of the proxy of a caller's transport, net/http says a 407 in its words alone.
	return strings.HasPrefix(err.Error(), http.StatusText(http.StatusProxyAuthRequired))
}

// proxyError is a proxy that makes no connection to the API.
type proxyError struct {
	status int
	text   string // "407 Proxy Authentication Required"
}

func (e *proxyError) Error() string { return "the proxy answered " + e.text }

// connected is what newTransport asks about the answer of a proxy. Without it, an error
// would have the text behind the status only: "Forbidden", as if the API had said it.
func connected(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyError{answer.StatusCode, Excerpt([]byte(answer.Status))}
}
