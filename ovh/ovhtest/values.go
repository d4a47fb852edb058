package ovhtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// internalMember is the member of several enums that is OVH's own: reading may
// show it, writing it is refused (facts B.16).
const internalMember = "internal"

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// elementType is the type inside lists and maps.
func elementType(name string) string {
	for {
		inner := strings.TrimPrefix(strings.TrimPrefix(name, "[]"), "map[string]")
		if inner == name {
			return name
		}
		name = inner
	}
}

// checkField checks what a body gives for one field.
func (s *schema) checkField(at string, f field, raw json.RawMessage) error {
	if isNull(raw) {
		if f.Required || !f.Nullable && !f.NullDocumented {
			return invalid(at, "null is not allowed")
		}
		return nil
	}
	if err := s.checkValue(at, f.Type, raw); err != nil {
		return err
	}
	if f.Range != nil && f.Type == "integer" {
		return checkRange(at, f.Range, raw)
	}
	return nil
}

func checkRange(at string, limits []int64, raw json.RawMessage) error {
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return invalid(at, "not an integer")
	}
	low := limits[0]
	if at == "weight" {
		low = 0 // a server's range begins at 1, yet 0 is documented: no balanced traffic (facts 5.5)
	}
	if n < low || n > limits[1] {
		return invalid(at, fmt.Sprintf("%d is not within %d and %d", n, low, limits[1]))
	}
	return nil
}

// checkValue checks a value that is not null.
func (s *schema) checkValue(at, typeName string, raw json.RawMessage) error {
	switch {
	case isNull(raw):
		return invalid(at, "null is not allowed")
	case strings.HasPrefix(typeName, "[]"):
		return s.checkList(at, typeName[len("[]"):], raw)
	case s.Types[typeName] == nil:
		return checkScalar(at, typeName, "", raw)
	case s.Types[typeName].Fields != nil:
		return s.checkObject(at, s.Types[typeName], raw)
	}
	t := s.Types[typeName]
	if err := checkScalar(at, t.Base, t.Format, raw); err != nil {
		return err
	}
	if t.Values == nil {
		return nil
	}
	word := scalarText(raw)
	if word == internalMember || !slices.Contains(t.Values, word) {
		return invalid(at, "not one of "+strings.Join(withoutInternal(t.Values), ", "))
	}
	return nil
}

func (s *schema) checkList(at, element string, raw json.RawMessage) error {
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return invalid(at, "not a list")
	}
	for i, item := range list {
		if err := s.checkValue(fmt.Sprintf("%s.%d", at, i), element, item); err != nil {
			return err
		}
	}
	return nil
}

// checkObject checks an object inside a body: what may not be null must be
// there.
func (s *schema) checkObject(at string, t *valueType, raw json.RawMessage) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(raw, &given); err != nil {
		return invalid(at, "not an object")
	}
	if len(given) == 0 && t.allNullable() {
		return nil
	}
	for name := range given {
		if f, known := t.Fields[name]; !known || f.ReadOnly {
			return invalid(at+"."+name, "not a known field")
		}
	}
	for _, name := range t.names {
		value, ok := given[name]
		f := t.Fields[name]
		f.Required = !f.Nullable
		if !ok && f.Required {
			return invalid(at+"."+name, "is missing")
		}
		if !ok {
			continue
		}
		if err := s.checkField(at+"."+name, f, value); err != nil {
			return err
		}
	}
	return nil
}

func (t *valueType) allNullable() bool {
	return !slices.ContainsFunc(t.names, func(name string) bool { return !t.Fields[name].Nullable })
}

// checkScalar checks a string, number or boolean. The type may carry the format
// in brackets: "string(date-time)".
func checkScalar(at, typeName, format string, raw json.RawMessage) error {
	base, inBrackets, _ := strings.Cut(strings.TrimSuffix(typeName, ")"), "(")
	if inBrackets != "" {
		format = inBrackets
	}
	switch base {
	case "integer":
		if _, err := strconv.ParseInt(string(raw), 10, 64); err != nil {
			return invalid(at, "not an integer")
		}
		return nil
	case "boolean":
		if string(raw) != "true" && string(raw) != "false" {
			return invalid(at, "not a boolean")
		}
		return nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return invalid(at, "not a string")
	}
	return checkFormat(at, format, text)
}

func checkFormat(at, format, text string) error {
	var ok bool
	switch format {
	case "ipv4":
		addr, err := netip.ParseAddr(text)
		ok = err == nil && addr.Is4()
	case "ip-block":
		_, err := parseBlock(text)
		ok = err == nil
	case "date-time":
		_, err := time.Parse(time.RFC3339, text)
		ok = err == nil
	case "date":
		_, err := time.Parse(time.DateOnly, text)
		ok = err == nil
	case "uuid":
		ok = uuidForm.MatchString(text)
	default:
		ok = true
	}
	if !ok {
		return invalid(at, "not of format "+format)
	}
	return nil
}

// parseBlock reads an address block; a bare address is a block of its own
// (facts 5.9). Bits behind the mask are refused, and so is an interface.
func parseBlock(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	block, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	if block != block.Masked() {
		return netip.Prefix{}, fmt.Errorf("%s has bits behind its mask", text)
	}
	return block, nil
}

func isNull(raw json.RawMessage) bool { return bytes.Equal(raw, []byte("null")) }

// scalarText is a JSON string's content, or another scalar's own text.
func scalarText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return string(raw)
	}
	return text
}

func withoutInternal(values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == internalMember })
}
