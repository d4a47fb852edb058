// Package pattern judges regular expressions that a load balancer is to match
// requests with. Clouds run them in engines of their own: what passes here means
// the same to all of them.
package pattern

import (
	"regexp/syntax"
	"strings"
)

// Fault says why an expression cannot be used: it must be one of RE2's, without
// named classes ([[:alpha:]], \pL), since what lies beyond is read differently
// from engine to engine. It is empty where there is nothing to say.
func Fault(expression string) string {
	if _, err := syntax.Parse(expression, syntax.Perl); err != nil {
		return "not a regular expression in RE2's syntax: " + err.Error()
	}
	if namesClass(expression) {
		return `a named class, such as [[:alpha:]] or \pL, in a regular expression`
	}
	return ""
}

// namesClass looks for a named class in an expression that RE2 can read.
func namesClass(expression string) bool {
	for s := (scanner{text: expression}); s.more(); {
		switch {
		case !s.inClass && s.skip(`\Q`):
			s.skipPast(`\E`)
		case s.at(`\p`), s.at(`\P`), s.inClass && s.at(`[:`):
			return true
		case s.skip(`\`):
			s.advance(1) // what is escaped stands for itself
		case !s.inClass && s.skip(`[`):
			s.inClass = true
			s.skip(`^`)
			s.skip(`]`) // one that comes first is of the class
		case s.inClass && s.skip(`]`):
			s.inClass = false
		default:
			s.advance(1)
		}
	}
	return false
}

// scanner is a place in an expression.
type scanner struct {
	text    string
	inClass bool // between the brackets of a class
}

func (s *scanner) more() bool { return s.text != "" }

func (s *scanner) at(token string) bool { return strings.HasPrefix(s.text, token) }

func (s *scanner) advance(n int) { s.text = s.text[min(n, len(s.text)):] }

// skip passes token if it is here.
func (s *scanner) skip(token string) bool {
	if !s.at(token) {
		return false
	}
	s.advance(len(token))
	return true
}

// skipPast goes behind the next token, or to the end where there is none.
func (s *scanner) skipPast(token string) {
	_, s.text, _ = strings.Cut(s.text, token)
}
