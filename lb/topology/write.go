package topology

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/lbkit/lbkit/lb"
)

// WriteYAML writes s as YAML that Decode reads back as the same topology: fields in a
// fixed order, those that are zero left out.
//
// A private key is never written: a certificate with a Key and no KeyFile is an error,
// and so is one anywhere else. What ReadFiles has read is not written either, but the
// names of its files. The error is lb.Problems, before anything is written, where s
// holds what no file can say (a server without an address, a text that is not UTF-8);
// else it is w's.
func (s *Spec) WriteYAML(w io.Writer) error {
	_, root, err := s.document()
	if err != nil {
		return err
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(toYAML(specShape(), root)); err != nil {
		return fmt.Errorf("topology: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return fmt.Errorf("topology: %w", err)
	}
	return writeAll(w, out.Bytes())
}

// WriteJSON writes s as indented JSON. All else is as with WriteYAML.
func (s *Spec) WriteJSON(w io.Writer) error {
	b, _, err := s.document()
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		return fmt.Errorf("topology: %w", err)
	}
	return writeAll(w, out.Bytes())
}

func writeAll(w io.Writer, b []byte) error {
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("topology: %w", err)
	}
	return nil
}

// document is s as JSON, and as a document, once it has been found that Decode can
// read it.
func (s *Spec) document() ([]byte, *value, error) {
	if problems := s.unwritable(); len(problems) > 0 {
		return nil, nil, problems
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s.withoutRead()); err != nil {
		return nil, nil, fmt.Errorf("topology: %w: %w", err, lb.ErrInvalid)
	}
	root, err := parseJSON(out.Bytes())
	if err != nil {
		return nil, nil, fmt.Errorf("topology: %w", err)
	}
	problems := root.unwritable("", nil)
	rewriter := &rewriter{out: new(bytes.Buffer)}
	rewriter.value("", specShape(), root)
	for _, problem := range rewriter.problems {
		if fault, ok := problem.(*DecodeError); ok { //nolint:errorlint // a rewriter has no others
			problems = append(problems, invalid("", fault.Path, fault.Reason))
		}
	}
	return out.Bytes(), root, problems.Err()
}

// withoutRead is s without what ReadFiles reads into it.
func (s *Spec) withoutRead() *Spec {
	out := *s
	out.Certificates = slices.Clone(s.Certificates)
	for i := range out.Certificates {
		if out.Certificates[i].PEMFile != "" {
			out.Certificates[i].PEM = ""
		}
	}
	return &out
}

// unwritable finds what JSON would lose without a word.
func (s *Spec) unwritable() lb.Problems {
	var problems lb.Problems
	for i, c := range s.Certificates {
		if !c.Key.IsZero() && c.KeyFile == "" {
			problems = append(problems, invalid(lb.KindCertificate, fmt.Sprintf("certificates[%d].keyFile", i),
				"the private key is never written: name the file that holds it"))
		}
	}
	return append(problems, brokenTexts(s)...)
}

// unwritable finds private keys, wherever they are.
func (v *value) unwritable(path string, problems lb.Problems) lb.Problems {
	for _, m := range v.members {
		problems = m.value.unwritable(join(path, m.name), problems)
	}
	for i, item := range v.items {
		problems = item.unwritable(fmt.Sprintf("%s[%d]", path, i), problems)
	}
	if v.kind == textValue && secretText(v.text) {
		problems = append(problems, invalid("", path, "holds a private key, which is never written"))
	}
	return problems
}

// invalid is a problem of a topology, whatever the provider.
func invalid(kind lb.Kind, path, reason string) *lb.Error {
	return &lb.Error{Code: lb.ErrInvalid, Kind: kind, Fields: []lb.FieldError{{Path: path, Reason: reason}}}
}

// plainText matches texts that look the same with quotes and without, to people and to
// every reader of YAML.
var plainText = regexp.MustCompile(`^[A-Za-z0-9/_.][A-Za-z0-9/_.+@ -]*(:[A-Za-z0-9/_.+@-]+)*$`)

// pemText matches texts of several lines that are best read as such.
var pemText = regexp.MustCompile(`^([A-Za-z0-9+/=-][A-Za-z0-9+/= -]*\n)+$`)

// toYAML gives a document the style that people write.
func toYAML(s *shape, v *value) *yaml.Node {
	switch v.kind {
	case mapping:
		node := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, m := range v.members {
			node.Content = append(node.Content, textNode(m.name), toYAML(s.below(m.name), m.value))
		}
		return node
	case sequence:
		node := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, item := range v.items {
			node.Content = append(node.Content, toYAML(s.below(""), item))
		}
		if short(v) {
			node.Style = yaml.FlowStyle
		}
		return node
	case textValue:
		if s != nil && s.goType == portRangeType {
			return &yaml.Node{Kind: yaml.ScalarNode, Value: v.text} // 443 is read like "443"
		}
		return textNode(v.text)
	default:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: v.text}
	}
}

// below is the shape of a member or, of a list, of an item; nil in what providers alone
// know.
func (s *shape) below(name string) *shape {
	if s == nil {
		return nil
	}
	if s.kind == list {
		return s.item
	}
	k, _ := s.key(name)
	return k.shape
}

// short tells a list of a few plain values, which goes on one line.
func short(v *value) bool {
	const most = 72
	length := 0
	for _, item := range v.items {
		length += len(item.text) + 2
		if item.kind == mapping || item.kind == sequence || strings.Contains(item.text, "\n") {
			return false
		}
	}
	return length <= most
}

func textNode(text string) *yaml.Node {
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	bare := &yaml.Node{Kind: yaml.ScalarNode, Value: text}
	switch {
	case pemText.MatchString(text):
		node.Style = yaml.LiteralStyle
	case !plainText.MatchString(text), strings.HasSuffix(text, " "), plainKind(text, bare.ShortTag()) != textValue, booleanWord(text):
		node.Style = yaml.DoubleQuotedStyle
	}
	return node
}

// booleanWord tells the words that some readers of YAML take for true or false.
func booleanWord(text string) bool {
	switch strings.ToLower(text) {
	case "y", "n", "yes", "no", "on", "off":
		return true
	default:
		return false
	}
}

// validText tells whether JSON can hold a text as it is.
func validText(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }
