package ovhtest

import (
	"encoding/json"
	"maps"
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

// tagsPass tells whether tags pass an iamTags filter: JSON, a list of conditions by
// tag, all of which must hold (facts 4.1).
func tagsPass(tags map[string]string, filter string) bool {
	conditions := map[string][]struct {
		Operator string `json:"operator"`
		Value    string `json:"value"`
	}{}
	if json.Unmarshal([]byte(filter), &conditions) != nil {
		return false
	}
	for tag, list := range conditions {
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
