package main

import (
	"slices"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// fieldsOfMatch are the parts of a request, in the order of the contract.
var fieldsOfMatch = []lb.Field{
	lb.FieldSource, lb.FieldHost, lb.FieldPath, lb.FieldMethod, lb.FieldHeader, lb.FieldCookie, lb.FieldParam, lb.FieldProtocol,
}

// ways are the comparisons as features call them.
var ways = []string{"equal", "prefix", "suffix", "contains", "regex", "exists"}

// matchTables say what conditions can look at, and how, with one line for each part of a
// request; and how conditions go together.
func matchTables(b *strings.Builder, clouds []cloud) {
	leaves := []lb.Feature{"filter", "route"}
	header := []string{""}
	for _, c := range clouds {
		for _, leaf := range leaves {
			header = append(header, c.name+", "+string(leaf)+"s")
		}
	}
	head(b, header)
	for _, field := range fieldsOfMatch {
		cells := []string{"`" + string(field) + "`"}
		for _, c := range clouds {
			for _, leaf := range leaves {
				cells = append(cells, c.comparisons(leaf+".match."+lb.Feature(field)))
			}
		}
		line(b, cells)
	}
	b.WriteString("\nOf a TCP connection, conditions see what is marked with \"TCP too\". An asterisk is an emulation.\n\n")
	head(b, append(header, "instead"))
	for _, part := range partsOfMatch(clouds, leaves) {
		cells := []string{"`" + string(part) + "`"}
		var hints []string
		for _, c := range clouds {
			for _, leaf := range leaves {
				cells = append(cells, cell(clouds, c, leaf+".match."+part))
				if hint := hintOf(clouds, c, leaf+".match."+part); hint != "" && !slices.Contains(hints, c.name+": "+hint) {
					hints = append(hints, c.name+": "+hint)
				}
			}
		}
		line(b, append(cells, strings.Join(hints, "; ")))
	}
}

// comparisons are the ways to compare a field: "equal, prefix, contains*; TCP too".
func (c cloud) comparisons(field lb.Feature) string {
	if !c.Has(field) {
		return "–"
	}
	var names []string
	for _, way := range ways {
		support := c.Features[field+"."+lb.Feature(way)]
		if !support.Supported {
			continue
		}
		if support.Emulated {
			way += "*"
		}
		names = append(names, way)
	}
	text := strings.Join(names, ", ")
	if c.Has(field + ".tcp") {
		text += "; TCP too"
	}
	return text
}

// partsOfMatch are the features of matches that are about no single field, such as
// "several.not", where the clouds differ or have one.
func partsOfMatch(clouds []cloud, leaves []lb.Feature) []lb.Feature {
	var out []lb.Feature
	for _, feature := range features(clouds) {
		for _, leaf := range leaves {
			part, ok := strings.CutPrefix(string(feature), string(leaf)+".match.")
			first, _, _ := strings.Cut(part, ".")
			if !ok || slices.Contains(fieldsOfMatch, lb.Field(first)) && !strings.Contains(part, ".port") && !strings.Contains(part, ".bare") {
				continue
			}
			if slices.Contains([]string{"field", "name", "op", "values", "unset", "update"}, part) || slices.Contains(out, lb.Feature(part)) {
				continue
			}
			if !nowhere(clouds, "filter.match."+lb.Feature(part)) || !nowhere(clouds, "route.match."+lb.Feature(part)) {
				out = append(out, lb.Feature(part))
			}
		}
	}
	slices.Sort(out)
	return out
}
