package scalewaytest

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
)

// poolServer is one address of a backend's pool. It has no other identity.
type poolServer struct {
	text   string // as it was sent
	addr   netip.Addr
	health health
}

// servers makes the entries of a pool. An address that is there twice is one
// server (facts 12).
func (s *Server) servers(l *loadBalancer, texts []string) ([]*poolServer, error) {
	var out []*poolServer
	for i, text := range texts {
		addr, err := netip.ParseAddr(text)
		if err != nil || addr.Zone() != "" {
			return nil, invalid(fmt.Sprintf("server_ip[%d]", i), "format", "must be an IP address")
		}
		if s.isForeign(addr) && !isMulticloud(l.offer) {
			return nil, plain(http.StatusNotFound, "IP not owned by Scaleway")
		}
		if indexOf(out, addr) < 0 {
			out = append(out, &poolServer{text: text, addr: addr, health: health{since: s.clock.Now()}})
		}
	}
	return out, nil
}

func (s *Server) isForeign(addr netip.Addr) bool {
	return slices.ContainsFunc(s.options.foreign, func(p netip.Prefix) bool { return p.Contains(addr) })
}

func indexOf(pool []*poolServer, addr netip.Addr) int {
	return slices.IndexFunc(pool, func(p *poolServer) bool { return p.addr == addr })
}

// poolWrite is what the three writes of a pool have in common.
type poolWrite struct {
	backend *backend
	given   []*poolServer
}

func (s *Server) poolWrite(c *call) (poolWrite, error) {
	b, err := s.writableBackend(c)
	if err != nil {
		return poolWrite{}, err
	}
	var body struct {
		ServerIP []string `json:"server_ip"`
	}
	if err := decode(c, &body); err != nil {
		return poolWrite{}, err
	}
	given, err := s.servers(b.lb, body.ServerIP)
	return poolWrite{b, given}, err
}

// addServers shows the instances pending in its answer (facts 11).
func (s *Server) addServers(c *call) (answer, error) {
	w, err := s.poolWrite(c)
	if err != nil {
		return nil, err
	}
	b, pool := w.backend, slices.Clone(w.backend.pool)
	for _, p := range w.given {
		if indexOf(pool, p.addr) < 0 {
			pool = append(pool, p)
		}
	}
	if s.replacePool(b, pool) {
		s.disturb(b.lb)
	}
	return encode(s.viewBackend(b, withInstances))
}

// removeServers was never recorded; it answers as addServers does.
func (s *Server) removeServers(c *call) (answer, error) {
	w, err := s.poolWrite(c)
	if err != nil {
		return nil, err
	}
	b, pool := w.backend, slices.Clone(w.backend.pool)
	pool = slices.DeleteFunc(pool, func(p *poolServer) bool { return indexOf(w.given, p.addr) >= 0 })
	if s.replacePool(b, pool) {
		s.disturb(b.lb)
	}
	return encode(s.viewBackend(b, withInstances))
}

// setServers shows the instances as they were in its answer (facts 11). What
// stays in the pool keeps its health.
func (s *Server) setServers(c *call) (answer, error) {
	w, err := s.poolWrite(c)
	if err != nil {
		return nil, err
	}
	b := w.backend
	for i, p := range w.given {
		if j := indexOf(b.pool, p.addr); j >= 0 {
			w.given[i] = b.pool[j]
		}
	}
	changed := s.replacePool(b, w.given)
	ok, err := encode(s.viewBackend(b, withInstances))
	if changed {
		s.disturb(b.lb)
	}
	return ok, err
}

// replacePool stores a pool. The same pool again changes nothing, not even
// updated_at, as in recordings.
func (s *Server) replacePool(b *backend, pool []*poolServer) (changed bool) {
	if slices.Equal(b.pool, pool) {
		return false
	}
	b.pool, b.updated = pool, s.now()
	return true
}
