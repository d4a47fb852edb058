package lb

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// canonical rewrites JSON with its keys sorted, without blanks, strings in one
// spelling and numbers as they are.
func canonical(b []byte) ([]byte, error) {
	if !json.Valid(b) { // bounds the depth, too
		return nil, errors.New("not valid JSON")
	}
	decoder := json.NewDecoder(bytes.NewReader(b))
	decoder.UseNumber()
	var out bytes.Buffer
	if err := rewriteValue(&out, decoder); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func rewriteValue(out *bytes.Buffer, decoder *json.Decoder) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return rewriteObject(out, decoder)
		}
		return rewriteArray(out, decoder)
	case string:
		writeString(out, token)
	case json.Number:
		out.WriteString(token.String())
	case bool:
		fmt.Fprintf(out, "%t", token)
	case nil:
		out.WriteString("null")
	}
	return nil
}

func rewriteArray(out *bytes.Buffer, decoder *json.Decoder) error {
	out.WriteByte('[')
	for i := 0; decoder.More(); i++ {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := rewriteValue(out, decoder); err != nil {
			return err
		}
	}
	out.WriteByte(']')
	_, err := decoder.Token()
	return err
}

func rewriteObject(out *bytes.Buffer, decoder *json.Decoder) error {
	members := map[string]string{} // the values, rewritten
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string) // valid JSON has no other keys
		if _, twice := members[key]; twice {
			return fmt.Errorf("key %q comes twice", key)
		}
		var member bytes.Buffer
		if err := rewriteValue(&member, decoder); err != nil {
			return err
		}
		members[key] = member.String()
	}
	if _, err := decoder.Token(); err != nil {
		return err
	}
	writeObject(out, members)
	return nil
}

func writeObject(out *bytes.Buffer, members map[string]string) {
	out.WriteByte('{')
	for i, key := range slices.Sorted(maps.Keys(members)) {
		if i > 0 {
			out.WriteByte(',')
		}
		writeString(out, key)
		out.WriteByte(':')
		out.WriteString(members[key])
	}
	out.WriteByte('}')
}

// writeString writes a JSON string, in which only what must be is escaped.
func writeString(out *bytes.Buffer, text string) {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text)    // no string fails, and no buffer
	out.Truncate(out.Len() - 1) // the line break that Encode adds
}
