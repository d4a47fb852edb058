package topology

import (
	"encoding"
	"encoding/json"
	"net/netip"
	"reflect"
	"strings"
	"sync"

	"github.com/lbkit/lbkit/lb"
)

// kind is how a value looks in a file.
type kind uint8

const (
	object     kind = iota // a mapping with known keys
	list                   // a sequence
	text                   // a string
	number                 // a whole number
	truth                  // true or false
	form                   // a string, or a number, that the type reads by itself
	extensions             // a mapping from providers to what they alone know
)

// shape is how a Go type looks in a file. Reading, writing and the JSON Schema all go
// by it.
type shape struct {
	kind   kind
	goType reflect.Type
	keys   []key  // of an object, in order
	item   *shape // of a list
}

// key is one key of an object.
type key struct {
	name     string
	required bool
	shape    *shape
	field    reflect.StructField
}

// key finds a key by its exact spelling.
func (s *shape) key(name string) (key, bool) {
	for _, k := range s.keys {
		if k.name == name {
			return k, true
		}
	}
	return key{}, false
}

// specShape is the shape of a whole topology.
var specShape = sync.OnceValue(func() *shape { return shapeOf(reflect.TypeFor[Spec]()) })

func shapeOf(t reflect.Type) *shape {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	s := &shape{goType: t, kind: kindOf(t)}
	switch s.kind {
	case object:
		s.keys = keysOf(t)
	case list:
		s.item = shapeOf(t.Elem())
	case text, number, truth, form, extensions:
	}
	return s
}

func kindOf(t reflect.Type) kind {
	p := reflect.PointerTo(t)
	switch {
	case t == reflect.TypeFor[lb.Extensions]():
		return extensions
	case p.Implements(reflect.TypeFor[json.Unmarshaler]()), p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return form
	case t.Kind() == reflect.Struct:
		return object
	case t.Kind() == reflect.Slice:
		return list
	case t.Kind() == reflect.String:
		return text
	case t.Kind() == reflect.Bool:
		return truth
	default:
		return number
	}
}

// keysOf are the keys of a struct in the order of its fields, those of embedded
// structs in their place. A key that is always written is required.
func keysOf(t reflect.Type) []key {
	var keys []key
	for _, field := range reflect.VisibleFields(t) {
		tag := field.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		if name == "" || name == "-" {
			continue // embedded, or kept out of files
		}
		keys = append(keys, key{name: name, required: options == "", shape: shapeOf(field.Type), field: field})
	}
	return keys
}

// Types whose form in a file has something of its own.
var (
	portRangeType = reflect.TypeFor[lb.PortRange]()
	durationType  = reflect.TypeFor[lb.Duration]()
	addressType   = reflect.TypeFor[netip.Addr]()
	prefixType    = reflect.TypeFor[netip.Prefix]()
)
