package ovh

import "strconv"

// HTTPService groups what serves HTTP, with TLS or without.
type HTTPService struct {
	Frontends *HTTPFrontendService
	Farms     *HTTPFarmService
	Routes    *HTTPRouteService
}

// TCPService groups what serves TCP, with TLS or without.
type TCPService struct {
	Frontends *TCPFrontendService
	Farms     *TCPFarmService
	Routes    *TCPRouteService
}

// UDPService groups what serves UDP, which the API calls a beta. It has no
// routes, and it is not there on US.
type UDPService struct {
	Frontends *UDPFrontendService
	Farms     *UDPFarmService
}

func newHTTPService(c *Client) *HTTPService {
	return &HTTPService{Frontends: newHTTPFrontendService(c), Farms: newHTTPFarmService(c), Routes: newHTTPRouteService(c)}
}

func newTCPService(c *Client) *TCPService {
	return &TCPService{Frontends: newTCPFrontendService(c), Farms: newTCPFarmService(c), Routes: newTCPRouteService(c)}
}

func newUDPService(c *Client) *UDPService {
	return &UDPService{Frontends: newUDPFrontendService(c), Farms: newUDPFarmService(c)}
}

// decimal is an ID in a path.
func decimal(id int64) string { return strconv.FormatInt(id, 10) }

// nullIfZero is how a zero value is written where the API takes null for its
// default and nothing for "as it was".
func nullIfZero[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
