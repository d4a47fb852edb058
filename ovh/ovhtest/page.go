package ovhtest

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Values of X-Pagination-Mode, which is read without regard to case.
const (
	modePages  = "cachedobjectlist-pages"
	modeCursor = "cachedobjectlist-cursor"
)

// page answers one page of an expanded list (facts 4.2).
func (c *call) page(mode string, l *listing) (json.RawMessage, error) {
	filters, err := c.pageFilters()
	if err != nil {
		return nil, err
	}
	size, err := c.pageHeader("X-Pagination-Size", c.assume.PageSize)
	if err != nil {
		return nil, err
	}
	size = min(size, c.assume.PageSizeLimit)
	elements := c.sorted(filtered(c.cached(l), filters))
	start := 0
	if mode == modePages {
		number, err := c.pageHeader("X-Pagination-Number", 1)
		if err != nil {
			return nil, err
		}
		start = len(elements)
		if number-1 < len(elements) { // so that the product fits an int
			start = (number - 1) * size
		}
		c.header.Set("X-Pagination-Number", strconv.Itoa(number))
	} else if cursor := c.request.Header.Get("X-Pagination-Cursor"); cursor != "" {
		if start, err = strconv.Atoi(cursor); err != nil || start < 0 {
			return nil, badRequest("X-Pagination-Cursor is not one of this list")
		}
	}
	start = min(start, len(elements))
	end := min(start+size, len(elements))
	if mode == modeCursor && end < len(elements) {
		c.header.Set("X-Pagination-Cursor-Next", strconv.Itoa(end))
	}
	c.header.Set("X-Pagination-Elements", strconv.Itoa(len(elements)))
	c.header.Set("X-Pagination-Size", strconv.Itoa(size))
	return c.schema.encode("[]any", viewsOf(elements[start:end])), nil
}

func (c *call) pageHeader(name string, absent int) (int, error) {
	text := c.request.Header.Get(name)
	if text == "" {
		return absent, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, badRequest(name + " is not a positive number")
	}
	return n, nil
}

// sorted orders elements by the field that X-Pagination-Sort names, with dots
// for one inside another.
func (c *call) sorted(elements []element) []element {
	name := c.request.Header.Get("X-Pagination-Sort")
	if name == "" {
		return elements
	}
	c.header.Set("X-Pagination-Sort", name)
	sign, order := 1, "ASC"
	if strings.EqualFold(c.request.Header.Get("X-Pagination-Sort-Order"), "DESC") {
		sign, order = -1, "DESC"
	}
	c.header.Set("X-Pagination-Sort-Order", order)
	key := func(e element) string {
		shown := document{}
		if err := json.Unmarshal(e.view, &shown); err != nil {
			panic("ovhtest: " + err.Error())
		}
		return scalarText(fieldNamed(shown, name))
	}
	out := slices.Clone(elements)
	slices.SortStableFunc(out, func(a, b element) int { return sign * compareTexts(key(a), key(b)) })
	return out
}

// compareTexts orders numbers by value and everything else as text.
func compareTexts(a, b string) int {
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	return cmp.Compare(a, b)
}

// cachedList is what an expanded list showed at a time.
type cachedList struct {
	at       time.Time
	elements []element
}

// cached are the list's elements, or under WithStaleCache what they were when
// the list was last looked up.
func (c *call) cached(l *listing) []element {
	if !c.opts.staleCache {
		return c.elements(l)
	}
	key := c.request.RequestURI
	old, ok := c.lists[key]
	fresh := strings.Contains(strings.ToLower(c.request.Header.Get("Pragma")), "no-cache")
	if ok && !fresh && c.clock.Now().Sub(old.at) < c.assume.CacheAge {
		return old.elements
	}
	elements := c.elements(l)
	c.lists[key] = cachedList{at: c.clock.Now(), elements: elements}
	return elements
}
