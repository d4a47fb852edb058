package scaleway

import (
	"context"
	"errors"
	"fmt"

	"github.com/lbkit/lbkit/lb"
)

type backendServers struct {
	ServerIP []string `json:"server_ip"`
}

// AddServers adds addresses to a backend's pool.
//
//api:operation POST /lb/v1/zones/{zone}/backends/{backend_id}/servers
//api:operation POST /lb/v1/regions/{region}/backends/{backend_id}/servers
func (s *BackendService) AddServers(ctx context.Context, id string, ips []string) (*Backend, error) {
	return s.writeServers(ctx, addBackendServers, id, ips)
}

// SetServers replaces a backend's pool; nothing empties it.
//
//api:operation PUT /lb/v1/zones/{zone}/backends/{backend_id}/servers
//api:operation PUT /lb/v1/regions/{region}/backends/{backend_id}/servers
func (s *BackendService) SetServers(ctx context.Context, id string, ips []string) (*Backend, error) {
	return s.writeServers(ctx, setBackendServers, id, ips)
}

func (s *BackendService) writeServers(ctx context.Context, o operation, id string, ips []string) (*Backend, error) {
	backend, err := fetch[Backend](ctx, s.place, o, backendServers{ServerIP: nonNil(ips)}, id)
	if err != nil {
		return nil, s.blame(ctx, err, id, ips)
	}
	return backend, nil
}

// RemoveServers takes addresses out of a backend's pool.
//
//api:operation DELETE /lb/v1/zones/{zone}/backends/{backend_id}/servers
//api:operation DELETE /lb/v1/regions/{region}/backends/{backend_id}/servers
func (s *BackendService) RemoveServers(ctx context.Context, id string, ips []string) (*Backend, error) {
	backend, err := fetchAfterDelete[Backend](ctx, s.place, removeBackendServers, backendServers{ServerIP: nonNil(ips)}, id)
	if err != nil {
		return nil, s.blame(ctx, err, id, ips)
	}
	if backend == nil {
		return s.Get(ctx, id)
	}
	return backend, nil
}

// blame is blameServers of a backend that has been made.
func (s *BackendService) blame(ctx context.Context, err error, id string, ips []string) error {
	return blameServers(err, ips, func() error {
		_, err := s.Get(ctx, id)
		return err
	})
}

// blameServers tells the two meanings of a 404 on a write of servers apart: the
// parent is gone, or the API does not accept an address, which it also says by
// 404 (facts 5). If the parent is there, it is the addresses.
func blameServers(err error, ips []string, parent func() error) error {
	var failed *lb.Error
	if !errors.Is(err, lb.ErrNotFound) || !errors.As(err, &failed) || len(ips) == 0 || parent() != nil {
		return err
	}
	blamed := *failed
	blamed.Code = lb.ErrInvalid
	for i, ip := range ips {
		blamed.Fields = append(blamed.Fields, lb.FieldError{
			Path:   fmt.Sprintf("server_ip[%d]", i),
			Reason: fmt.Sprintf("%q is perhaps not an address that the backend has, or that its type of load balancer may have", ip),
		})
	}
	return &blamed
}
