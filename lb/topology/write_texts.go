package topology

import (
	"fmt"
	"reflect"

	"github.com/lbkit/lbkit/lb"
)

// brokenTexts finds texts that are not UTF-8 or hold a NUL: package encoding/json
// would replace what it cannot write.
func brokenTexts(s *Spec) lb.Problems {
	return appendBroken(nil, "", specShape(), reflect.ValueOf(s).Elem())
}

func appendBroken(problems lb.Problems, path string, s *shape, v reflect.Value) lb.Problems {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return problems
		}
		v = v.Elem()
	}
	switch s.kind {
	case object:
		for _, k := range s.keys {
			problems = appendBroken(problems, join(path, k.name), k.shape, v.FieldByIndex(k.field.Index))
		}
	case list:
		for i := range v.Len() {
			problems = appendBroken(problems, fmt.Sprintf("%s[%d]", path, i), s.item, v.Index(i))
		}
	case text:
		if !validText(v.String()) {
			problems = append(problems, invalid("", path, "is not UTF-8 text, or holds a NUL"))
		}
	case number, truth, form, extensions:
	}
	return problems
}
