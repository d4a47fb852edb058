package ovhtest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// iamMetadata is iam.ResourceMetadata.
type iamMetadata struct {
	DisplayName *string           `json:"displayName"`
	ID          string            `json:"id"`
	Tags        map[string]string `json:"tags"`
	URN         string            `json:"urn"`
}

// SetTags gives a service, or a block of addresses, the tags that its iam field
// shows.
func (s *Server) SetTags(name string, tags map[string]string) {
	defer s.settled().mu.Unlock()
	if block, err := parseBlock(name); err == nil {
		s.mustAddress(block).tags = maps.Clone(tags)
		return
	}
	s.mustService(name).tags = maps.Clone(tags)
}

// tagged is an object that an iamTags filter can tell from others, whether lists
// show its tags or not.
type tagged interface{ ownTags() map[string]string }

func (v serviceView) ownTags() map[string]string { return v.IAM.Tags }
func (v addressView) ownTags() map[string]string { return v.IAM.Tags }

// tagFilter is iam.resource.TagFilter: a condition on a tag.
type tagFilter struct {
	Operator string `json:"operator"` // empty: EQ
	Value    string `json:"value"`
}

// tagFilters reads an iamTags filter: JSON, a list of conditions by tag
// (facts 4.1). It is nil for anything else.
func tagFilters(text string) map[string][]tagFilter {
	var filters map[string][]tagFilter
	if json.Unmarshal([]byte(text), &filters) != nil {
		return nil
	}
	return filters
}

// checkTags checks an iamTags filter.
func (s *schema) checkTags(at, text string) error {
	filters := tagFilters(text)
	if filters == nil {
		return invalid(at, "not JSON of a list of conditions by tag")
	}
	operators := s.Types["iam.resource.TagFilter.OperatorEnum"].Values
	for _, list := range filters {
		for _, f := range list {
			if f.Operator != "" && !slices.Contains(operators, f.Operator) {
				return invalid(at+".operator", "not one of "+strings.Join(operators, ", "))
			}
		}
	}
	return nil
}

// tagsPass tells whether tags pass a filter: all of its conditions must hold.
func tagsPass(tags map[string]string, filter string) bool {
	for tag, list := range tagFilters(filter) {
		value, has := tags[tag]
		for _, condition := range list {
			if !tagHolds(condition.Operator, has, value, condition.Value) {
				return false
			}
		}
	}
	return true
}

func tagHolds(operator string, has bool, value, wanted string) bool {
	switch operator {
	case "NEQ":
		return !has || value != wanted
	case "EXISTS":
		return has
	case "NEXISTS":
		return !has
	case "LIKE":
		return has && like(value, wanted)
	case "ILIKE":
		return has && like(strings.ToLower(value), strings.ToLower(wanted))
	}
	return has && value == wanted // EQ is the default
}
