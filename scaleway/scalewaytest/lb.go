package scalewaytest

import (
	"net/http"
	"slices"
	"strings"
)

// loadBalancer is one of the account's. Its frontends, backends, addresses and
// so on refer to it.
type loadBalancer struct {
	id, zone string
	owner
	name, description string
	tags              []string
	offer             string // in lower case, as answered
	tlsLevel          string
	created, updated  moment

	status     string
	instances  []*instance
	subscriber *subscriber

	deleted  bool   // it is on its way out
	phase    int    // counts changes of status, so that what was planned before one lapses
	written  int    // counts writes that the instances have to follow
	outdated bool   // written to before its instances were there to follow
	ending   string // how the next propagation ends; empty: ready
	attached bool   // given an address that the instances have not followed yet
}

type lbView struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Status      string         `json:"status"`
	Instances   []instanceView `json:"instances"`
	owner
	IP         []ipView        `json:"ip"`
	Tags       []string        `json:"tags"`
	Frontends  int             `json:"frontend_count"`
	Backends   int             `json:"backend_count"`
	Type       string          `json:"type"`
	Subscriber *subscriberView `json:"subscriber"`
	TLSLevel   string          `json:"ssl_compatibility_level"`
	CreatedAt  string          `json:"created_at"`
	UpdatedAt  string          `json:"updated_at"`
	Networks   int             `json:"private_network_count"`
	Routes     int             `json:"route_count"`
	Region     string          `json:"region"`
	Zone       string          `json:"zone"`
}

// copyKind says which of the copies of a load balancer an answer embeds: only
// some carry the instances (facts 11).
type copyKind int

const (
	summary copyKind = iota
	withInstances
	blank // nothing but the place, as in a certificate inside a frontend that is read (facts 7)
)

func (s *Server) viewLB(l *loadBalancer, kind copyKind) lbView {
	if kind == blank {
		return lbView{
			Status: "to_create", Instances: []instanceView{}, IP: []ipView{}, Tags: []string{},
			TLSLevel: tlsUnknown, CreatedAt: unsetTime, UpdatedAt: unsetTime, Region: region(l.zone), Zone: l.zone,
		}
	}
	v := lbView{
		ID: l.id, Name: l.name, Description: l.description, Status: l.status, owner: l.owner,
		Instances: []instanceView{},
		IP:        views(s.addressesOf(l), s.viewIP),
		Tags:      orEmpty(l.tags),
		Frontends: s.frontends.count(func(f *frontend) bool { return f.lb == l }),
		Backends:  s.backends.count(func(b *backend) bool { return b.lb == l }),
		Networks:  len(s.networksOf(l)),
		Routes:    s.routes.count(func(r *route) bool { return r.frontend.lb == l }),
		Type:      l.offer, TLSLevel: l.tlsLevel,
		CreatedAt: s.show(l.created), UpdatedAt: s.show(l.updated),
		Region: region(l.zone), Zone: l.zone,
	}
	if kind == withInstances {
		v.Instances = views(l.instances, func(i *instance) instanceView { return s.viewInstance(i, l.zone) })
	}
	if l.subscriber != nil {
		view := l.subscriber.view()
		v.Subscriber = &view
	}
	return v
}

const (
	tlsUnknown      = "ssl_compatibility_level_unknown"
	tlsIntermediate = "ssl_compatibility_level_intermediate"
)

// storedTLS is the level that a request's value leads to: unknown, or nothing,
// is intermediate (facts 8).
func storedTLS(level string) string {
	if level == "" || level == tlsUnknown {
		return tlsIntermediate
	}
	return level
}

func (s *Server) findLB(c *call) (*loadBalancer, error) { return find(&s.lbs, c, "lb_id", "lbs") }

// writable is findLB for a request that changes the load balancer or what is in
// it.
func (s *Server) writableLB(c *call) (*loadBalancer, error) {
	l, err := s.findLB(c)
	if err != nil {
		return nil, err
	}
	return l, s.writable(l)
}

// leaves says whether the status of l is one of being deleted.
func (l *loadBalancer) leaves() bool { return l.status == "to_delete" || l.status == "deleting" }

// writable refuses a write while the load balancer's status is for none.
func (s *Server) writable(l *loadBalancer) error {
	switch {
	case l.status == "ready":
		return nil
	case l.leaves():
		return s.unavailable(Deleting, "lb", l.id, l.status)
	}
	return s.unavailable(NotReady, "lb", l.id, l.status)
}

type listLBsView struct {
	LBs   []lbView `json:"lbs"`
	Total int      `json:"total_count"`
}

func (s *Server) listLBs(c *call) (answer, error) {
	ids := c.query["lb_ids"]
	all := s.lbs.where(func(l *loadBalancer) bool {
		return l.zone == c.zone && owned(c.query, l.owner) && tagged(c.query, l.tags) &&
			(len(ids) == 0 || slices.Contains(ids, l.id))
	})
	all = named(s, c, all, func(l *loadBalancer) string { return l.name })
	shown, err := page(s, c, all)
	if err != nil {
		return nil, err
	}
	return encode(listLBsView{
		LBs:   views(shown, func(l *loadBalancer) lbView { return s.viewLB(l, withInstances) }),
		Total: len(all),
	})
}

