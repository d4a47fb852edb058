package rest

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// rewriter writes JSON anew, indented, without what is secret in it. Numbers are left as
// they were. Of a body that breaks off it writes what there is.
type rewriter struct {
	redactor *redactor
	from     *jsontext.Decoder
	learning bool // nothing is written: what is hidden becomes a secret
	most     int  // bytes
	out      []byte
}

var errFull = errors.New("more than is shown")

// rewritten is a body without what is secret in it, and whether that is all of it and
// JSON. A body that is nothing but a text has the name of what was asked for.
func (r *redactor) rewritten(body []byte, name string, most int) ([]byte, error) {
	w := &rewriter{redactor: r, from: jsontext.NewDecoder(bytes.NewReader(body), lenient), most: most}
	err := w.all(name)
	return w.out, err
}

// learnBody makes secrets of the values that rewritten hides.
func (r *redactor) learnBody(body []byte, name string) {
	w := &rewriter{redactor: r, from: jsontext.NewDecoder(bytes.NewReader(body), lenient), learning: true}
	_ = w.all(name) //nolint:errcheck // what can be read of it
}

func (w *rewriter) all(name string) error {
	if w.from.PeekKind() == jsontext.KindBeginObject || w.from.PeekKind() == jsontext.KindBeginArray {
		name = "" // of its members, some may be of use
	}
	if err := w.value(name, 0); err != nil {
		return err
	}
	if _, err := w.from.ReadToken(); !errors.Is(err, io.EOF) {
		return errors.New("something follows")
	}
	return nil
}

// value writes the next value, that of a member of the given name.
func (w *rewriter) value(name string, depth int) error {
	kind := w.from.PeekKind()
	if (kind == jsontext.KindBeginObject || kind == jsontext.KindBeginArray) && !secretName(name) {
		return w.inside(name, depth)
	}
	raw, err := w.from.ReadValue()
	if err != nil {
		return err
	}
	switch kind {
	case jsontext.KindString:
		w.string(name, raw)
	case jsontext.KindNull, jsontext.KindTrue, jsontext.KindFalse:
		w.write(raw...)
	default: // a number; or a whole that is secret
		switch {
		case secretName(name):
			w.learn(raw)
			w.write(quote(hidden)...)
		case !w.learning && w.redactor.clean(string(raw)) != string(raw):
			w.write(quote(hidden)...)
		default:
			w.write(raw...)
		}
	}
	return nil
}

// inside writes an object or an array.
func (w *rewriter) inside(name string, depth int) error {
	open, err := w.from.ReadToken()
	if err != nil {
		return err
	}
	object := open.Kind() == jsontext.KindBeginObject
	w.write(byte(open.Kind()))
	for n := 0; ; n++ {
		if len(w.out) > w.most && !w.learning {
			return errFull
		}
		if kind := w.from.PeekKind(); kind == jsontext.KindEndObject || kind == jsontext.KindEndArray {
			if n > 0 {
				w.line(depth)
			}
			w.write(byte(kind))
			_, err := w.from.ReadToken()
			return err
		} else if kind == jsontext.KindInvalid {
			_, err := w.from.ReadToken()
			return err
		}
		if n > 0 {
			w.write(',')
		}
		w.line(depth + 1)
		if object {
			token, err := w.from.ReadToken()
			if err != nil {
				return err
			}
			name = token.String()
			w.write(quote(w.clean(name))...)
			w.write(':', ' ')
		}
		if err := w.value(name, depth+1); err != nil {
			return err
		}
	}
}

// string writes a text. An empty one is no secret, and that it is empty may be why it
// was refused.
func (w *rewriter) string(name string, raw []byte) {
	plain, _ := jsontext.AppendUnquote(nil, raw) //nolint:errcheck // what is not UTF-8 is replaced
	switch text := string(plain); {
	case text != "" && isSecret(name, text):
		w.learn(raw)
		w.write(quote(hidden)...)
	default:
		w.write(quote(w.clean(text))...)
	}
}

func (w *rewriter) clean(text string) string {
	if w.learning {
		return ""
	}
	return w.redactor.clean(text)
}

// learn makes secrets of all texts and numbers in raw.
func (w *rewriter) learn(raw []byte) {
	if !w.learning {
		return
	}
	for d := jsontext.NewDecoder(bytes.NewReader(raw), lenient); ; {
		token, err := d.ReadToken()
		if err != nil {
			return
		}
		within, n := d.StackIndex(d.StackDepth())
		name := within == jsontext.KindBeginObject && n%2 == 1
		if kind := token.Kind(); !name && (kind == jsontext.KindString || kind == jsontext.KindNumber) {
			w.redactor.learn(token.String(), shortestKnown)
		}
	}
}

func (w *rewriter) line(depth int) {
	w.write('\n')
	w.write([]byte(strings.Repeat("  ", min(depth, 32)))...)
}

func (w *rewriter) write(text ...byte) {
	if !w.learning {
		w.out = append(w.out, text...)
	}
}

// quote is text as a JSON string.
func quote(text string) []byte {
	out, _ := jsontext.AppendQuote(nil, text) //nolint:errcheck // what is not UTF-8 is replaced
	return out
}
