package lb_test

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"github.com/lbkit/lbkit/lb"
)

// Extensions whose JSON is less simple than that of most, each for a reason of its own.
type (
	formWithAll struct {
		Zone  string         `json:"zone,omitzero"`
		Name  string         `json:"aName,omitzero"`
		On    bool           `json:"on,omitzero"`
		Count int            `json:"count,omitzero"`
		Wait  lb.Duration    `json:"wait,omitzero"`
		Word  lb.Algorithm   `json:"word,omitzero"`
		Has   *bool          `json:"has,omitzero"`
		More  map[string]int `json:"more,omitzero"`
	}
	formUntagged struct {
		Zone string `json:"zone,omitzero"`
		On   bool
	}
	formAlways struct {
		Zone string `json:"zone"`
	}
	formQuoted struct {
		On bool `json:"on,omitzero,string"`
	}
	formHidden struct {
		Zone string `json:"-"`
		Name string `json:"name,omitzero"`
	}
	formLoud struct {
		Word loud `json:"word,omitzero"`
	}
	formOddKey struct {
		Zone string `json:"a b,omitzero"`
		Name string `json:"a,omitzero"`
	}
	formOwnZero struct {
		Word neverZero `json:"word,omitzero"`
	}
	formOfItsOwn struct {
		Zone string `json:"zone,omitzero"`
	}
	formPromoted struct {
		cloudEmbedded
		Zone string `json:"zone,omitzero"`
	}
	neverZero string
	loud      string
)

func (formLoud) ExtensionProvider() string     { return "cloud" }
func (formWithAll) ExtensionProvider() string  { return "cloud" }
func (formUntagged) ExtensionProvider() string { return "cloud" }
func (formAlways) ExtensionProvider() string   { return "cloud" }
func (formQuoted) ExtensionProvider() string   { return "cloud" }
func (formHidden) ExtensionProvider() string   { return "cloud" }
func (formOddKey) ExtensionProvider() string   { return "cloud" }
func (formOwnZero) ExtensionProvider() string  { return "cloud" }
func (formOfItsOwn) ExtensionProvider() string { return "cloud" }
func (formPromoted) ExtensionProvider() string { return "cloud" }

func (neverZero) IsZero() bool              { return false }
func (w loud) MarshalText() ([]byte, error) { return []byte(string(w) + "!"), nil }
func (f formOfItsOwn) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"own": f.Zone})
}

// TestExtendWritesWhatJSONDoes: whatever is set, an extension made in a program is the
// one that encoding/json makes of its type.
func TestExtendWritesWhatJSONDoes(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[a-c ~]{0,4}`), rapid.StringMatching("[a\"\\\\<&\t\x7fé\u2028]{1,3}"), rapid.String())
	on := rapid.Bool()
	rapid.Check(t, func(t *rapid.T) {
		zone, name, isOn := text.Draw(t, "zone"), text.Draw(t, "name"), on.Draw(t, "on")
		all := formWithAll{Zone: zone, Name: name, On: isOn}
		if on.Draw(t, "more") {
			all.Count, all.Wait, all.Word = rapid.IntRange(0, 1).Draw(t, "count"), lb.Duration(rapid.IntRange(0, 1).Draw(t, "wait")), lb.Algorithm(text.Draw(t, "word"))
			all.Has, all.More = rapid.SampledFrom([]*bool{nil, new(false)}).Draw(t, "has"), rapid.SampledFrom([]map[string]int{nil, {}, {"b": 1, "a": 2}}).Draw(t, "map")
		}
		for _, value := range []lb.Extension{
			all, &all,
			formUntagged{zone, isOn},
			formAlways{zone},
			formQuoted{isOn},
			formHidden{zone, name},
			formOddKey{zone, name},
			formLoud{loud(zone)},
			formOwnZero{neverZero(zone)},
			formOfItsOwn{zone},
			formPromoted{cloudEmbedded{Promoted: isOn}, zone},
		} {
			document, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			var want lb.Extensions
			if err := json.Unmarshal([]byte(`{"cloud":`+string(document)+"}"), &want); err != nil {
				t.Fatal(err)
			}
			if got := lb.Extend(value); !got.Equal(want) || got.IsZero() != want.IsZero() {
				t.Fatalf("%#v: %s, but encoding/json makes %s", value, got, want)
			}
		}
	})
}
