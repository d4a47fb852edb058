package rest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// outgoing is what an attempt sends beside its header, and what is learnt of whether its
// bytes may have left. Goroutines of the transport use it, some after it has returned,
// so that each attempt has its own.
type outgoing struct {
	body  bytes.Reader
	trace httptrace.ClientTrace

	asked, wrote atomic.Bool
	// have says that the connection last asked for was had. A transport that gives
	// up on a request may write it all the same, an instant later; over a
	// connection that it never had, it cannot.
	have atomic.Bool
}

// carry makes body that of r. Net/http sends what it knows to be a bytes.Reader together
// with the header.
func (o *outgoing) carry(r *http.Request, body []byte) {
	o.body.Reset(body)
	r.Body, r.ContentLength = io.NopCloser(&o.body), int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
}

// watch begins the trace. Net/http's own transport asks for another connection only
// after one over which the server was told nothing, or says that it did nothing: that
// it has one is all there is to know, and each hook costs an allocation.
func (o *outgoing) watch(standard bool) {
	o.trace.GetConn = func(string) { o.asked.Store(true); o.have.Store(false) }
	o.trace.GotConn = func(httptrace.GotConnInfo) { o.have.Store(true) }
	if standard {
		return
	}
	o.trace.WroteHeaders = func() { o.wrote.Store(true) }
	o.trace.WroteHeaderField = func(string, []string) { o.wrote.Store(true) }
	o.trace.WroteRequest = func(info httptrace.WroteRequestInfo) {
		if info.Err == nil {
			o.wrote.Store(true)
		}
	}
}

// sent is false only where the trace shows it: a connection was asked for and
// not had, and nothing was written. A transport that reports nothing counts as
// having sent.
func (o *outgoing) sent() bool { return !o.asked.Load() || o.have.Load() || o.wrote.Load() }
