package topology

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"

	"github.com/lbkit/lbkit/lb"
)

// DecodeError says what is wrong with a file and where. It matches lb.ErrInvalid.
type DecodeError struct {
	Line   int    // from 1
	Path   string // "frontends[2].filters[0].action"; empty where the file is at fault as such
	Reason string
}

// Error is one line, such as
//
//	line 12: frontends[2].port: unknown key; did you mean "ports"?
func (e *DecodeError) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("line %d: %s", e.Line, e.Reason)
	}
	return fmt.Sprintf("line %d: %s: %s", e.Line, e.Path, e.Reason)
}

// Unwrap gives lb.ErrInvalid.
func (e *DecodeError) Unwrap() error { return lb.ErrInvalid }

func fail(line int, path, reason string) error {
	return &DecodeError{Line: line, Path: path, Reason: reason}
}

// Decode reads a topology as YAML or JSON, strictly: every key must be known, in its
// exact spelling, and come once; every value must have the form of its field; names
// must be unique where there is no ID, and every reference must lead to one entry. The
// error is lb.Problems with a *DecodeError for each fault, or what r failed with.
//
// What people write is understood: durations are "5s" or "1m30s", never a bare
// number; ports are 80, "80" or "8000-8100"; whole numbers may stand in quotes; an
// address without a length, where a block is expected, is that address alone. YAML
// anchors, aliases, merge keys, tags and further documents are refused. A key without
// a value is refused, too: leave it out. JSON Schema: see [Schema].
//
// Values of enums that this version does not know pass: [Spec.Check] refuses them.
// Private keys have no place in a file: see [Spec.ReadFiles].
func Decode(r io.Reader) (*Spec, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("topology: %w", err)
	}
	if len(b) > maxBytes {
		return nil, lb.Problems{fail(1, "", fmt.Sprintf("the file is larger than %d MiB", maxBytes>>20))}
	}
	root, err := parse(b)
	if err != nil {
		return nil, lb.Problems{err}
	}
	spec, problems := specOf(root)
	if len(problems) > 0 {
		return nil, problems
	}
	for _, fault := range slices.Concat(spec.faults(), spec.pemTwice()) {
		problems = append(problems, fail(root.at(fault.path), fault.path, fault.reason))
	}
	if len(problems) > 0 {
		return nil, byLine(problems)
	}
	return spec, nil
}

// byLine puts what is wrong into the order in which a reader comes to it.
func byLine(problems lb.Problems) lb.Problems {
	line := func(problem error) int {
		if fault, ok := errors.AsType[*DecodeError](problem); ok {
			return fault.Line
		}
		return 0
	}
	slices.SortStableFunc(problems, func(a, b error) int { return line(a) - line(b) })
	return problems
}

// specOf makes a spec of a document, if that has the right form.
func specOf(root *value) (*Spec, lb.Problems) {
	var out bytes.Buffer
	rewriter := &rewriter{out: &out}
	rewriter.value("", specShape(), root)
	if len(rewriter.problems) > 0 {
		return nil, byLine(rewriter.problems)
	}
	spec := new(Spec)
	if err := json.Unmarshal(out.Bytes(), spec); err != nil {
		return nil, lb.Problems{fail(root.line, "", err.Error())}
	}
	spec.spellOut()
	return spec, nil
}

// spellOut gives bare addresses in conditions on the source the length that they have
// there: lb.Condition knows blocks.
func (s *Spec) spellOut() {
	for i := range s.Frontends {
		for _, filter := range s.Frontends[i].Filters {
			spellOutMatch(filter.Match)
		}
		for _, route := range s.Frontends[i].Routes {
			spellOutMatch(route.Match)
		}
	}
}

func spellOutMatch(match lb.Match) {
	for _, condition := range match {
		if condition.Field != lb.FieldSource {
			continue
		}
		for i, value := range condition.Values {
			condition.Values[i] = prefixText(value)
		}
	}
}

// prefixText gives a bare address its length; anything else stays as it is.
func prefixText(text string) string {
	address, err := netip.ParseAddr(text)
	if err != nil || address.Zone() != "" {
		return text
	}
	return netip.PrefixFrom(address, address.BitLen()).String()
}

// pemTwice finds certificates that are given as text and as a file.
func (s *Spec) pemTwice() []fault {
	var faults []fault
	for i, c := range s.Certificates {
		if c.PEM != "" && c.PEMFile != "" {
			faults = append(faults, fault{path: fmt.Sprintf("certificates[%d].pemFile", i), reason: "pem is there, too: one of both"})
		}
	}
	return faults
}
