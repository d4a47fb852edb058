package topology

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// Differences are how one topology differs from another. Diff finds them.
type Differences []Step

// Diff compares two topologies: two files, what was exported yesterday and today, or before
// a migration and after it. It does no I/O. Specs that are equal have no differences; nil is
// a topology with nothing in it.
//
// It knows no provider and compares what is written. A default that one spec spells out and
// the other leaves out is a difference, although NewPlan, which asks the provider, would
// change nothing for it: Export spells out what a provider reports, and people who write a
// file do not. So compare exports with exports and files with files; for a file and what is
// live there is NewPlan.
//
// An entry of both is one that has the same ID in both, else the same name; a certificate
// without a name is known by its fingerprint, or by the first of its domains. Several of
// one name that IDs do not tell apart are taken in their order. So an ID is no difference,
// and what was renamed is one entry where both give its ID, else one that goes and one that
// comes. Of two load balancers, or two providers, compare what Portable returns: IDs of one
// may mean something else at the other.
//
// A reference differs where it leads to another entry, however it is written. The order of
// entries, of servers and of a certificate's domains after the first means nothing; that of
// filters, of routes and of any other list counts. A server of both has the same address and
// effective port, or follows its backend's port in both. Certificates with the same
// fingerprint, in so many words or by PEM, are the same, wherever they and their keys are
// kept: call ReadFiles before to compare what is in files, else their names are compared.
//
// Each difference is a Step as a plan shows it, with an ActionCreate for what after alone
// has, an ActionDelete for what before alone has, with all its settings, an ActionUpdate for
// the settings that differ, and an ActionSet for the servers of a backend that both have, and
// for the filters or the routes of a frontend. They are in the order of a file: the load
// balancer, certificates, backends each with its servers, frontends each with its filters and
// its routes; of each kind in the order of after, and then what before alone has.
func Diff(before, after *Spec) Differences {
	if before == nil {
		before = new(Spec)
	}
	if after == nil {
		after = new(Spec)
	}
	certificates := pairEntries(before.certificateEntries(), after.certificateEntries())
	backends := pairEntries(before.backendEntries(), after.backendEntries())
	var d Differences
	d.add(Step{
		Action: ActionUpdate, Kind: lb.KindLoadBalancer, Name: cmp.Or(before.LoadBalancer.Name, after.LoadBalancer.Name),
		Changes: lb.Diff(before.LoadBalancer, after.LoadBalancer),
	})
	certificates.each(func(i, j int) {
		d.certificate(actionOf(i, j), entryAt(before.Certificates, i), entryAt(after.Certificates, j))
	})
	backends.each(func(i, j int) { d.backend(actionOf(i, j), entryAt(before.Backends, i), entryAt(after.Backends, j)) })
	was, is := sidesOf(before, after, certificates, backends)
	pairEntries(before.frontendEntries(), after.frontendEntries()).each(func(i, j int) {
		d.frontend(actionOf(i, j), entryAt(before.Frontends, i), entryAt(after.Frontends, j), was, is)
	})
	return d
}

// String shows the differences as a plan shows its steps: a block for each, "+" what after
// alone has, "-" what before alone has, "~" what differs. It is empty where nothing does.
// Secrets show as "[secret]", long values are cut, and what could take over a terminal is
// escaped.
func (d Differences) String() string {
	var out strings.Builder
	for _, step := range d {
		step.write(&out)
	}
	return strings.TrimPrefix(out.String(), "\n")
}

// pairEntries pairs the entries of one kind of two topologies.
func pairEntries(before, after []entry) pairing {
	return pair(knownBy(before, after), knownBy(after, before))
}

// knownBy are what entries are paired with others by.
func knownBy(entries, others []entry) []string {
	ids := make(map[string]bool, len(others))
	for _, other := range others {
		ids[other.id] = true
	}
	all := make([]string, len(entries))
	for i, e := range entries {
		switch {
		case e.id != "" && ids[e.id]:
			all[i] = "id " + e.id
		case e.name != "":
			all[i] = "name " + e.name
		case e.key != "":
			all[i] = "key " + e.key
		case e.id != "":
			all[i] = "id " + e.id
		}
	}
	return all
}

// actionOf is what a pair of indexes stands for.
func actionOf(i, j int) Action {
	switch {
	case i < 0:
		return ActionCreate
	case j < 0:
		return ActionDelete
	default:
		return ActionUpdate
	}
}

// entryAt is an entry, or the zero one for -1.
func entryAt[T any](entries []T, i int) T {
	var none T
	if i < 0 {
		return none
	}
	return entries[i]
}

// add adds a step, unless it is about an entry of both in which nothing differs.
func (d *Differences) add(s Step) {
	s.Name = unsecret(s.Name)
	if s.Action == ActionCreate || s.Action == ActionDelete || len(s.Changes) > 0 {
		*d = append(*d, s)
	}
}

