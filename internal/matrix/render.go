package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/lbkit/lbkit/lb"
)

const legend = `A row is a setting of a spec, or what goes beyond it, under the name that ` + "`lb.Require`" + ` and ` + "`Capabilities`" + ` know, without its kind:
` + "`frontend.setHeaders`, `loadbalancers.create`" + `. In a cell, "needed" means that it cannot be left out, "fixed" that it cannot be changed in place, and a
list that there are these values alone. Where there is a dash, a spec that asks for it is refused before anything is sent; the last column says what to
do instead. Where a cell is empty, the question does not arise.

`

// render is the matrix in Markdown.
func render(clouds []cloud, memory lb.Capabilities) string {
	var b strings.Builder
	b.WriteString("\n" + legend)
	for _, k := range kinds() {
		section(&b, summary(k.title, clouds, k.leaf), clouds, k.rows(clouds))
	}
	section(&b, "Conditions of filters and routes", nil, nil)
	matchTables(&b, clouds)
	b.WriteString("\n</details>\n\n")
	section(&b, "Limits", nil, nil)
	limitTable(&b, clouds)
	b.WriteString("\n</details>\n\n")
	b.WriteString(memorySentence(clouds, memory))
	return b.String()
}

// summary is the line that a folded group shows.
func summary(title string, clouds []cloud, leaf lb.Feature) string {
	var counts []string
	total := 0
	for _, feature := range features(clouds) {
		if strings.HasPrefix(string(feature), string(leaf)+".") && isLeaf(feature) {
			total++
		}
	}
	for _, c := range clouds {
		n := 0
		for feature, support := range c.Features {
			if support.Supported && strings.HasPrefix(string(feature), string(leaf)+".") && isLeaf(feature) {
				n++
			}
		}
		counts = append(counts, fmt.Sprintf("%s has %d", c.name, n))
	}
	return fmt.Sprintf("%s: of %d settings, %s", title, total, strings.Join(counts, ", "))
}

// isLeaf reports whether a feature is a field of a spec.
func isLeaf(feature lb.Feature) bool {
	return slices.ContainsFunc(kinds(), func(k kind) bool { return slices.Contains(fields(string(k.leaf), k.spec), feature) })
}

// section is a folded group. Without clouds it is left open, for a table of another form.
func section(b *strings.Builder, summary string, clouds []cloud, rows []row) {
	fmt.Fprintf(b, "<details><summary>%s</summary>\n\n", summary)
	if clouds == nil {
		return
	}
	header := []string{""}
	for _, c := range clouds {
		header = append(header, c.name)
	}
	head(b, append(header, "instead"))
	for _, r := range rows {
		line(b, append(append([]string{r.name}, r.cells...), r.instead))
	}
	b.WriteString("\n</details>\n\n")
}

func head(b *strings.Builder, names []string) {
	line(b, names)
	line(b, slices.Repeat([]string{"---"}, len(names)))
}

func line(b *strings.Builder, cells []string) {
	b.WriteString("|")
	for _, cell := range cells {
		if cell = strings.ReplaceAll(cell, "|", `\|`); cell == "" {
			b.WriteString(" |")
			continue
		}
		b.WriteString(" " + cell + " |")
	}
	b.WriteString("\n")
}

// limitTable has a row for each limit that is known of any cloud.
func limitTable(b *strings.Builder, clouds []cloud) {
	names := map[string]string{
		"MaxNameLength": "characters of a load balancer's name", "MaxPort": "highest port",
		"MinCheckInterval": "shortest interval of health checks", "MaxCheckInterval": "longest interval of health checks",
		"MaxFilters": "filters of a load balancer", "MaxRoutes": "routes of a load balancer (on OVHcloud, filters among them)",
		"MaxMatchConditions": "conditions of a filter or route", "MaxServers": "servers of a backend",
	}
	header := []string{""}
	for _, c := range clouds {
		header = append(header, c.name)
	}
	head(b, header)
	t := reflect.TypeFor[lb.Limits]()
	for i := range t.NumField() {
		cells := []string{names[t.Field(i).Name]}
		known := false
		for _, c := range clouds {
			cell := "not known"
			if value := reflect.ValueOf(c.Limits).Field(i); !value.IsZero() {
				cell, known = limit(value.Interface()), true
			}
			cells = append(cells, cell)
		}
		if known {
			line(b, cells)
		}
	}
}

func limit(value any) string {
	d, ok := value.(lb.Duration)
	if !ok {
		return fmt.Sprint(value)
	}
	switch d := time.Duration(d); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	default:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
}

// memorySentence says what lbtest's provider lacks of all that is in the tables.
func memorySentence(clouds []cloud, memory lb.Capabilities) string {
	var lacking []string
	for _, feature := range features(clouds) {
		own := strings.Contains(string(feature), ".extensions.")
		if support, listed := memory.Features[feature]; listed && !support.Supported && !own && !nowhere(clouds, feature) {
			lacking = append(lacking, "`"+string(feature)+"`")
		}
	}
	text := "`lbtest.NewMemory` has everything in these tables"
	if len(lacking) > 0 {
		text += " but " + strings.Join(lacking, ", ")
	}
	return text + "; `lbtest.WithCapabilities` makes it lack what a cloud lacks.\n\n"
}
