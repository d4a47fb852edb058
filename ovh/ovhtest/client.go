package ovhtest

import (
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
)

// Client is a client of s whose requests are signed with credentials that s
// accepts and go through [Server.Faults]. An option wins over these: one made
// with another HTTP client sees no faults and, under [WithPipe], no server.
func (s *Server) Client(opts ...ovh.Option) (*ovh.Client, error) {
	c := s.opts.credentials
	credentials := ovh.ApplicationKey(c.ApplicationKey, lb.NewSecret(c.ApplicationSecret), lb.NewSecret(c.ConsumerKey))
	return ovh.NewClient(ovh.Endpoint(s.URL+"/v1"), credentials, append([]ovh.Option{ovh.WithHTTPClient(s.HTTPClient())}, opts...)...)
}
