package ovh

import (
	"net/url"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// IAM is what OVH's access management knows of a resource.
type IAM struct {
	ID          string            `json:"id"`
	URN         string            `json:"urn"` // what policies name
	DisplayName string            `json:"displayName"`
	Tags        map[string]string `json:"tags"`
}

// TagFilters select resources by tag: each tag, and what must hold of it.
type TagFilters map[string][]TagFilter

// TagFilter is a condition on the value of a tag.
type TagFilter struct {
	Operator TagOperator `json:"operator,omitzero"` // empty: EQ
	Value    string      `json:"value"`
}

// EncodeValues writes the filters as JSON text. How the API wants a map in a
// query is not documented (facts 4.1); check what such a list holds.
func (f TagFilters) EncodeValues(key string, values *url.Values) error {
	if len(f) == 0 {
		return nil
	}
	text, err := rest.Encode(map[string][]TagFilter(f))
	if err != nil {
		return err
	}
	values.Set(key, string(text))
	return nil
}

// Token is a secret that the API answered. It is never printed, logged or
// marshalled, as a lb.Secret is not; its Reveal method returns it.
type Token struct{ lb.Secret }

// UnmarshalText takes the secret in.
func (t *Token) UnmarshalText(text []byte) error {
	t.Secret = lb.NewSecret(string(text))
	return nil
}
