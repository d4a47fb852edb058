package scalewaytest

import "github.com/lbkit/lbkit/scaleway"

// Client is a new client of the server: it has a token that the server accepts,
// a project, fr-par-1 as its default zone, and sends through [Server.Faults].
// opts come after those settings and win over them.
func (s *Server) Client(opts ...scaleway.Option) (*scaleway.Client, error) {
	own := []scaleway.Option{
		scaleway.WithBaseURL(s.URL),
		scaleway.WithHTTPClient(s.HTTPClient()),
		scaleway.WithProject(s.project),
		scaleway.WithDefaultZone("fr-par-1"),
	}
	return scaleway.NewClient(s.SecretKey(), append(own, opts...)...)
}