func (s *Server) getLB(c *call) (answer, error) {
	l, err := s.findLB(c)
	if err != nil {
		return nil, err
	}
	return encode(s.viewLB(l, withInstances))
}

type createLB struct {
	OrganizationID     *string  `json:"organization_id"`
	ProjectID          *string  `json:"project_id"`
	Name               string   `json:"name"`
	Description        string   `json:"description"`
	IPID               *string  `json:"ip_id"`
	AssignFlexibleIP   *bool    `json:"assign_flexible_ip"`
	AssignFlexibleIPv6 *bool    `json:"assign_flexible_ipv6"`
	IPIDs              []string `json:"ip_ids"`
	Tags               []string `json:"tags"`
	Type               string   `json:"type"`
	TLSLevel           string   `json:"ssl_compatibility_level"`
}

func (s *Server) createLB(c *call) (answer, error) {
	var body createLB
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	who, err := s.ownerOf(body.ProjectID, body.OrganizationID)
	if err != nil {
		return nil, err
	}
	if body.Name == "" {
		return nil, invalid("name", "constraint", "must not be empty")
	}
	o, err := s.offer(body.Type)
	if err != nil {
		return nil, err
	}
	if err := s.overQuota("lbs", len(s.lbs.all), 1); err != nil {
		return nil, err
	}
	given, err := s.chosenAddresses(c.zone, &body)
	if err != nil {
		return nil, err
	}
	now := s.now()
	l := &loadBalancer{
		id: newUUID(), zone: c.zone, owner: who, name: body.Name, description: body.Description, tags: body.Tags,
		offer: o.name, tlsLevel: storedTLS(body.TLSLevel), created: now, updated: now,
	}
	if err := s.address(l, &body, given); err != nil {
		return nil, err
	}
	s.lbs.put(l.zone, l.id, l)
	s.begin(l)
	return encode(s.viewLB(l, withInstances))
}

type updateLB struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Tags        []string `json:"tags"`
	TLSLevel    string   `json:"ssl_compatibility_level"`
}

func (s *Server) updateLB(c *call) (answer, error) {
	l, err := s.writableLB(c)
	if err != nil {
		return nil, err
	}
	var body updateLB
	if s.options.keepOmitted {
		body = updateLB{Tags: slices.Clone(l.tags), TLSLevel: l.tlsLevel} // decoding writes into a slice
	}
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	if body.Name == "" {
		return nil, invalid("name", "constraint", "must not be empty")
	}
	level := storedTLS(body.TLSLevel)
	l.name, l.description, l.tags, l.updated = body.Name, body.Description, body.Tags, s.now()
	// Only a new TLS level concerns the instances, and what was attached since and
	// has not moved them itself: an address, or a network on its way in or out. The
	// answer then shows the load balancer as it was read back (facts 11).
	if level != l.tlsLevel || l.attached || s.moving(l) {
		l.tlsLevel, l.attached, l.updated = level, false, l.updated.stored()
		s.disturb(l)
	}
	return encode(s.viewLB(l, withInstances))
}

// deleteLB lets a second call pass: the load balancer is on its way out.
func (s *Server) deleteLB(c *call) (answer, error) {
	l, err := s.findLB(c)
	if err != nil {
		return nil, err
	}
	switch {
	case l.deleted:
		return nil, nil
	case !l.leaves(): // SetStatus may say so of one that nobody has deleted
		if err := s.writable(l); err != nil {
			return nil, err
		}
	}
	s.end(l, c.query.Get("release_ip") == "true")
	return nil, nil
}

type migrateLB struct {
	Type string `json:"type"`
}

func (s *Server) migrateLB(c *call) (answer, error) {
	l, err := s.writableLB(c)
	if err != nil {
		return nil, err
	}
	var body migrateLB
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	o, err := s.offer(body.Type)
	switch {
	case err != nil:
		return nil, err
	case o.name == l.offer:
		return nil, invalid("type", "constraint", "is the load balancer's type already")
	case !o.multicloud && s.hasForeign(l):
		return nil, plain(http.StatusBadRequest, "backend servers outside Scaleway need a multicloud type")
	}
	s.migrate(l, o.name)
	return encode(s.viewLB(l, withInstances))
}

// hasForeign says whether a server of l is outside Scaleway.
func (s *Server) hasForeign(l *loadBalancer) bool {
	return slices.ContainsFunc(s.backends.all, func(b *backend) bool {
		return b.lb == l && slices.ContainsFunc(b.pool, func(p *poolServer) bool { return s.isForeign(p.addr) })
	})
}

// offer finds a commercial type by its name in any case; none is the smallest
// (facts 8).
func (s *Server) offer(name string) (offer, error) {
	name = strings.ToLower(name)
	if name == "" {
		name = offers[0].name
	}
	i := slices.IndexFunc(offers, func(o offer) bool { return o.name == name })
	if i < 0 {
		return offer{}, invalid("type", "constraint", "is no type of load balancer")
	}
	if !s.options.outOfStock[name] {
		return offers[i], nil
	}
	status, _ := s.options.status(OutOfStock)
	e := &apiError{status: status, Message: "out of stock", Type: "out_of_stock", Resource: strings.ToUpper(name)}
	return offer{}, e
}
