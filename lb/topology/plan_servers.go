package topology

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/lbkit/lbkit/internal/codes"
	"github.com/lbkit/lbkit/lb"
)

// Servers are told apart by their endpoints. Their order means nothing.

// pairServers pairs the servers of two lists: those with the same endpoint. A server
// without a port of its own has the port that its backend will have.
func pairServers(is, want []lb.ServerSpec, port uint16) pairing {
	return pair(endpointsOf(is, port), endpointsOf(want, port))
}

func endpointsOf(specs []lb.ServerSpec, port uint16) []endpoint {
	all := make([]endpoint, len(specs))
	for i, spec := range specs {
		all[i] = endpointOf(spec, port)
	}
	return all
}

// meetOn tells whether two servers of a backend would be one once its port is another.
func meetOn(specs []lb.ServerSpec, before, after uint16) bool {
	seen := make(map[endpoint]bool, len(specs))
	for _, spec := range specs {
		e := endpointOf(spec, after)
		if before != after && seen[e] {
			return true
		}
		seen[e] = true
	}
	return false
}

// withPorts are servers with ports of their own, which no change of their backend's moves.
func withPorts(specs []lb.ServerSpec, port uint16) []lb.ServerSpec {
	for i := range specs {
		specs[i].Port = endpointOf(specs[i], port).port
	}
	return specs
}

// inOrder are servers in the order of two lists of indexes.
func inOrder(specs []lb.ServerSpec, first, then []int) []lb.ServerSpec {
	out := make([]lb.ServerSpec, 0, len(first)+len(then))
	for _, i := range slices.Concat(first, then) {
		out = append(out, specs[i])
	}
	return out
}

// backendComparison is how a backend and its servers differ.
type backendComparison struct {
	backend, servers []lb.Change
	excused          bool
}

// compareBackend compares canonical forms. So that a Dialect's problems with what is
// live and with what is wanted can be told to be the same, both have the servers that
// are in both in the same places.
func (b *planner) compareBackend(is, want backendDoc, pairs pairing) (backendComparison, error) {
	is.Servers, want.Servers = inOrder(is.Servers, pairs.live, pairs.gone), inOrder(want.Servers, pairs.want, pairs.made)
	for i := range want.Servers {
		want.Servers[i] = ownExtensions(b.name, want.Servers[i])
		if i < len(pairs.live) {
			want.Servers[i].Extensions = b.withKept("server", is.Servers[i].Extensions, want.Servers[i].Extensions, unset)
		}
	}
	want.BackendSpec = ownExtensions(b.name, want.BackendSpec)
	before, errLive := b.canonicalBackend(is)
	if equalBackends(is, want) {
		return backendComparison{excused: errLive != nil}, nil
	}
	after, errWant := b.canonicalBackend(want)
	switch {
	case errWant == nil && errLive == nil:
		return backendChanges(before, after), nil
	case errWant == nil:
		return backendChanges(is, after), nil
	}
	if fresh := codes.Fresh(errLive, errWant, codes.Differ(is, want)); len(fresh) > 0 {
		return backendComparison{}, asWritten(fresh, slices.Concat(pairs.want, pairs.made))
	}
	less, lessWant := is, want
	for range maxSetAside {
		paths := problemPaths(errWant)
		less, lessWant = setAside(less, paths), setAside(lessWant, paths)
		before, errLive = b.canonicalBackend(less)
		after, errWant = b.canonicalBackend(lessWant)
		if errWant == nil && errLive == nil {
			c := backendChanges(before, after)
			c.excused = true
			return c, nil
		}
		if errWant == nil || len(codes.Fresh(errLive, errWant, codes.Differ(less, lessWant))) > 0 {
			break
		}
	}
	c := backendChanges(is, want)
	c.backend, c.servers, c.excused = saidChanges(c.backend), saidServers(c.servers), true
	return c, nil
}

// saidServers are the changes of servers that add or remove one, or set something.
func saidServers(changes []lb.Change) []lb.Change {
	return slices.DeleteFunc(changes, func(c lb.Change) bool { return strings.Contains(c.Path, fieldMark) && isZero(c.After) })
}