func (d *Differences) backend(action Action, was, is Backend) {
	s := Step{Action: action, Kind: lb.KindBackend, Name: cmp.Or(was.Name, is.Name), ID: string(cmp.Or(was.ID, is.ID))}
	s.Changes = lb.Diff(was.BackendSpec, is.BackendSpec)
	from, to := endpointsOf(was.Servers, was.Port), endpointsOf(is.Servers, is.Port)
	servers := serverChanges(was.Servers, is.Servers, from, to, pair(following(was.Servers, from, to), following(is.Servers, to, from)))
	if action != ActionUpdate {
		for _, change := range servers {
			change.Path = "server " + change.Path
			s.Changes = append(s.Changes, change)
		}
		servers = nil
	}
	d.add(s)
	d.add(Step{Action: ActionSet, Kind: lb.KindServer, Name: cmp.Or(is.Name, was.Name), ID: s.ID, Changes: servers})
}

// following are the endpoints of servers, without the port of those that follow their
// backend's to where the others have none.
func following(servers []lb.ServerSpec, endpoints, others []endpoint) []endpoint {
	known := make(map[endpoint]bool, len(others))
	for _, other := range others {
		known[other] = true
	}
	out := slices.Clone(endpoints)
	for i := range out {
		if servers[i].Port == 0 && !known[out[i]] {
			out[i].port = 0
		}
	}
	return out
}

func (d *Differences) frontend(action Action, was, is Frontend, before, after side) {
	was, is = before.resolve.frontend(was), after.resolve.frontend(is)
	s := Step{Action: action, Kind: lb.KindFrontend, Name: cmp.Or(was.Name, is.Name), ID: string(cmp.Or(was.ID, is.ID))}
	s.Changes = renamed(lb.Diff(was.FrontendSpec, is.FrontendSpec), before.show, after.show)
	d.add(s)
	name := cmp.Or(is.Name, was.Name)
	d.add(Step{Action: ActionSet, Kind: lb.KindFilter, Name: name, ID: s.ID, Changes: ruleChanges(was.Filters, is.Filters)})
	d.add(Step{
		Action: ActionSet, Kind: lb.KindRoute, Name: name, ID: s.ID,
		Changes: renamed(ruleChanges(was.Routes, is.Routes), before.show, after.show),
	})
}

// side is how one of two topologies refers to its entries: resolve has references that lead
// to the same entry be the same in both, and show has them as the topology says them.
type side struct{ resolve, show renaming }

func sidesOf(before, after *Spec, certificates, backends pairing) (was, is side) {
	certificatesWere, certificatesAre := certificates.handles("certificates")
	backendsWere, backendsAre := backends.handles("backends")
	return sideOf(before, certificatesWere, backendsWere), sideOf(after, certificatesAre, backendsAre)
}

// handles are texts for the items of both lists: one for each, and the same for a pair.
func (p pairing) handles(kind string) (first, second []string) {
	first, second = make([]string, len(p.live)+len(p.gone)), make([]string, len(p.want)+len(p.made))
	p.each(func(i, j int) {
		text := handle(fmt.Sprintf("%s[%d][%d]", kind, i, j))
		if i >= 0 {
			first[i] = text
		}
		if j >= 0 {
			second[j] = text
		}
	})
	return first, second
}

// sideOf is that of s, whose entries have these handles.
func sideOf(s *Spec, certificates, backends []string) side {
	refs, texts := s.references(), map[string]string{}
	for i, b := range s.Backends {
		texts[backends[i]] = unsecret(refs.backends.only(b.Name, string(b.ID)))
	}
	for i, c := range s.Certificates {
		texts[certificates[i]] = unsecret(refs.certificates.only(append(c.keys()[1:], string(c.ID))...))
	}
	find := func(among names, handles []string, ref string) string {
		if i, ok := among.find(ref); ok {
			return handles[i]
		}
		return ref
	}
	return side{
		resolve: renaming{
			backend: func(ref lb.BackendID) lb.BackendID { return lb.BackendID(find(refs.backends, backends, string(ref))) },
			certificate: func(ref lb.CertificateID) lb.CertificateID {
				return lb.CertificateID(find(refs.certificates, certificates, string(ref)))
			},
		},
		show: renaming{
			backend: func(ref lb.BackendID) lb.BackendID { return lb.BackendID(cmp.Or(texts[string(ref)], string(ref))) },
			certificate: func(ref lb.CertificateID) lb.CertificateID {
				return lb.CertificateID(cmp.Or(texts[string(ref)], string(ref)))
			},
		},
	}
}

// only is the first of keys that leads to one entry alone.
func (n names) only(keys ...string) string {
	for _, key := range keys {
		if _, ok := n.find(key); ok {
			return key
		}
	}
	return ""
}
