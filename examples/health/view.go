package main

import (
	"bytes"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/lbkit/lbkit/lb"
)

// view is how the state of servers is shown.
type view interface {
	show(now time.Time, rows []row)
	trouble(now time.Time, err error)
}

// lines prints a line for each server whose state has changed, and for each that is new.
type lines struct {
	out    io.Writer
	before map[string]lb.Health
}

func (l *lines) show(now time.Time, rows []row) {
	seen := make(map[string]lb.Health, len(rows))
	for _, r := range rows {
		key := r.backend + " " + r.server + " " + r.instance
		seen[key] = r.state
		if before, known := l.before[key]; known && before == r.state {
			continue
		}
		fmt.Fprintf(l.out, "%s backend=%s server=%s instance=%q state=%s check=%q\n",
			now.Format(time.TimeOnly), r.backend, r.server, r.instance, r.state, r.detail)
	}
	l.before = seen
}

func (l *lines) trouble(now time.Time, err error) {
	fmt.Fprintf(l.out, "%s cannot look: %v\n", now.Format(time.TimeOnly), err)
}

// screen draws a table over the one before.
type screen struct {
	out    io.Writer
	height int // lines of the table that is there
}

// What a terminal understands (ECMA-48).
const (
	linesUp = "\x1b[%dA"
	erase   = "\x1b[J" // to the end of the screen
	red     = "\x1b[31m"
	green   = "\x1b[32m"
	yellow  = "\x1b[33m"
	plain   = "\x1b[0m"
)

func (s *screen) show(now time.Time, rows []row) {
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "BACKEND\tSERVER\tINSTANCE\tCHECK\tSTATE")
	for _, r := range rows {
		// Colours stand in the last column, where their width does not count.
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s%s%s\n", r.backend, r.server, r.instance, r.detail, colour(r.state), r.state, plain)
	}
	_ = w.Flush() // into memory
	s.draw(fmt.Sprintf("%s%s\n", table.Bytes(), now.Format(time.TimeOnly)))
}

func (s *screen) trouble(now time.Time, err error) {
	s.draw(fmt.Sprintf("%s cannot look: %v\n", now.Format(time.TimeOnly), err))
}

// draw puts text in the place of what was drawn before.
func (s *screen) draw(text string) {
	if s.height > 0 {
		fmt.Fprintf(s.out, linesUp, s.height)
	}
	fmt.Fprint(s.out, erase+text)
	s.height = bytes.Count([]byte(text), []byte("\n"))
}

func colour(state lb.Health) string {
	switch state {
	case lb.HealthHealthy:
		return green
	case lb.HealthDown:
		return red
	default:
		return yellow
	}
}