func (b *planner) canonicalBackend(d backendDoc) (backendDoc, error) {
	spec, members, err := b.dialect.Backend(d.BackendSpec, d.Servers)
	return backendDoc{BackendSpec: spec, Servers: members}, err
}

func equalBackends(a, b backendDoc) bool {
	return lb.Equal(a.BackendSpec, b.BackendSpec) && slices.EqualFunc(a.Servers, b.Servers, func(x, y lb.ServerSpec) bool { return lb.Equal(x, y) })
}

// settled are the wanted servers of a backend. Where those that are there differ in a
// setting of the backend that does not change, each says for itself what is wanted: the
// backend's field reads as its default already, and an update to that would write nothing.
func (b *planner) settled(n *backendNode, changes []lb.Change) []lb.ServerSpec {
	specs := slices.Clone(n.servers)
	for _, path := range n.live.Mixed {
		unsaid, known := defaultOf(path)
		if !known || slices.ContainsFunc(changes, func(change lb.Change) bool { return change.Path == path || strings.HasPrefix(change.Path, path+".") }) {
			continue
		}
		for i := range specs {
			own := ownSettings(specs[i].Extensions, b.name)
			if _, said := own[path]; !said {
				own[path] = unsaid
				specs[i].Extensions = extensionOf(b.name, own, specs[i].Extensions)
			}
		}
	}
	return specs
}

// defaultOf is what the field of a backend at path is where nothing is said, in JSON.
func defaultOf(path string) (text json.RawMessage, known bool) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[lb.BackendSpec]()) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != path {
			continue
		}
		of := field.Type
		if of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		text, err := json.Marshal(reflect.Zero(of).Interface())
		return text, err == nil
	}
	return nil, false
}

// fieldMark stands between the endpoint of a server and a field of it in the path of a
// Change. An endpoint has every other mark.
const fieldMark = " "

// backendChanges are the differences of two canonical forms, servers by endpoint.
func backendChanges(before, after backendDoc) backendComparison {
	pairs := pairServers(before.Servers, after.Servers, after.Port)
	return backendComparison{
		backend: lb.Diff(before.BackendSpec, after.BackendSpec),
		servers: serverChanges(before.Servers, after.Servers, endpointsOf(before.Servers, after.Port), endpointsOf(after.Servers, after.Port), pairs),
	}
}

// serverChanges are the differences of two lists of servers that are known by these
// endpoints and paired so.
func serverChanges(is, want []lb.ServerSpec, from, to []endpoint, pairs pairing) []lb.Change {
	var changes []lb.Change
	pairs.each(func(i, j int) {
		switch {
		case i < 0:
			changes = append(changes, lb.Change{Path: to[j].String(), After: whole(want[j])})
		case j < 0:
			changes = append(changes, lb.Change{Path: from[i].String(), Before: whole(is[i])})
		default:
			for _, change := range lb.Diff(is[i], want[j]) {
				change.Path = to[j].String() + fieldMark + change.Path
				changes = append(changes, change)
			}
		}
	})
	slices.SortStableFunc(changes, func(a, b lb.Change) int { return cmp.Compare(a.Path, b.Path) })
	return changes
}

// addedServers are the servers of a backend that is made, as changes.
func addedServers(doc backendDoc) []lb.Change {
	var changes []lb.Change
	for _, server := range doc.Servers {
		changes = append(changes, lb.Change{Path: "server " + endpointOf(server, doc.Port).String(), After: whole(server)})
	}
	return changes
}

// asWritten gives problems with servers the positions that those have in the topology,
// where the Dialect saw them in another order.
func asWritten(problems lb.Problems, positions []int) error {
	rename := func(path string) string {
		rest, ok := strings.CutPrefix(path, "servers[")
		if !ok {
			return path
		}
		number, rest, ok := strings.Cut(rest, "]")
		i, err := strconv.Atoi(number)
		if !ok || err != nil || i < 0 || i >= len(positions) {
			return path
		}
		return fmt.Sprintf("servers[%d]%s", positions[i], rest)
	}
	out := make(lb.Problems, len(problems))
	for i, problem := range problems {
		out[i] = withPaths(problem, rename)
	}
	return out
}
