package topology

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// parseJSON reads b, which is valid JSON.
func parseJSON(b []byte) (*value, error) {
	r := &jsonReader{input: b, line: 1, decoder: json.NewDecoder(bytes.NewReader(b))}
	r.decoder.UseNumber()
	return r.value(0)
}

// jsonReader reads JSON with the lines of its values.
type jsonReader struct {
	input   []byte
	decoder *json.Decoder
	offset  int64 // up to which lines are counted
	line    int
}

// token reads a token, and counts up to the line it ends on: the line it is on, since
// no token of JSON spans two.
func (r *jsonReader) token() (json.Token, error) {
	token, err := r.decoder.Token()
	if err != nil {
		return nil, err
	}
	end := r.decoder.InputOffset()
	r.line += bytes.Count(r.input[r.offset:end], []byte("\n"))
	r.offset = end
	return token, nil
}

func (r *jsonReader) value(depth int) (*value, error) {
	token, err := r.token()
	if err != nil {
		return nil, err
	}
	v := &value{line: r.line}
	if depth > maxDepth {
		return nil, fail(r.line, "", "nested too deeply")
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return v, r.members(v, depth)
		}
		return v, r.items(v, depth)
	case string:
		v.kind, v.text = textValue, token
	case json.Number:
		v.kind, v.text = numberValue, token.String()
	case bool:
		v.kind, v.text = truthValue, fmt.Sprint(token)
	case nil:
		v.kind, v.text = nullValue, "null"
	}
	return v, nil
}

func (r *jsonReader) members(v *value, depth int) error {
	v.kind = mapping
	for r.decoder.More() {
		token, err := r.token()
		if err != nil {
			return err
		}
		name, _ := token.(string) // valid JSON has no other keys
		m := member{name: name, line: r.line}
		if m.value, err = r.value(depth + 1); err != nil {
			return err
		}
		v.members = append(v.members, m)
	}
	_, err := r.token()
	return err
}

func (r *jsonReader) items(v *value, depth int) error {
	v.kind = sequence
	for r.decoder.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		v.items = append(v.items, item)
	}
	_, err := r.token()
	return err
}

// jsonFault is what keeps b from being JSON.
func jsonFault(b []byte) error {
	var document json.RawMessage
	err := json.Unmarshal(b, &document)
	syntax, ok := errors.AsType[*json.SyntaxError](err)
	if !ok {
		return nil
	}
	line := 1 + bytes.Count(b[:min(int(syntax.Offset), len(b))], []byte("\n"))
	return fail(line, "", "not JSON: "+syntax.Error())
}
