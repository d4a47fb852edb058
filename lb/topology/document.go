package topology

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Bounds of what Decode reads. Real topologies stay far below.
const (
	maxBytes = 16 << 20
	maxDepth = 64 // of mappings and sequences in each other; a topology has 8
)

// form of a value in a document.
type valueKind uint8

const (
	mapping valueKind = iota
	sequence
	textValue
	numberValue // a JSON number
	truthValue
	nullValue
	oddValue // what YAML takes for something else: 0x10, .inf, 010, 1_000
)

// value is a value of a document, whether that came as YAML or as JSON.
type value struct {
	kind    valueKind
	line    int
	text    string // of a scalar, as it was written
	members []member
	items   []*value
}

// member is a key of a mapping with its value.
type member struct {
	name  string
	line  int
	value *value
}

// at follows a path, "frontends[2].ports", as far as the document has it, and
// returns the line it gets to.
func (v *value) at(path string) int {
	line := v.line
	for rest := path; rest != "" && v != nil; {
		var step string
		step, rest = firstStep(rest)
		var next *value
		if index, err := strconv.Atoi(step); err == nil && v.kind == sequence {
			if index < len(v.items) {
				next = v.items[index]
			}
		} else {
			for _, m := range v.members {
				if m.name == step {
					next = m.value
				}
			}
		}
		if next != nil {
			line = next.line
		}
		v = next
	}
	return line
}

// firstStep cuts "frontends", then "2", then "ports" off "frontends[2].ports".
func firstStep(path string) (step, rest string) {
	end := strings.IndexAny(path, ".[]")
	if end < 0 {
		return path, ""
	}
	return path[:end], strings.TrimLeft(path[end:], ".[]")
}

// parse reads one document, with or without a byte order mark. Its only errors are
// *DecodeError.
func parse(b []byte) (*value, error) {
	b = bytes.TrimPrefix(b, []byte("\ufeff")) // which some editors write before JSON, too
	if line, ok := notText(b); !ok {
		return nil, fail(line, "", "the file is not UTF-8 text, or has a NUL in it")
	}
	if json.Valid(b) {
		return parseJSON(b)
	}
	root, err := parseYAML(b)
	if err == nil {
		return root, nil
	}
	if start := bytes.TrimLeft(b, " \t\r\n"); bytes.HasPrefix(start, []byte("{")) {
		if fault := jsonFault(b); fault != nil {
			return nil, fault // says more than YAML's parser does of JSON
		}
	}
	return nil, err
}

// notText finds the line of what is no text.
func notText(b []byte) (line int, ok bool) {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 || r == 0 {
			return 1 + bytes.Count(b[:i], []byte("\n")), false
		}
		i += size
	}
	return 0, true
}

// parseYAML reads the one YAML document in b.
func parseYAML(b []byte) (*value, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(b))
	var document yaml.Node
	if err := decoder.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, fail(1, "", "the file is empty")
		}
		return nil, yamlFault(b, err)
	}
	var second yaml.Node
	switch err := decoder.Decode(&second); {
	case err == nil:
		return nil, fail(second.Line, "", "a second document: a file holds one topology")
	case !errors.Is(err, io.EOF):
		return nil, yamlFault(b, err)
	}
	if len(document.Content) != 1 {
		return nil, fail(1, "", "the file is empty")
	}
	return fromYAML(document.Content[0], 0)
}

// yamlErrorLine is how package yaml says where a fault is.
var yamlErrorLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): `)

func yamlFault(b []byte, err error) error {
	text := err.Error()
	lines := bytes.Split(b, []byte("\n"))
	line, at := 1, yamlErrorLine.FindStringSubmatch(text)
	if at != nil {
		line, _ = strconv.Atoi(at[1]) // digits
		line = min(max(line, 1), len(lines))
		text = strings.TrimPrefix(text, at[0])
	}
	if strings.Contains(text, "tab character") { // it names that line, or one before
		line += max(slices.IndexFunc(lines[line-1:], tabbed), 0)
	}
	if tabbed(lines[line-1]) {
		text += ": the line is indented with a tab, and YAML takes spaces"
	}
	return fail(line, "", "not YAML: "+strings.TrimPrefix(text, "yaml: "))
}

// tabbed tells whether a line is indented with tabs, if only in part.
func tabbed(line []byte) bool {
	return bytes.ContainsRune(line[:len(line)-len(bytes.TrimLeft(line, " \t"))], '\t')
}

// fromYAML takes over what JSON could say too. Anchors, aliases, merge keys and tags
// are refused: what they stand for is not where a reader looks for it, and a few lines
// of them can stand for gigabytes.
func fromYAML(node *yaml.Node, depth int) (*value, error) {
	switch {
	case depth > maxDepth:
		return nil, fail(node.Line, "", "nested too deeply")
	case node.Kind == yaml.AliasNode:
		return nil, fail(node.Line, "", "alias *"+node.Value+": write out what it stands for")
	case node.Anchor != "":
		return nil, fail(node.Line, "", "anchor &"+node.Anchor+": leave it out, there are no aliases")
	case node.Style&yaml.TaggedStyle != 0:
		return nil, fail(node.Line, "", "tag "+node.Tag+": leave it out")
	}
	v := &value{line: node.Line, text: node.Value}
	switch node.Kind {
	case yaml.MappingNode:
		v.kind = mapping
		return v, v.addMembers(node, depth)
	case yaml.SequenceNode:
		v.kind = sequence
		for _, child := range node.Content {
			item, err := fromYAML(child, depth+1)
			if err != nil {
				return nil, err
			}
			v.items = append(v.items, item)
		}
		return v, nil
	default:
		v.kind = scalarKind(node)
		return v, nil
	}
}

func (v *value) addMembers(node *yaml.Node, depth int) error {
	for i := 0; i+1 < len(node.Content); i += 2 {
		name := node.Content[i]
		if name.Kind == yaml.ScalarNode && name.ShortTag() == "!!merge" {
			return fail(name.Line, "", "merge key <<: write out what it stands for")
		}
		key, err := fromYAML(name, depth+1)
		if err != nil {
			return err
		}
		if key.kind != textValue {
			return fail(name.Line, "", fmt.Sprintf("key %q is not a text: put it in quotes", name.Value))
		}
		child, err := fromYAML(node.Content[i+1], depth+1)
		if err != nil {
			return err
		}
		v.members = append(v.members, member{name: key.text, line: name.Line, value: child})
	}
	return nil
}

// jsonNumber matches the numbers that JSON has.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// scalarKind is what a scalar means: what is in quotes is a text.
func scalarKind(node *yaml.Node) valueKind {
	if node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return textValue
	}
	return plainKind(node.Value, node.ShortTag())
}

// plainKind is what a scalar without quotes means, of which YAML says tag.
func plainKind(text, tag string) valueKind {
	switch {
	case jsonNumber.MatchString(text):
		return numberValue
	case tag == "!!null":
		return nullValue
	case tag == "!!bool":
		return truthValue
	case tag == "!!int", tag == "!!float":
		return oddValue
	default: // a date is a text, too
		return textValue
	}
}
