package document

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// words stand before the key of an object in its ID: "tinylb/b1/backends/web/servers/10.0.0.4".
var words = map[lb.Kind][]string{
	lb.KindLoadBalancer: {""},
	lb.KindFrontend:     {"", "frontends"},
	lb.KindBackend:      {"", "backends"},
	lb.KindServer:       {"", "backends", "servers"},
}

// join makes an ID: the parent's, a word and the key.
func join(parent, word, key string) string {
	if word != "" {
		parent += "/" + word
	}
	return parent + "/" + url.PathEscape(key)
}

// split is the keys in the ID of a kind of object, the load balancer's first. It takes an ID
// in the one form that join gives it.
func split(provider string, kind lb.Kind, id string) (keys []string, ok bool) {
	parent := provider
	rest, ok := strings.CutPrefix(id, provider+"/")
	for _, word := range words[kind] {
		if word != "" && ok {
			rest, ok = strings.CutPrefix(rest, word+"/")
		}
		var part string
		part, rest, _ = strings.Cut(rest, "/")
		key, err := url.PathUnescape(part)
		if !ok || err != nil || key == "" || key == "." || key == ".." {
			return nil, false
		}
		keys, parent = append(keys, key), join(parent, word, key)
	}
	if kind == lb.KindServer && !isServerKey(keys[len(keys)-1]) {
		return nil, false
	}
	return keys, parent == id
}

// lastKey is the key of what has an ID, which is one of this provider or empty.
func lastKey(id string) string {
	key, err := url.PathUnescape(id[strings.LastIndexByte(id, '/')+1:])
	if err != nil {
		return id
	}
	return key
}

// backendOf is the backend in the ID of a server.
func backendOf(id lb.ServerID) lb.BackendID {
	backend, _, _ := strings.Cut(string(id), "/servers/")
	return lb.BackendID(backend)
}

func serverID(backend lb.BackendID, spec lb.ServerSpec) lb.ServerID {
	return lb.ServerID(join(string(backend), "servers", string(ServerKey(spec))))
}

// ServerKey is the ID of a server in a [Document] and in [Health]: its address, and its
// port where it has one of its own: "10.0.0.4", "10.0.0.4:8080", "[2001:db8::4]:8080".
func ServerKey(spec lb.ServerSpec) lb.ServerID {
	address := spec.Address.Unmap()
	if spec.Port == 0 {
		return lb.ServerID(address.String())
	}
	return lb.ServerID(netip.AddrPortFrom(address, spec.Port).String())
}

func isServerKey(key string) bool {
	spec := lb.ServerSpec{}
	if with, err := netip.ParseAddrPort(key); err == nil {
		spec.Address, spec.Port = with.Addr(), with.Port()
	} else if spec.Address, err = netip.ParseAddr(key); err != nil {
		return false
	}
	return string(ServerKey(spec)) == key
}
