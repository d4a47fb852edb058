package topology

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// maxProblems is how many faults of a file are reported.
const maxProblems = 100

// rewriter turns a document into the JSON that the types read, and finds what has no
// place there.
type rewriter struct {
	out      *bytes.Buffer
	problems lb.Problems
}

func (r *rewriter) fault(v *value, path, format string, args ...any) {
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, fail(v.line, path, fmt.Sprintf(format, args...)))
	}
}

// value writes v in the form that s has in JSON.
func (r *rewriter) value(path string, s *shape, v *value) {
	switch {
	case v.kind == nullValue:
		r.fault(v, path, "has no value: give it one, or leave the key out")
	case v.kind == textValue && strings.ContainsRune(v.text, 0):
		r.fault(v, path, "holds a NUL")
	case s.kind == object:
		r.object(path, s, v)
	case s.kind == list:
		r.list(path, s, v)
	case s.kind == extensions:
		r.extensions(path, v)
	default:
		r.scalar(path, s, v)
	}
}

func (r *rewriter) object(path string, s *shape, v *value) {
	if v.kind != mapping {
		r.fault(v, path, "must be a mapping of keys to values")
		return
	}
	seen := make(map[string]int, len(v.members))
	r.out.WriteByte('{')
	for _, m := range v.members {
		place := join(path, m.name)
		line := &value{line: m.line}
		if first, twice := seen[m.name]; twice {
			r.fault(line, place, "the key is in line %d already", first)
			continue
		}
		seen[m.name] = m.line
		k, known := s.key(m.name)
		if !known {
			r.fault(line, place, "unknown key%s", s.hint(m.name))
			continue
		}
		r.comma('{')
		r.string(m.name)
		r.out.WriteByte(':')
		r.value(place, k.shape, m.value)
	}
	r.out.WriteByte('}')
	for _, k := range s.keys {
		if _, there := seen[k.name]; !there && k.required {
			r.fault(v, join(path, k.name), "must be set")
		}
	}
}

// hint says what an unknown key may have meant.
func (s *shape) hint(name string) string {
	if strings.EqualFold(name, "key") {
		if _, ok := s.key("keyFile"); ok {
			return ": a private key is never part of a topology; name its file in keyFile"
		}
	}
	best, distance := "", 3
	for _, k := range s.keys {
		if d := editDistance(strings.ToLower(name), strings.ToLower(k.name)); d < distance {
			best, distance = k.name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// editDistance is how many letters must be put in, taken out or changed to make a
// of b (Levenshtein). Long texts are as far away as they are long.
func editDistance(a, b string) int {
	if max(len(a), len(b)) > 64 {
		return max(len(a), len(b))
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func (r *rewriter) list(path string, s *shape, v *value) {
	if v.kind != sequence {
		r.fault(v, path, "must be a list")
		return
	}
	r.out.WriteByte('[')
	for i, item := range v.items {
		r.comma('[')
		r.value(fmt.Sprintf("%s[%d]", path, i), s.item, item)
	}
	r.out.WriteByte(']')
}

// comma separates what follows from what is there, unless the list just opened.
func (r *rewriter) comma(open byte) {
	if written := r.out.Bytes(); written[len(written)-1] != open {
		r.out.WriteByte(',')
	}
}

// string writes a JSON string.
func (r *rewriter) string(text string) {
	b, _ := json.Marshal(text) // no string fails
	r.out.Write(b)
}

// scalar writes a single value.
func (r *rewriter) scalar(path string, s *shape, v *value) {
	if v.kind == mapping || v.kind == sequence {
		r.fault(v, path, "must be %s, not a mapping or a list", s.wanted())
		return
	}
	switch {
	case s.kind == text && v.kind == textValue:
		r.string(v.text)
	case s.kind == text:
		r.fault(v, path, "%s is not a text: put it in quotes", v.text)
	case s.kind == truth && v.kind == truthValue:
		r.out.WriteString(strings.ToLower(v.text))
	case s.kind == number && (v.kind == numberValue || v.kind == textValue):
		r.number(path, s, v)
	case s.kind == form && v.kind != truthValue:
		r.form(path, s, v)
	default:
		r.fault(v, path, "%s: must be %s", shownValue(v), s.wanted())
	}
}

// wholeNumber matches whole numbers as people write them.
var wholeNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

// number writes a whole number that the type can hold.
func (r *rewriter) number(path string, s *shape, v *value) {
	if !wholeNumber.MatchString(v.text) {
		r.fault(v, path, "%s: must be %s", shownValue(v), s.wanted())
		return
	}
	var err error
	if s.goType.Kind() == reflect.Uint16 {
		_, err = strconv.ParseUint(v.text, 10, 16)
	} else {
		_, err = strconv.ParseInt(v.text, 10, 32) // no number of a topology is larger on any machine
	}
	if err != nil {
		r.fault(v, path, "%s: must be %s", shownValue(v), s.wanted())
		return
	}
	r.out.WriteString(v.text)
}

// form writes a value as the text that its type reads.
func (r *rewriter) form(path string, s *shape, v *value) {
	written := v.text
	if s.goType == prefixType {
		written = prefixText(written)
	}
	quoted, _ := json.Marshal(written) // no string fails
	target := reflect.New(s.goType)
	err := json.Unmarshal(quoted, target.Interface())
	empty := target.Elem().IsZero() && s.goType != durationType
	if v.kind != textValue && s.goType != portRangeType || err != nil || empty {
		r.fault(v, path, "%s: must be %s", shownValue(v), s.wanted())
		return
	}
	r.out.Write(quoted)
}

// wanted says what a scalar must be.
func (s *shape) wanted() string {
	switch {
	case s.goType == portRangeType:
		return `a port from 1 to 65535, or a range such as "8000-8100"`
	case s.goType == durationType:
		return `a duration with its unit, such as "30s" or "1m30s"`
	case s.goType == addressType:
		return `an IP address, such as "10.0.0.1"`
	case s.goType == prefixType:
		return `an address block, such as "10.0.0.0/8", or an address`
	case s.kind == truth:
		return "true or false"
	case s.kind == number && s.goType.Kind() == reflect.Uint16:
		return "a whole number from 0 to 65535"
	case s.kind == number:
		return fmt.Sprintf("a whole number from %d to %d", math.MinInt32, math.MaxInt32)
	default:
		return "a text"
	}
}

// shownValue is a scalar in an error: short, and nothing of a private key.
func shownValue(v *value) string {
	const most = 60
	text := v.text
	if secretText(text) {
		return "[secret]"
	}
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return strconv.Quote(text)
}

// secretText tells a private key that got where none belongs.
func secretText(text string) bool { return strings.Contains(text, "PRIVATE KEY-----") }

// join appends a key to a path.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
